//! Writes of one trip whose requests have a key: the keys, the writes and the replies are one transaction.
//!
//! A reply can be made only from what was written, so the transaction waits for those who asked: each is handed its
//! answer, and hands back its reply. Where one of them is gone, all is undone, and the others go alone.

use std::{
    collections::HashSet,
    iter,
    marker::PhantomData,
    sync::{LazyLock, Mutex, PoisonError},
};

use sqlx::{PgConnection, PgTransaction, Postgres, Row, postgres::PgArguments, query::Query};
use tokio::sync::oneshot;

use super::{fingerprint::Fingerprint, record::RecordId};
use crate::domain::tenant::TenantId;
use crate::postgres::{
    batch::Op,
    statement::Statement,
    transaction::{begin, commit, rollback},
};
use crate::service::idempotency::{KeptReply, RETENTION_HOURS};

/// The question `O` of a request with a key. An answer of the trip means that it is committed, with its reply.
///
/// No answer: nothing has happened. The key is in use, or was used before, or the database has no row for the question.
pub struct Keyed<O>(PhantomData<O>);

pub struct KeyedAsk<O: Op> {
    record: RecordId,
    question: Mutex<Option<Question<O>>>,
}

pub(super) struct Question<O: Op> {
    pub ask: O::Ask,
    /// Whoever asked learns what is written, before it is committed.
    pub answer: oneshot::Sender<O::Answer>,
    pub reply: oneshot::Receiver<ReplyToKeep>,
}

/// What a replay repeats, and to whom it belongs.
pub struct ReplyToKeep {
    pub customer_number: i64,
    pub reply: KeptReply,
    pub fingerprint: Fingerprint,
}

/// A question whose key is claimed.
struct Claimed<O: Op> {
    index: usize,
    question: Question<O>,
}

impl<O: Op> KeyedAsk<O> {
    pub(super) fn new(record: RecordId, question: Question<O>) -> Self {
        Self { record, question: Mutex::new(Some(question)) }
    }

    fn take(&self) -> Option<Question<O>> {
        self.question.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<O: Op> Op for Keyed<O> {
    type Ask = KeyedAsk<O>;
    type Answer = ();
    const IS_READ: bool = false;

    fn tenant(ask: &KeyedAsk<O>) -> TenantId {
        TenantId(ask.record.tenant)
    }

    async fn trip(
        connection: &mut PgConnection,
        asks: &[KeyedAsk<O>],
    ) -> Result<Vec<Option<()>>, sqlx::Error> {
        let mut transaction = begin(connection).await?;
        match write_and_keep(&mut transaction, asks).await {
            Ok(Some(kept)) => {
                commit(transaction).await?;
                Ok(kept)
            }
            // Rolled back here rather than where the transaction is dropped: its locks must not outlast the trip.
            undone => {
                rollback(transaction).await?;
                undone.map(|_| vec![None; asks.len()])
            }
        }
    }
}

/// An answer for each that is written with its reply. `None`: somebody who asked is gone.
async fn write_and_keep<O: Op>(
    transaction: &mut PgTransaction<'_>,
    asks: &[KeyedAsk<O>],
) -> Result<Option<Vec<Option<()>>>, sqlx::Error> {
    let mut kept = vec![None; asks.len()];
    let mut questions = Vec::new();
    let mut claimed = Vec::new();
    for Claimed { index, question: Question { ask, answer, reply } } in claim(transaction, asks).await? {
        questions.push(ask);
        claimed.push((index, answer, reply));
    }
    if questions.is_empty() {
        return Ok(Some(kept));
    }
    let answers = O::trip(transaction, &questions).await?;
    let mut awaited = Vec::new();
    for ((index, asker, reply), answer) in iter::zip(claimed, answers) {
        let Some(answer) = answer else { continue };
        if asker.send(answer).is_err() {
            return Ok(None);
        }
        awaited.push((index, reply));
    }
    let mut replies = Vec::new();
    for (index, reply) in awaited {
        let Ok(reply) = reply.await else { return Ok(None) };
        kept[index] = Some(());
        replies.push((index, reply));
    }
    keep(transaction, asks, &replies).await?;
    Ok(Some(kept))
}

/// The questions whose keys are claimed by this transaction, and were never used before.
async fn claim<O: Op>(
    transaction: &mut PgTransaction<'_>,
    asks: &[KeyedAsk<O>],
) -> Result<Vec<Claimed<O>>, sqlx::Error> {
    // A transaction would get the lock of one key twice.
    let mut seen = HashSet::new();
    let mut first = Vec::new();
    let mut locks = Vec::new();
    for (index, ask) in asks.iter().enumerate() {
        let lock = ask.record.lock();
        if seen.insert(lock) {
            first.push(index);
            locks.push(lock);
        }
    }
    // Then the look-up, in a statement of its own: it has to see what the last holder of a lock has committed.
    let places = sqlx::query_scalar!(
        r#"
        select place as "place!"
        from unnest($1::bigint[]) with ordinality as input (lock, place)
        where pg_try_advisory_xact_lock(lock)
        "#,
        &locks,
    )
    .fetch_all(&mut **transaction)
    .await?;
    let at = |place: i64, of: &[usize]| usize::try_from(place - 1).ok().and_then(|n| of.get(n).copied());
    let locked: Vec<usize> = places.into_iter().filter_map(|place| at(place, &first)).collect();
    if locked.is_empty() {
        return Ok(Vec::new());
    }
    let records: Vec<&RecordId> = locked.iter().map(|index| &asks[*index].record).collect();
    let rows = of_records(&KNOWN, &records).fetch_all(&mut **transaction).await?;
    let mut known = HashSet::new();
    for row in rows {
        known.extend(at(row.try_get("place")?, &locked));
    }
    let new = locked.into_iter().filter(|index| !known.contains(index));
    Ok(new.filter_map(|index| Some(Claimed { index, question: asks[index].take()? })).collect())
}

/// A new record with its first reply. The rows of the customers are held by the writes of this transaction, so an
/// erasure waits and finds it.
async fn keep<O: Op>(
    transaction: &mut PgTransaction<'_>,
    asks: &[KeyedAsk<O>],
    replies: &[(usize, ReplyToKeep)],
) -> Result<(), sqlx::Error> {
    if replies.is_empty() {
        return Ok(());
    }
    let records: Vec<&RecordId> = replies.iter().map(|(index, _)| &asks[*index].record).collect();
    let replies = || replies.iter().map(|(_, reply)| reply);
    let kept = || replies().map(|reply| &reply.reply);
    of_records(&KEEP, &records)
        .bind(replies().map(|reply| reply.fingerprint.salt.as_slice()).collect::<Vec<_>>())
        .bind(replies().map(|reply| reply.fingerprint.value.as_slice()).collect::<Vec<_>>())
        .bind(replies().map(|reply| reply.customer_number).collect::<Vec<_>>())
        .bind(kept().map(|reply| i16::try_from(reply.status).unwrap_or(i16::MAX)).collect::<Vec<_>>())
        .bind(kept().map(|reply| reply.content_type.as_deref()).collect::<Vec<_>>())
        .bind(kept().map(|reply| reply.etag.as_deref()).collect::<Vec<_>>())
        .bind(kept().map(|reply| reply.body.as_slice()).collect::<Vec<_>>())
        .bind(RETENTION_HOURS)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

fn of_records(statement: &Statement, records: &[&RecordId]) -> Query<'static, Postgres, PgArguments> {
    let operations: Vec<_> = records.iter().map(|record| record.operation).collect();
    let digests: Vec<_> = records.iter().map(|record| record.key_digest.as_slice()).collect();
    statement.query(records.iter().map(|record| TenantId(record.tenant))).bind(operations).bind(digests)
}

pub(super) static KNOWN: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(|tenants| {
        let (tenant, input) =
            (tenants.expression(), tenants.input(&[("operation", "text"), ("key_digest", "bytea")]));
        format!(
            "
            select input.place
            from {input}
            join idempotency_records
              on idempotency_records.tenant_id = {tenant}
             and idempotency_records.operation = input.operation
             and idempotency_records.key_digest = input.key_digest
            "
        )
    })
});

pub(super) static KEEP: LazyLock<Statement> = LazyLock::new(|| {
    Statement::new(|tenants| {
        let columns = [
            ("operation", "text"),
            ("key_digest", "bytea"),
            ("salt", "bytea"),
            ("fingerprint", "bytea"),
            ("customer_number", "bigint"),
            ("status", "smallint"),
            ("content_type", "text"),
            ("etag", "text"),
            ("body", "bytea"),
        ];
        let hours = columns.len() + 2;
        let names = columns.map(|(name, _)| name);
        let (tenant, input, values) =
            (tenants.expression(), tenants.input(&columns), names.map(|name| format!("input.{name}")));
        format!(
            "
            insert into idempotency_records (tenant_id, {names}, expires_at)
            select {tenant}, {values}, now() + make_interval(hours => ${hours})
            from {input}
            ",
            names = names.join(", "),
            values = values.join(", "),
        )
    })
});
