//! A customer of values that occur nowhere else, for finding out where they have gone.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};

use super::customers::in_germany;

/// One customer's personal values, marked with a word of its own.
pub struct Canaries {
    mark: &'static str,
    phone_number: &'static str,
}

impl Canaries {
    /// `mark` is lower case; `phone_number` in E.164.
    pub const fn new(mark: &'static str, phone_number: &'static str) -> Self {
        Self { mark, phone_number }
    }

    /// A company with every field there is; nothing but codes of lists is without a mark.
    pub fn customer(&self) -> Value {
        json!({
            "externalIdentifier": self.marked("ExternalId"),
            "email": self.email(),
            "phoneNumber": self.phone_number,
            "salutation": self.marked("Salutation"),
            "firstName": self.marked("First"),
            "lastName": self.marked("Last"),
            "gender": "Other",
            "legalType": "Corporate",
            "primaryBillingAddress": {
                "street": self.marked("Street"),
                "street2": self.marked("Street2"),
                "district": self.marked("District"),
                "city": self.marked("City"),
                "state": self.marked("State"),
                "postalCode": self.marked("Zip"),
                "countryCode": "DE"
            },
            "corporationInfo": {
                "companyName": self.marked("Company"),
                "taxNumber": self.marked("Tax"),
                "taxOffice": self.marked("Office"),
                "vatNumber": self.marked("Vat"),
                "registrationNumber": self.marked("Register"),
                "owners": [{ "name": self.marked("Owner") }],
                self.marked("Key"): true
            },
            "privacy": {
                "newsletter": { "address": self.marked("Privacy") },
                self.marked("PrivacyKey"): [self.marked("Consent")]
            },
            "status": self.marked("Status")
        })
    }

    pub fn body(&self) -> Value {
        in_germany(self.customer())
    }

    pub fn external_id(&self) -> String {
        self.marked("ExternalId")
    }

    /// As sent: with capitals, which are not compared.
    pub fn email(&self) -> String {
        format!("{}@Example.com", self.marked("Mail"))
    }

    /// How often each of the values is in the database, in whatever case and whichever table: the mark, which
    /// all have in them, and the digits of the phone number.
    pub async fn found_in(&self, pool: &PgPool) -> [usize; 2] {
        let digits = self.phone_number.trim_start_matches('+');
        let dump = dump(pool).await.to_lowercase();
        [self.mark, digits].map(|trace| dump.matches(trace).count())
    }

    pub fn marked(&self, field: &str) -> String {
        format!("{field}-{}", self.mark)
    }
}

/// Every row of every table, as text.
pub async fn dump(pool: &PgPool) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "select oid::regclass::text from pg_class
         where relkind in ('r', 'p', 'm') and relnamespace = 'public'::regnamespace",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut dump = String::new();
    for table in tables {
        let rows = format!("select coalesce(string_agg(to_jsonb(t)::text, e'\\n'), '') from {table} t");
        let rows: String = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_one(pool).await.unwrap();
        dump += &format!("{table}\n{rows}\n");
    }
    dump
}
