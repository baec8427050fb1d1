//! Writers that are hard to follow: held transactions, clocks that differ, and hot customers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use azotte_customers::sandbox::seed;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;
use uuid::{Builder, Uuid};

const HOT_CUSTOMERS: i64 = 12;
const MOST_SKEW_MS: i64 = 50;
const LONGEST_HOLD_MS: u64 = 30;

/// Of the sandbox tenant.
pub const TENANT: Uuid = seed::TENANT_ID.0;

pub struct Writers {
    stop: Arc<AtomicBool>,
    running: JoinSet<()>,
}

impl Writers {
    pub async fn start(url: &str, count: i64, seed: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut running = JoinSet::new();
        let mut setup = PgConnection::connect(url).await.unwrap();
        let hot = "insert into customers
                (tenant_id, number, external_id, legal_type, country_code, language_code, status)
            select $1, number, 'hot-' || number, 'Individual', 'DE', 'de', 'Active'
            from generate_series(1, $2) as number";
        sqlx::query(hot).bind(TENANT).bind(HOT_CUSTOMERS).execute(&mut setup).await.unwrap();
        for writer in 0..count {
            let connection = PgConnection::connect(url).await.unwrap();
            let random = StdRng::seed_from_u64(seed ^ writer.unsigned_abs());
            let skew_ms = MOST_SKEW_MS * (2 * writer - count) / count;
            let writer = Writer { connection, random, writer, skew_ms, written: 0 };
            running.spawn(writer.write_until(stop.clone()));
        }
        Self { stop, running }
    }

    /// Every change that was begun is committed.
    pub async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.running.join_all().await;
    }
}

struct Writer {
    connection: PgConnection,
    random: StdRng,
    writer: i64,
    skew_ms: i64,
    written: i64,
}

impl Writer {
    async fn write_until(mut self, stop: Arc<AtomicBool>) {
        while !stop.load(Ordering::Relaxed) {
            let is_hot = self.random.random_bool(0.5);
            let hold = Duration::from_millis(self.random.random_range(0..LONGEST_HOLD_MS));
            let hot = self.random.random_range(1..=HOT_CUSTOMERS);
            self.written += 1;
            let fresh = 1000 + self.writer * 1_000_000 + self.written;
            let number = if is_hot { hot } else { fresh };
            let statement = if is_hot { UPDATE } else { STORE };
            // The id is made before the row is waited for, as the program makes it.
            let id = self.id();
            let mut transaction = self.connection.begin().await.unwrap();
            let written = sqlx::query(statement)
                .bind(TENANT)
                .bind(number)
                .bind(id)
                .bind(self.skew_ms as f64 / 1000.0)
                .execute(&mut *transaction)
                .await;
            assert_eq!(written.unwrap().rows_affected(), 1);
            tokio::time::sleep(hold).await;
            transaction.commit().await.unwrap();
        }
    }

    /// By the clock of this writer.
    fn id(&mut self) -> Uuid {
        let now = chrono::Utc::now().timestamp_millis() + self.skew_ms;
        Builder::from_unix_timestamp_millis(now.unsigned_abs(), &self.random.random()).into_uuid()
    }
}

const STORE: &str = "
    with inserted as (
        insert into customers (tenant_id, number, external_id, legal_type, country_code, language_code, status)
        values ($1, $2, 'crm-' || $2, 'Individual', 'DE', 'de', 'Active')
        returning tenant_id, number, version
    )
    insert into customer_events
        (tenant_id, id, customer_number, version, kind, actor, correlation_id, occurred_at)
    select tenant_id, $3, number, version, 'stored', 'test', $3, clock_timestamp() + make_interval(secs => $4)
    from inserted";

const UPDATE: &str = "
    with changed as (
        update customers set version = version + 1 where tenant_id = $1 and number = $2
        returning tenant_id, number, version
    )
    insert into customer_events
        (tenant_id, id, customer_number, version, kind, actor, correlation_id, occurred_at)
    select tenant_id, $3, number, version, 'updated', 'test', $3, clock_timestamp() + make_interval(secs => $4)
    from changed";
