//! Everything the partner API can do with customers: the customers of `customers.rs`, under the same rules.
//!
//! A reseller sees the customers related to it. For all others it gets [`PartnersError::NotFound`], as for customers
//! that do not exist.

use async_trait::async_trait;

use crate::domain::{
    attribute::Attribute,
    caller::PartnerCaller,
    customer_urn::CustomerUrn,
    partner::{PartnerCustomer, PartnerCustomerId, ProviderInstanceId, ResellerId, StoredPartnerCustomer},
};
use crate::service::{
    customers::{Conflict, CustomersError},
    storage_error::StorageError,
};

#[async_trait]
pub trait PartnersService: Send + Sync {
    /// Creates the customer, its C2A projection, its relations and its provider customers, or nothing.
    ///
    /// The same id with the same content again is not new and changes nothing. A reseller acts as itself: it is the
    /// related reseller, and naming another one is [`PartnersError::Forbidden`]. [`PartnersError::Incomplete`] as in
    /// [`CustomersService::store`](super::customers::CustomersService::store).
    async fn create(
        &self,
        caller: &PartnerCaller,
        customer: PartnerCustomer,
    ) -> Result<Creation, PartnersError>;

    async fn get(
        &self,
        caller: &PartnerCaller,
        id: PartnerCustomerId,
    ) -> Result<StoredPartnerCustomer, PartnersError>;

    /// In the order of creation. A page can have fewer customers than it was asked for, or none, and yet a next page:
    /// an answer is limited in size, and so is what a search looks at for one page.
    async fn list(&self, caller: &PartnerCaller, query: &ListQuery) -> Result<Page, PartnersError>;

    /// Erases as the `delete` of C2A does, with the partner data.
    async fn delete(&self, caller: &PartnerCaller, id: PartnerCustomerId) -> Result<(), PartnersError>;
}

/// The outcome of a creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Creation {
    pub id: PartnerCustomerId,
    pub urn: CustomerUrn,
    /// `false`: the same customer existed already.
    pub is_new: bool,
}

/// Which customers to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    pub start: Start,
    /// 1 to 2000.
    pub page_size: u32,
    pub search: Option<Search>,
    pub reseller: Option<ResellerId>,
    pub include_deleted: bool,
}

/// Where a page starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// From 1. The later the page, the more it costs.
    PageNumber(u32),
    /// Costs the same for every page.
    After(Cursor),
}

/// The content of a continuation token: where the last page ended, and what is not counted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub customer_number: i64,
    pub page_number: u32,
    pub total_count: i64,
    /// `Some`: a search has not looked at all customers yet, and this many were on the pages until now.
    pub seen: Option<i64>,
}

/// Text to find in a field, in any case: anywhere in it, or at the beginning of identifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    pub field: SearchField,
    pub text: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SearchField {
    #[default]
    CompanyName,
    /// `Domain` in the provider customer's data.
    Domain,
    InternalIdentifier,
    ProviderCustomerId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub items: Vec<StoredPartnerCustomer>,
    pub page_number: u32,
    /// Of a search that has not looked at all customers yet: those found so far.
    pub total_count: i64,
    /// There is a next page, and it starts here.
    pub next: Option<Cursor>,
}

/// Every way a call on partner customers can fail.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PartnersError {
    #[error("no such customer for this partner")]
    NotFound,
    /// A reseller named another one, or is not a reseller of this tenant.
    #[error("the reseller may not do this")]
    Forbidden,
    #[error("an identity is taken")]
    Taken(Conflict),
    #[error("the record would be incomplete")]
    Incomplete(Vec<Attribute>),
    /// Resellers and provider instances that the tenant does not have: whether the related reseller is one, which
    /// associations are (by position), and which instances.
    #[error("the request names what is not there")]
    Unknown { reseller: bool, associations: Vec<usize>, provider_instances: Vec<ProviderInstanceId> },
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<CustomersError> for PartnersError {
    fn from(error: CustomersError) -> Self {
        match error {
            CustomersError::NotFound => Self::NotFound,
            CustomersError::Taken(conflict) => Self::Taken(conflict),
            CustomersError::Incomplete(attributes) => Self::Incomplete(attributes),
            CustomersError::Storage(error) => Self::Storage(error),
            // No call of this trait expects a version, or tells one of its own.
            CustomersError::VersionMismatch { .. } | CustomersError::Stale { .. } => {
                Self::Storage(StorageError::Refused)
            }
        }
    }
}
