//! The version of a record in the tenant's own system: its row version, or a time in milliseconds.

use crate::domain::problem::Problem;

/// 0 to 2^63 − 1; the greater, the newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceVersion(i64);

impl SourceVersion {
    pub const MAX: i64 = i64::MAX;
    pub const EXPECTED: &'static str = "a whole number, or a string of digits";

    /// Digits and nothing else.
    pub fn parse(digits: &str) -> Result<Self, Problem> {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(digits.strip_prefix('-').unwrap_or(digits)) {
            return Err(Problem::WrongType { expected: Self::EXPECTED });
        }
        let number = digits.parse().ok().filter(|number| *number >= 0);
        number.map(Self).ok_or(Problem::OutOfRange)
    }

    /// Of a row, whose constraint says the same.
    pub fn from_stored(number: i64) -> Self {
        Self(number)
    }

    pub fn get(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_version_is_a_number_of_63_bits() {
        for (digits, number) in [("0", 0), ("1764200000999", 1_764_200_000_999), ("007", 7)] {
            assert_eq!(SourceVersion::parse(digits).map(SourceVersion::get), Ok(number));
        }
        assert_eq!(
            SourceVersion::parse("9223372036854775807").map(SourceVersion::get),
            Ok(SourceVersion::MAX)
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for digits in ["9223372036854775808", "-1", "99999999999999999999999"] {
            assert_eq!(SourceVersion::parse(digits), Err(Problem::OutOfRange), "{digits}");
        }
        for text in ["", "-", "+1", "1.0", "1e3", " 1", "0x1", "١"] {
            assert!(matches!(SourceVersion::parse(text), Err(Problem::WrongType { .. })), "{text:?}");
        }
    }
}
