//! The schema changes under a server whose connections have statements prepared for the earlier one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use azotte_customers::sandbox::seed;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    Client, Server,
    bodies::{change, customer},
    database, partners,
    tokens::Token,
};

/// No caller is told 500 for a statement that was not executed: it is prepared again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_column_that_changes_its_type_fails_no_call() {
    let server = Server::start_with(&["--db-connections", "4"]).await;
    let mut operator = PgConnection::connect(&server.database_url).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for caller in 0..8 {
        callers.spawn(call_everything(stop.clone(), server.acme.clone(), caller));
    }

    for length in [251, 252, 253, 254, 255] {
        tokio::time::sleep(Duration::from_millis(300)).await;
        for (table, column) in
            [("customers", "salutation"), ("partner_customers", "middle_name"), ("tenants", "name")]
        {
            let alter = format!("alter table {table} alter column {column} type varchar({length})");
            database::execute(&mut operator, &alter).await;
        }
    }
    stop.store(true, Ordering::Relaxed);

    let failed = callers.join_all().await.concat();
    assert!(failed.is_empty(), "{failed:?}");
}

/// What was answered 5xx, without those that a request with a key may get: its transaction is lost, and to be asked again.
async fn call_everything(stop: Arc<AtomicBool>, acme: Client, caller: usize) -> Vec<String> {
    let csp = acme.partner_at(seed::TENANT_DOMAIN, &Token::acme());
    let mut failed = Vec::new();
    let mut n = 0;
    while !stop.load(Ordering::Relaxed) {
        n += 1;
        let name = format!("crm-{caller}-{n}");
        let stored = acme.store(&customer(&name)).await;
        failed.extend((stored.status != 200).then(|| format!("store: {}", stored.text())));
        let id = Uuid::new_v4();
        let partner = partners::customer_with(&format!("partner-{caller}-{n}"), json!({ "id": id }));
        let keyed = acme.with("idempotency-key", &name);
        let address = json!({ "email": format!("{name}@example.com") });
        let urn = json!({ "externalIdentifier": name });
        for (what, reply) in [
            ("info", acme.info(&format!("exId={name}")).await),
            ("validate", acme.validate(&name).await),
            (
                "update",
                acme.update(&json!({ "customer": { "externalIdentifier": name, "firstName": "Jane" } }))
                    .await,
            ),
            ("change of address", acme.update(&change(&stored.urn(), address)).await),
            ("store with a key", keyed.store(&customer(&format!("{name}-keyed"))).await),
            ("delete", acme.delete(&urn).await),
            ("partner create", csp.create(&partner).await),
            ("partner get", csp.get(id).await),
        ] {
            let is_lost = what.ends_with("with a key") && reply.status == 503;
            if reply.status.as_u16() >= 500 && !is_lost {
                failed.push(format!("{what}: {}", reply.text()));
            }
        }
    }
    failed
}
