//! A postal address as the tenant wrote it.
//! Only the country is checked against a list: no rule for the rest holds in every country.

use std::fmt;

use crate::domain::country::CountryCode;
use crate::domain::text::Text;

/// Every part but the country may be absent; a change replaces the whole address.
#[derive(Clone, PartialEq, Eq)]
pub struct PostalAddress {
    pub street: Option<Text<255>>,
    pub street2: Option<Text<255>>,
    pub city: Option<Text<255>>,
    pub state: Option<Text<255>>,
    pub postal_code: Option<Text<30>>,
    pub country: CountryCode,
}

impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostalAddress(..)")
    }
}
