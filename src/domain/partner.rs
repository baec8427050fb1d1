//! The customer as a CSP or reseller portal sees it: a company, who looks after it, and where it is known to
//! providers. One record with the C2A projection, which [`PartnerCustomer::projection`] makes of it.

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, Utc};
use strum::{EnumString, IntoStaticStr};
use uuid::Uuid;

use crate::domain::{
    address::PostalAddress,
    corporation::{CorporationInfo, FurtherProperties},
    country::CountryCode,
    customer::Profile,
    email::Email,
    external_id::ExternalId,
    language::LanguageCode,
    legal_type::LegalType,
    margin::Margin,
    phone::PhoneNumber,
    problem::Problem,
    region::ClaimedRegion,
    status::CustomerStatus,
    text::Text,
};

/// The id a partner knows a customer by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartnerCustomerId(pub Uuid);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResellerId(pub Uuid);

/// One account of the tenant at one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderInstanceId(pub Uuid);

macro_rules! uuid_ids {
    ($($id:ident),+) => {$(
        impl $id {
            /// A hyphenated UUID in any case.
            pub fn parse(text: &str) -> Result<Self, Problem> {
                if text.len() != 36 {
                    return Err(Problem::InvalidUuid);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| Problem::InvalidUuid)
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

uuid_ids!(PartnerCustomerId, ResellerId, ProviderInstanceId);

/// What a partner says of a customer. A request has all that upstream requires; afterwards the C2A surface may
/// have cleared some of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PartnerCustomer {
    pub id: PartnerCustomerId,
    pub company_name: Option<Text<255>>,
    pub tax_id: Option<Text<255>>,
    pub country: CountryCode,
    pub address_line1: Option<Text<255>>,
    pub address_line2: Option<Text<255>>,
    pub city: Option<Text<255>>,
    pub state: Option<Text<255>>,
    pub zip: Option<Text<30>>,
    pub first_name: Option<Text<255>>,
    pub middle_name: Option<Text<255>>,
    pub last_name: Option<Text<255>>,
    pub email: Option<Contact<Email, 255>>,
    pub phone: Option<Contact<PhoneNumber, 30>>,
    pub internal_identifier: Option<Text<255>>,
    /// `None`: a direct relation with the CSP.
    pub reseller: Option<ResellerId>,
    /// Each reseller once; the order means nothing.
    pub associations: Vec<(ResellerId, Option<Text<255>>)>,
    pub provider_customers: BTreeMap<ProviderInstanceId, ProviderCustomer>,
}

/// A contact as a partner may write it: read as `T` where it is one, and kept as text where it is not.
///
/// Upstream limits only the length. What is not an address or an international number has no place in the C2A
/// projection, and identifies nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact<T, const MAX: usize> {
    Read(T),
    AsText(Text<MAX>),
}

impl<T, const MAX: usize> Contact<T, MAX> {
    pub fn read(&self) -> Option<&T> {
        match self {
            Self::Read(value) => Some(value),
            Self::AsText(_) => None,
        }
    }

    pub fn as_text(&self) -> Option<&Text<MAX>> {
        match self {
            Self::Read(_) => None,
            Self::AsText(text) => Some(text),
        }
    }

    fn parse_with(text: &str, read: impl Fn(&str) -> Result<T, Problem>) -> Result<Self, Problem> {
        let plain = Text::parse(text)?;
        Ok(read(text).map_or(Self::AsText(plain), Self::Read))
    }
}

impl Contact<Email, 255> {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Self::parse_with(text, Email::parse)
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Read(email) => email.as_str(),
            Self::AsText(text) => text.as_str(),
        }
    }
}

impl Contact<PhoneNumber, 30> {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Self::parse_with(text, PhoneNumber::parse)
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Read(phone) => phone.as_str(),
            Self::AsText(text) => text.as_str(),
        }
    }
}

/// The customer at one provider instance. What moves `status` on is delivery to the provider's connector.
#[derive(Clone, PartialEq)]
pub struct ProviderCustomer {
    /// JSON as the partner sent it, for the provider's connector to read.
    pub data: Option<String>,
    pub margin: Option<Margin>,
    /// By offer type; each overrides `margin` for its type.
    pub offer_type_margins: BTreeMap<String, Margin>,
    /// The server's: there once the provider knows the customer.
    pub provider_customer_id: Option<String>,
    pub status: ProviderStatus,
    pub creation_error: CreationError,
}

impl fmt::Debug for ProviderCustomer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderCustomer({})", self.status.as_str())
    }
}

/// How far the provider has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr)]
pub enum ProviderStatus {
    #[default]
    Processing,
    Success,
    Failed,
}

impl ProviderStatus {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub(crate) fn from_stored(name: &str) -> Self {
        name.parse().unwrap_or_default()
    }
}

/// Why a provider refused; other than `None` only where the status is `Failed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr)]
pub enum CreationError {
    #[default]
    None,
    DomainExists,
    InvalidCompanyInfo,
    Unknown,
}

impl CreationError {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub(crate) fn from_stored(name: &str) -> Self {
        name.parse().unwrap_or_default()
    }
}

/// A stored partner customer.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPartnerCustomer {
    /// `None`: erased; the id is then a random placeholder.
    pub customer: Option<PartnerCustomer>,
    pub id: PartnerCustomerId,
    pub created_at: DateTime<Utc>,
}

impl PartnerCustomer {
    /// The C2A customer this is. Upstream knows no language, so the projection claims English.
    pub fn projection(&self) -> Profile {
        Profile {
            external_id: ExternalId::from_stored(self.id.to_string()),
            email: self.email.as_ref().and_then(Contact::read).cloned(),
            phone_number: self.phone.as_ref().and_then(Contact::read).cloned(),
            salutation: None,
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            gender: None,
            legal_type: LegalType::Corporate,
            billing_address: Some(PostalAddress {
                street: self.address_line1.clone(),
                street2: self.address_line2.clone(),
                city: self.city.clone(),
                state: self.state.clone(),
                postal_code: self.zip.clone(),
                country: self.country.clone(),
            }),
            corporation: self.company_name.clone().map(|company_name| CorporationInfo {
                company_name,
                tax_number: self.tax_id.clone(),
                tax_office: None,
                vat_number: None,
                registration_number: None,
                further: FurtherProperties::default(),
            }),
            privacy: None,
            region: ClaimedRegion {
                country: self.country.clone(),
                language: LanguageCode::from_stored("en".to_owned()),
            },
            status: CustomerStatus::default(),
        }
    }

    /// Whether a partner that sent `request` now would have sent all of this. What the server adds is left out.
    pub fn says_the_same(&self, request: &Self) -> bool {
        let mut sent = self.clone();
        for provider in sent.provider_customers.values_mut() {
            provider.provider_customer_id = None;
            provider.status = ProviderStatus::default();
            provider.creation_error = CreationError::default();
        }
        let mut request = request.clone();
        for customer in [&mut sent, &mut request] {
            customer.associations.sort_by_key(|(reseller, _)| *reseller);
        }
        sent == request
    }

    /// Every reseller it names.
    pub fn resellers(&self) -> Vec<ResellerId> {
        self.reseller.into_iter().chain(self.associations.iter().map(|(reseller, _)| *reseller)).collect()
    }
}
