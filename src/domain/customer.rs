//! The customer record, how a partial update changes it, and the rules that hold for it as a whole.
//!
//! A rule about one field lives in that field's type; only rules between fields are here.

use chrono::{DateTime, Utc};
use strum::VariantArray;

use crate::domain::{
    address::PostalAddress, attribute::Attribute, change::Change, corporation::CorporationInfo,
    customer_urn::CustomerUrn, email::Email, external_id::ExternalId, gender::Gender, legal_type::LegalType,
    phone::PhoneNumber, privacy::PrivacySettings, profile_fields::profile_fields, region::ClaimedRegion,
    source_version::SourceVersion, status::CustomerStatus, text::Text,
};

/// A stored customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub urn: CustomerUrn,
    /// Starts at 1 and grows by 1 with each change.
    pub version: i64,
    /// The tenant's own version of the record, where it has told one.
    pub source_version: Option<SourceVersion>,
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

/// [`Profile`], [`ProfileChange`] and what goes through all fields.
macro_rules! profile {
    ($($field:ident: $kind:ident $Type:ty => $Name:ident,)+) => {
        /// Everything a tenant says about its customer.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Profile {
            $(pub $field: by_kind!($kind { $Type } { Option<$Type> }),)+
        }

        /// A partial update: what it says of each field.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct ProfileChange {
            $(pub $field: Change<$Type>,)+
        }

        /// The change that leaves a record with exactly this profile: what is absent here is cleared.
        impl From<Profile> for ProfileChange {
            fn from(profile: Profile) -> Self {
                Self { $($field: by_kind!(
                    $kind
                    { Change::Set(profile.$field) }
                    { profile.$field.map_or(Change::Clear, Change::Set) }
                ),)+ }
            }
        }

        impl Profile {
            fn only(always: Always) -> Self {
                Self { $($field: by_kind!($kind { always.$field } { None }),)+ }
            }

            /// The profile after `change`; nested values are replaced whole.
            pub fn changed_by(self, change: ProfileChange) -> Self {
                Self {
                    $($field: by_kind!(
                        $kind
                        { change.$field.replace(self.$field) }
                        { change.$field.apply(self.$field) }
                    ),)+
                }
            }

            fn has(&self, attribute: Attribute) -> bool {
                match attribute {
                    $(Attribute::$Name => by_kind!($kind { true } { self.$field.is_some() }),)+
                }
            }

            fn agrees_on(&self, attribute: Attribute, other: &Self) -> bool {
                match attribute {
                    $(Attribute::$Name => self.$field == other.$field,)+
                }
            }
        }
    };
}

/// One of two things, by the kind of a field.
macro_rules! by_kind {
    (always { $($always:tt)* } { $($optional:tt)* }) => {
        $($always)*
    };
    (optional { $($always:tt)* } { $($optional:tt)* }) => {
        $($optional)*
    };
}

profile_fields!(profile);

/// What a profile has in any case.
struct Always {
    external_id: ExternalId,
    legal_type: LegalType,
    region: ClaimedRegion,
    status: CustomerStatus,
}

impl Profile {
    /// What a new customer has where its tenant says no more than this.
    pub fn new(external_id: ExternalId, region: ClaimedRegion) -> Self {
        Self::only(Always {
            external_id,
            legal_type: LegalType::default(),
            region,
            status: CustomerStatus::default(),
        })
    }

    /// The fields in which the two differ.
    pub fn differences(&self, other: &Self) -> Vec<Attribute> {
        let attributes = Attribute::VARIANTS.iter().copied();
        attributes.filter(|attribute| !self.agrees_on(*attribute, other)).collect()
    }

    /// The fields this record still lacks by [`missing`].
    pub fn missing(&self, required: &[Attribute]) -> Vec<Attribute> {
        missing(self.legal_type, required, |attribute| self.has(attribute))
    }
}

/// The fields a record must have and lacks, by `has`: the external id, the claimed region, what the
/// tenant requires, and corporation data for a corporation.
///
/// Takes a function instead of a record, so that it also works for a request with other errors.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{country::CountryCode, language::LanguageCode};

    fn profile() -> Profile {
        let region = ClaimedRegion {
            country: CountryCode::from_stored("DE".to_owned()),
            language: LanguageCode::from_stored("de".to_owned()),
        };
        Profile::new(ExternalId::from_stored("crm-1".to_owned()), region)
    }

    #[test]
    fn a_new_profile_is_what_the_tenant_says_and_defaults() {
        let change = ProfileChange { gender: Change::Set(Gender::Other), ..ProfileChange::default() };

        let new = profile().changed_by(change);

        assert_eq!(new.differences(&profile()), [Attribute::Gender]);
        assert_eq!((new.legal_type, new.status), (LegalType::Individual, CustomerStatus::default()));
    }

    #[test]
    fn what_differs_is_named_in_the_order_of_the_attributes() {
        let change = ProfileChange {
            status: Change::Set(CustomerStatus::from_stored("New".to_owned())),
            external_id: Change::Set(ExternalId::from_stored("crm-2".to_owned())),
            last_name: Change::Set(Text::from_stored("Doe".to_owned())),
            first_name: Change::Clear,
            legal_type: Change::Clear,
            ..ProfileChange::default()
        };

        let changed = profile().changed_by(change);

        let expected = [Attribute::ExternalIdentifier, Attribute::LastName, Attribute::Status];
        assert_eq!(changed.differences(&profile()), expected);
    }

    #[test]
    fn a_record_is_replaced_whole() {
        let named = ProfileChange {
            first_name: Change::Set(Text::from_stored("Jane".to_owned())),
            ..ProfileChange::default()
        };
        let status = ProfileChange {
            status: Change::Set(CustomerStatus::from_stored("New".to_owned())),
            ..ProfileChange::default()
        };

        let (before, after) = (profile().changed_by(named), profile().changed_by(status));

        assert_eq!(before.changed_by(after.clone().into()), after);
    }

    #[test]
    fn a_corporation_needs_its_data_and_a_tenant_what_it_requires() {
        let corporate =
            ProfileChange { legal_type: Change::Set(LegalType::Corporate), ..ProfileChange::default() };

        assert_eq!(profile().missing(&[]), []);
        assert_eq!(
            profile().missing(&[Attribute::Gender, Attribute::Email]),
            [Attribute::Email, Attribute::Gender]
        );
        assert_eq!(profile().changed_by(corporate).missing(&[]), [Attribute::CorporationInfo]);
    }
}
