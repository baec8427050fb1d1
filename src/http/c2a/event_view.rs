//! An event of the feed in an answer.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{ToSchema, openapi::Object};

use super::response::{AzotteCustomer, rfc3339};
use crate::domain::customer_event::{CustomerEvent, CustomerNow, EventKind};
use crate::http::body::schema;

const GROUP: &str = "CustomerInfoEvent";

/// One change of a customer. It holds no value of the customer's, unless the customer was asked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    /// The same whenever and however the event is told. Its order means nothing.
    #[schema(pattern = "^evt_[0-9a-f]{32}$")]
    event_id: String,
    #[schema(schema_with = types)]
    event_type: &'static str,
    #[schema(schema_with = group)]
    event_group: &'static str,
    /// 1, 2, 3, … for each tenant, without gaps.
    #[schema(minimum = 1)]
    position: i64,
    #[schema(pattern = r"^cu\.[0-9]{2}\.[1-9][0-9]{0,18}$")]
    customer_urn: String,
    /// The customer's version after the change.
    #[schema(minimum = 1)]
    version: i64,
    /// Names of the fields that an update changed.
    changed_fields: Vec<String>,
    #[serde(serialize_with = "rfc3339")]
    occurred_at: DateTime<Utc>,
    #[schema(schema_with = schema::uuid)]
    correlation_id: String,
    /// Who did it, by the id of a credential.
    actor: String,
    /// There, and true, once the customer is erased: in its earlier events, too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    erased: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    customer: Option<AzotteCustomer>,
}

impl From<CustomerEvent> for EventView {
    fn from(event: CustomerEvent) -> Self {
        let CustomerEvent {
            id,
            kind,
            position,
            urn,
            version,
            changed_fields,
            occurred_at,
            correlation_id,
            actor,
            customer,
        } = event;
        let (erased, customer) = match customer {
            CustomerNow::Erased => (true, None),
            CustomerNow::Living => (false, None),
            CustomerNow::Whole(customer) => (false, Some(AzotteCustomer::from(*customer))),
        };
        Self {
            event_id: format!("evt_{}", id.0.simple()),
            event_type: event_type(kind),
            event_group: GROUP,
            position,
            customer_urn: urn.to_string(),
            version,
            changed_fields,
            occurred_at,
            correlation_id: correlation_id.to_string(),
            actor,
            erased,
            customer,
        }
    }
}

fn event_type(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Stored => "customer.created",
        EventKind::Updated => "customer.updated",
        EventKind::Erased => "customer.deleted",
    }
}

fn types() -> Object {
    schema::one_of(&[EventKind::Stored, EventKind::Updated, EventKind::Erased].map(event_type))
}

fn group() -> Object {
    schema::one_of(&[GROUP])
}

impl EventView {
    /// A customer that is there, and one that was erased.
    pub fn examples() -> [Value; 2] {
        let created = json!({
            "eventId": "evt_01a1fbd7adbc7617a5a1fe7dd079af7f",
            "eventType": "customer.created",
            "eventGroup": GROUP,
            "position": 41,
            "customerUrn": "cu.00.482",
            "version": 1,
            "changedFields": [],
            "occurredAt": "2026-11-21T09:30:00.123456Z",
            "correlationId": "01a1fbd7-adbc-7617-a5a1-fe7dd079af7e",
            "actor": "key:019307a0-0000-7000-8000-000000000001",
            "customer": AzotteCustomer::example()
        });
        let deleted = json!({
            "eventId": "evt_01a1fc02b1d2746c8b0b6f0a7a9d5c11",
            "eventType": "customer.deleted",
            "eventGroup": GROUP,
            "position": 42,
            "customerUrn": "cu.00.391",
            "version": 6,
            "changedFields": [],
            "occurredAt": "2026-11-21T09:31:00.654321Z",
            "correlationId": "01a1fc02-b1d2-746c-8b0b-6f0a7a9d5c10",
            "actor": "key:019307a0-0000-7000-8000-000000000001",
            "erased": true
        });
        [created, deleted]
    }
}
