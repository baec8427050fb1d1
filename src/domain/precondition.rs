//! Which version of a customer a caller means to change.

/// `If-Match` (RFC 9110, 13.1.1) in the domain's terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Whatever version it has.
    #[default]
    None,
    /// Whatever version it has, but there has to be one.
    Any,
    /// One of these. Empty: no version will do.
    Versions(Vec<i64>),
}

impl Precondition {
    /// The versions that will do; `None`: any.
    pub fn versions(&self) -> Option<&[i64]> {
        match self {
            Self::None | Self::Any => None,
            Self::Versions(versions) => Some(versions),
        }
    }

    pub fn allows(&self, version: i64) -> bool {
        self.versions().is_none_or(|versions| versions.contains(&version))
    }
}
