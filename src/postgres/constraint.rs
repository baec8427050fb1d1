//! The constraints whose violation means something to a caller, by name.
//!
//! Those of customers are not among them: if several identities are taken, the one that PostgreSQL names depends on the
//! order of its indexes. There an error only says that *some* identity is taken; `customers/taken.rs` finds out which.

pub const TENANTS_PKEY: &str = "tenants_pkey";
pub const TENANTS_NAME: &str = "tenants_name_key";
pub const TENANT_DOMAINS_DOMAIN: &str = "tenant_domains_domain_key";

/// Whether a unique value is taken.
pub fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|refusal| refusal.is_unique_violation())
}

/// The name of the constraint that refused the statement.
pub fn violated(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().and_then(|refusal| refusal.constraint())
}
