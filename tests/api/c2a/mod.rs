//! One file an endpoint, as in `src/http/c2a/`; beside them what several endpoints share.

mod compare;
mod compare_plan;
mod compare_shapes;
mod conflicts;
mod delete;
mod event_feed;
mod events;
mod export;
mod info;
mod source_version;
mod store;
mod store_fields;
mod store_objects;
mod update;
mod update_identity;
mod upsert;
mod upsert_matrix;
mod upsert_races;
mod validate;
mod validate_customer;
mod write_only;
