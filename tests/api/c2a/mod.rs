//! One file an endpoint, as in `src/http/c2a/`; beside them what several endpoints share.

mod conflicts;
mod delete;
mod events;
mod info;
mod store;
mod store_fields;
mod store_objects;
mod update;
mod update_identity;
mod validate;
mod write_only;
