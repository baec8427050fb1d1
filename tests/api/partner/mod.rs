//! The partner surface: one file an endpoint, as in `src/http/partner/`, and one a concern of all of them.

mod conflicts;
mod create;
mod delete;
mod fields;
mod get;
mod large;
mod list;
mod projection;
mod providers;
mod races;
mod refusals;
mod roles;
mod search;
