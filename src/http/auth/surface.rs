//! The two APIs, for what differs in their credentials.

use strum::IntoStaticStr;

/// A token is meant for one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Surface {
    C2a,
    Partner,
}

impl Surface {
    /// As metrics name it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
