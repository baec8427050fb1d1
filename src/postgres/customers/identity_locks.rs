//! Advisory locks on identities, so that no update runs into a unique index.
//!
//! A unique violation is an error, and PostgreSQL writes the detail of an error, with the value in it, to its own log. A
//! store has `on conflict do nothing`; an update has nothing like it. So an update claims what it asks for, looks whether
//! it is free, and writes. A store shares the claim with other stores.
//!
//! The order of locks is: identities, sorted; then rows. The unique indexes still decide: where a writer claims nothing,
//! such as an older release, an error is possible and handled.

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

/// Keys of advisory locks: the tenant's 48 bits, then 16 bits of the identity.
///
/// So few that a key tells nothing of a value, where the log or a view shows it. Two identities with one key wait for
/// each other without need.
pub(in crate::postgres) struct IdentityLocks(Vec<i64>);

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
        Self::sorted(several.flat_map(|locks| locks.0).collect())
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
        Self::sorted(identities.map(|(kind, value)| key(tenant, kind, value)).collect())
    }

    fn sorted(mut keys: Vec<i64>) -> Self {
        keys.sort_unstable();
        keys.dedup();
        Self(keys)
    }

    /// In the order to lock them in.
    pub fn keys(&self) -> &[i64] {
        &self.0
    }

    /// Until the transaction ends. What others claimed before is committed then, and later statements see it.
    #[tracing::instrument(name = "customers.claim", skip_all)]
    pub async fn claim(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            r#"select count(pg_advisory_xact_lock(key)) as "count!" from unnest($1::bigint[]) as key"#,
            self.keys(),
        )
        .fetch_one(connection)
        .await?;
        Ok(())
    }
}

fn set<T>(change: &Change<T>) -> Option<&T> {
    match change {
        Change::Set(value) => Some(value),
        Change::Keep | Change::Clear => None,
    }
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
            .map(|text| IdentityLocks::of_change(TENANT, &email(text)).0);
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
        assert_eq!(IdentityLocks::of_change(TENANT, &ProfileChange::default()).keys(), [0; 0]);
        let cleared = ProfileChange { email: Change::Clear, ..ProfileChange::default() };
        assert_eq!(IdentityLocks::of_change(TENANT, &cleared).keys(), [0; 0]);
    }
}
