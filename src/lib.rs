//! The customer service of a subscription-commerce platform.
//!
//! ```text
//! cli ─┐
//! http ┼─> service ─> domain      app.rs puts the parts together: it knows everybody, nobody knows it
//! postgres ───^──────────^
//! ```
//!
//! - [`domain`]: values and rules; no I/O, no wire formats.
//! - [`service`]: what the edges may ask for; `CustomersService` is the seam.
//! - [`postgres`]: the only place with SQL.
//! - [`http`]: the only place with axum; its `mod.rs` is the route map.
//! - [`sandbox`]: the database and the tenant a fresh clone starts with.
//! - [`cli`], [`config`], [`database`], [`tokens`], [`telemetry`], [`app`]: the program around them.

pub mod app;
pub mod cli;
pub mod config;
pub mod database;
pub mod domain;
pub mod http;
pub mod postgres;
pub mod sandbox;
pub mod service;
pub mod telemetry;
pub mod tokens;
