//! What a fresh clone starts with: a tenant to call, and a secret that signs tokens.

pub mod jwt_secret;
pub mod seed;
