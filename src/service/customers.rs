//! Everything the edges can do with customers.
//!
//! Every method sees only the caller's tenant. A customer of another tenant, an erased customer and one that never
//! existed give the same answer: [`CustomersError::NotFound`].

use async_trait::async_trait;

use crate::domain::{
    attribute::Attribute,
    bulk::{Line, Mode},
    caller::Caller,
    customer::{Customer, CustomerRef, Profile, ProfileChange},
    customer_urn::CustomerUrn,
    external_id::ExternalId,
    precondition::Precondition,
    upsert::{Guard, IfTaken, Outcome},
};
use crate::service::storage_error::StorageError;

#[async_trait]
pub trait CustomersService: Send + Sync {
    /// Whether the external id is free.
    async fn validate(&self, caller: &Caller, external_id: &ExternalId) -> Result<bool, CustomersError>;

    /// What a [`Self::store`] of this profile that fails where it is taken would answer now. Writes nothing.
    ///
    /// Fails with [`CustomersError::Incomplete`] and with [`CustomersError::Taken`] as the store would.
    async fn would_store(&self, caller: &Caller, profile: Profile) -> Result<(), CustomersError>;

    /// Creates the customer at version 1, with its `stored` event.
    ///
    /// Of any number of concurrent calls that share an external id, e-mail or phone number, one succeeds
    /// and the others get [`CustomersError::Taken`] with every identity that is taken.
    /// Fails with [`CustomersError::Incomplete`] when the record would lack a field it must have.
    ///
    /// A customer that has the external id already is dealt with by `if_taken`: it is a conflict, or it is returned as it
    /// is, or changed as by [`Self::update`]. Whoever has the e-mail or phone number alone is a conflict in any case. With an
    /// expected version no customer is created: [`CustomersError::NotFound`] where there is none.
    async fn store(
        &self,
        caller: &Caller,
        profile: Profile,
        guard: Guard,
        if_taken: IfTaken,
    ) -> Result<Saved, CustomersError>;

    /// Applies the change and returns the record afterwards, with its `updated` event.
    ///
    /// In this order: fails with [`CustomersError::VersionMismatch`] when the record is not at an expected version; returns
    /// the record as it is, or fails with [`CustomersError::Stale`], when the guard keeps the change out; returns it as it is,
    /// same version and no event, when nothing changes (a newer source version is kept all the same); fails with
    /// [`CustomersError::Incomplete`] when it would lack a field it must have, and with [`CustomersError::Taken`].
    async fn update(
        &self,
        caller: &Caller,
        customer: &CustomerRef,
        expected: &Precondition,
        guard: Guard,
        change: ProfileChange,
    ) -> Result<Saved, CustomersError>;

    /// Erases every personal value of the customer and frees its identities, with its `erased` event.
    ///
    /// Erasing an erased customer by its URN succeeds and changes nothing.
    async fn delete(
        &self,
        caller: &Caller,
        customer: &CustomerRef,
        expected: &Precondition,
    ) -> Result<Erased, CustomersError>;

    /// Carries out the lines, each as its own call would be, and answers each in its place.
    ///
    /// As many as name different customers are one batch, with one commit; those of one customer keep their order. The
    /// e-mail addresses and phone numbers of a batch are judged as they are at its end, so that its customers may swap them or
    /// hand them on. A line that collides even then fails alone, as does any other. What has begun is done to the end,
    /// whether anybody waits for it or not.
    ///
    /// [`Mode::DryRun`]: nothing is written, and no batch sees what one before it would have changed.
    async fn bulk(
        &self,
        caller: &Caller,
        lines: Vec<Line>,
        mode: Mode,
    ) -> Vec<Result<LineDone, CustomersError>>;

    async fn info(&self, caller: &Caller, customer: &CustomerRef) -> Result<Customer, CustomersError>;
}

/// A customer as it is after a write, and what became of the write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    pub customer: Customer,
    pub outcome: Outcome,
}

/// A customer that is erased now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    pub customer: CustomerUrn,
    pub version: i64,
    /// It was erased before, and nothing has changed.
    pub is_again: bool,
}

/// What became of a line of a bulk request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineDone {
    /// `None`: a customer that a dry run does not create.
    pub customer: Option<CustomerUrn>,
    pub version: i64,
    pub outcome: Outcome,
}

impl From<Saved> for LineDone {
    fn from(Saved { customer, outcome }: Saved) -> Self {
        Self { customer: Some(customer.urn), version: customer.version, outcome }
    }
}

impl From<Erased> for LineDone {
    fn from(Erased { customer, version, is_again }: Erased) -> Self {
        let outcome = if is_again { Outcome::Unchanged } else { Outcome::Deleted };
        Self { customer: Some(customer), version, outcome }
    }
}

/// Every way a call on customers can fail.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CustomersError {
    #[error("no such customer in this tenant")]
    NotFound,
    /// Other customers of the tenant hold identities of this one.
    #[error("an identity is taken")]
    Taken(Conflict),
    /// Fields the record would lack.
    #[error("the record would be incomplete")]
    Incomplete(Vec<Attribute>),
    /// The record is at another version than the caller expected.
    #[error("the record is at another version")]
    VersionMismatch { current: i64 },
    /// The record is as new as the message, or newer, and the caller wants to be told by an error.
    #[error("the message is not newer than the record")]
    Stale { customer: CustomerUrn },
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A customer that was to have identities which others hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// `None`: a new customer.
    pub target: Option<CustomerUrn>,
    /// External id, e-mail, phone number, in that order.
    pub taken: Vec<TakenIdentity>,
}

impl Conflict {
    pub fn is_about(&self, identity: Identity) -> bool {
        self.taken.iter().any(|taken| taken.identity == identity)
    }

    /// Every customer that an answer with this conflict speaks of.
    pub fn data_subjects(&self) -> Vec<CustomerUrn> {
        self.target.into_iter().chain(self.taken.iter().filter_map(|taken| taken.holder)).collect()
    }
}

/// One identity and the customer that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenIdentity {
    pub identity: Identity,
    /// `None`: one that a dry run does not create.
    pub holder: Option<CustomerUrn>,
}

/// What is unique per tenant, in the order in which conflicts are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    ExternalId,
    Email,
    PhoneNumber,
}

impl Identity {
    pub fn attribute(self) -> Attribute {
        match self {
            Self::ExternalId => Attribute::ExternalIdentifier,
            Self::Email => Attribute::Email,
            Self::PhoneNumber => Attribute::PhoneNumber,
        }
    }
}
