//! What makes a fresh clone work with nothing set up: a database of its own and a tenant to call it with.

pub mod embedded_postgres;
pub mod jwt_secret;
pub mod seed;
