//! When keys were last used, gathered in memory and written once a minute, off the request path.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};

use crate::domain::{caller::KeyId, tenant::TenantId};
use crate::service::credentials::KeyUse;

/// Uses since the last write: one entry a key.
#[derive(Default)]
pub struct LastUsed(Mutex<HashMap<KeyId, KeyUse>>);

impl LastUsed {
    pub fn note(&self, tenant: TenantId, key: KeyId, at: DateTime<Utc>) {
        self.uses().insert(key, KeyUse { tenant, key, at });
    }

    /// Everything noted, leaving nothing.
    pub fn take(&self) -> Vec<KeyUse> {
        std::mem::take(&mut *self.uses()).into_values().collect()
    }

    fn uses(&self) -> std::sync::MutexGuard<'_, HashMap<KeyId, KeyUse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
