//! PostgreSQL's own log gets no value of a customer, even where nobody changed what it logs.
//!
//! It quotes the values of a row that breaks a constraint. So no request may break one, however many meet.

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::support::{
    Client, Reply, Server,
    bodies::{customer, customer_with},
    customers::in_germany,
    logged_database::LoggedDatabase,
    parallel::{all_at_once, count},
    partners::customer_with as partner_customer_with,
};

const PATIENT: [&str; 4] = ["--db-lock-timeout-ms", "60000", "--db-statement-timeout-ms", "60000"];
const CROWD: usize = 12;
const ROUNDS: usize = 5;
/// Checks of tables with personal data, and why no request breaks them. A new one needs its reason here.
const CHECKS: [(&str, &str); 16] = [
    ("customers_number_check", "numbers are made by the service, from the clock"),
    ("customers_version_check", "versions only grow"),
    ("customers_gender_check", "`Gender` has these values"),
    ("customers_legal_type_check", "`LegalType` has these values"),
    ("customers_email_key_check", "`Email` has both"),
    ("customers_phone_number_check", "`PhoneNumber` is E.164"),
    ("customers_corporation_info_check", "`check_complete` comes before every write"),
    (
        "customers_living_check",
        "external id and language are no options in `Profile`; `Anonymized` is reserved",
    ),
    ("customers_source_version_check", "a source version is a number, and not negative once it is parsed"),
    ("customers_erased_check", "an erasure has no values"),
    ("provider_customers_margin_check", "a margin has both"),
    ("provider_customers_status_check", "the column's default"),
    ("provider_customers_creation_error_check", "the column's default"),
    ("idempotency_records_key_digest_check", "a digest has 32 bytes"),
    ("idempotency_records_fingerprint_check", "salt and fingerprint are kept or emptied together"),
    ("idempotency_records_erased_check", "a reply is kept or emptied whole"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_who_meet_leave_no_value_in_the_log() {
    let database = LoggedDatabase::create().await;
    let server = Server::start_on(database.url.clone(), &PATIENT).await;
    let mark = database.mark;
    let mut urns = Vec::new();
    for n in 0..CROWD {
        urns.push(server.acme.store(&customer(&format!("{mark}-own-{n}"))).await.urn());
    }

    for round in 0..ROUNDS {
        let wanted = [
            json!({ "email": format!("{mark}-{round}@example.com") }),
            json!({ "phoneNumber": format!("+4930{mark}{round}0") }),
            json!({ "externalIdentifier": format!("{mark}-new-{round}") }),
        ];
        for (n, wanted) in wanted.iter().enumerate() {
            let replies = all_want(&server.acme, &urns, wanted, format!("{mark}-{round}-{n}")).await;
            assert_eq!(count(&replies, 200) + count(&replies, 409), replies.len());
            assert!(count(&replies, 200) <= 1 + usize::from(wanted.get("externalIdentifier").is_some()));
        }
    }

    assert_eq!(lines(&database), Vec::<String>::new());
}

/// Updates, updates with a key, and stores at once. Of several that name the new external id one wins; later updates of
/// the winner itself change nothing.
async fn all_want(acme: &Client, urns: &[String], wanted: &Value, key: String) -> Vec<Reply> {
    let updates = urns.iter().enumerate().map(|(n, urn)| {
        let mut change = wanted.clone();
        change["customerUrn"] = json!(urn);
        let client =
            if n % 2 == 0 { acme.clone() } else { acme.with("idempotency-key", &format!("{key}-{n}")) };
        (client, "update", json!({ "customer": change }))
    });
    let stores = (0..4).map(|n| {
        let mut customer = json!({ "externalIdentifier": format!("stored-{key}-{n}") });
        for (name, value) in wanted.as_object().unwrap() {
            customer[name] = value.clone();
        }
        (acme.clone(), "store", in_germany(customer))
    });
    all_at_once(
        updates
            .chain(stores)
            .map(|(client, endpoint, body)| async move { client.c2a(endpoint, &body).await }),
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partners_who_meet_leave_no_value_in_the_log() {
    let database = LoggedDatabase::create().await;
    let server = Server::start_on(database.url.clone(), &PATIENT).await;
    server.add_partners(azotte_customers::sandbox::seed::TENANT_ID.0).await;
    let mark = database.mark;
    let taken = json!({ "email": format!("{mark}@example.com"), "phone": format!("+4930{mark}00") });

    let replies = all_at_once((0..CROWD).map(|_| {
        let (csp, body) = (server.csp(), partner_customer_with(&format!("Company {mark}"), taken.clone()));
        async move { csp.create(&body).await }
    }))
    .await;

    assert_eq!((count(&replies, 201), count(&replies, 409)), (1, CROWD - 1));
    assert_eq!(lines(&database), Vec::<String>::new());
}

#[tokio::test]
async fn statements_that_fail_for_other_reasons_leave_no_value_in_the_log() {
    let database = LoggedDatabase::create().await;
    let server = Server::start_on(database.url.clone(), &["--db-lock-timeout-ms", "100"]).await;
    let mut other = PgConnection::connect(&database.url).await.unwrap();
    let mut lock = other.begin().await.unwrap();
    sqlx::query("lock table customers in access exclusive mode").execute(&mut *lock).await.unwrap();

    let mark = database.mark.to_string();
    let email = json!({ "email": format!("{mark}@example.com"), "firstName": mark });
    let refused = server.acme.with("idempotency-key", &mark).store(&customer_with(&mark, email)).await;

    assert_eq!(refused.status, 503);
    assert_ne!(database.lines_with("lock timeout"), Vec::<String>::new(), "errors are logged");
    assert_eq!(lines(&database), Vec::<String>::new());
}

/// The negative control: why no request may break a constraint, and why operators switch off what the log quotes.
#[tokio::test]
async fn a_broken_constraint_is_seen_to_quote_the_row() {
    let database = LoggedDatabase::create().await;
    let server = Server::start_on(database.url.clone(), &[]).await;
    let [held, other] = [1, 2].map(|n| format!("{}-{n}", database.mark));
    for external_id in [&held, &other] {
        server.acme.store(&customer(external_id)).await;
    }

    for statement in [
        "update customers set external_id = $1 where external_id = $2",
        "update customers set phone_number = $1 where external_id = $2",
    ] {
        assert!(sqlx::query(statement).bind(&held).bind(&other).execute(&server.pool).await.is_err());
    }

    for quoted in ["already exists", "Failing row contains"] {
        assert!(lines(&database).iter().any(|line| line.contains(quoted)), "{:?}", lines(&database));
    }
}

#[tokio::test]
async fn every_check_that_could_quote_a_row_is_accounted_for() {
    let server = Server::start().await;
    let checks = "select conname::text from pg_constraint
        where contype = 'c' and conrelid = any (array['customers', 'partner_customers', 'customer_associations',
            'provider_customers', 'idempotency_records', 'idempotency_mentions']::regclass[])
        order by conname";
    let found: Vec<String> = sqlx::query_scalar(checks).fetch_all(&server.pool).await.unwrap();

    let mut listed = CHECKS.map(|(name, _)| name.to_owned());
    listed.sort();
    assert_eq!(found, listed);
}

/// What the log says of the customers of a test: all their values have its mark.
fn lines(database: &LoggedDatabase) -> Vec<String> {
    database.lines_with(&database.mark.to_string())
}
