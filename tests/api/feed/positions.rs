//! Positions under stress: writers that commit late and out of order, several readers that place, and placers that are
//! killed. Nothing is lost, nothing is doubled, nothing that was read changes.
//!
//! Two controls show that the stress finds what it looks for: a cursor by id, and positions from a locking read.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use azotte_customers::postgres::feed::place::{BATCH, place};
use rand::random;
use sqlx::{Connection, PgConnection, PgPool, postgres::PgConnectOptions};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::writers::{TENANT, Writers};
use crate::support::{database, eventually::eventually, server::Server};

const WRITERS: i64 = 32;
const PLACERS: usize = 4;
const KILLS: usize = 50;
const TIME: Duration = Duration::from_secs(6);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_or_out_of_order_whoever_dies_while_placing() {
    let (url, pool) = with_tenant().await;
    let seed = random();
    println!("seed {seed}");
    let writers = Writers::start(&url, WRITERS, seed).await;
    let stop = Arc::new(AtomicBool::new(false));
    let placers: Vec<_> = (0..PLACERS).map(|_| placer(&url, stop.clone(), Placing::AsWeDo)).collect();
    let by_position = reader(&url, stop.clone(), BY_POSITION);
    let by_id = reader(&url, stop.clone(), BY_ID);
    let killed = kill_placers(&pool).await;
    tokio::time::sleep(TIME).await;
    writers.stop().await;
    eventually("all events are placed", async || count(&pool, WAITING).await == 0).await;
    stop.store(true, Ordering::Relaxed);
    for placer in placers {
        placer.await.unwrap();
    }
    let (read, read_by_id) = (by_position.await.unwrap(), by_id.await.unwrap());

    let written = count(&pool, "select count(*) from customer_events").await;
    println!("{written} events, {killed} placers killed");
    assert_eq!(killed, KILLS);
    assert!(written > 200, "only {written}");
    let positions: Vec<i64> = read.iter().map(|event| event.place).collect();
    assert!(positions.iter().copied().eq(1..=written), "not dense, or not complete");
    let ids: BTreeSet<Uuid> = read.iter().map(|event| event.id).collect();
    assert_eq!(ids.len() as i64, written);
    assert_eq!(out_of_order(&read), 0);
    assert_eq!(count(&pool, "select position from customer_feeds where position > 0").await, written);

    let lost = written - read_by_id.len() as i64;
    println!("control: a cursor by id loses {lost}");
    assert!(lost > 0, "a cursor by id lost nothing: the stress is too weak");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_from_a_locking_read_would_have_holes() {
    let (url, pool) = with_tenant().await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers = Writers::start(&url, WRITERS, random()).await;
    let placers: Vec<_> =
        (0..PLACERS).map(|_| placer(&url, stop.clone(), Placing::FromLockingRead)).collect();

    eventually("there is a hole", async || {
        count(&pool, "select coalesce(max(position), 0) - count(position) from customer_events").await > 0
    })
    .await;

    stop.store(true, Ordering::Relaxed);
    for placer in placers {
        placer.await.unwrap();
    }
    writers.stop().await;
}

/// After the clock of the database was set back, a batch can hold nothing but events whose earlier versions are
/// further away.
#[tokio::test]
async fn events_that_all_come_too_early_do_not_stop_the_feed() {
    let (url, pool) = with_tenant().await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let customers = "insert into customers
            (tenant_id, number, external_id, legal_type, country_code, language_code, status)
        select $1, number, 'crm-' || number, 'Individual', 'DE', 'de', 'Active' from generate_series(1, 60) as number";
    sqlx::query(customers).bind(TENANT).execute(&pool).await.unwrap();
    for (version, time) in [(1, "now() + interval '1 hour'"), (2, "now()")] {
        let events = format!(
            "insert into customer_events
                (tenant_id, id, customer_number, version, kind, actor, correlation_id, occurred_at)
            select tenant_id, gen_random_uuid(), number, {version}, 'updated', 'test', gen_random_uuid(), {time}
            from customers"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(events)).execute(&pool).await.unwrap();
    }

    let mut placed = 0;
    while let Some(more @ 1..) =
        place(&mut connection, azotte_customers::sandbox::seed::TENANT_ID, 10).await.unwrap()
    {
        placed += more;
    }

    assert_eq!((placed, count(&pool, WAITING).await), (120, 0));
}

const WAITING: &str = "select count(*) from customer_events where position is null";

/// A database with the sandbox tenant.
async fn with_tenant() -> (String, PgPool) {
    let url = database::create().await;
    Server::start_on(url.clone(), &[]).await.stop().await;
    let pool = PgPool::connect(&url).await.unwrap();
    (url, pool)
}

#[derive(Clone, Copy)]
enum Placing {
    AsWeDo,
    FromLockingRead,
}

/// Places again and again, on a new connection where it lost the old one.
fn placer(url: &str, stop: Arc<AtomicBool>, placing: Placing) -> JoinHandle<()> {
    let options: PgConnectOptions = url.parse().unwrap();
    let options = options.application_name("placer");
    tokio::spawn(async move {
        let mut connection = PgConnection::connect_with(&options).await.unwrap();
        while !stop.load(Ordering::Relaxed) {
            let placed = match placing {
                Placing::AsWeDo => {
                    place(&mut connection, azotte_customers::sandbox::seed::TENANT_ID, BATCH).await.map(drop)
                }
                Placing::FromLockingRead => {
                    sqlx::query(FROM_LOCKING_READ).bind(TENANT).execute(&mut connection).await.map(drop)
                }
            };
            if placed.is_err() {
                connection = PgConnection::connect_with(&options).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
}

/// In whatever they are doing.
async fn kill_placers(pool: &PgPool) -> usize {
    let kill = "select count(pg_terminate_backend(pid)) from (
            select pid from pg_stat_activity
            where datname = current_database() and application_name = 'placer' and state <> 'idle'
            order by random() limit 1
        ) as placer";
    let killed = AtomicUsize::new(0);
    while killed.load(Ordering::Relaxed) < KILLS {
        killed.fetch_add(count(pool, kill).await as usize, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    killed.into_inner()
}

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
struct Read {
    id: Uuid,
    customer_number: i64,
    version: i64,
    place: i64,
}

/// Reads on from the last event that it saw, until it is told to stop and finds no more.
fn reader(url: &str, stop: Arc<AtomicBool>, statement: &'static str) -> JoinHandle<Vec<Read>> {
    let url = url.to_owned();
    tokio::spawn(async move {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let mut seen: Vec<Read> = Vec::new();
        loop {
            let is_last = stop.load(Ordering::Relaxed);
            let last = seen.last().map_or((0, Uuid::nil()), |event| (event.place, event.id));
            let page: Vec<Read> = sqlx::query_as(statement)
                .bind(TENANT)
                .bind(last.0)
                .bind(last.1)
                .fetch_all(&mut connection)
                .await
                .unwrap();
            if is_last && page.is_empty() {
                return seen;
            }
            seen.extend(page);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
}

const BY_POSITION: &str = "select id, customer_number, version, position as place from customer_events
    where tenant_id = $1 and position > $2 and $3::uuid is not null order by position limit 500";

const BY_ID: &str = "select id, customer_number, version, 0::bigint as place from customer_events
    where tenant_id = $1 and $2::bigint is not null and id > $3 order by id limit 500";

/// After waiting for the row it sees the new position, and the events as they were before it waited.
const FROM_LOCKING_READ: &str = "
    with feed as (select position from customer_feeds where tenant_id = $1 for update),
    due as materialized (
        select id, row_number() over (order by occurred_at, id) as n from customer_events
        where tenant_id = $1 and position is null
    ),
    moved as (
        update customer_feeds set position = feed.position + (select count(*) from due) from feed where tenant_id = $1
    )
    update customer_events set position = feed.position + due.n from feed, due
    where tenant_id = $1 and customer_events.id = due.id and customer_events.position is null";

fn out_of_order(events: &[Read]) -> usize {
    let mut versions = BTreeMap::new();
    let backwards = |event: &&Read| {
        let before = versions.insert(event.customer_number, event.version);
        before.is_some_and(|before| before >= event.version)
    };
    events.iter().filter(backwards).count()
}

async fn count(pool: &PgPool, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement).fetch_one(pool).await.unwrap()
}
