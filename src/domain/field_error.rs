//! Problems and the fields they are in, by the fields' names on the wire.
//!
//! The caller decides how many there are and how long their paths get: what is kept of them has bounds.

use std::borrow::Cow;

use crate::domain::problem::Problem;

/// One thing wrong with one field. Never holds the rejected value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Path in wire names, such as `customer.primaryBillingAddress.postalCode`; a long one is cut.
    pub field: String,
    /// `SCREAMING_SNAKE_CASE`, stable.
    pub code: Cow<'static, str>,
    /// One sentence for a developer.
    pub message: Cow<'static, str>,
}

impl FieldError {
    /// Bytes of a path, before it is cut.
    pub const MAX_PATH_BYTES: usize = 256;

    pub fn new(field: impl Into<String>, problem: Problem) -> Self {
        Self::from_parts(field.into(), problem.code().into(), problem.message())
    }

    pub fn from_parts(field: String, code: Cow<'static, str>, message: Cow<'static, str>) -> Self {
        Self { field: cut(field), code, message }
    }
}

fn cut(mut path: String) -> String {
    if path.len() > FieldError::MAX_PATH_BYTES {
        path.truncate(path.floor_char_boundary(FieldError::MAX_PATH_BYTES));
        path.push_str("...");
    }
    path
}

/// What is wrong with one request: the first [`FieldErrors::MAX_SHOWN`] errors, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors {
    shown: Vec<FieldError>,
    total: usize,
}

impl FieldErrors {
    pub const MAX_SHOWN: usize = 100;

    /// Counts one more. `error` is called only where the error is shown: an error that is not costs nothing.
    pub fn add(&mut self, error: impl FnOnce() -> FieldError) {
        self.total += 1;
        if self.shown.len() < Self::MAX_SHOWN {
            self.shown.push(error());
        }
    }

    /// Those that are shown and those that are not.
    pub fn total(&self) -> usize {
        self.total
    }

    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    pub fn shown(&self) -> &[FieldError] {
        &self.shown
    }

    /// Shows no more than the first so many.
    pub fn show_at_most(&mut self, count: usize) {
        self.shown.truncate(count);
    }

    /// Leaves out those of the shown that `is_kept` says no to.
    pub fn retain(&mut self, is_kept: impl FnMut(&FieldError) -> bool) {
        let before = self.shown.len();
        self.shown.retain(is_kept);
        self.total -= before - self.shown.len();
    }

    /// Those that `is_first` says yes to, and the others. What is not shown counts among the others.
    pub fn partition(self, is_first: impl FnMut(&FieldError) -> bool) -> (Self, Self) {
        let unseen = self.total - self.shown.len();
        let (first, rest): (Vec<_>, Vec<_>) = self.shown.into_iter().partition(is_first);
        let (first, mut rest) = (Self::from_iter(first), Self::from_iter(rest));
        rest.total += unseen;
        (first, rest)
    }

    pub fn append(&mut self, other: Self) {
        let unseen = other.total - other.shown.len();
        self.extend(other.shown);
        self.total += unseen;
    }
}

impl Extend<FieldError> for FieldErrors {
    fn extend<I: IntoIterator<Item = FieldError>>(&mut self, errors: I) {
        errors.into_iter().for_each(|error| self.add(|| error));
    }
}

impl FromIterator<FieldError> for FieldErrors {
    fn from_iter<I: IntoIterator<Item = FieldError>>(errors: I) -> Self {
        let mut all = Self::default();
        all.extend(errors);
        all
    }
}

impl From<FieldError> for FieldErrors {
    fn from(error: FieldError) -> Self {
        Self::from_iter([error])
    }
}

/// Those that are shown.
impl IntoIterator for FieldErrors {
    type Item = FieldError;
    type IntoIter = std::vec::IntoIter<FieldError>;

    fn into_iter(self) -> Self::IntoIter {
        self.shown.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_some_are_shown() {
        let mut errors: FieldErrors =
            (0..150).map(|n| FieldError::new(n.to_string(), Problem::Required)).collect();
        errors.append((0..150).map(|n| FieldError::new(n.to_string(), Problem::Blank)).collect());

        assert_eq!((errors.total(), errors.shown().len()), (300, FieldErrors::MAX_SHOWN));
        assert_eq!(errors.shown()[99].field, "99");

        errors.retain(|error| error.field != "0");
        assert_eq!((errors.total(), errors.shown().len()), (299, 99));
    }

    #[test]
    fn they_are_told_apart_and_none_is_lost() {
        let errors: FieldErrors =
            (0..150).map(|n| FieldError::new(n.to_string(), Problem::Required)).collect();

        let (one, rest) = errors.partition(|error| error.field == "7");

        assert_eq!((one.total(), one.shown().len()), (1, 1));
        assert_eq!((rest.total(), rest.shown().len()), (149, 99));
    }

    #[test]
    fn what_is_not_shown_is_not_made() {
        let mut errors: FieldErrors = (0..100).map(|_| FieldError::new("x", Problem::Required)).collect();
        errors.add(|| panic!("made"));
        assert_eq!(errors.total(), 101);
    }

    #[test]
    fn a_path_has_an_end() {
        let error = FieldError::new("ä".repeat(200), Problem::Required);
        assert_eq!(error.field.len(), FieldError::MAX_PATH_BYTES + 3);
        assert!(error.field.ends_with("ä..."));
    }
}
