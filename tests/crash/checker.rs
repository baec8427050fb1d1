//! Joins what clients were told with what the database holds.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::{Connection, FromRow, PgConnection};
use uuid::Uuid;

use crate::history::{Kind, Outcome, Write};

/// What is in the database.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    pub rows: Vec<Row>,
    pub events: Vec<Event>,
}

#[derive(Clone, Debug, FromRow)]
pub struct Row {
    pub number: i64,
    pub version: i64,
    pub external_id: Option<String>,
    /// The mark of the last write.
    pub first_name: Option<String>,
    pub erased: bool,
}

#[derive(Clone, Debug, FromRow)]
pub struct Event {
    pub customer_number: i64,
    pub version: i64,
    pub kind: String,
    pub correlation_id: Uuid,
}

impl Contents {
    pub fn read(database_url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = PgConnection::connect(database_url).await.unwrap();
            let rows = "select number, version, external_id, first_name, erased_at is not null as erased
                        from customers";
            let events = "select customer_number, version, kind, correlation_id from customer_events";
            let rows = sqlx::query_as(rows).fetch_all(&mut connection).await.unwrap();
            let events = sqlx::query_as(events).fetch_all(&mut connection).await.unwrap();
            Self { rows, events }
        })
    }
}

/// Everything in which the two disagree.
pub fn faults(writes: &[Write], contents: &Contents) -> Vec<String> {
    let mut events: HashMap<Uuid, Vec<&Event>> = HashMap::new();
    for event in &contents.events {
        events.entry(event.correlation_id).or_default().push(event);
    }
    let mut faults: Vec<String> = Vec::new();
    for write in writes {
        let left = events.remove(&write.correlation_id).unwrap_or_default();
        if let Some(fault) = fault_of_write(write, &left) {
            faults.push(format!("{fault}: {write:?} left {left:?}"));
        }
    }
    faults.extend(events.values().map(|events| format!("nobody asked for {events:?}")));
    faults.extend(faults_of_rows(writes, contents));
    faults
}

fn fault_of_write(write: &Write, left: &[&Event]) -> Option<&'static str> {
    let is_its_own = |event: &Event| event.kind == write.kind.event();
    match (&write.outcome, left) {
        (Outcome::Refused(500..), _) => Some("failed in a way that is nobody's"),
        (Outcome::Refused(_) | Outcome::Unknown, []) => None,
        (Outcome::Refused(_), _) => Some("refused, and done"),
        (Outcome::Unknown, [event]) if is_its_own(event) => None,
        (Outcome::Acknowledged { .. }, []) => Some("acknowledged, and lost"),
        (Outcome::Acknowledged { number, version }, [event])
            if is_its_own(event)
                && event.customer_number == *number
                && version.is_none_or(|version| version == event.version) =>
        {
            None
        }
        (_, [_]) => Some("not what was asked for"),
        (_, _) => Some("done more than once"),
    }
}

/// A row and its events tell the same story, and the row ends as its last write left it.
fn faults_of_rows(writes: &[Write], contents: &Contents) -> Vec<String> {
    let mut versions: BTreeMap<i64, Vec<&Event>> = BTreeMap::new();
    for event in &contents.events {
        versions.entry(event.customer_number).or_default().push(event);
    }
    let writes: HashMap<Uuid, &Write> = writes.iter().map(|write| (write.correlation_id, write)).collect();
    let mut faults = Vec::new();
    let mut names = HashSet::new();
    for row in &contents.rows {
        let mut events = versions.remove(&row.number).unwrap_or_default();
        events.sort_by_key(|event| event.version);
        if !events.iter().map(|event| event.version).eq(1..=row.version) {
            faults.push(format!("not an event a version: {row:?} with {events:?}"));
        } else if let Some(write) = events.last().and_then(|last| writes.get(&last.correlation_id))
            && !is_as_left(row, write)
        {
            faults.push(format!("not as its last write left it: {row:?} after {write:?}"));
        }
        if row.external_id.as_ref().is_some_and(|name| !names.insert(name)) {
            faults.push(format!("there twice: {row:?}"));
        }
    }
    faults.extend(versions.values().map(|events| format!("events without a row: {events:?}")));
    faults
}

fn is_as_left(row: &Row, last: &Write) -> bool {
    match last.kind {
        Kind::Delete => row.erased && row.external_id.is_none() && row.first_name.is_none(),
        Kind::Store | Kind::Update => {
            !row.erased
                && row.external_id.as_ref() == Some(&last.external_id)
                && row.first_name.as_ref() == Some(&last.mark)
        }
    }
}
