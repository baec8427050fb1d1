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
    pub fn new(caller: &Caller, customer: Customer) -> Self {
        Self(if caller.may(Scope::CustomerRead) {
            View::Whole(Box::new(customer.into()))
        } else {
            View::Receipt { customer_urn: customer.urn.to_string(), version: customer.version }
        })
    }
}
