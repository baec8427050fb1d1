//! Customers as bodies of `store`.

use serde_json::{Value, json};

/// A `store` body: these fields, in Germany.
pub fn in_germany(customer: Value) -> Value {
    json!({ "customer": customer, "claimedRegion": { "countryCode": "DE", "languageCode": "de" } })
}
