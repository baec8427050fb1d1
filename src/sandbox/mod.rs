//! What a fresh clone starts with: a tenant to call, and the secrets that are not configured.

pub mod kept_secret;
pub mod seed;
