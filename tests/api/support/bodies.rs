//! Request bodies: the least that is accepted, and what a test adds to it.

use serde_json::{Value, json};

/// A new customer with nothing optional.
pub fn customer(external_id: &str) -> Value {
    json!({
        "customer": { "externalIdentifier": external_id },
        "claimedRegion": { "countryCode": "DE", "languageCode": "de" },
    })
}

/// A new customer with these further properties.
pub fn customer_with(external_id: &str, properties: Value) -> Value {
    merged(customer(external_id), json!({ "customer": properties }))
}

/// A new company.
pub fn company(external_id: &str) -> Value {
    customer_with(
        external_id,
        json!({ "legalType": "Corporate", "corporationInfo": { "companyName": "Acme GmbH" } }),
    )
}

/// A change of the customer with this URN.
pub fn change(urn: &str, properties: Value) -> Value {
    merged(json!({ "customer": { "customerUrn": urn } }), json!({ "customer": properties }))
}

/// The documents' sample of a new customer.
pub fn sample() -> Value {
    customer_with(
        "crm-9981273",
        json!({
            "email": "jane.doe@example.com",
            "phoneNumber": "+49 170 1234567",
            "salutation": "Ms.",
            "firstName": "Jane",
            "lastName": "Doe",
            "gender": "Female",
            "legalType": "Individual",
            "primaryBillingAddress": {
                "street": "Hauptstr. 1",
                "city": "Berlin",
                "postalCode": "10115",
                "countryCode": "DE",
            },
        }),
    )
}

/// `body` with the properties of `further` put over it, object by object; `null` stays `null`.
pub fn merged(mut body: Value, further: Value) -> Value {
    merge(&mut body, further);
    body
}

fn merge(into: &mut Value, further: Value) {
    match (into, further) {
        (Value::Object(into), Value::Object(further)) => {
            for (name, value) in further {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, further) => *into = further,
    }
}
