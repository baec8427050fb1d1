//! A postal address as the tenant wrote it.
//! Only the country is checked against a list: no rule for the rest holds in every country.

use std::fmt;

use crate::domain::additional_properties::{AdditionalProperties, Limits};
use crate::domain::country::CountryCode;
use crate::domain::multiline_text::MultilineText;
use crate::domain::text::Text;

/// Of the additional properties, as one object.
pub const ADDITIONAL: Limits = Limits { max_bytes: 2 * 1024, max_levels: 3 };

/// Every part but the country may be absent; a change replaces the whole address. Upstream does not list all parts of
/// one, so that what has no field here is kept as sent.
#[derive(Clone, PartialEq, Eq)]
pub struct PostalAddress {
    pub street: Option<MultilineText<255>>,
    pub street2: Option<MultilineText<255>>,
    pub city: Option<Text<255>>,
    pub state: Option<Text<255>>,
    pub postal_code: Option<Text<30>>,
    pub country: CountryCode,
    pub additional: AdditionalProperties,
}

impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostalAddress(..)")
    }
}
