//! The region a customer claims to be in, for prices, taxes and texts.
//! Claimed: it is what the tenant said, not what an address or a bank account proves.

use crate::domain::country::CountryCode;
use crate::domain::language::LanguageCode;

/// Both parts are always there; a change replaces both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedRegion {
    pub country: CountryCode,
    pub language: LanguageCode,
}
