//! The constraints whose violation means something to a caller, by name.
//!
//! Only *that* an identity is taken is read off them. Which one PostgreSQL names when several are violated
//! depends on index order, so the full answer comes from asking (`customers/taken.rs`).

pub const CUSTOMERS_PKEY: &str = "customers_pkey";
pub const CUSTOMERS_EXTERNAL_ID: &str = "customers_tenant_id_external_id_key";
pub const CUSTOMERS_EMAIL: &str = "customers_tenant_id_email_key_key";
pub const CUSTOMERS_PHONE_NUMBER: &str = "customers_tenant_id_phone_number_key";
pub const TENANTS_PKEY: &str = "tenants_pkey";
pub const TENANTS_NAME: &str = "tenants_name_key";
pub const TENANT_DOMAINS_DOMAIN: &str = "tenant_domains_domain_key";

/// Whether the statement lost to another over a unique value.
pub fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|refusal| refusal.is_unique_violation())
}

/// Whether it is the constraint of this name that refused.
pub fn is_violated(error: &sqlx::Error, constraint: &str) -> bool {
    error.as_database_error().and_then(|refusal| refusal.constraint()) == Some(constraint)
}
