//! The customer service of a subscription-commerce platform.
//!
//! ```text
//! cli ─┐
//! http ┼─> service ─> domain      app.rs puts the parts together: it imports all, nothing imports it
//! postgres ───^──────────^
//! ```
//!
//! - [`domain`]: values and rules; no I/O, no wire formats.
//! - [`service`]: the contracts between edges and storage; `CustomersService` is the main one.
//! - [`postgres`]: the only place with SQL.
//! - [`http`]: the only place with axum; its `mod.rs` is the route map.
//! - [`sandbox`]: the tenant and the secrets that a fresh clone starts with; its database is the crate
//!   [`embedded_postgres`].
//! - [`cli`], [`config`], [`database`], [`tokens`], [`telemetry`], [`app`], `fingerprints`, `startup`, `workers`: the
//!   program around them.

pub mod app;
pub mod cli;
pub mod config;
pub mod database;
pub mod direct;
pub mod domain;
mod fingerprints;
pub mod http;
mod listen;
pub mod postgres;
pub mod sandbox;
pub mod service;
mod startup;
pub mod telemetry;
pub mod tokens;
mod workers;
