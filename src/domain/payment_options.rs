//! Which payment channels a customer is offered: the tenant's, as far as they reach the claimed country.

use std::{fmt, str::FromStr};

use crate::domain::{country::CountryCode, tenant::Tenant};

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

    fn reaches(&self, country: &CountryCode) -> bool {
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

/// What a customer can pay with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentOptions {
    pub available_channels: Vec<Channel>,
    /// Whether a payment method can be kept for later: there is a channel to keep one for.
    pub can_save_payment_method: bool,
}

impl PaymentOptions {
    pub fn of(tenant: &Tenant, country: &CountryCode) -> Self {
        let available_channels: Vec<_> =
            tenant.channels.iter().filter(|channel| channel.reaches(country)).cloned().collect();
        Self { can_save_payment_method: !available_channels.is_empty(), available_channels }
    }
}
