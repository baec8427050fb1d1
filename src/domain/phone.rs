//! A phone number, as E.164 from the moment it is parsed: stored, echoed and compared in that one form.
//! A possible number may not exist: the metadata knows the lengths of a country's numbers, not which are assigned.

use std::fmt;
use std::sync::LazyLock;

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumberFormat};

use crate::domain::problem::Problem;
use crate::domain::text;

/// `+` and at most 15 digits (ITU-T E.164), of a length its country uses (libphonenumber's metadata).
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// With the `+`.
    pub const MAX_E164_CHARS: usize = 16;
    /// Of the input. A possible number has 15 digits, and a separator or two between them.
    pub const MAX_CHARS: usize = 64;

    /// Reads `+`, then ASCII digits with space, `-`, `.`, `(`, `)` between them. Surrounding ASCII spaces are
    /// dropped, and so is a national prefix after the country code (`+49 (0)170 …`), as everywhere in
    /// libphonenumber.
    /// Extensions, letters and numbers that only work within an area are refused.
    pub fn parse(value: &str) -> Result<Self, Problem> {
        let value = value.trim_matches(' ');
        text::check(value, Self::MAX_CHARS)?;
        if !is_international(value) {
            return Err(Problem::InvalidPhoneNumber);
        }
        let number = e164(value).ok_or(Problem::InvalidPhoneNumber)?;
        // A prefix written twice (`+49 00170 …`) loses one per reading: our echo would not be read as itself.
        if e164(&number).as_deref() != Some(&*number) {
            return Err(Problem::InvalidPhoneNumber);
        }
        Ok(Self(number))
    }

    pub(crate) fn from_stored(e164: String) -> Self {
        Self(e164)
    }

    /// E.164, e.g. `+491701234567`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(..)")
    }
}

/// Decodes the metadata and compiles every country's patterns, which otherwise its first number pays for.
/// Blocks for about 0.2 s of CPU (0.7 s unoptimised): a server calls it off its request path.
pub fn warm_up() {
    LazyLock::force(&PHONE_NUMBER_UTIL);
    for code in PHONE_NUMBER_UTIL.get_supported_calling_codes() {
        // The digits do not matter: patterns are compiled before the length is looked at.
        let _ = e164(&format!("+{code}23456789"));
    }
}

fn is_international(value: &str) -> bool {
    let Some(number) = value.strip_prefix('+') else {
        return false;
    };
    let digit = |byte: &u8| byte.is_ascii_digit();
    let bytes = number.as_bytes();
    bytes.first().is_some_and(digit)
        && bytes.last().is_some_and(digit)
        && bytes.iter().all(|byte| digit(byte) || b" -.()".contains(byte))
}

fn e164(value: &str) -> Option<String> {
    let number = PHONE_NUMBER_UTIL.parse(value, None).ok()?;
    let length = PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number);
    if length != Ok(NumberLengthType::IsPossible) {
        return None;
    }
    let e164 = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned();
    (e164.len() <= PhoneNumber::MAX_E164_CHARS).then_some(e164)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn however_it_is_written_it_is_one_number() {
        for (sent, e164) in [
            ("+49 170 1234567", "+491701234567"),
            ("+491701234567", "+491701234567"),
            ("  +49 170 1234567 ", "+491701234567"),
            ("+49 (0)170 1234567", "+491701234567"),
            ("+49 (0) 170-123.45.67", "+491701234567"),
            ("+49 170 9999999", "+491709999999"),
            ("+1 (650) 253-0000", "+16502530000"),
            ("+44 20 7946 0958", "+442079460958"),
            ("+351 912 345 678", "+351912345678"),
            ("+90 532 123 45 67", "+905321234567"),
            // An Italian zero belongs to the number.
            ("+39 06 1234 5678", "+390612345678"),
        ] {
            let number = PhoneNumber::parse(sent).unwrap_or_else(|p| panic!("{sent}: {p:?}"));
            assert_eq!(number.as_str(), e164);
        }
    }

    #[test]
    fn what_cannot_be_dialled_from_anywhere_is_refused() {
        for sent in [
            "0170 1234567",
            "491701234567",
            "0049 170 1234567",
            "+",
            "++491701234567",
            "+ 49 170 1234567",
            "+(49) 170 1234567",
            "+49 170 1234567-",
            "+49 170 12345a7",
            "+49 170 1234567 ext. 5",
            "+49 170 1234567;ext=5",
            "+49 170 1234567x5",
            "+49 170/1234567",
            "+1 800 FLOWERS",
            "tel:+491701234567",
            "＋49 170 1234567",
            "+٤٩١٧٠١٢٣٤٥٦٧",
            "+49\u{a0}170 1234567",
            "+49 00170 1234567",
            "+49 1",
            "+1 2530000",
            "+1 650 253 00000",
            "+999 123456789",
            "+0 170 1234567",
            "+49 170 12345678901234567890",
            "+49 672777378622921",
        ] {
            assert_eq!(PhoneNumber::parse(sent), Err(Problem::InvalidPhoneNumber), "{sent:?}");
        }
        for (sent, problem) in [
            ("", Problem::Blank),
            ("  ", Problem::Blank),
            ("+49\t1701234567", Problem::InvalidCharacters),
            (&"+".repeat(65), Problem::TooLong { max_chars: 64 }),
        ] {
            assert_eq!(PhoneNumber::parse(sent), Err(problem), "{sent:?}");
        }
    }

    #[test]
    fn every_countrys_example_number_is_read_as_itself() {
        warm_up();
        for region in PHONE_NUMBER_UTIL.get_supported_regions() {
            let example = PHONE_NUMBER_UTIL.get_example_number(region).unwrap();
            let sent = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::International);
            let number = PhoneNumber::parse(&sent).unwrap_or_else(|p| panic!("{sent}: {p:?}"));
            let e164 = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::E164);
            assert_eq!(number.as_str(), e164);
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(sent in any::<String>(), dialled in "\\+?[0-9 .()+x;=-]{0,40}") {
            let _ = PhoneNumber::parse(&sent);
            let _ = PhoneNumber::parse(&dialled);
            let _ = e164(&sent);
            let _ = e164(&format!("+{sent}"));
        }

        #[test]
        fn what_comes_out_is_read_as_itself(sent in "\\+[1-9][0-9]{4,16}") {
            if let Ok(number) = PhoneNumber::parse(&sent) {
                prop_assert!(number.as_str().len() <= PhoneNumber::MAX_E164_CHARS);
                prop_assert_eq!(PhoneNumber::parse(number.as_str()), Ok(number));
            }
        }
    }
}
