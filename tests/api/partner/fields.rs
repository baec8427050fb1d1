//! The rule of each property, and all broken ones told at once.

use azotte_customers::domain::attribute::Attribute;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Server,
    partners::{INSTANCE, RESELLER, customer, customer_with, rows},
    tokens::Token,
};

const REQUIRED: [&str; 11] = [
    "companyName",
    "country",
    "addressLine1",
    "city",
    "state",
    "zip",
    "firstName",
    "lastName",
    "email",
    "phone",
    "providerCustomers",
];

/// Texts and the most characters each may have.
const TEXTS: [(&str, usize); 13] = [
    ("companyName", 255),
    ("taxId", 255),
    ("addressLine1", 255),
    ("addressLine2", 255),
    ("city", 255),
    ("state", 255),
    ("zip", 30),
    ("firstName", 255),
    ("middleName", 255),
    ("lastName", 255),
    ("email", 255),
    ("phone", 30),
    ("internalIdentifier", 255),
];

#[tokio::test]
async fn what_is_required_is_neither_absent_nor_null() {
    let server = Server::with_partners().await;

    for property in REQUIRED {
        let mut absent = customer("ana");
        absent.as_object_mut().unwrap().remove(property);
        let null = customer_with("ana", json!({ property: null }));
        let may_be_null = ["state", "zip"].contains(&property);
        for body in [Some(absent), Some(null).filter(|_| !may_be_null)].into_iter().flatten() {
            let reply = server.csp().create(&body).await;
            assert_eq!((reply.status.as_u16(), reply.properties()), (400, vec![property.to_owned()]));
        }
    }
    assert_eq!(rows(&server.pool).await, [0; 5]);
}

#[tokio::test]
async fn everything_that_is_missing_is_told_at_once() {
    let server = Server::with_partners().await;

    let mut expected = REQUIRED.to_vec();
    expected.sort();
    for body in [json!({}), json!({ "CompanyName": "capitals are another property" })] {
        let reply = server.csp().create(&body).await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.properties(), expected);
        for error in reply.json()["errors"].as_array().unwrap() {
            assert_eq!(error["description"], json!(["Is required."]));
        }
    }
}

#[tokio::test]
async fn a_text_is_as_long_as_it_may_be_and_no_longer() {
    let server = Server::with_partners().await;

    for (property, max) in TEXTS {
        for character in ["x", "é", "😀"] {
            let name = format!("{property}-{}", character.len());
            let fits = customer_with(&name, json!({ property: character.repeat(max) }));
            let id = server.csp().created(&fits).await;
            assert_eq!(server.csp().get(id).await.json()[property], character.repeat(max));

            let too_long = customer_with("ana", json!({ property: character.repeat(max + 1) }));
            let reply = server.csp().create(&too_long).await;
            assert_eq!((reply.status.as_u16(), reply.properties()), (400, vec![property.to_owned()]));
        }
    }
}

#[tokio::test]
async fn a_text_is_a_text_with_something_in_it() {
    let server = Server::with_partners().await;

    for (property, _) in TEXTS {
        let may_be_empty = ["state", "zip"].contains(&property);
        for wrong in
            [json!(""), json!(" "), json!("a\u{0}b"), json!("a\u{7}b"), json!(5), json!(["a"]), json!({})]
        {
            if may_be_empty && wrong.as_str().is_some_and(|text| text.trim().is_empty()) {
                continue;
            }
            let reply = server.csp().create(&customer_with("ana", json!({ property: wrong.clone() }))).await;
            assert_eq!(reply.status, 400, "{property}: {wrong}");
            assert_eq!(reply.properties(), [property], "{wrong}");
        }
    }
}

/// Many countries have no states, and some no postal codes.
#[tokio::test]
async fn state_and_zip_may_be_empty_or_null() {
    let server = Server::with_partners().await;

    for (n, nothing) in [json!(""), json!("  "), json!(null)].into_iter().enumerate() {
        let body = customer_with(&format!("ana{n}"), json!({ "state": nothing, "zip": nothing }));
        let id = server.csp().created(&body).await;
        let read = server.csp().get(id).await.json();
        assert_eq!((&read["state"], &read["zip"]), (&json!(null), &json!(null)), "{nothing}");
    }
}

#[tokio::test]
async fn address_lines_may_be_broken() {
    let server = Server::with_partners().await;
    let lines = "Flat 4\nSummers Orchard";

    let id = server
        .csp()
        .created(&customer_with("ana", json!({ "addressLine1": lines, "addressLine2": lines })))
        .await;

    let read = server.csp().get(id).await.json();
    assert_eq!((&read["addressLine1"], &read["addressLine2"]), (&json!(lines), &json!(lines)));
    let reply = server.csp().create(&customer_with("bob", json!({ "city": lines }))).await;
    assert_eq!((reply.status.as_u16(), reply.properties()), (400, vec!["city".to_owned()]));
}

/// What a .NET client sends where nobody set an id.
#[tokio::test]
async fn an_id_of_zeros_is_no_id() {
    let server = Server::with_partners().await;

    let of_nobody = |name: &str| customer_with(name, json!({ "id": Uuid::nil() }));
    let [first, second] =
        [server.csp().created(&of_nobody("ana")).await, server.csp().created(&of_nobody("bob")).await];

    assert!(!first.is_nil() && !second.is_nil() && first != second);
}

#[tokio::test]
async fn ids_are_hyphenated_uuids_and_countries_are_in_the_list() {
    let server = Server::with_partners().await;

    for (property, wrong) in [
        ("id", json!("string")),
        ("id", json!("")),
        ("id", json!(RESELLER.simple().to_string())),
        ("id", json!(5)),
        ("resellerId", json!("string")),
        ("resellerId", json!(RESELLER.braced().to_string())),
        ("resellerId", json!([RESELLER])),
        ("country", json!("XX")),
        ("country", json!("PRT")),
        ("country", json!("Portugal")),
        ("country", json!("")),
        ("country", json!(5)),
    ] {
        let reply = server.csp().create(&customer_with("ana", json!({ property: wrong.clone() }))).await;
        assert_eq!((reply.status.as_u16(), reply.properties()), (400, vec![property.to_owned()]), "{wrong}");
    }
    assert_eq!(server.csp().create(&customer_with("ana", json!({ "country": "pt" }))).await.status, 201);
}

#[tokio::test]
async fn all_errors_are_told_at_once_by_their_paths() {
    let server = Server::with_partners().await;
    let instance = INSTANCE.to_string();
    let body = customer_with(
        "ana",
        json!({
            "id": "string",
            "companyName": null,
            "country": "XX",
            "addressLine1": "",
            "zip": "1".repeat(31),
            "resellerId": 5,
            "customerAssociations": [{ "resellerId": RESELLER }, { "resellerId": "string", "name": "" }, null],
            "providerCustomers": { &instance: {
                "providerInstanceId": RESELLER,
                "providerCustomerData": "{",
                "margin": { "marginRule": { "name": "Discount" }, "value": "10" },
                "offerTypeMargins": { "license": { "marginRule": {} } }
            } }
        }),
    );

    let reply = server.csp().create(&body).await;

    assert_eq!(reply.status, 400);
    let provider = |path: &str| format!("providerCustomers.{instance}.{path}");
    assert_eq!(
        reply.properties(),
        [
            "addressLine1".to_owned(),
            "companyName".to_owned(),
            "country".to_owned(),
            "customerAssociations[1].name".to_owned(),
            "customerAssociations[1].resellerId".to_owned(),
            "customerAssociations[2]".to_owned(),
            "id".to_owned(),
            provider("margin.marginRule.name"),
            provider("margin.value"),
            provider("offerTypeMargins.license.marginRule.name"),
            provider("offerTypeMargins.license.value"),
            provider("providerCustomerData"),
            provider("providerInstanceId"),
            "resellerId".to_owned(),
            "zip".to_owned(),
        ]
    );
    assert_eq!(rows(&server.pool).await, [0; 5]);
}

#[tokio::test]
async fn a_refusal_repeats_nothing_of_what_was_sent() {
    let server = Server::with_partners().await;
    let canary = "Zaunkönig";
    let mut body = json!({ canary: canary, "providerCustomers": { canary: { "margin": canary } } });
    for (property, max) in TEXTS {
        body[property] = json!(canary.repeat(max));
    }

    let reply = server.csp().create(&body).await;

    assert_eq!(reply.status, 400);
    assert!(!reply.text().contains(canary), "{}", reply.text());
}

#[tokio::test]
async fn associations_are_objects_each_of_another_reseller() {
    let server = Server::with_partners().await;
    let reseller = json!({ "resellerId": RESELLER });

    for (wrong, properties) in [
        (json!({}), vec!["customerAssociations"]),
        (json!("none"), vec!["customerAssociations"]),
        (json!([[]]), vec!["customerAssociations[0]"]),
        (json!([{}]), vec!["customerAssociations[0].resellerId"]),
        (json!([{ "resellerId": null }]), vec!["customerAssociations[0].resellerId"]),
        (json!([reseller, reseller]), vec!["customerAssociations[1]"]),
    ] {
        let reply =
            server.csp().create(&customer_with("ana", json!({ "customerAssociations": wrong }))).await;
        assert_eq!(reply.status, 400, "{wrong}");
        assert_eq!(reply.properties(), properties, "{wrong}");
    }
    let unnamed = customer_with("ana", json!({ "customerAssociations": [reseller] }));
    assert_eq!(server.csp().create(&unnamed).await.status, 201);
}

/// What a tenant declares mandatory holds for its partners too.
#[tokio::test]
async fn a_tenants_own_required_fields_apply() {
    let server = Server::start().await;
    let required = [Attribute::Email, Attribute::PhoneNumber, Attribute::FirstName];
    let tenant = server.tenant_requiring("strict", &required).await;
    let csp = server.partner_at("strict.example.com", &Token::csp(tenant.id));
    let contact = |email: &str, phone: &str| customer_with("ana", json!({ "email": email, "phone": phone }));

    for (body, properties) in [
        (contact("string", "string"), vec!["email", "phone"]),
        (contact("ana@example.com", "921231231"), vec!["phone"]),
        (contact("ana@", "+351 921 231 231"), vec!["email"]),
    ] {
        let reply = csp.create(&body).await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.properties(), properties);
    }
    assert_eq!(rows(&server.pool).await, [0; 5]);
    assert_eq!(csp.create(&contact("ana@example.com", "+351 921 231 231")).await.status, 201);
}

#[tokio::test]
async fn what_a_partner_cannot_say_cannot_be_met() {
    let server = Server::start().await;
    let tenant = server.tenant_requiring("strict", &[Attribute::Gender]).await;
    let csp = server.partner_at("strict.example.com", &Token::csp(tenant.id));

    let reply = csp.create(&customer("ana")).await;

    assert_eq!((reply.status.as_u16(), reply.properties()), (400, vec!["gender".to_owned()]));
    let description: &Value = &reply.json()["errors"][0]["description"];
    assert_eq!(description, &json!(["Is required."]));
}
