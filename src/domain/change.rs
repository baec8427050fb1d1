//! What a partial update says about one field.

/// Absent keeps, `null` clears, a value replaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T> Change<T> {
    /// The field afterwards, for a field that may be empty.
    pub fn apply(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Keep => current,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// The field afterwards, for a field that always has a value and cannot be cleared.
    pub fn replace(self, current: T) -> T {
        match self {
            Self::Keep | Self::Clear => current,
            Self::Set(value) => value,
        }
    }
}
