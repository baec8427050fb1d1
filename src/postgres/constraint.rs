//! The constraints whose violation means something to a caller, by name.
//!
//! None of customers is here. Which one PostgreSQL names when several identities are taken depends on the order
//! of its indexes, so only *that* one is taken is read off an error, and the answer comes from asking
//! (`customers/taken.rs`).

pub const TENANTS_PKEY: &str = "tenants_pkey";
pub const TENANTS_NAME: &str = "tenants_name_key";
pub const TENANT_DOMAINS_DOMAIN: &str = "tenant_domains_domain_key";

/// Whether the statement lost to another over a unique value.
pub fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|refusal| refusal.is_unique_violation())
}

/// The name of the constraint that refused the statement.
pub fn violated(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().and_then(|refusal| refusal.constraint())
}
