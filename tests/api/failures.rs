//! What is not the caller's fault: the database refuses, does not answer, or the code is wrong.

use std::{net::TcpListener, sync::Arc, time::Duration};

use async_trait::async_trait;
use azotte_customers::{
    domain::{
        bulk::{Line, Mode},
        caller::Caller,
        clock::SystemClock,
        customer::{Customer, CustomerRef, Profile, ProfileChange},
        customer_urn::Cell,
        environment::Environment,
        external_id::ExternalId,
        precondition::Precondition,
        upsert::{Guard, IfTaken},
    },
    http::{
        self,
        auth::{Authenticator, jwt::TokenVerifier},
        body::BodyTimeout,
        connection::{Connections, TimeLimits},
        frame::cors::Cors,
        readiness,
        state::App,
        threads::Threads,
    },
    postgres::{
        compare::PgCompare, credentials::PgCredentials, customers::PgCustomers, health::PgHealth,
        idempotency::PgIdempotency, partner::PgPartners,
    },
    sandbox::seed,
    service::{
        customers::{CustomersError, CustomersService, Erased, LineDone, Saved},
        news::NewsBoard,
    },
    telemetry::metrics::{Metrics, Occupancy},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{
    Client, Reply, Server,
    bodies::{change, customer},
    server::{compares, exports, feed, fingerprint_secrets, imports, limits, readers},
};

#[tokio::test]
async fn what_the_database_refuses_for_a_reason_of_its_own_is_a_database_failure() {
    let server = Server::start().await;
    let urn = server.acme.store(&customer("crm-1")).await.urn();
    let rule = "alter table customers
                add constraint customers_house_check check (external_id <> 'refused')";
    sqlx::query(rule).execute(&server.pool).await.unwrap();
    let before = server.counts().await;

    let stored = server.acme.store(&customer("refused")).await;
    assert_failure(&stored, 500, "SQL_DATABASE_FAILURE");
    let updated = server.acme.update(&change(&urn, json!({ "externalIdentifier": "refused" }))).await;
    assert_failure(&updated, 500, "SQL_DATABASE_FAILURE");
    assert_eq!(server.counts().await, before);
    assert_eq!(server.acme.store(&customer("crm-2")).await.status, 200);
}

#[tokio::test]
async fn a_lock_that_is_not_released_is_unavailable_and_worth_another_try() {
    for timeout in ["--db-lock-timeout-ms", "--db-statement-timeout-ms"] {
        everything_is_unavailable_while_locked(&Server::start_with(&[timeout, "300"]).await).await;
    }
}

async fn everything_is_unavailable_while_locked(server: &Server) {
    server.acme.info("exId=crm-1").await;
    let mut other = server.pool.begin().await.unwrap();
    sqlx::query("lock table customers in access exclusive mode").execute(&mut *other).await.unwrap();

    for reply in [
        server.acme.validate("crm-1").await,
        server.acme.store(&customer("crm-1")).await,
        server
            .acme
            .update(&json!({ "customer": { "externalIdentifier": "crm-1", "firstName": "Jane" } }))
            .await,
        server.acme.delete(&json!({ "externalIdentifier": "crm-1" })).await,
        server.acme.info("exId=crm-1").await,
    ] {
        assert_failure(&reply, 503, "SERVICE_UNAVAILABLE");
        assert!(reply.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    }
    other.rollback().await.unwrap();
}

#[tokio::test]
async fn a_full_pool_is_unavailable_until_it_is_not() {
    let server = Server::start_with(&["--db-connections", "1", "--db-acquire-timeout-ms", "500"]).await;
    assert_eq!(server.acme.store(&customer("crm-1")).await.status, 200);
    // Erasures are asked for one at a time, on a connection of the pool.
    let erasure = json!({ "externalIdentifier": "crm-1" });

    let held = server.connections.acquire().await.unwrap();
    assert_failure(&server.acme.delete(&erasure).await, 503, "SERVICE_UNAVAILABLE");
    drop(held);

    assert_eq!(server.counts().await, (1, 1));
    assert_eq!(server.acme.delete(&erasure).await.status, 200);
}

#[tokio::test]
async fn without_connections_the_answer_is_unavailable() {
    let server = Server::start().await;
    server.acme.info("exId=crm-1").await;

    server.connections.close().await;

    let reply = server.acme.delete(&json!({ "externalIdentifier": "crm-1" })).await;
    assert_failure(&reply, 503, "SERVICE_UNAVAILABLE");
    assert!(reply.header("retry-after").is_some());
}

#[tokio::test]
async fn a_panic_is_one_answer_and_the_server_goes_on() {
    let server = Server::start().await;
    let client = serve(&server, Panics).await;

    for _ in 0..2 {
        assert_failure(&client.store(&customer("crm-1")).await, 500, "INTERNAL_SERVER_ERROR");
        assert_failure(&client.info("exId=crm-1").await, 500, "INTERNAL_SERVER_ERROR");
    }
    assert_eq!(client.validate("").await.outcome(), (400, "INVALID_REQUEST".to_owned()));
}

/// Serves the routes with this service behind them, on the database of `server`.
async fn serve(server: &Server, customers: impl CustomersService + 'static) -> Client {
    let (changes, _) = tokio::sync::broadcast::channel(1);
    let credentials = Arc::new(PgCredentials::new(server.connections.clone(), changes));
    let tokens = TokenVerifier::new(None, SystemClock::shared()).unwrap();
    let behind_partners = PgCustomers::new(server.connections.clone(), Cell::default(), || 1);
    let app = App {
        feed: feed(server.connections.clone(), &behind_partners),
        readers: readers(),
        exports: exports(),
        compare: Arc::new(PgCompare::new(&behind_partners, NewsBoard::default())),
        compares: compares(),
        imports: imports(),
        customers: Arc::new(customers),
        idempotency: Arc::new(PgIdempotency::new(
            server.connections.clone(),
            behind_partners.clone(),
            fingerprint_secrets(),
        )),
        partners: Arc::new(PgPartners::new(behind_partners)),
        authenticator: Arc::new(Authenticator::new(
            Environment::Sandbox,
            credentials,
            tokens,
            SystemClock::shared(),
        )),
        readiness: readiness::observe(
            Arc::new(PgHealth::new(server.connections.clone())),
            CancellationToken::new(),
        )
        .await
        .0,
        body_timeout: BodyTimeout(std::time::Duration::from_secs(5)),
        limits: limits(),
        cors: Arc::new(Cors::new(&[])),
        metrics: Arc::new(Metrics::new(Occupancy::default)),
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let minute = Duration::from_secs(60);
    let connections = Connections::new(100, TimeLimits { head: minute, stall: minute, idle: minute });
    let app = Arc::new(app);
    let threads = Threads::start(1, connections, minute, move |_| {
        http::frame(app.clone(), None, CancellationToken::new())
    })
    .unwrap();
    tokio::spawn(threads.serve(listener, std::future::pending()));
    Client::new(address, &seed::TENANT_ID.to_string(), azotte_customers::domain::api_key::SAMPLE_KEY)
}

/// A service with a fault in it, which quotes what it was given.
struct Panics;

#[async_trait]
impl CustomersService for Panics {
    async fn validate(&self, _: &Caller, external_id: &ExternalId) -> Result<bool, CustomersError> {
        panic!("{}", external_id.as_str())
    }

    async fn would_store(&self, _: &Caller, profile: Profile) -> Result<(), CustomersError> {
        panic!("{}", profile.external_id.as_str())
    }

    async fn store(
        &self,
        _: &Caller,
        profile: Profile,
        _: Guard,
        _: IfTaken,
    ) -> Result<Saved, CustomersError> {
        panic!("{}", profile.external_id.as_str())
    }

    async fn update(
        &self,
        _: &Caller,
        _: &CustomerRef,
        _: &Precondition,
        _: Guard,
        _: ProfileChange,
    ) -> Result<Saved, CustomersError> {
        panic!("update")
    }

    async fn delete(&self, _: &Caller, _: &CustomerRef, _: &Precondition) -> Result<Erased, CustomersError> {
        panic!("delete")
    }

    async fn bulk(&self, _: &Caller, _: Vec<Line>, _: Mode) -> Vec<Result<LineDone, CustomersError>> {
        panic!("bulk")
    }

    async fn info(&self, _: &Caller, customer: &CustomerRef) -> Result<Customer, CustomersError> {
        panic!("{customer:?}")
    }
}

fn assert_failure(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.outcome(), (status, code.to_owned()));
    assert_eq!(reply.header("content-type"), Some("application/clientOutput+Json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.json()["result"], Value::Null);
    assert_eq!(reply.json()["status"]["correlationId"].as_str(), reply.header("x-correlation-id"));
    for word in ["house", "check", "crm-1", "refused", "lock", "pool"] {
        assert!(!reply.text().contains(word), "{word}");
    }
}
