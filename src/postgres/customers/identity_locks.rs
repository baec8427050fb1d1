//! Advisory locks on identities, so that no update runs into a unique index.
//!
//! A unique violation is an error, and PostgreSQL writes the detail of an error, with the value in it, to its own log. A
//! store has `on conflict do nothing`; an update has nothing like it. So an update claims what it asks for, looks whether
//! it is free, and writes. A store shares the claim with other stores.
//!
//! A batch of lines claims its tenant as a whole instead: its thousands of identities would not fit into PostgreSQL's table
//! of locks. Whoever claims identities shares that claim.
//!
//! The order of locks is: tenants; identities, sorted; then rows. The unique indexes still decide: where a writer claims
//! nothing, such as an older release, an error is possible and handled.

use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use crate::domain::{
    change::Change,
    customer::{Profile, ProfileChange},
    email::Email,
    external_id::ExternalId,
    phone::PhoneNumber,
    tenant::TenantId,
};

/// Keys of advisory locks. Of an identity: the tenant's 48 bits, then 16 bits of its own.
///
/// So few that a key tells nothing of a value, where the log or a view shows it. Two identities with one key wait for
/// each other without need.
#[derive(Default)]
pub(in crate::postgres) struct IdentityLocks {
    tenants: Vec<i64>,
    identities: Vec<i64>,
}

impl IdentityLocks {
    /// Of all that a new customer asks for.
    pub fn of_profile(tenant: TenantId, profile: &Profile) -> Self {
        let Profile { external_id, email, phone_number, .. } = profile;
        Self::new(tenant, Some(external_id), email.as_ref(), phone_number.as_ref())
    }

    /// Of all that an update asks for, whether the customer has it already or not.
    pub fn of_change(tenant: TenantId, change: &ProfileChange) -> Self {
        let ProfileChange { external_id, email, phone_number, .. } = change;
        Self::new(tenant, set(external_id), set(email), set(phone_number))
    }

    /// Of several writers that write in one statement.
    pub fn of_all(several: impl Iterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for Self { tenants, identities } in several {
            all.tenants.extend(tenants);
            all.identities.extend(identities);
        }
        all.sorted()
    }

    fn new(
        tenant: TenantId,
        external_id: Option<&ExternalId>,
        email: Option<&Email>,
        phone_number: Option<&PhoneNumber>,
    ) -> Self {
        let identities = [
            ("external id", external_id.map(ExternalId::as_str)),
            ("email", email.map(Email::canonical)),
            ("phone number", phone_number.map(PhoneNumber::as_str)),
        ];
        let identities = identities.into_iter().filter_map(|(kind, value)| value.map(|value| (kind, value)));
        let identities: Vec<_> = identities.map(|(kind, value)| key(tenant, kind, value)).collect();
        let tenants = if identities.is_empty() { Vec::new() } else { vec![key_of_tenant(tenant)] };
        Self { tenants, identities }.sorted()
    }

    fn sorted(mut self) -> Self {
        for keys in [&mut self.tenants, &mut self.identities] {
            keys.sort_unstable();
            keys.dedup();
        }
        self
    }

    /// To be shared, in this order.
    pub fn keys(&self) -> Vec<i64> {
        [&*self.tenants, &*self.identities].concat()
    }

    /// Until the transaction ends. What others claimed before is committed then, and later statements see it.
    #[tracing::instrument(name = "customers.claim", skip_all)]
    pub async fn claim(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.identities.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            r#"
            with shared as materialized (
                select count(pg_advisory_xact_lock_shared(key)) as tenants
                from unnest($1::bigint[]) as key
            )
            select count(pg_advisory_xact_lock(key)) as "count!"
            from shared, unnest($2::bigint[]) as key
            "#,
            &self.tenants,
            &self.identities,
        )
        .fetch_one(connection)
        .await?;
        Ok(())
    }
}

/// Every identity of the tenant, until the transaction ends.
#[tracing::instrument(name = "customers.claim_all", skip_all)]
pub(super) async fn claim_all(connection: &mut PgConnection, tenant: TenantId) -> Result<(), sqlx::Error> {
    sqlx::query!(r#"select count(pg_advisory_xact_lock($1)) as "count!""#, key_of_tenant(tenant))
        .fetch_one(connection)
        .await?;
    Ok(())
}

fn set<T>(change: &Change<T>) -> Option<&T> {
    match change {
        Change::Set(value) => Some(value),
        Change::Keep | Change::Clear => None,
    }
}

/// All of its bits depend on the tenant, so that it is no identity's key.
fn key_of_tenant(tenant: TenantId) -> i64 {
    let digest = Sha256::new().chain_update("tenant").chain_update(tenant.0).finalize();
    let mut key = [0; 8];
    key.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(key)
}

fn key(tenant: TenantId, kind: &str, value: &str) -> i64 {
    let of_tenant = Sha256::digest(tenant.0);
    let of_identity = Sha256::new().chain_update(tenant.0).chain_update(kind).chain_update(value).finalize();
    let mut key = [0; 8];
    key[..6].copy_from_slice(&of_tenant[..6]);
    key[6..].copy_from_slice(&of_identity[..2]);
    i64::from_be_bytes(key)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const TENANT: TenantId = TenantId(Uuid::from_u128(1));

    fn email(text: &str) -> ProfileChange {
        ProfileChange { email: Change::Set(Email::parse(text).unwrap()), ..ProfileChange::default() }
    }

    #[test]
    fn one_identity_has_one_key_however_it_is_spelled() {
        let [first, second, other] = ["jane@example.com", "JANE@Example.com", "joan@example.com"]
            .map(|text| IdentityLocks::of_change(TENANT, &email(text)).keys());
        assert_eq!(first, second);
        assert_ne!(first, other);
    }

    #[test]
    fn sixteen_bits_depend_on_the_identity() {
        let [first, other] =
            ["jane", "joan"].map(|name| key(TENANT, "email", &format!("{name}@example.com")));
        assert_eq!(first >> 16, other >> 16);
        assert_ne!(first >> 16, key(TenantId(Uuid::from_u128(2)), "email", "jane@example.com") >> 16);
    }

    #[test]
    fn what_an_update_does_not_ask_for_is_not_claimed() {
        assert_eq!(IdentityLocks::of_change(TENANT, &ProfileChange::default()).keys(), [0_i64; 0]);
        let cleared = ProfileChange { email: Change::Clear, ..ProfileChange::default() };
        assert_eq!(IdentityLocks::of_change(TENANT, &cleared).keys(), [0_i64; 0]);
    }

    /// A batch that claims the tenant waits for them, and they for the batch.
    #[test]
    fn whoever_claims_an_identity_shares_its_tenant_first() {
        let other = TenantId(Uuid::from_u128(2));
        let locks = [TENANT, other, TENANT]
            .map(|tenant| IdentityLocks::of_change(tenant, &email("jane@example.com")));
        let keys = IdentityLocks::of_all(locks.into_iter()).keys();
        let mut tenants = [TENANT, other].map(key_of_tenant);
        tenants.sort_unstable();
        assert_eq!((keys.len(), &keys[..2]), (4, &tenants[..]));
    }
}
