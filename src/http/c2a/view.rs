//! The customer as far as a caller may see it: the answer to a write shows no more than the caller may read.

use serde::Serialize;

use super::response::AzotteCustomer;
use crate::domain::{caller::Caller, customer::Customer, scope::Scope};

/// `result` of a write. Only [`CustomerView::new`] makes one, from a customer *and* a caller.
#[derive(Serialize)]
#[serde(transparent)]
pub struct CustomerView(View);

#[derive(Serialize)]
#[serde(untagged)]
enum View {
    Whole(Box<AzotteCustomer>),
    /// For a caller without `customer.read`: what further writes need.
    #[serde(rename_all = "camelCase")]
    Receipt {
        customer_urn: String,
        version: i64,
    },
}

impl CustomerView {
    /// `tells`: the request asks what became of it, and is told `sourceVersion` too.
    pub fn new(caller: &Caller, customer: Customer, tells: bool) -> Self {
        if !caller.may(Scope::CustomerRead) {
            let customer_urn = customer.urn.to_string();
            return Self(View::Receipt { customer_urn, version: customer.version });
        }
        let whole = if tells { AzotteCustomer::with_source_version(customer) } else { customer.into() };
        Self(View::Whole(Box::new(whole)))
    }
}
