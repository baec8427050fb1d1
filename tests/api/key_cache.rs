//! What is asked of the database about keys: once, for a key that is good and for one that is not, and
//! nothing for what cannot be a key.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{body::Body, http::Request};
use azotte_customers::{
    domain::{
        api_key::{ApiKey, KeyFingerprint, SAMPLE_KEY},
        caller::KeyId,
        clock::{SharedClock, SystemClock},
        customer_urn::Cell,
        environment::Environment,
        quota::TenantQuota,
        scope::Scope,
        tenant::{JwtPolicy, Tenant, TenantId},
    },
    http::{
        self,
        auth::{Authenticator, jwt::TokenVerifier},
        body::BodyTimeout,
        frame::{Frame, cors::Cors},
        readiness,
        state::App,
    },
    postgres::{
        compare::PgCompare, customers::PgCustomers, health::PgHealth, idempotency::PgIdempotency,
        partner::PgPartners, pool::Pool,
    },
    sandbox::seed,
    service::{
        credentials::{AddressedTenant, Credentials, CredentialsChanged, KeyCredential, KeyUse},
        news::NewsBoard,
        storage_error::StorageError,
    },
    telemetry::metrics::{Metrics, Occupancy},
};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::postgres::PgConnectOptions;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::support::{
    clock::TurnedClock,
    eventually::eventually,
    pool_limits::default_pool_limits,
    server::{compares, exports, feed, fingerprint_secrets, imports, limits, readers},
};

#[tokio::test]
async fn a_good_key_is_looked_up_once() {
    let (frame, keys) = server().await;

    for _ in 0..20 {
        assert_eq!(status(&frame, SAMPLE_KEY).await, 403, "known, and without a scope");
    }

    assert_eq!(keys.asked(), 1);
}

#[tokio::test]
async fn an_unknown_key_is_looked_up_once() {
    let (frame, keys) = server().await;
    let unknown = ApiKey::generate(Environment::Sandbox);

    for _ in 0..20 {
        assert_eq!(status(&frame, unknown.reveal()).await, 401);
    }

    assert_eq!(keys.asked(), 1);
}

#[tokio::test]
async fn what_cannot_be_a_key_is_never_looked_up() {
    let (frame, keys) = server().await;
    let good = ApiKey::generate(Environment::Sandbox);
    let mistyped = good.reveal().replacen("sk_dev_", "sk_dev_0", 1);
    let other_environment = ApiKey::generate(Environment::Live);

    for key in ["hunter2", "", &mistyped, &good.reveal()[1..], other_environment.reveal()] {
        assert_eq!(status(&frame, key).await, 401);
    }

    assert_eq!(keys.asked(), 0);
}

#[tokio::test]
async fn strangers_may_miss_so_often_a_second_and_no_more_is_decided() {
    let clock = TurnedClock::new();
    let (frame, keys) = server_at(clock.shared()).await;
    let make_up = || ApiKey::generate(Environment::Sandbox);
    assert_eq!(status(&frame, SAMPLE_KEY).await, 403, "known from now on");

    let misses = misses(&frame).await;
    let asked = keys.asked();
    assert_eq!(asked, 1 + misses);
    assert_eq!(status(&frame, make_up().reveal()).await, 503);
    assert_eq!(keys.asked(), asked, "the database is not asked");

    keys.forgotten(&frame).await;
    assert_eq!(status(&frame, SAMPLE_KEY).await, 403, "a known key is looked up again all the same");
    assert_eq!(status(&frame, make_up().reveal()).await, 503);

    clock.turn(Duration::from_secs(1));
    assert_eq!(status(&frame, make_up().reveal()).await, 401);
}

#[tokio::test]
async fn a_good_key_beyond_the_limit_is_not_called_unknown() {
    let clock = TurnedClock::new();
    let (frame, _) = server_at(clock.shared()).await;
    misses(&frame).await;

    assert_eq!(status(&frame, SAMPLE_KEY).await, 503);

    clock.turn(Duration::from_secs(1));
    assert_eq!(status(&frame, SAMPLE_KEY).await, 403);
}

/// Makes up keys until one is not decided, and counts them.
async fn misses(frame: &Frame) -> usize {
    for missed in 0..2000 {
        if status(frame, ApiKey::generate(Environment::Sandbox).reveal()).await != 401 {
            return missed;
        }
    }
    panic!("no limit")
}

#[test]
fn a_key_is_valid_until_the_moment_it_expires() {
    let expiry = Utc::now();
    let key = credential(Some(expiry));

    assert!(key.is_valid(expiry - TimeDelta::nanoseconds(1)));
    assert!(!key.is_valid(expiry));
    assert!(credential(None).is_valid(DateTime::<Utc>::MAX_UTC));
}

/// Knows the sample key, and counts how often it is asked.
struct CountedKeys {
    asked: AtomicUsize,
    changes: broadcast::Sender<CredentialsChanged>,
}

impl CountedKeys {
    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Says that keys changed, until the sample key is asked for again.
    async fn forgotten(&self, frame: &Frame) {
        let asked = self.asked();
        eventually("the cache is cleared", async || {
            self.changes.send(CredentialsChanged).ok();
            status(frame, SAMPLE_KEY).await;
            self.asked() > asked
        })
        .await;
    }
}

#[async_trait]
impl Credentials for CountedKeys {
    async fn find_key(
        &self,
        _: TenantId,
        fingerprint: &KeyFingerprint,
    ) -> Result<Option<KeyCredential>, StorageError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let known = credential(None);
        Ok(fingerprint.matches(&known.fingerprint).then_some(known))
    }

    async fn find_tenant(&self, _: TenantId) -> Result<Option<AddressedTenant>, StorageError> {
        Ok(None)
    }

    async fn note_use(&self, _: Vec<KeyUse>) -> Result<(), StorageError> {
        Ok(())
    }

    fn changes(&self) -> broadcast::Receiver<CredentialsChanged> {
        self.changes.subscribe()
    }
}

/// The sample key, with no scope: its requests end before they reach a database.
fn credential(expires_at: Option<DateTime<Utc>>) -> KeyCredential {
    let key = ApiKey::parse(SAMPLE_KEY, Environment::Sandbox).unwrap();
    KeyCredential {
        id: KeyId(uuid::Uuid::nil()),
        fingerprint: key.fingerprint().as_bytes().to_vec(),
        tenant: Arc::new(Tenant {
            id: seed::TENANT_ID,
            suspended: false,
            jwt: JwtPolicy::Optional,
            required: Vec::new(),
            channels: Vec::new(),
            quota: TenantQuota::default(),
        }),
        scopes: Vec::<Scope>::new(),
        expires_at,
        revoked: false,
    }
}

/// The frame, without a database behind it.
async fn server() -> (Frame, Arc<CountedKeys>) {
    server_at(SystemClock::shared()).await
}

async fn server_at(clock: SharedClock) -> (Frame, Arc<CountedKeys>) {
    let keys = Arc::new(CountedKeys { asked: AtomicUsize::new(0), changes: broadcast::channel(1).0 });
    let options: PgConnectOptions = "postgres://nobody@127.0.0.1:1/nothing".parse().unwrap();
    let nowhere = Pool::new(&options, &default_pool_limits());
    let customers = PgCustomers::new(nowhere.clone(), Cell::default(), || 1);
    let tokens = TokenVerifier::new(None, SystemClock::shared()).unwrap();
    let authenticator = Arc::new(Authenticator::new(Environment::Sandbox, keys.clone(), tokens, clock));
    tokio::spawn(authenticator.clone().keep_current());
    let app = App {
        feed: feed(nowhere.clone(), &customers),
        readers: readers(),
        exports: exports(),
        compare: Arc::new(PgCompare::new(&customers, NewsBoard::default())),
        compares: compares(),
        imports: imports(),
        idempotency: Arc::new(PgIdempotency::new(nowhere.clone(), customers.clone(), fingerprint_secrets())),
        partners: Arc::new(PgPartners::new(customers.clone())),
        customers: Arc::new(customers),
        authenticator: authenticator.clone(),
        readiness: readiness::observe(Arc::new(PgHealth::new(nowhere.clone())), CancellationToken::new())
            .await
            .0,
        body_timeout: BodyTimeout(Duration::from_secs(1)),
        limits: limits(),
        cors: Arc::new(Cors::new(&[])),
        metrics: Arc::new(Metrics::new(Occupancy::default)),
    };
    (http::frame(Arc::new(app), None, CancellationToken::new()), keys)
}

async fn status(frame: &Frame, key: &str) -> u16 {
    let request = Request::get("/api/c2a/customer/info")
        .header("host", "test")
        .header("x-api-key", key)
        .header("x-tn", seed::TENANT_ID.to_string())
        .body(Body::empty())
        .unwrap();
    frame.answer(request).await.status().as_u16()
}
