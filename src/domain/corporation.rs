//! What is known about a customer that is a company.
//! Properties without a field here are kept as sent, so that a tenant may add its own. One limit holds for all of them.

use std::fmt;

use crate::domain::additional_properties::{AdditionalProperties, Limits};
use crate::domain::text::Text;

/// Of the additional properties, as one object.
pub const ADDITIONAL: Limits = Limits { max_bytes: 8 * 1024, max_levels: 5 };

/// Required exactly when the legal type is Corporate; a change replaces it whole.
#[derive(Clone, PartialEq, Eq)]
pub struct CorporationInfo {
    pub company_name: Text<255>,
    pub tax_number: Option<Text<255>>,
    pub tax_office: Option<Text<255>>,
    pub vat_number: Option<Text<255>>,
    pub registration_number: Option<Text<255>>,
    pub additional: AdditionalProperties,
}

impl fmt::Debug for CorporationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CorporationInfo(..)")
    }
}
