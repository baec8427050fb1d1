//! Resellers and provider instances that a customer names, and the margins it has there.

use azotte_customers::{
    domain::{
        partner::{ProviderInstanceId, ResellerId},
        tenant::TenantId,
    },
    postgres::{provider_instances, resellers},
    sandbox::seed,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Reply, Server,
    bodies::merged,
    partners::{INSTANCE, OTHER_RESELLER, RESELLER, customer_with, rows},
};

/// A customer at the provider instance, with this entry.
fn at_provider(name: &str, entry: Value) -> Value {
    customer_with(name, json!({ "providerCustomers": { INSTANCE.to_string(): entry } }))
}

/// The entry of a new customer, as it reads back.
async fn read_back(server: &Server, name: &str, entry: Value) -> Value {
    let id = server.csp().created(&at_provider(name, entry)).await;
    server.csp().get(id).await.json()["providerCustomers"][INSTANCE.to_string()].clone()
}

fn told(reply: &Reply) -> (u16, Vec<String>) {
    (reply.status.as_u16(), reply.properties())
}

#[tokio::test]
async fn a_customer_names_what_its_tenant_has() {
    let server = Server::with_partners().await;
    let other = server.tenant("other").await;
    let (elsewhere, removed) = (Uuid::new_v4(), Uuid::new_v4());
    server.add_instance(other.id, elsewhere).await;
    server.add_instance(seed::TENANT_ID.0, removed).await;
    let gone = ProviderInstanceId(removed);
    provider_instances::remove(&server.pool, seed::TENANT_ID, gone).await.unwrap();

    for unknown in [Uuid::new_v4(), elsewhere, removed] {
        let body = json!({ "providerCustomers": { unknown.to_string(): {}, INSTANCE.to_string(): {} } });
        let reply = server.csp().create(&customer_with("ana", body)).await;
        assert_eq!(told(&reply), (400, vec![format!("providerCustomers.{unknown}")]));
    }
    assert_eq!(rows(&server.pool).await, [0; 5]);
}

#[tokio::test]
async fn unknown_resellers_are_told_where_they_are_named() {
    let server = Server::with_partners().await;
    let (other, elsewhere) = (server.tenant("other").await, Uuid::new_v4());
    let id = ResellerId(elsewhere);
    resellers::add(&server.pool, TenantId(other.id), id, "Elsewhere").await.unwrap();

    for unknown in [Uuid::new_v4(), elsewhere] {
        let associated = json!([{ "resellerId": RESELLER }, { "resellerId": unknown }]);
        for (body, properties) in [
            (json!({ "resellerId": unknown }), vec!["resellerId"]),
            (json!({ "customerAssociations": associated }), vec!["customerAssociations[1].resellerId"]),
            (
                json!({ "resellerId": unknown, "customerAssociations": associated }),
                vec!["customerAssociations[1].resellerId", "resellerId"],
            ),
        ] {
            let reply = server.csp().create(&customer_with("ana", body)).await;
            assert_eq!(reply.status, 400);
            assert_eq!(reply.properties(), properties);
        }
    }
    assert_eq!(rows(&server.pool).await, [0; 5]);
}

#[tokio::test]
async fn everything_unknown_is_told_at_once() {
    let server = Server::with_partners().await;
    let [one, two] = [Uuid::from_u128(1), Uuid::from_u128(2)];
    let instances = json!({ one.to_string(): {}, two.to_string(): {} });
    let body = json!({ "resellerId": one, "providerCustomers": instances });

    let reply = server.csp().create(&customer_with("ana", body)).await;

    let expected =
        [format!("providerCustomers.{one}"), format!("providerCustomers.{two}"), "resellerId".to_owned()];
    assert_eq!(told(&reply), (400, expected.to_vec()));
}

#[tokio::test]
async fn a_removed_instance_keeps_the_customers_it_has() {
    let server = Server::with_partners().await;
    let id = server.csp().created(&at_provider("ana", json!({}))).await;

    let instance = ProviderInstanceId(INSTANCE);
    provider_instances::remove(&server.pool, seed::TENANT_ID, instance).await.unwrap();

    let read = server.csp().get(id).await.json();
    assert_eq!(read["providerCustomers"][INSTANCE.to_string()]["status"]["name"], "Processing");
    assert_eq!(server.csp().create(&at_provider("bea", json!({}))).await.status, 400);
}

#[tokio::test]
async fn an_entry_stands_under_the_id_it_is_for() {
    let server = Server::with_partners().await;
    let path = format!("providerCustomers.{INSTANCE}");
    let upper = INSTANCE.to_string().to_uppercase();

    for (entry, property) in [
        (json!({ "providerInstanceId": RESELLER }), format!("{path}.providerInstanceId")),
        (json!({ "providerInstanceId": "string" }), format!("{path}.providerInstanceId")),
        (json!(null), path.clone()),
        (json!([]), path.clone()),
        (json!("entry"), path.clone()),
    ] {
        let reply = server.csp().create(&at_provider("ana", entry)).await;
        assert_eq!(told(&reply), (400, vec![property]));
    }
    for (key, property) in [("marketplace", "providerCustomers.marketplace"), ("", "providerCustomers.")] {
        let reply =
            server.csp().create(&customer_with("ana", json!({ "providerCustomers": { key: {} } }))).await;
        assert_eq!(told(&reply), (400, vec![property.to_owned()]));
    }
    for wrong in [json!([]), json!("none"), json!(5)] {
        let mut body = customer_with("ana", json!({}));
        body["providerCustomers"] = wrong;
        assert_eq!(told(&server.csp().create(&body).await), (400, vec!["providerCustomers".to_owned()]));
    }
    let twice =
        customer_with("ana", json!({ "providerCustomers": { INSTANCE.to_string(): {}, &upper: {} } }));
    assert_eq!(server.csp().create(&twice).await.status, 400, "the same id in two spellings");

    let spelled = json!({ "providerCustomers": { &upper: { "providerInstanceId": INSTANCE } } });
    assert_eq!(server.csp().create(&customer_with("ana", spelled)).await.status, 201);
}

#[tokio::test]
async fn provider_data_is_a_string_that_holds_json() {
    let server = Server::with_partners().await;
    let property = format!("providerCustomers.{INSTANCE}.providerCustomerData");

    for wrong in [
        json!("Domain=TestDomain"),
        json!("{"),
        json!(""),
        json!("{'Domain':1}"),
        json!(r#"{"Domain":"a\u0000b"}"#),
        json!({ "Domain": "TestDomain" }),
        json!(5),
        json!(format!("\"{}\"", "x".repeat(16 * 1024))),
    ] {
        let reply = server.csp().create(&at_provider("ana", json!({ "providerCustomerData": wrong }))).await;
        assert_eq!(told(&reply), (400, vec![property.clone()]), "{wrong}");
    }
    let pretty = "{\n\t\"a\": 1\n}";
    for (n, data) in [r#"{ "b" : 1.0, "a" : [ "é" ] }"#, "{}", "null", pretty].into_iter().enumerate() {
        let entry = read_back(&server, &format!("c{n}"), json!({ "providerCustomerData": data })).await;
        assert_eq!(entry["providerCustomerData"], data, "byte for byte");
    }
}

#[tokio::test]
async fn a_margin_rule_is_known_in_any_case_and_has_one_spelling() {
    let server = Server::with_partners().await;

    for rule in ["Markup", "Margin", "SplitMargin", "ErpMinusDiscount"] {
        for (case, sent) in
            [("as-is", rule.to_owned()), ("low", rule.to_lowercase()), ("up", rule.to_uppercase())]
        {
            let margin = json!({ "marginRule": { "name": sent }, "value": -2.5 });
            let entry = read_back(&server, &format!("{rule}-{case}"), json!({ "margin": margin })).await;
            assert_eq!(entry["margin"], json!({ "marginRule": { "name": rule }, "value": -2.5 }));
        }
    }
}

#[tokio::test]
async fn a_margin_is_a_rule_and_a_number() {
    let server = Server::with_partners().await;
    let path = |inner: &str| format!("providerCustomers.{INSTANCE}.margin{inner}");

    for (wrong, properties) in [
        (json!({}), vec![path(".marginRule"), path(".value")]),
        (json!({ "marginRule": {}, "value": 1 }), vec![path(".marginRule.name")]),
        (json!({ "marginRule": "markup", "value": 1 }), vec![path(".marginRule")]),
        (json!({ "marginRule": { "name": "Discount" }, "value": 1 }), vec![path(".marginRule.name")]),
        (json!({ "marginRule": { "name": "Markup" }, "value": "1" }), vec![path(".value")]),
        (json!({ "marginRule": { "name": "Markup" }, "value": null }), vec![path(".value")]),
        (json!({ "marginRule": { "name": "Markup" }, "value": 1e9 }), vec![path(".value")]),
        (json!([]), vec![path("")]),
        (json!(10), vec![path("")]),
    ] {
        let reply = server.csp().create(&at_provider("ana", json!({ "margin": wrong }))).await;
        assert_eq!(told(&reply), (400, properties), "{wrong}");
    }
}

/// Numbers that a reader misses by one unit in the last place where it hurries.
#[tokio::test]
async fn a_margin_is_read_to_the_last_digit() {
    let server = Server::with_partners().await;

    for (n, value) in [
        "96.26100000000001",
        "0.1",
        "1.7976931348623157",
        "123456.78901234567",
        "5e-324",
        "-2.2250738585072014e-308",
    ]
    .into_iter()
    .enumerate()
    {
        let margin: Value =
            serde_json::from_str(&format!(r#"{{ "marginRule": {{ "name": "Markup" }}, "value": {value} }}"#))
                .unwrap();
        let sent = json!({ "margin": margin, "offerTypeMargins": { "license": margin } });
        let entry = read_back(&server, &format!("c{n}"), sent).await;
        let expected = value.parse::<f64>().unwrap();
        assert_eq!(entry["margin"]["value"].as_f64(), Some(expected), "{value}");
        assert_eq!(entry["offerTypeMargins"]["license"]["value"].as_f64(), Some(expected), "{value}");
    }
}

#[tokio::test]
async fn offer_types_have_no_white_space_around_them() {
    let server = Server::with_partners().await;
    let margin = json!({ "marginRule": { "name": "Markup" }, "value": 1 });

    let entry = read_back(&server, "ana", json!({ "offerTypeMargins": { " license ": margin } })).await;
    assert_eq!(entry["offerTypeMargins"], json!({ "license": margin }));

    let twice = json!({ "offerTypeMargins": { "license": margin, "license ": margin } });
    let reply = server.csp().create(&at_provider("bob", twice)).await;
    assert_eq!(told(&reply), (400, vec![format!("providerCustomers.{INSTANCE}.offerTypeMargins.license")]));
}

#[tokio::test]
async fn the_same_data_in_another_order_is_the_same_customer() {
    let server = Server::with_partners().await;
    let id = Uuid::new_v4();
    let with_data = |data: &str| {
        let mut body = at_provider("ana", json!({ "providerCustomerData": data }));
        body["id"] = json!(id);
        body
    };
    assert_eq!(server.csp().create(&with_data(r#"{"a":1,"b":{"x":1,"y":2}}"#)).await.status, 201);

    let reordered = server.csp().create(&with_data(r#"{ "b": {"y":2,"x":1}, "a": 1 }"#)).await;
    let other = server.csp().create(&with_data(r#"{"a":2,"b":{"x":1,"y":2}}"#)).await;

    assert_eq!((reordered.status.as_u16(), other.status.as_u16()), (200, 409));
}

#[tokio::test]
async fn margins_by_offer_type_come_plain_or_wrapped() {
    let server = Server::with_partners().await;
    let plain = json!({
        "license": { "marginRule": { "name": "markup" }, "value": 10 },
        "usage": { "marginRule": { "name": "Margin" }, "value": 0.125 },
    });
    let wrapped = json!({ "Value": {
        "license": { "MarginRule": { "Name": "MARKUP" }, "Value": 10 },
        "usage": { "MarginRule": { "Name": "margin" }, "Value": 0.125 },
    } });
    let expected = json!({
        "license": { "marginRule": { "name": "Markup" }, "value": 10 },
        "usage": { "marginRule": { "name": "Margin" }, "value": 0.125 },
    });

    for (name, sent) in [("plain", plain), ("wrapped", wrapped)] {
        let entry = read_back(&server, name, json!({ "offerTypeMargins": sent })).await;
        assert_eq!(entry["offerTypeMargins"], expected, "{name}");
        assert_eq!(entry["margin"], json!(null), "{name}");
    }
    for (name, nothing) in [("null", json!(null)), ("empty", json!({}))] {
        let entry = read_back(&server, name, json!({ "offerTypeMargins": nothing })).await;
        assert_eq!(entry["offerTypeMargins"], json!({}), "{name}");
    }
}

#[tokio::test]
async fn a_customer_may_be_at_several_providers() {
    let server = Server::with_partners().await;
    let second = Uuid::new_v4();
    server.add_instance(seed::TENANT_ID.0, second).await;
    let entry = |domain: &str| json!({ "providerCustomerData": json!({ "Domain": domain }).to_string() });
    let entries = json!({ INSTANCE.to_string(): entry("one"), second.to_string(): entry("two") });
    let relations =
        json!({ "resellerId": RESELLER, "customerAssociations": [{ "resellerId": OTHER_RESELLER }] });
    let body = customer_with("ana", json!({ "providerCustomers": entries }));
    let body = merged(body, relations);

    let id = server.csp().created(&body).await;

    let read = server.csp().get(id).await.json();
    for instance in [INSTANCE, second] {
        let (sent, read) = (&body["providerCustomers"], &read["providerCustomers"]);
        let key = instance.to_string();
        assert_eq!(read[&key]["providerInstanceId"], key);
        assert_eq!(read[&key]["providerCustomerData"], sent[&key]["providerCustomerData"]);
    }
    assert_eq!(read["resellerId"], json!(RESELLER));
    assert_eq!(read["customerAssociations"], json!([{ "resellerId": OTHER_RESELLER, "name": null }]));
    assert_eq!(rows(&server.pool).await, [1, 1, 1, 1, 2]);
}
