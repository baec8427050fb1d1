//! The OpenAPI documents of the two surfaces, as the server publishes them.

use std::sync::LazyLock;

use super::{c2a, partner};

/// Which of the two documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    C2a,
    Partner,
}

impl Document {
    /// The document as text, ending in a line break.
    pub fn to_json(self) -> String {
        let document = match self {
            Self::C2a => c2a::document(),
            Self::Partner => partner::document(),
        };
        let json = serde_json::to_string_pretty(&document).unwrap_or_default();
        json + "\n"
    }
}

/// Both documents as text, made once.
#[derive(Clone, Copy)]
pub struct Published {
    pub c2a: &'static str,
    pub partner: &'static str,
}

pub fn published() -> Published {
    static C2A: LazyLock<String> = LazyLock::new(|| Document::C2a.to_json());
    static PARTNER: LazyLock<String> = LazyLock::new(|| Document::Partner.to_json());
    Published { c2a: &C2A, partner: &PARTNER }
}
