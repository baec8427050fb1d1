//! The fields of a customer as things that can be named: required by a tenant, changed by an update, taken by another.

use std::{fmt, str::FromStr};

/// A field of the customer record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attribute {
    ExternalIdentifier,
    Email,
    PhoneNumber,
    Salutation,
    FirstName,
    LastName,
    Gender,
    LegalType,
    PrimaryBillingAddress,
    CorporationInfo,
    Privacy,
    ClaimedRegion,
    Status,
}

impl Attribute {
    pub const ALL: [Self; 13] = [
        Self::ExternalIdentifier,
        Self::Email,
        Self::PhoneNumber,
        Self::Salutation,
        Self::FirstName,
        Self::LastName,
        Self::Gender,
        Self::LegalType,
        Self::PrimaryBillingAddress,
        Self::CorporationInfo,
        Self::Privacy,
        Self::ClaimedRegion,
        Self::Status,
    ];

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExternalIdentifier => "externalIdentifier",
            Self::Email => "email",
            Self::PhoneNumber => "phoneNumber",
            Self::Salutation => "salutation",
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::Gender => "gender",
            Self::LegalType => "legalType",
            Self::PrimaryBillingAddress => "primaryBillingAddress",
            Self::CorporationInfo => "corporationInfo",
            Self::Privacy => "privacy",
            Self::ClaimedRegion => "claimedRegion",
            Self::Status => "status",
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Attribute {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|attribute| attribute.as_str() == name)
            .ok_or_else(|| format!("takes names of customer fields: {}", names(&Self::ALL)))
    }
}

fn names(attributes: &[Attribute]) -> String {
    attributes.iter().map(|attribute| attribute.as_str()).collect::<Vec<_>>().join(", ")
}
