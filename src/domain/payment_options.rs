//! Which payment channels a customer is offered: those of the tenant that reach the claimed country.

use crate::domain::{channel::Channel, country::CountryCode, tenant::Tenant};

/// What a customer can pay with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentOptions {
    pub available_channels: Vec<Channel>,
    /// Whether a payment method can be saved: true if there is a channel.
    pub can_save_payment_method: bool,
}

impl PaymentOptions {
    pub fn new(tenant: &Tenant, country: &CountryCode) -> Self {
        let available_channels: Vec<_> =
            tenant.channels.iter().filter(|channel| channel.reaches(country)).cloned().collect();
        Self { can_save_payment_method: !available_channels.is_empty(), available_channels }
    }
}
