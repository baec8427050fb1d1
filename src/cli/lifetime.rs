//! Spans of time as operators write them: `30s`, `15m`, `24h`, `365d`.

use std::{str::FromStr, time::Duration};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(pub Duration);

impl FromStr for Lifetime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "must be a number with s, m, h or d, such as 24h or 365d".to_owned();
        let split = text.len().checked_sub(1).filter(|end| text.is_char_boundary(*end)).ok_or_else(wrong)?;
        let (number, unit) = text.split_at(split);
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => return Err(wrong()),
        };
        let number: u32 = number.parse().map_err(|_| wrong())?;
        Ok(Self(Duration::from_secs(u64::from(number) * seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit_make_a_span() {
        for (text, seconds) in [("30s", 30), ("15m", 900), ("24h", 86_400), ("365d", 31_536_000), ("0h", 0)] {
            assert_eq!(text.parse::<Lifetime>(), Ok(Lifetime(Duration::from_secs(seconds))), "{text}");
        }
        for text in ["", "h", "24", "24 h", "-1h", "1w", "9999999999d", "1ä"] {
            assert!(text.parse::<Lifetime>().is_err(), "{text}");
        }
    }
}
