//! What a write says in its event: who did it, and in which request.

use sqlx::{Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

use crate::domain::{caller::Caller, tenant::TenantId};
use crate::postgres::statement::InputColumn;

pub(super) struct Event {
    pub tenant: TenantId,
    id: Uuid,
    actor: String,
    correlation_id: Uuid,
}

impl Event {
    /// As columns of `input`, in the order of [`Self::bind`].
    pub const COLUMNS: [InputColumn; 3] =
        [("event_id", "uuid"), ("actor", "text"), ("correlation_id", "uuid")];

    pub fn new(caller: &Caller) -> Self {
        Self {
            tenant: caller.tenant_id(),
            id: Uuid::now_v7(),
            actor: caller.actor.to_string(),
            correlation_id: caller.correlation_id.0,
        }
    }

    pub fn bind<'q, 'e>(
        query: Query<'q, Postgres, PgArguments>,
        events: impl Iterator<Item = &'e Self> + Clone,
    ) -> Query<'q, Postgres, PgArguments> {
        let ids: Vec<_> = events.clone().map(|event| event.id).collect();
        let actors: Vec<_> = events.clone().map(|event| event.actor.as_str()).collect();
        let correlation_ids: Vec<_> = events.map(|event| event.correlation_id).collect();
        query.bind(ids).bind(actors).bind(correlation_ids)
    }
}
