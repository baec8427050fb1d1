//! The customer record, how a partial update changes it, and the rules that hold for it as a whole.
//!
//! A rule about one field lives in that field's type; only rules between fields are here.

use chrono::{DateTime, Utc};
use strum::VariantArray;

use crate::domain::{
    address::PostalAddress, attribute::Attribute, change::Change, corporation::CorporationInfo,
    customer_urn::CustomerUrn, email::Email, external_id::ExternalId, gender::Gender, legal_type::LegalType,
    phone::PhoneNumber, privacy::PrivacySettings, region::ClaimedRegion, status::CustomerStatus, text::Text,
};

/// A stored customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub urn: CustomerUrn,
    /// Starts at 1 and grows by 1 with each change.
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub profile: Profile,
}

/// Which customer a caller means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerRef {
    Urn(CustomerUrn),
    ExternalId(ExternalId),
}

impl CustomerRef {
    /// The URN, where the caller means the customer by it.
    pub fn urn(&self) -> Option<CustomerUrn> {
        match self {
            Self::Urn(urn) => Some(*urn),
            Self::ExternalId(_) => None,
        }
    }
}

/// Everything a tenant says about its customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub external_id: ExternalId,
    pub email: Option<Email>,
    pub phone_number: Option<PhoneNumber>,
    pub salutation: Option<Text<50>>,
    pub first_name: Option<Text<255>>,
    pub last_name: Option<Text<255>>,
    pub gender: Option<Gender>,
    pub legal_type: LegalType,
    pub billing_address: Option<PostalAddress>,
    pub corporation: Option<CorporationInfo>,
    pub privacy: Option<PrivacySettings>,
    pub region: ClaimedRegion,
    pub status: CustomerStatus,
}

/// A partial update: what it says of each field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    pub external_id: Change<ExternalId>,
    pub email: Change<Email>,
    pub phone_number: Change<PhoneNumber>,
    pub salutation: Change<Text<50>>,
    pub first_name: Change<Text<255>>,
    pub last_name: Change<Text<255>>,
    pub gender: Change<Gender>,
    pub legal_type: Change<LegalType>,
    pub billing_address: Change<PostalAddress>,
    pub corporation: Change<CorporationInfo>,
    pub privacy: Change<PrivacySettings>,
    pub region: Change<ClaimedRegion>,
    pub status: Change<CustomerStatus>,
}

impl Profile {
    /// The profile after `change`; nested values are replaced whole.
    pub fn changed_by(&self, change: ProfileChange) -> Self {
        let before = self.clone();
        Self {
            external_id: change.external_id.replace(before.external_id),
            email: change.email.apply(before.email),
            phone_number: change.phone_number.apply(before.phone_number),
            salutation: change.salutation.apply(before.salutation),
            first_name: change.first_name.apply(before.first_name),
            last_name: change.last_name.apply(before.last_name),
            gender: change.gender.apply(before.gender),
            legal_type: change.legal_type.replace(before.legal_type),
            billing_address: change.billing_address.apply(before.billing_address),
            corporation: change.corporation.apply(before.corporation),
            privacy: change.privacy.apply(before.privacy),
            region: change.region.replace(before.region),
            status: change.status.replace(before.status),
        }
    }

    /// The fields in which the two differ.
    pub fn differences(&self, other: &Self) -> Vec<Attribute> {
        Attribute::VARIANTS.iter().copied().filter(|attribute| !self.agrees_on(*attribute, other)).collect()
    }

    /// The fields this record still lacks by [`missing`].
    pub fn missing(&self, required: &[Attribute]) -> Vec<Attribute> {
        missing(self.legal_type, required, |attribute| self.has(attribute))
    }

    fn has(&self, attribute: Attribute) -> bool {
        match attribute {
            Attribute::Email => self.email.is_some(),
            Attribute::PhoneNumber => self.phone_number.is_some(),
            Attribute::Salutation => self.salutation.is_some(),
            Attribute::FirstName => self.first_name.is_some(),
            Attribute::LastName => self.last_name.is_some(),
            Attribute::Gender => self.gender.is_some(),
            Attribute::PrimaryBillingAddress => self.billing_address.is_some(),
            Attribute::CorporationInfo => self.corporation.is_some(),
            Attribute::Privacy => self.privacy.is_some(),
            Attribute::ExternalIdentifier
            | Attribute::LegalType
            | Attribute::ClaimedRegion
            | Attribute::Status => true,
        }
    }

    fn agrees_on(&self, attribute: Attribute, other: &Self) -> bool {
        match attribute {
            Attribute::ExternalIdentifier => self.external_id == other.external_id,
            Attribute::Email => self.email == other.email,
            Attribute::PhoneNumber => self.phone_number == other.phone_number,
            Attribute::Salutation => self.salutation == other.salutation,
            Attribute::FirstName => self.first_name == other.first_name,
            Attribute::LastName => self.last_name == other.last_name,
            Attribute::Gender => self.gender == other.gender,
            Attribute::LegalType => self.legal_type == other.legal_type,
            Attribute::PrimaryBillingAddress => self.billing_address == other.billing_address,
            Attribute::CorporationInfo => self.corporation == other.corporation,
            Attribute::Privacy => self.privacy == other.privacy,
            Attribute::ClaimedRegion => self.region == other.region,
            Attribute::Status => self.status == other.status,
        }
    }
}

/// The fields a record must have and `has` not: the external id, the claimed region, what the
/// tenant requires, and corporation data for a corporation.
///
/// Takes a question instead of a record, so that a request with other faults can be asked too.
pub fn missing(
    legal_type: LegalType,
    required: &[Attribute],
    has: impl Fn(Attribute) -> bool,
) -> Vec<Attribute> {
    let always = |attribute| matches!(attribute, Attribute::ExternalIdentifier | Attribute::ClaimedRegion);
    let for_corporations =
        |attribute| attribute == Attribute::CorporationInfo && legal_type == LegalType::Corporate;
    Attribute::VARIANTS
        .iter()
        .copied()
        .filter(|attribute| {
            always(*attribute) || for_corporations(*attribute) || required.contains(attribute)
        })
        .filter(|attribute| !has(*attribute))
        .collect()
}
