//! The columns of a customer's profile: the list that every statement on whole profiles is made from.
//!
//! Each column travels as text, and is cast where it is something else. `json` rather than `jsonb` columns keep the order
//! of keys and the spelling of numbers as they were sent, which a JSON parameter would lose.

use std::{borrow::Cow, iter};

use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row, postgres::PgRow};

use super::json_columns::{AddressColumn, CorporationColumn};
use crate::domain::{
    address::PostalAddress, corporation::CorporationInfo, country::CountryCode, customer::Profile,
    email::Email, external_id::ExternalId, gender::Gender, language::LanguageCode, legal_type::LegalType,
    phone::PhoneNumber, privacy::PrivacySettings, region::ClaimedRegion, status::CustomerStatus, text::Text,
};

/// A column of `customers` that is a part of the profile.
pub struct Column {
    pub name: &'static str,
    /// Its type.
    pub sql_type: &'static str,
    /// What erasure writes; `None`: it stays, for it identifies no person.
    pub erased: Option<&'static str>,
}

/// Makes [`COLUMNS`], [`values`] and [`profile`]. A row is a field of the profile, and the columns it is kept in:
/// `"name" type erased`. A field without a row does not compile.
macro_rules! columns {
    ($($field:ident: [$($name:literal $sql_type:ident $erased:ident),+],)+) => {
        /// In the order of [`values`] and [`profile`].
        pub const COLUMNS: &[Column] = &[
            $($(Column { name: $name, sql_type: stringify!($sql_type), erased: erased!($erased) },)+)+
        ];

        /// What the columns hold of this profile.
        fn values(profile: &Profile) -> Vec<Option<Cow<'_, str>>> {
            let Profile { $($field,)+ } = profile;
            let mut values = Vec::with_capacity(COLUMNS.len());
            $({
                let columns: [_; [$($name),+].len()] = Stored::to_columns($field);
                values.extend(columns);
            })+
            values
        }

        /// The profile in the columns of a row, the first at `at`. `None`: of an erased customer, which has none.
        pub fn profile(row: &PgRow, at: usize) -> Result<Option<Profile>, sqlx::Error> {
            let mut columns = at..;
            let mut next = || row.try_get::<Option<String>, _>(columns.next().unwrap_or(usize::MAX));
            $(let $field = Stored::from_columns([$({ let _ = $name; next()? }),+]);)+
            let profile = || Some(Profile { $($field: $field?,)+ });
            Ok(profile())
        }
    };
}

macro_rules! erased {
    (cleared) => {
        Some("null")
    };
    (anonymized) => {
        Some("'Anonymized'")
    };
    (kept) => {
        None
    };
}

columns! {
    external_id: ["external_id" text cleared],
    email: ["email" text cleared, "email_key" text cleared],
    phone_number: ["phone_number" text cleared],
    salutation: ["salutation" text cleared],
    first_name: ["first_name" text cleared],
    last_name: ["last_name" text cleared],
    gender: ["gender" text cleared],
    legal_type: ["legal_type" text kept],
    billing_address: ["billing_address" jsonb cleared],
    corporation: ["corporation_info" json cleared],
    privacy: ["privacy" json cleared],
    region: ["country_code" text kept, "language_code" text cleared],
    status: ["status" text anonymized],
}

/// A field of the profile as it is kept in `N` columns.
trait Stored<const N: usize>: Sized {
    fn to_columns(&self) -> [Option<Cow<'_, str>>; N];

    /// `None`: not there.
    fn from_columns(columns: [Option<String>; N]) -> Option<Self>;
}

impl<T: Stored<N>, const N: usize> Stored<N> for Option<T> {
    fn to_columns(&self) -> [Option<Cow<'_, str>>; N] {
        self.as_ref().map_or([const { None }; N], T::to_columns)
    }

    fn from_columns(columns: [Option<String>; N]) -> Option<Self> {
        Some(T::from_columns(columns))
    }
}

/// Fields that are kept in one column of text.
macro_rules! stored_as_text {
    ($($Type:ty: $as_str:expr, $from_stored:expr;)+) => {$(
        impl Stored<1> for $Type {
            fn to_columns(&self) -> [Option<Cow<'_, str>>; 1] {
                let as_str: for<'a> fn(&'a Self) -> &'a str = $as_str;
                [Some(as_str(self).into())]
            }

            fn from_columns([text]: [Option<String>; 1]) -> Option<Self> {
                ($from_stored)(text?)
            }
        }
    )+};
}

stored_as_text! {
    ExternalId: Self::as_str, |text| Some(Self::from_stored(text));
    PhoneNumber: Self::as_str, |text| Some(Self::from_stored(text));
    Gender: |gender| gender.as_str(), |text: String| Self::parse(&text).ok();
    LegalType: |legal_type| legal_type.as_str(), |text: String| Self::parse(&text).ok();
    PrivacySettings: Self::as_str, |text| Some(Self::from_stored(text));
    CustomerStatus: Self::as_str, |text| Some(Self::from_stored(text));
}

impl<const MAX: usize> Stored<1> for Text<MAX> {
    fn to_columns(&self) -> [Option<Cow<'_, str>>; 1] {
        [Some(self.as_str().into())]
    }

    fn from_columns([text]: [Option<String>; 1]) -> Option<Self> {
        text.map(Self::from_stored)
    }
}

impl Stored<2> for Email {
    fn to_columns(&self) -> [Option<Cow<'_, str>>; 2] {
        [Some(self.as_str().into()), Some(self.canonical().into())]
    }

    fn from_columns([as_sent, canonical]: [Option<String>; 2]) -> Option<Self> {
        Some(Self::from_stored(as_sent?, canonical?))
    }
}

impl Stored<2> for ClaimedRegion {
    fn to_columns(&self) -> [Option<Cow<'_, str>>; 2] {
        let Self { country, language } = self;
        [Some(country.as_str().into()), Some(language.as_str().into())]
    }

    fn from_columns([country, language]: [Option<String>; 2]) -> Option<Self> {
        Some(Self {
            country: CountryCode::from_stored(country?),
            language: LanguageCode::from_stored(language?),
        })
    }
}

impl Stored<1> for PostalAddress {
    fn to_columns(&self) -> [Option<Cow<'_, str>>; 1] {
        [to_json(&AddressColumn::new(self))]
    }

    fn from_columns([json]: [Option<String>; 1]) -> Option<Self> {
        from_json(json?).map(AddressColumn::into_address)
    }
}

impl Stored<1> for CorporationInfo {
    fn to_columns(&self) -> [Option<Cow<'_, str>>; 1] {
        [to_json(&CorporationColumn::new(self))]
    }

    fn from_columns([json]: [Option<String>; 1]) -> Option<Self> {
        from_json(json?).map(CorporationColumn::into_corporation)
    }
}

fn to_json<'a>(column: &impl Serialize) -> Option<Cow<'a, str>> {
    serde_json::to_string(column).ok().map(Cow::Owned)
}

fn from_json<T: DeserializeOwned>(json: String) -> Option<T> {
    serde_json::from_str(&json).ok()
}

/// The columns of several profiles, each as an array.
pub fn arrays<'a>(profiles: impl ExactSizeIterator<Item = &'a Profile>) -> Vec<Vec<Option<Cow<'a, str>>>> {
    let mut arrays: Vec<_> = COLUMNS.iter().map(|_| Vec::with_capacity(profiles.len())).collect();
    for profile in profiles {
        for (array, value) in iter::zip(&mut arrays, values(profile)) {
            array.push(value);
        }
    }
    arrays
}

/// `a, b, c`: what `each` makes of every column.
pub fn list(each: impl Fn(&Column) -> String) -> String {
    COLUMNS.iter().map(each).collect::<Vec<_>>().join(", ")
}
