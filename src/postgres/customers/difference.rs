//! What an update would make of a record: decided between the read and the write.

use std::sync::Arc;

use super::{
    complete::check_complete,
    target::{OwnedTarget, Target},
};
use crate::domain::{
    attribute::Attribute,
    caller::Caller,
    customer::{Customer, Profile, ProfileChange},
    precondition::Precondition,
    source_version::SourceVersion,
    upsert::{Guard, OnStale, Outcome},
};
use crate::service::customers::{CustomersError, Saved};

/// An update, as it is asked for.
#[derive(Clone, Copy)]
pub(super) struct UpdateRequest<'a> {
    pub caller: &'a Caller,
    pub target: Target<'a>,
    pub expected: &'a Precondition,
    pub guard: Guard,
    pub change: &'a ProfileChange,
}

/// An [`UpdateRequest`] of its own, for work that outlives the call it is for.
pub(super) struct OwnedRequest {
    caller: Caller,
    target: OwnedTarget,
    expected: Precondition,
    guard: Guard,
    change: ProfileChange,
}

impl From<UpdateRequest<'_>> for OwnedRequest {
    fn from(request: UpdateRequest<'_>) -> Self {
        let UpdateRequest { caller, target, expected, guard, change } = request;
        Self {
            caller: caller.clone(),
            target: target.into(),
            expected: expected.clone(),
            guard,
            change: change.clone(),
        }
    }
}

impl OwnedRequest {
    pub fn as_request(&self) -> UpdateRequest<'_> {
        let Self { caller, target, expected, guard, change } = self;
        UpdateRequest { caller, target: target.as_target(), expected, guard: *guard, change }
    }
}

/// The record as it was read, and as it is to be.
pub(super) struct Difference {
    pub before: Customer,
    pub after: Arc<Profile>,
    pub changed: Vec<Attribute>,
    /// As it is to be.
    pub source_version: Option<SourceVersion>,
    pub outcome: Outcome,
}

impl Difference {
    /// # Errors
    ///
    /// [`CustomersError::VersionMismatch`], [`CustomersError::Stale`], and [`CustomersError::Incomplete`] of what the record
    /// would be; the first of these that applies.
    pub fn made_by(request: &UpdateRequest<'_>, before: Customer) -> Result<Self, CustomersError> {
        let UpdateRequest { caller, target: _, expected, guard, change } = request;
        if !expected.allows(before.version) {
            return Err(CustomersError::VersionMismatch { current: before.version });
        }
        if guard.is_stale(before.source_version) {
            return match guard.on_stale {
                OnStale::Ignore => Ok(Self::none(before, Outcome::Stale)),
                OnStale::Error => Err(CustomersError::Stale { customer: before.urn }),
            };
        }
        let after = before.profile.clone().changed_by((*change).clone());
        let changed = after.differences(&before.profile);
        let source_version = guard.applied_to(before.source_version);
        if changed.is_empty() {
            return Ok(Self { source_version, ..Self::none(before, Outcome::Unchanged) });
        }
        check_complete(caller, &after)?;
        Ok(Self { before, after: Arc::new(after), changed, source_version, outcome: Outcome::Updated })
    }

    fn none(before: Customer, outcome: Outcome) -> Self {
        let (after, source_version) = (Arc::new(before.profile.clone()), before.source_version);
        Self { before, after, changed: Vec::new(), source_version, outcome }
    }

    /// Whether there is nothing to write.
    pub fn is_none(&self) -> bool {
        self.changed.is_empty() && self.source_version == self.before.source_version
    }

    /// The record, of which nothing was to be written.
    pub fn into_unwritten(self) -> Saved {
        Saved { customer: self.before, outcome: self.outcome }
    }

    pub fn changes_identity(&self) -> bool {
        const IDENTITIES: [Attribute; 3] =
            [Attribute::ExternalIdentifier, Attribute::Email, Attribute::PhoneNumber];
        IDENTITIES.iter().any(|identity| self.changed.contains(identity))
    }
}
