//! The order in which events are placed, against a model of it: whatever the clocks said, and however small the batch.

use std::collections::{BTreeMap, BTreeSet};

use azotte_customers::{domain::tenant::TenantId, postgres::feed::place::place};
use proptest::{collection::vec, prelude::*, sample::select};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::{
    properties::for_all,
    support::{Server, database},
};

const BATCHES: [i64; 4] = [1, 3, 7, 1000];

/// Of an event that waits: customer, version, and the moment it says it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Event {
    customer: i64,
    version: i64,
    occurred_at: i64,
    id: u128,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_placed_in_the_order_of_the_model() {
    let url = database::create().await;
    let server = Server::start_on(url.clone(), &[]).await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    // A few moments for many events: ties, and versions that ran ahead of their clock.
    let events = vec((1_i64..6, 0_i64..12, any::<u128>()), 0..40);

    for_all(48, (events, select(&BATCHES)), async |(events, batch)| {
        check(&server, &mut connection, events, batch).await
    });
}

async fn check(
    server: &Server,
    connection: &mut PgConnection,
    drawn: Vec<(i64, i64, u128)>,
    batch: i64,
) -> Result<(), TestCaseError> {
    let tenant = server.tenant(&format!("t{}", Uuid::new_v4().simple())).await.id;
    let events = with_versions(&drawn);
    write(connection, tenant, &events).await;

    while let Some(1..) = place(connection, TenantId(tenant), batch).await.unwrap() {}

    let placed: Vec<(i64, i64, i64)> = sqlx::query_as(
        "select position, customer_number, version from customer_events where tenant_id = $1 order by position",
    )
    .bind(tenant)
    .fetch_all(connection)
    .await
    .unwrap();
    let expected: Vec<_> =
        (1..).zip(model(events, batch)).map(|(n, event)| (n, event.customer, event.version)).collect();
    prop_assert_eq!(placed, expected);
    Ok(())
}

/// Versions of each customer as they were drawn, from 1 without gaps.
fn with_versions(drawn: &[(i64, i64, u128)]) -> Vec<Event> {
    let mut versions = BTreeMap::new();
    let event = |&(customer, occurred_at, id): &(i64, i64, u128)| {
        let version = versions.entry(customer).or_insert(0);
        *version += 1;
        Event { customer, version: *version, occurred_at, id }
    };
    drawn.iter().map(event).collect()
}

/// The oldest events first, but none before an earlier version of its customer; and none of which an earlier version
/// is beyond the batch.
fn model(mut waiting: Vec<Event>, batch: i64) -> Vec<Event> {
    waiting.sort_by_key(|event| (event.occurred_at, event.id));
    let mut placed: Vec<Event> = Vec::new();
    let mut size = batch as usize;
    while !waiting.is_empty() {
        let (due, beyond) = waiting.split_at(size.min(waiting.len()));
        let is_earlier =
            |one: &Event, other: &Event| one.customer == other.customer && one.version < other.version;
        let mut fresh: Vec<(usize, Event)> = due
            .iter()
            .filter(|event| !beyond.iter().any(|other| is_earlier(other, event)))
            .map(|event| {
                let turn = due.iter().rposition(|other| other == event || is_earlier(other, event)).unwrap();
                (turn, *event)
            })
            .collect();
        if fresh.is_empty() {
            size *= 10;
            continue;
        }
        fresh.sort_by_key(|(turn, event)| (*turn, event.version));
        let ids: BTreeSet<u128> = fresh.iter().map(|(_, event)| event.id).collect();
        waiting.retain(|event| !ids.contains(&event.id));
        placed.extend(fresh.into_iter().map(|(_, event)| event));
        size = batch as usize;
    }
    placed
}

async fn write(connection: &mut PgConnection, tenant: Uuid, events: &[Event]) {
    let customers = "insert into customers
            (tenant_id, number, external_id, legal_type, country_code, language_code, status)
        select $1, number, 'crm-' || number, 'Individual', 'DE', 'de', 'Active' from generate_series(1, 5) as number";
    sqlx::query(customers).bind(tenant).execute(&mut *connection).await.unwrap();
    let (customer_numbers, versions): (Vec<i64>, Vec<i64>) =
        events.iter().map(|event| (event.customer, event.version)).unzip();
    let (ids, times): (Vec<Uuid>, Vec<f64>) =
        events.iter().map(|event| (Uuid::from_u128(event.id), event.occurred_at as f64)).unzip();
    let write = "insert into customer_events
            (tenant_id, id, customer_number, version, kind, actor, correlation_id, occurred_at)
        select $1, id, number, version, 'updated', 'test', id, to_timestamp(time)
        from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::float8[]) as event (id, number, version, time)";
    sqlx::query(write)
        .bind(tenant)
        .bind(ids)
        .bind(customer_numbers)
        .bind(versions)
        .bind(times)
        .execute(connection)
        .await
        .unwrap();
}
