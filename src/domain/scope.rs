//! What a credential may do.

use std::{fmt, str::FromStr};

/// One permission. A credential holds a set of them; none implies another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    CustomerRead,
    CustomerWrite,
    CustomerDelete,
}

impl Scope {
    pub const ALL: [Self; 3] = [Self::CustomerRead, Self::CustomerWrite, Self::CustomerDelete];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::CustomerRead => "customer.read",
            Self::CustomerWrite => "customer.write",
            Self::CustomerDelete => "customer.delete",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == name)
            .ok_or_else(|| "takes customer.read, customer.write and customer.delete".to_owned())
    }
}
