//! The previous release runs on this schema, beside this release: while servers are replaced one by one, each reads,
//! changes and erases what the other stored.
//!
//! Its statements are kept in `tests/migrations/previous_release/`; `scripts/keep-statements` renews them.

use std::{collections::BTreeMap, fs, path::Path};

use azotte_customers::sandbox::seed;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqlSafeStr, postgres::PgRow};
use uuid::Uuid;

use crate::support::{
    Server,
    canaries::{Canaries, dump},
    database,
    partners::{RESELLER, marked, traces},
};

const PERSON: Canaries = Canaries::new("qxhummingbird", "+491701112223");

#[tokio::test]
async fn every_statement_of_the_previous_release_is_understood() {
    assert!(statements().len() > 30, "only {} statements", statements().len());

    assert_eq!(not_understood(&database::create().await).await, Vec::<String>::new());
}

#[tokio::test]
async fn it_reads_changes_and_erases_what_this_release_stored() {
    let server = Server::start().await;
    let acme = server.acme.with("idempotency-key", "one");
    let urn = acme.store(&PERSON.body()).await.urn();
    let before = server.acme.info(&format!("urn={urn}")).await.json()["result"].clone();
    let mut old = Previous::on(&server).await;

    let row = old.info(number(&urn)).await.unwrap();
    assert_eq!(row.get::<String, _>("external_id!"), PERSON.external_id());
    assert_eq!(old.update(number(&urn), 1, "crm-2").await.unwrap().len(), 1);
    let after = server.acme.info("exId=crm-2").await.json()["result"].clone();
    assert_eq!((&after["version"], &after["customerUrn"]), (&json!(2), &before["customerUrn"]));
    assert!(PERSON.found_in(&server.pool).await.iter().all(|found| *found > 0), "the search can find");

    old.delete(number(&urn)).await.unwrap();
    assert_eq!(PERSON.found_in(&server.pool).await, [0, 0], "{}", dump(&server.pool).await);
    assert_eq!(server.acme.info(&format!("urn={urn}")).await.status, 404);
    assert_eq!(acme.store(&PERSON.body()).await.status, 404, "a late retry");
    assert!(old.info(number(&urn)).await.is_none());
}

#[tokio::test]
async fn it_reads_and_erases_what_partners_of_this_release_stored() {
    let server = Server::with_partners().await;
    let id = server.csp().created(&marked(Uuid::new_v4())).await;
    assert!(traces(&server, id).await.iter().all(|found| *found > 0), "the search can find");
    let mut old = Previous::on(&server).await;

    let found = old.run("partner.find.visible", &format!("'{TENANT}', '{id}', '{RESELLER}'")).await.unwrap();
    let number: i64 = found[0].get("customer_number");
    for statement in ["partner.load.records", "partner.load.associations", "partner.load.providers"] {
        let rows = old.run(statement, &format!("'{TENANT}', '{{{number}}}'")).await.unwrap();
        assert_eq!(rows.len(), 1, "{statement}");
    }
    old.delete(number).await.unwrap();

    assert_eq!(traces(&server, id).await, [0; 3], "{}", dump(&server.pool).await);
    assert_eq!(server.csp().get(id).await.status, 404);
}

#[tokio::test]
async fn this_release_reads_changes_and_erases_what_it_stored() {
    let server = Server::start().await;
    let mut old = Previous::on(&server).await;
    let values = "'crm-1', 'A@example.com', 'a@example.com', '+491701112223', 'Ms.', 'Jane', 'Doe', 'Female',
        'Corporate', '{\"city\": \"Berlin\", \"countryCode\": \"DE\"}', '{\"companyName\": \"Initech\", \"further\": {}}',
        '{\"newsletter\": true}', 'DE', 'de', 'Active'";
    let stored =
        old.run("customers.store.insert", &format!("'{TENANT}', 482, {values}, {EVENT}")).await.unwrap();
    assert_eq!(stored.len(), 1);

    let info = server.acme.info("urn=cu.00.482").await;
    assert_eq!((info.status.as_u16(), &info.json()["result"]["email"]), (200, &json!("A@example.com")));
    let change = json!({ "customer": { "externalIdentifier": "crm-1", "email": "b@example.com" } });
    assert_eq!(server.acme.update(&change).await.json()["result"]["version"], 2);
    assert_eq!(server.acme.delete(&json!({ "customerUuid": "cu.00.482" })).await.status, 200);
}

/// Migrations that take a release at one bound.
#[tokio::test]
async fn planted_migrations_that_break_it_are_found() {
    let server = Server::start().await;
    let urn = server.acme.store(&PERSON.body()).await.urn();
    let mut old = Previous::on(&server).await;
    let migration = "alter table customers add column nickname text;
        alter table customers add constraint customers_nickname_check check (erased_at is null or nickname is null);
        update customers set nickname = 'Janie'";
    sqlx::raw_sql(migration).execute(&server.pool).await.unwrap();
    let refused = old.delete(number(&urn)).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().constraint(), Some("customers_nickname_check"));

    assert_eq!(not_understood(&server.database_url).await, Vec::<String>::new());
    let migration = "alter table customers rename column salutation to title";
    sqlx::raw_sql(migration).execute(&server.pool).await.unwrap();
    let found = not_understood(&server.database_url).await;
    assert!(found.iter().any(|name| name == "customers.store.insert"), "{found:?}");
}

const TENANT: &str = "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f";
/// Its id, the actor and the correlation id.
const EVENT: &str = "gen_random_uuid(), 'key:01a1fbd7-adbc-7617-a5a1-fe7dd079af7f', gen_random_uuid()";

/// A server of the previous release, as far as its statements are one.
struct Previous {
    connection: PgConnection,
    statements: BTreeMap<String, String>,
}

impl Previous {
    async fn on(server: &Server) -> Self {
        assert_eq!(TENANT, seed::TENANT_ID.to_string());
        let connection = PgConnection::connect(&server.database_url).await.unwrap();
        Self { connection, statements: statements() }
    }

    /// `parameters` as SQL; their types are the statement's.
    async fn run(&mut self, name: &str, parameters: &str) -> Result<Vec<PgRow>, sqlx::Error> {
        let prepare = format!("deallocate all; prepare statement as {}", self.statements[name]);
        sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut self.connection).await?;
        let execute = format!("execute statement({parameters})");
        sqlx::raw_sql(AssertSqlSafe(execute)).fetch_all(&mut self.connection).await
    }

    async fn info(&mut self, number: i64) -> Option<PgRow> {
        self.run("customers.info.find", &format!("'{TENANT}', {number}, null")).await.unwrap().pop()
    }

    /// Writes the external id, and everything else as it writes a customer without it.
    async fn update(
        &mut self,
        number: i64,
        version: i64,
        external_id: &str,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        let row = self.info(number).await.unwrap();
        let text = |column: &str| {
            let value: Option<String> = row.get(column);
            value.map_or("null".to_owned(), |value| format!("'{value}'"))
        };
        let kept = [
            "email",
            "email_key",
            "phone_number",
            "salutation",
            "first_name",
            "last_name",
            "gender",
            "legal_type",
        ];
        let values = kept.map(text).join(", ");
        let objects = "null, '{\"companyName\": \"Initech\", \"further\": {}}', null";
        let rest = ["country_code", "language_code!", "status"].map(text).join(", ");
        let parameters = format!(
            "'{TENANT}', {number}, {version}, '{external_id}', {values}, {objects}, {rest}, {EVENT}, '{{externalIdentifier}}'"
        );
        self.run("customers.update.write", &parameters).await
    }

    async fn delete(&mut self, number: i64) -> Result<(), sqlx::Error> {
        let locked = self.run("customers.lock.lock", &format!("'{TENANT}', {number}, null")).await?;
        assert!(!locked[0].get::<bool, _>("is_erased!"));
        let parameters = format!("'{TENANT}', {number}, {EVENT}, gen_random_uuid()");
        self.run("customers.delete.write", &parameters).await.map(drop)
    }
}

/// Names of the statements that the schema has no meaning for.
async fn not_understood(database_url: &str) -> Vec<String> {
    let mut connection = PgConnection::connect(database_url).await.unwrap();
    let mut found = Vec::new();
    for (name, statement) in statements() {
        if connection.prepare(AssertSqlSafe(statement).into_sql_str()).await.is_err() {
            found.push(name);
        }
    }
    found
}

/// The statements of the previous release by file and function.
fn statements() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/migrations/previous_release");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let statements = files.filter(|path| path.extension().is_some_and(|extension| extension == "sql"));
    statements
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect()
}

fn number(urn: &str) -> i64 {
    urn.rsplit('.').next().unwrap().parse().unwrap()
}
