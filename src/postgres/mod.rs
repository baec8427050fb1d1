//! The only place with SQL.
//!
//! Every statement on customers names the tenant first. A write is one statement that changes the row and writes its
//! event, so neither ever exists without the other.

pub mod api_keys;
mod attempt;
pub mod audit;
mod backend;
pub mod batch;
pub mod compare;
pub mod connect;
pub mod connecting;
pub mod credentials;
pub mod customers;
pub mod deadline;
mod detached;
pub mod distribution;
pub mod error;
pub mod fair_queue;
pub mod feed;
pub mod grants;
pub mod health;
pub mod idempotency;
mod idle;
pub mod kept_replies;
pub mod log_settings;
mod migration_steps;
pub mod migrations;
pub mod migrations_on_citus;
pub mod notify;
pub mod ownership;
pub mod partner;
mod partner_list;
pub mod pool;
pub mod pooler;
pub mod privileges;
pub mod provider_instances;
mod reaper;
pub mod resellers;
pub mod session;
pub mod settings;
pub mod statement;
mod tenant_conflicts;
pub mod tenants;
pub mod transaction;
pub mod unreachable;
