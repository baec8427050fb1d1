//! The customer as the portal of a CSP or reseller sees it: a company, its reseller, and its accounts at providers.
//! It is the same record as the C2A customer that [`PartnerCustomer::projection`] returns.

use std::{collections::BTreeMap, fmt};

use strum::{EnumString, IntoStaticStr};

use crate::domain::{
    additional_properties::AdditionalProperties, address::PostalAddress, corporation::CorporationInfo,
    country::CountryCode, customer::Profile, email::Email, external_id::ExternalId, json_text::JsonText,
    language::LanguageCode, legal_type::LegalType, margin::Margin, multiline_text::MultilineText,
    phone::PhoneNumber, problem::Problem, region::ClaimedRegion, text::Text, uuid_ids::uuid_ids,
};

uuid_ids! {
    /// The id a partner knows a customer by.
    PartnerCustomerId;
    ResellerId;
    /// One account of the tenant at one provider.
    ProviderInstanceId;
}

/// What a partner says of a customer. A request has every field that upstream requires; later, C2A may have cleared
/// some of them.
#[derive(Clone, Debug, PartialEq)]
pub struct PartnerCustomer {
    pub id: PartnerCustomerId,
    pub company_name: Option<Text<255>>,
    pub tax_id: Option<Text<255>>,
    pub country: CountryCode,
    pub address_line1: Option<MultilineText<255>>,
    pub address_line2: Option<MultilineText<255>>,
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
    /// Each reseller once, in any order.
    pub associations: Vec<(ResellerId, Option<Text<255>>)>,
    pub provider_customers: BTreeMap<ProviderInstanceId, ProviderCustomer>,
}

/// A contact as a partner may write it: upstream limits only its length.
///
/// What is no e-mail address or international number is kept as text. It is not part of the C2A projection, and
/// identifies no customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact<T, const MAX: usize> {
    Parsed(T),
    Unparsed(Text<MAX>),
}

impl<T, const MAX: usize> Contact<T, MAX> {
    pub fn into_parsed(self) -> Option<T> {
        match self {
            Self::Parsed(value) => Some(value),
            Self::Unparsed(_) => None,
        }
    }

    pub fn unparsed(&self) -> Option<&Text<MAX>> {
        match self {
            Self::Parsed(_) => None,
            Self::Unparsed(text) => Some(text),
        }
    }

    fn parse_with(text: &str, parse: impl Fn(&str) -> Result<T, Problem>) -> Result<Self, Problem> {
        let plain = Text::parse(text)?;
        Ok(parse(text).map_or(Self::Unparsed(plain), Self::Parsed))
    }
}

impl Contact<Email, 255> {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Self::parse_with(text, Email::parse)
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Parsed(email) => email.as_str(),
            Self::Unparsed(text) => text.as_str(),
        }
    }
}

impl Contact<PhoneNumber, 30> {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Self::parse_with(text, PhoneNumber::parse)
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Parsed(phone) => phone.as_str(),
            Self::Unparsed(text) => text.as_str(),
        }
    }
}

/// The customer at one provider instance. `status` changes by delivery to the provider's connector.
#[derive(Clone, PartialEq)]
pub struct ProviderCustomer {
    /// JSON as the partner sent it, for the provider's connector to read.
    pub data: Option<JsonText>,
    pub margin: Option<Margin>,
    /// By offer type; each overrides `margin` for its type.
    pub offer_type_margins: BTreeMap<String, Margin>,
    /// Set by the server, once the provider knows the customer.
    pub provider_customer_id: Option<String>,
    pub status: ProviderStatus,
    pub creation_error: CreationError,
}

impl ProviderCustomer {
    /// As a partner requests it; the other fields are set by the server.
    pub fn new(
        data: Option<JsonText>,
        margin: Option<Margin>,
        offer_type_margins: BTreeMap<String, Margin>,
    ) -> Self {
        Self {
            data,
            margin,
            offer_type_margins,
            provider_customer_id: None,
            status: ProviderStatus::default(),
            creation_error: CreationError::default(),
        }
    }

    fn as_sent(&self) -> Self {
        let Self { data, margin, offer_type_margins, provider_customer_id: _, status: _, creation_error: _ } =
            self.clone();
        Self::new(data, margin, offer_type_margins)
    }
}

impl fmt::Debug for ProviderCustomer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderCustomer({})", self.status.as_str())
    }
}

/// The state of the creation at the provider.
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

/// Why a provider refused the customer. Other than `None` only if the status is `Failed`.
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
pub enum StoredPartnerCustomer {
    Living(Box<PartnerCustomer>),
    /// Nothing is left but a random id in place of the customer's.
    Erased(PartnerCustomerId),
}

impl PartnerCustomer {
    /// The C2A customer that this is. Upstream knows no language, so the projection claims English.
    pub fn projection(&self) -> Profile {
        let Self {
            id,
            company_name,
            tax_id,
            country,
            address_line1,
            address_line2,
            city,
            state,
            zip,
            first_name,
            last_name,
            email,
            phone,
            // Of the partner only.
            middle_name: _,
            internal_identifier: _,
            reseller: _,
            associations: _,
            provider_customers: _,
        } = self.clone();
        let external_id = ExternalId::from_stored(id.to_string());
        let region =
            ClaimedRegion { country: country.clone(), language: LanguageCode::from_stored("en".to_owned()) };
        Profile {
            email: email.and_then(Contact::into_parsed),
            phone_number: phone.and_then(Contact::into_parsed),
            first_name,
            last_name,
            legal_type: LegalType::Corporate,
            billing_address: Some(PostalAddress {
                street: address_line1,
                street2: address_line2,
                city,
                state,
                postal_code: zip,
                country,
                additional: AdditionalProperties::default(),
            }),
            corporation: company_name.map(|company_name| CorporationInfo {
                company_name,
                tax_number: tax_id,
                tax_office: None,
                vat_number: None,
                registration_number: None,
                additional: AdditionalProperties::default(),
            }),
            // Upstream knows nothing else of a customer.
            ..Profile::new(external_id, region)
        }
    }

    /// Whether this customer was created by a request with the same content as `request`.
    pub fn same_request_as(&self, request: &Self) -> bool {
        self.as_sent() == request.as_sent()
    }

    /// Without what the server adds, and in a fixed order.
    fn as_sent(&self) -> Self {
        let mut sent = self.clone();
        sent.associations.sort_by_key(|(reseller, _)| *reseller);
        for provider in sent.provider_customers.values_mut() {
            *provider = provider.as_sent();
        }
        sent
    }

    /// The customer as its creator may create it: a reseller acts as itself, whether it says so or not.
    /// `creator`: the reseller, or `None` for a CSP. `None`: a reseller named another one.
    pub fn created_by(self, creator: Option<ResellerId>) -> Option<Self> {
        let Some(itself) = creator else { return Some(self) };
        let names_another = self.resellers().into_iter().any(|named| named != itself);
        (!names_another).then_some(Self { reseller: Some(itself), ..self })
    }

    /// Every reseller it names.
    pub fn resellers(&self) -> Vec<ResellerId> {
        self.reseller.into_iter().chain(self.associations.iter().map(|(reseller, _)| *reseller)).collect()
    }
}
