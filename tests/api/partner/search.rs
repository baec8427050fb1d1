//! `GET /v1/Customers` for some of them: by text, by reseller, and the erased ones too.

use azotte_customers::sandbox::seed;
use serde_json::{Value, json};

use crate::support::{
    Client, Server,
    bodies::merged,
    partners::{INSTANCE, OTHER_RESELLER, RESELLER, customer_with},
};

/// Names of the companies found.
async fn found(client: &Client, query: &str) -> Vec<String> {
    let page = client.list(query).await.json();
    let items = page["items"].as_array().unwrap_or_else(|| panic!("{query}: {page}"));
    assert_eq!(page["totalCount"], items.len(), "{query}");
    items.iter().map(|item| item["companyName"].as_str().unwrap_or("-").to_owned()).collect()
}

fn company(name: &str, properties: Value) -> Value {
    let body = customer_with(&name.to_lowercase(), json!({ "companyName": name }));
    merged(body, properties)
}

fn at_domain(domain: &str) -> Value {
    let data = json!({ "Domain": domain, "Email": "nobody@searched.example" }).to_string();
    json!({ "providerCustomers": { INSTANCE.to_string(): { "providerCustomerData": data } } })
}

#[tokio::test]
async fn a_search_finds_text_anywhere_in_a_name_and_at_the_beginning_of_an_identifier_in_any_case() {
    let server = Server::with_partners().await;
    let (csp, internal) = (server.csp(), |id: &str| json!({ "internalIdentifier": id }));
    csp.created(&company("Alpha", at_domain("Alpha.onmicrosoft.com"))).await;
    csp.created(&company("Beta", internal("ALPHA-7"))).await;
    csp.created(&company("Alphabet", at_domain("letters.example"))).await;
    let alpha = "update provider_customers set status = 'Success', provider_customer_id = 'P-' || (data::json ->> 'Domain')";
    sqlx::query(alpha).execute(&server.pool).await.unwrap();

    for (query, expected) in [
        ("search=alpha", &["Alpha", "Alphabet"][..]),
        ("search=LPHAB", &["Alphabet"]),
        ("searchField=Company.Name&search=bet", &["Beta", "Alphabet"]),
        ("searchField=company.name&search=bet", &["Beta", "Alphabet"]),
        ("searchField=Domain&search=alpha.ON", &["Alpha"]),
        ("searchField=Domain&search=searched", &[]),
        ("searchField=InternalIdentifier&search=alpha", &["Beta"]),
        ("searchField=InternalIdentifier&search=pha-7", &[]),
        ("searchField=ProviderCustomerId&search=p-letters", &["Alphabet"]),
        ("searchField=ProviderCustomerId", &["Alpha", "Beta", "Alphabet"]),
        ("search=gamma", &[]),
    ] {
        assert_eq!(found(&csp, query).await, expected, "{query}");
    }
}

/// The tests' databases are made without a locale, in which PostgreSQL itself knows no case beyond A to Z.
#[tokio::test]
async fn case_is_that_of_unicode_whatever_the_locale_of_the_database() {
    let server = Server::with_partners().await;
    let csp = server.csp();
    let locale: String =
        sqlx::query_scalar("select datcollate::text from pg_database where datname = current_database()")
            .fetch_one(&server.pool)
            .await
            .unwrap();
    assert_eq!(locale, "C");
    for (email, name, identifier) in [
        ("a", "Müller GmbH", "Ünal-1"),
        ("b", "Παπαδόπουλος", "ω-2"),
        ("c", "İSTANBUL Gıda A.Ş.", "İç-3"),
        ("d", "ООО Ромашка", "кс-4"),
    ] {
        let data = json!({ "Domain": format!("{name}.example") }).to_string();
        let provider = json!({ INSTANCE.to_string(): { "providerCustomerData": data } });
        let properties =
            json!({ "companyName": name, "internalIdentifier": identifier, "providerCustomers": provider });
        csp.created(&customer_with(email, properties)).await;
    }
    let ids = "update provider_customers set status = 'Success', provider_customer_id = (
        select internal_identifier from partner_customers
        where partner_customers.customer_number = provider_customers.customer_number)";
    sqlx::query(ids).execute(&server.pool).await.unwrap();

    for (name, identifier, expected) in [
        ("MÜLLER", "ÜNAL", "Müller GmbH"),
        ("ΠΑΠΑΔΌΠΟΥΛΟΣ", "Ω-", "Παπαδόπουλος"),
        ("istanbul GIDA a.ş", "iÇ", "İSTANBUL Gıda A.Ş."),
        ("ооо РОМ", "КС-4", "ООО Ромашка"),
    ] {
        for query in [
            format!("search={name}"),
            format!("searchField=Domain&search={name}"),
            format!("searchField=InternalIdentifier&search={identifier}"),
            format!("searchField=ProviderCustomerId&search={identifier}"),
        ] {
            assert_eq!(found(&csp, &query).await, [expected], "{query}");
        }
    }
    assert_eq!(found(&csp, "search=MULLER").await, [""; 0]);
}

/// Patterns and quotes are text like any other.
#[tokio::test]
async fn a_search_has_no_wildcards() {
    let server = Server::with_partners().await;
    let csp = server.csp();
    for (name, email) in [("50% off", "a"), ("50 off", "b"), ("O'Neill_Ltd", "c"), (r"back\slash", "d")] {
        csp.created(&customer_with(email, json!({ "companyName": name }))).await;
    }

    for (query, expected) in [
        ("search=50%25", &["50% off"][..]),
        ("search=%25", &["50% off"]),
        ("search=_", &["O'Neill_Ltd"]),
        ("search=o%27neill", &["O'Neill_Ltd"]),
        ("search=%5Cslash", &[r"back\slash"]),
        ("search=%27%20or%201=1--", &[]),
        ("search=50+off", &["50 off"]),
    ] {
        assert_eq!(found(&csp, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn provider_data_of_any_kind_is_searched_without_harm() {
    let server = Server::with_partners().await;
    let csp = server.csp();
    for (n, data) in
        ["null", "5", "[]", "[{\"Domain\":\"x\"}]", "{}", r#"{"Domain":null}"#, r#"{"Domain":{"a":"x"}}"#]
            .iter()
            .enumerate()
    {
        let provider = json!({ INSTANCE.to_string(): { "providerCustomerData": data } });
        csp.created(&company(&format!("c{n}"), json!({ "providerCustomers": provider }))).await;
    }
    csp.created(&company("right", at_domain("Xenon"))).await;

    assert_eq!(found(&csp, "searchField=Domain&search=xenon").await, ["right"]);
}

#[tokio::test]
async fn customers_are_listed_by_reseller() {
    let server = Server::with_partners().await;
    let csp = server.csp();
    csp.created(&company("Mine", json!({ "resellerId": RESELLER }))).await;
    csp.created(&company("Theirs", json!({ "resellerId": OTHER_RESELLER }))).await;
    let associated = json!({ "customerAssociations": [{ "resellerId": RESELLER }] });
    csp.created(&company("Direct", associated)).await;

    for (client, query, expected) in [
        (&csp, String::new(), &["Mine", "Theirs", "Direct"][..]),
        (&csp, format!("resellerId={RESELLER}"), &["Mine"]),
        (&csp, format!("resellerId={OTHER_RESELLER}&search=theirs"), &["Theirs"]),
        (&csp, format!("resellerId={}", seed::TENANT_ID), &[]),
        (&server.reseller(RESELLER), String::new(), &["Mine"]),
        (&server.reseller(RESELLER), format!("resellerId={RESELLER}"), &["Mine"]),
        (&server.reseller(RESELLER), format!("resellerId={OTHER_RESELLER}"), &[]),
        (&server.reseller(RESELLER), "search=theirs".to_owned(), &[]),
        (&server.reseller(OTHER_RESELLER), "includeDeleted=true".to_owned(), &["Theirs"]),
    ] {
        assert_eq!(found(client, &query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn erased_customers_are_listed_when_asked_for_with_nothing_left_of_them() {
    let server = Server::with_partners().await;
    let csp = server.csp();
    let gone = company("Gone", json!({ "resellerId": RESELLER, "internalIdentifier": "7" }));
    let id = csp.created(&gone).await;
    csp.created(&company("Here", json!({}))).await;
    assert_eq!(csp.erase(id).await.status, 202);

    assert_eq!(found(&csp, "").await, ["Here"]);
    assert_eq!(found(&csp, "includeDeleted=false").await, ["Here"]);
    assert_eq!(found(&csp, "includeDeleted=true").await, ["-", "Here"]);
    assert_eq!(found(&csp, "includeDeleted=TRUE&search=gone").await, [""; 0]);

    let page = csp.list("includeDeleted=true&pageSize=1").await.json();
    let erased = page["items"][0].as_object().unwrap();
    assert_ne!(erased["id"], json!(id));
    for (property, value) in erased.iter().filter(|(property, _)| *property != "id") {
        let nothing = match property.as_str() {
            "isDeleted" => json!(true),
            "providerCustomers" => json!({}),
            "customerAssociations" => json!([]),
            _ => json!(null),
        };
        assert_eq!(value, &nothing, "{property}");
    }
    assert_eq!(csp.get(erased["id"].as_str().unwrap()).await.status, 404);
}
