//! The audit trail of one tenant: what happened to its customers, and what operators did to it.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::{correlation_id::CorrelationId, tenant::TenantId};

/// One event. `customer_number` and `version` are set for events of customers.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    pub id: Uuid,
    pub kind: String,
    pub subject: Option<String>,
    pub customer_number: Option<i64>,
    pub version: Option<i64>,
    pub actor: Option<String>,
    pub correlation_id: Option<Uuid>,
    pub details: Vec<String>,
    pub occurred_at: DateTime<Utc>,
}

/// What to show; both `None`: everything, administrative actions included.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter {
    pub customer_number: Option<i64>,
    pub correlation_id: Option<CorrelationId>,
}

/// Newest first, at most `limit`.
pub async fn list(
    pool: &PgPool,
    tenant: TenantId,
    filter: AuditFilter,
    limit: i64,
) -> Result<Vec<AuditEntry>, sqlx::Error> {
    sqlx::query_as!(
        AuditEntry,
        r#"
        select
            id as "id!",
            kind as "kind!",
            subject,
            customer_number,
            version,
            actor,
            correlation_id,
            details as "details!",
            occurred_at as "occurred_at!"
        from (
            select
                id,
                'customer.' || kind as kind,
                null::text as subject,
                customer_number,
                version,
                actor,
                correlation_id,
                changed_fields as details,
                occurred_at
            from customer_events
            where tenant_id = $1
              and ($2::bigint is null or customer_number = $2)
              and ($3::uuid is null or correlation_id = $3)
            union all
            select id, kind, subject, null, null, null, null, details, occurred_at
            from admin_events
            where tenant_id = $1
              and $2::bigint is null
              and $3::uuid is null
        ) as entries
        order by occurred_at desc, id desc
        limit $4
        "#,
        tenant.0,
        filter.customer_number,
        filter.correlation_id.map(|id| id.0),
        limit,
    )
    .fetch_all(pool)
    .await
}
