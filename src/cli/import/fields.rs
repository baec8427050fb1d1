//! What a column can mean: the fields of a customer by their paths on the wire, and what columns are usually called.

/// A field of a line that is imported.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// As in `docs/api.md`. Those of the customer are without `customer.`.
    pub path: &'static str,
    /// What spreadsheets and other systems call it, as [`plain`] makes them.
    usual: &'static [&'static str],
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words, in which everything may be meant.
    Text,
    /// What a customer always has: an empty cell cannot clear it.
    Kept,
    /// Digits and letters that a spreadsheet may have made a number of.
    Code,
    Phone,
    /// A JSON value.
    Json,
}

const fn field(path: &'static str, kind: Kind, usual: &'static [&'static str]) -> Field {
    Field { path, usual, kind }
}

impl Field {
    /// Where it stands in a line, as the API names it.
    pub fn in_line(&self) -> String {
        let is_beside = self.path == SOURCE_VERSION || self.path.starts_with("claimedRegion.");
        if is_beside { self.path.to_owned() } else { format!("customer.{}", self.path) }
    }
}

pub const EXTERNAL_ID: &str = "externalIdentifier";
pub const EMAIL: &str = "email";
pub const PHONE: &str = "phoneNumber";
pub const REGION_COUNTRY: &str = "claimedRegion.countryCode";
pub const ADDRESS_COUNTRY: &str = "primaryBillingAddress.countryCode";
pub const SOURCE_VERSION: &str = "sourceVersion";
/// Where the further properties of an object stand, as a JSON object.
pub const FURTHER: &str = ".*";

pub const FIELDS: [Field; 25] = [
    field(
        EXTERNAL_ID,
        Kind::Code,
        &[
            "externalid",
            "exid",
            "customerid",
            "customernumber",
            "customerno",
            "crmid",
            "kundennr",
            "kundennummer",
            "kundenid",
            "id",
        ],
    ),
    field(EMAIL, Kind::Text, &["mail", "emailaddress", "mailaddress", "emailadresse"]),
    field(
        PHONE,
        Kind::Phone,
        &["phone", "telephone", "tel", "mobile", "mobilephone", "telefon", "telefonnummer", "mobil", "handy"],
    ),
    field("salutation", Kind::Text, &["anrede"]),
    field("firstName", Kind::Text, &["givenname", "forename", "vorname"]),
    field("lastName", Kind::Text, &["surname", "familyname", "nachname"]),
    field("gender", Kind::Text, &["sex", "geschlecht"]),
    field("legalType", Kind::Kept, &["persontype"]),
    field("status", Kind::Kept, &["customerstatus"]),
    field("privacy", Kind::Json, &["consents"]),
    field(
        "primaryBillingAddress.street",
        Kind::Text,
        &["street", "address", "address1", "addressline1", "strasse", "straße"],
    ),
    field(
        "primaryBillingAddress.street2",
        Kind::Text,
        &["street2", "address2", "addressline2", "adresszusatz"],
    ),
    field("primaryBillingAddress.city", Kind::Text, &["city", "town", "ort", "stadt"]),
    field("primaryBillingAddress.state", Kind::Text, &["state", "province", "bundesland"]),
    field(
        "primaryBillingAddress.postalCode",
        Kind::Code,
        &["postalcode", "postcode", "zip", "zipcode", "plz", "postleitzahl"],
    ),
    field(ADDRESS_COUNTRY, Kind::Text, &["billingcountry", "addresscountry"]),
    field("primaryBillingAddress.*", Kind::Json, &[]),
    field(
        "corporationInfo.companyName",
        Kind::Text,
        &["companyname", "company", "organisation", "organization", "firma", "firmenname"],
    ),
    field("corporationInfo.taxNumber", Kind::Code, &["taxnumber", "taxid", "steuernummer"]),
    field("corporationInfo.taxOffice", Kind::Text, &["taxoffice", "finanzamt"]),
    field("corporationInfo.vatNumber", Kind::Code, &["vatnumber", "vatid", "vat", "ustid", "ustidnr"]),
    field("corporationInfo.registrationNumber", Kind::Code, &["registrationnumber", "handelsregisternummer"]),
    field("corporationInfo.*", Kind::Json, &[]),
    field(REGION_COUNTRY, Kind::Text, &["countrycode", "country", "land", "region"]),
    field("claimedRegion.languageCode", Kind::Text, &["languagecode", "language", "lang", "sprache"]),
];

/// Beside the customer.
pub const GUARD: Field = field(SOURCE_VERSION, Kind::Code, &[]);

pub fn all() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().chain([&GUARD])
}

/// By its path, as `--map` and `--default` name it.
pub fn by_path(path: &str) -> Option<&'static Field> {
    all().find(|field| field.path.eq_ignore_ascii_case(path))
}

/// What a column of this name usually holds.
pub fn usually(column: &str) -> Option<&'static Field> {
    let column = plain(column);
    all()
        .find(|field| plain(field.path) == column || field.usual.contains(&&*column))
        .filter(|_| !column.is_empty())
}

/// A name without what people write differently: case, spaces, hyphens, dots.
pub fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_known_by_its_path_and_by_usual_names() {
        for (column, path) in [
            ("externalIdentifier", Some("externalIdentifier")),
            ("Kunden-Nr.", Some("externalIdentifier")),
            ("E-Mail", Some("email")),
            ("MAIL", Some("email")),
            ("PLZ", Some("primaryBillingAddress.postalCode")),
            ("Straße", Some("primaryBillingAddress.street")),
            ("primaryBillingAddress.countryCode", Some("primaryBillingAddress.countryCode")),
            ("country", Some("claimedRegion.countryCode")),
            ("Source Version", Some("sourceVersion")),
            ("notiz", None),
            ("", None),
            ("--", None),
            ("customerUrn", None),
        ] {
            assert_eq!(usually(column).map(|field| field.path), path, "{column}");
        }
    }

    #[test]
    fn no_usual_name_means_two_fields() {
        let mut seen = std::collections::HashMap::new();
        for field in all() {
            // `.*` is the same as the object's name when it is made plain, which no field has.
            for name in field.usual.iter().map(|name| (*name).to_owned()).chain([field.path.to_lowercase()]) {
                assert_eq!(seen.insert(name.clone(), field.path), None, "{name}");
            }
        }
    }
}
