//! The ways to pay that a tenant offers its customers.

use std::{fmt, str::FromStr};

use crate::domain::country::CountryCode;

/// A payment channel by name, such as `CARD`: `[A-Z][A-Z0-9_]{0,31}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel(String);

impl Channel {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// Whether customers in this country can pay by it.
    pub fn reaches(&self, country: &CountryCode) -> bool {
        self.0 != "SEPA" || country.is_sepa()
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Channel {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let well_formed = name.len() <= 32
            && name.starts_with(|first: char| first.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        well_formed
            .then(|| Self(name.to_owned()))
            .ok_or_else(|| "takes channel names such as CARD,SEPA".to_owned())
    }
}
