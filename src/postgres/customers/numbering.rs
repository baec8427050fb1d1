//! How customers get their numbers, and the names made of them.

use crate::domain::customer_urn::{Cell, CustomerUrn};

/// Where the number of a new customer comes from.
pub type NumberSource = fn() -> i64;

#[derive(Clone, Copy)]
pub(in crate::postgres) struct Numbering {
    pub cell: Cell,
    pub next_number: NumberSource,
}

impl Numbering {
    pub fn next(self) -> i64 {
        (self.next_number)()
    }

    pub fn urn(self, number: i64) -> CustomerUrn {
        CustomerUrn::from_stored(self.cell, number)
    }
}
