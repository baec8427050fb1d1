//! The name this platform gives a customer: `cu.<cell>.<number>`, e.g. `cu.00.482`.
//! A URN that parses need not be storable: the pattern allows numbers that do not fit a `bigint`. No customer has them,
//! and they are not errors.

use std::fmt;

use crate::domain::problem::Problem;

/// `^cu\.\d{2}\.[1-9]\d{0,18}$` in ASCII digits (upstream: C2A reference). Unique within a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CustomerUrn {
    cell: Cell,
    number: u64,
}

impl CustomerUrn {
    /// `number` is one that [`CustomerNumber::next`] made.
    pub(crate) fn from_stored(cell: Cell, number: i64) -> Self {
        Self { cell, number: number.unsigned_abs() }
    }

    pub fn parse(value: &str) -> Result<Self, Problem> {
        let (cell, number) =
            value.strip_prefix("cu.").and_then(|rest| rest.split_once('.')).ok_or(Problem::InvalidUrn)?;
        let is_number = (1..=19).contains(&number.len())
            && !number.starts_with('0')
            && number.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            return Err(Problem::InvalidUrn);
        }
        Ok(Self {
            cell: Cell::parse(cell).map_err(|_| Problem::InvalidUrn)?,
            number: number.parse().map_err(|_| Problem::InvalidUrn)?,
        })
    }

    pub fn cell(self) -> Cell {
        self.cell
    }

    /// The number as it is stored; `None` if it does not fit, so that no customer can have it.
    pub fn stored_number(self) -> Option<i64> {
        i64::try_from(self.number).ok()
    }
}

impl fmt::Display for CustomerUrn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cu.{}.{}", self.cell, self.number)
    }
}

/// The deployment cell a customer lives in: two digits, from configuration. `00` unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cell(u8);

impl Cell {
    pub fn parse(value: &str) -> Result<Self, Problem> {
        match value.as_bytes() {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Ok(Self((tens - b'0') * 10 + (ones - b'0'))),
            _ => Err(Problem::OutOfRange),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

/// The number of a new customer: 41 bits of milliseconds since 2025-01-01T00:00:00Z, then 22 random bits.
/// In order of time, so inserts stay at one end of the index; no counter, so there is no hot row, nothing to
/// coordinate between servers and no volume to read off. Two customers of one tenant in the same millisecond
/// collide once in four million: its unique key refuses the second, which draws again. Ends on 2094-09-07.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerNumber(i64);

impl CustomerNumber {
    const EPOCH_MS: i64 = 1_735_689_600_000;
    const RANDOM_BITS: u32 = 22;
    const MAX_MS: i64 = i64::MAX >> Self::RANDOM_BITS;

    /// `now_ms` is Unix time in milliseconds; of `random` the low 22 bits are used. Always 1 to `i64::MAX`:
    /// a clock outside these years is read as their first or last millisecond.
    pub fn next(now_ms: i64, random: u32) -> Self {
        let elapsed = now_ms.saturating_sub(Self::EPOCH_MS).clamp(0, Self::MAX_MS);
        let random = i64::from(random & ((1 << Self::RANDOM_BITS) - 1));
        Self((elapsed << Self::RANDOM_BITS | random).max(1))
    }

    pub fn get(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    use super::*;

    fn ms(time: &str) -> i64 {
        time.parse::<DateTime<Utc>>().unwrap().timestamp_millis()
    }

    #[test]
    fn a_urn_names_cell_and_number() {
        let urn = CustomerUrn::parse("cu.07.482").unwrap();
        assert_eq!(urn.cell(), Cell::parse("07").unwrap());
        assert_eq!(urn.stored_number(), Some(482));
        assert_eq!(urn.to_string(), "cu.07.482");

        let issued = CustomerUrn::from_stored(Cell::default(), 482);
        assert_eq!(issued.to_string(), "cu.00.482");
    }

    #[test]
    fn a_number_too_large_to_be_stored_is_no_customer_s_and_no_error() {
        for (sent, stored) in [
            ("cu.00.9223372036854775807", Some(i64::MAX)),
            ("cu.00.9223372036854775808", None),
            ("cu.00.9999999999999999999", None),
        ] {
            let urn = CustomerUrn::parse(sent).unwrap();
            assert_eq!(urn.stored_number(), stored);
            assert_eq!(urn.to_string(), sent);
        }
    }

    #[test]
    fn everything_off_the_pattern_is_refused() {
        for sent in [
            "",
            "cu",
            "cu.00",
            "cu.00.",
            "cu.00.0",
            "cu.00.01",
            "cu.0.1",
            "cu.000.1",
            "cu.a0.1",
            "CU.00.1",
            "cu.00.1 ",
            " cu.00.1",
            "cu.00.+1",
            "cu.00.-1",
            "cu.00.1.2",
            "cu.00.1\n",
            "cu.00.10000000000000000000",
            "cu.٠٠.1",
            "cu.00.١",
            "cu-00-1",
        ] {
            assert_eq!(CustomerUrn::parse(sent), Err(Problem::InvalidUrn), "{sent:?}");
        }
    }

    #[test]
    fn numbers_follow_the_clock_until_2094() {
        let at = |time, random| CustomerNumber::next(ms(time), random).get();
        assert_eq!(at("2025-01-01T00:00:00Z", 0), 1);
        assert_eq!(at("2025-01-01T00:00:00Z", 5), 5);
        assert_eq!(at("2025-01-01T00:00:00.001Z", 0), 1 << 22);
        assert_eq!(at("2025-01-01T00:00:00.001Z", u32::MAX), (2 << 22) - 1);
        assert_eq!(at("2094-09-07T15:47:35.551Z", u32::MAX), i64::MAX);
        assert_eq!(at("2094-09-07T15:47:35.552Z", u32::MAX), i64::MAX);
        assert_eq!(at("1970-01-01T00:00:00Z", 7), 7);
    }

    proptest! {
        #[test]
        fn a_urn_survives_the_round_trip(cell in "[0-9]{2}", number in 1_i64..) {
            let urn = CustomerUrn::from_stored(Cell::parse(&cell).unwrap(), number);
            let read = CustomerUrn::parse(&urn.to_string());
            prop_assert_eq!(read, Ok(urn));
            prop_assert_eq!(urn.stored_number(), Some(number));
            prop_assert_eq!(urn.to_string(), format!("cu.{cell}.{number}"));
        }

        #[test]
        fn every_clock_gives_a_number_that_makes_a_urn(now_ms in any::<i64>(), random in any::<u32>()) {
            let number = CustomerNumber::next(now_ms, random);
            prop_assert!(number.get() >= 1);
            prop_assert!(CustomerUrn::parse(&CustomerUrn::from_stored(Cell::default(), number.get()).to_string()).is_ok());
        }

        #[test]
        fn what_parses_is_what_is_shown(sent in "cu\\.[0-9]{1,3}\\.[0-9]{0,20}") {
            if let Ok(urn) = CustomerUrn::parse(&sent) {
                prop_assert_eq!(urn.to_string(), sent);
            }
        }
    }
}
