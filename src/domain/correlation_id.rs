//! The id that ties an answer, its log line, its span and its audit rows together.

use std::fmt;

use uuid::Uuid;

/// The caller's own UUID, or one minted here (version 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorrelationId(pub Uuid);

impl CorrelationId {
    pub fn mint() -> Self {
        Self(Uuid::now_v7())
    }

    /// `None` for anything but a hyphenated UUID: what a caller sends here is echoed and logged.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 36).then(|| Uuid::try_parse(text).ok().map(Self)).flatten()
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
