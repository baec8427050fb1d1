//! One change of a customer, as the feed tells it: who, when and which fields, and no value.

use chrono::{DateTime, Utc};
use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::domain::{
    correlation_id::CorrelationId, customer::Customer, customer_urn::CustomerUrn, uuid_ids::uuid_ids,
};

uuid_ids! {
    /// The id of an event. Not a cursor: its order is not that of the feed.
    EventId;
}

#[derive(Clone, Debug)]
pub struct CustomerEvent {
    pub id: EventId,
    pub kind: EventKind,
    /// 1, 2, 3, … within a tenant.
    pub position: i64,
    pub urn: CustomerUrn,
    /// The customer's version after the change.
    pub version: i64,
    /// Names of the fields that changed.
    pub changed_fields: Vec<String>,
    pub occurred_at: DateTime<Utc>,
    pub correlation_id: CorrelationId,
    /// Who did it, by the id of a credential.
    pub actor: String,
    pub customer: CustomerNow,
}

/// Its name is the value of `customer_events.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum EventKind {
    Stored,
    Updated,
    Erased,
}

/// The customer of an event, when the event is read.
#[derive(Clone, Debug)]
pub enum CustomerNow {
    Erased,
    Living,
    /// As it is now, where that was asked for.
    Whole(Box<Customer>),
}
