//! A phone number, as E.164 from the moment it is parsed: stored, echoed and compared in that one form.
//! A possible number may not exist: the metadata knows the lengths of a country's numbers, not which are assigned.

use std::fmt;

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

    /// Reads `+`, then ASCII digits with separators and parentheses between them; a `(` may follow the `+`. Separators
    /// are spaces of every kind, `-`, `.`, `/` and the dashes of Unicode. Surrounding ASCII spaces are dropped.
    ///
    /// A zero that is only dialled within the country (`+49 (0)170 …`) is dropped: see [`in_parentheses`]. Extensions,
    /// letters and numbers that only work within an area are refused.
    pub fn parse(value: &str) -> Result<Self, Problem> {
        let value = value.trim_matches(' ');
        text::check(value, Self::MAX_CHARS)?;
        let dialled = dialled(value).ok_or(Problem::InvalidPhoneNumber)?;
        let number = in_parentheses(&dialled).unwrap_or_else(|| as_written(&dialled));
        number.map(Self).ok_or(Problem::InvalidPhoneNumber)
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

/// `+`, digits and parentheses, without the separators; `None` where anything else stands in it.
fn dialled(value: &str) -> Option<String> {
    let number = value.strip_prefix('+')?;
    let begins = number.starts_with(|c: char| c.is_ascii_digit() || c == '(');
    let ends = number.ends_with(|c: char| c.is_ascii_digit());
    let is_sign = |c: char| c.is_ascii_digit() || matches!(c, '(' | ')');
    let reads = number.chars().all(|c| is_sign(c) || is_separator(c));
    (begins && ends && reads)
        .then(|| format!("+{}", number.chars().filter(|c| is_sign(*c)).collect::<String>()))
}

/// Spaces (`Zs`) and dashes of every kind: numbers are pasted from pages, where they do not break.
fn is_separator(c: char) -> bool {
    let is_space = c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
    let is_dash =
        matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}');
    is_space || is_dash || matches!(c, '.' | '/')
}

/// Reads a number whose first digits after the country code stand in parentheses and begin with 0: `+48 (0)22 …`,
/// `+39 (06) …`. In most countries that 0 is dialled only within the country, in some it belongs to the number. Of both
/// readings the one is taken that is *valid*, and not only of a possible length: a wrong one would be a second customer.
///
/// Outer `None`: there is no such 0. Inner `None`: neither reading is valid, or both are and differ.
fn in_parentheses(dialled: &str) -> Option<Option<String>> {
    let after_country_code =
        dialled.strip_prefix("+(").and_then(|rest| rest.find(')')).map_or(1, |end| end + 3);
    let open = after_country_code + dialled.get(after_country_code..)?.find('(')?;
    let (before, group) = dialled.split_at(open);
    let rest = group.strip_prefix("(0")?;
    let digits: String = before.chars().filter(char::is_ascii_digit).collect();
    let country_code = PHONE_NUMBER_UTIL.parse(dialled, None).ok()?.country_code;
    if digits != country_code.to_string() {
        return None;
    }
    let [with, without] =
        [format!("{before}0{rest}"), format!("{before}{rest}")].map(|number| valid(&number));
    Some(match (with, without) {
        (Some(with), Some(without)) => (with == without).then_some(with),
        (with, without) => with.or(without),
    })
}

/// Reads a number as it is. Where it has a possible length only with a 0 in front that is valid without it, that 0 was
/// not meant to be dialled from abroad.
fn as_written(dialled: &str) -> Option<String> {
    let number = PHONE_NUMBER_UTIL.parse(dialled, None).ok()?;
    let e164 = e164(dialled)?;
    let country_code = format!("+{}", number.country_code);
    let without_zero = e164
        .strip_prefix(&format!("{country_code}0"))
        .filter(|_| !PHONE_NUMBER_UTIL.is_valid_number(&number));
    let without_zero = without_zero.and_then(|rest| valid(&format!("{country_code}{rest}")));
    Some(without_zero.unwrap_or(e164))
}

fn valid(number: &str) -> Option<String> {
    let parsed = PHONE_NUMBER_UTIL.parse(number, None).ok()?;
    e164(number).filter(|_| PHONE_NUMBER_UTIL.is_valid_number(&parsed))
}

/// `None` where the number has no possible length, or would not be read as itself: a prefix that is written twice
/// (`+49 00170 …`) loses one per reading.
fn e164(value: &str) -> Option<String> {
    let number = possible(value)?;
    (possible(&number).as_ref() == Some(&number)).then_some(number)
}

fn possible(value: &str) -> Option<String> {
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
            ("+39 (06) 1234 5678", "+390612345678"),
            ("+39 (0)6 1234 5678", "+390612345678"),
            // A Polish one does not.
            ("+48 22 1215162", "+48221215162"),
            ("+48 (0)22 1215162", "+48221215162"),
            ("+48 (022) 1215162", "+48221215162"),
            ("+48 022 1215162", "+48221215162"),
            ("+48(0)221215162", "+48221215162"),
            ("+(48) (0)22 1215162", "+48221215162"),
            ("+48 ( 0 ) 22 1215162", "+48221215162"),
            ("+43 (0)1 5337777", "+4315337777"),
            ("+49 (0)30 123456", "+4930123456"),
            ("+44 (0)20 7946 0958", "+442079460958"),
            ("+7 (0)495 1234567", "+74951234567"),
            // Parentheses elsewhere mean nothing.
            ("+49 170 (0123) 4567", "+4917001234567"),
            // As they are pasted.
            ("+(49) 170 1234567", "+491701234567"),
            ("+(370) 26212997", "+37026212997"),
            ("+49 170/1234567", "+491701234567"),
            ("+49\u{a0}170\u{202f}1234567", "+491701234567"),
            ("+49 170\u{2013}1234567", "+491701234567"),
            ("+49\u{2011}170\u{2212}1234567", "+491701234567"),
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
            "+49 170 1234567-",
            "+49 170 1234567/",
            "+(",
            "+()",
            "+49 170_1234567",
            "+49 170\u{200b}1234567",
            "+49 170\u{2028}1234567",
            // Neither reading is a number that exists.
            "+48 (0)12 345",
            "+48 (0)00 0000000",
            "+49 170 12345a7",
            "+49 170 1234567 ext. 5",
            "+49 170 1234567;ext=5",
            "+49 170 1234567x5",
            "+1 800 FLOWERS",
            "tel:+491701234567",
            "＋49 170 1234567",
            "+٤٩١٧٠١٢٣٤٥٦٧",
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
        for region in PHONE_NUMBER_UTIL.get_supported_regions() {
            let example = PHONE_NUMBER_UTIL.get_example_number(region).unwrap();
            let sent = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::International);
            let number = PhoneNumber::parse(&sent).unwrap_or_else(|p| panic!("{sent}: {p:?}"));
            let e164 = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::E164);
            assert_eq!(number.as_str(), e164);
        }
    }

    /// Numbering plans change, and the metadata with them: a new version of the crate fails here until this line names
    /// the metadata of its readme.
    #[test]
    fn the_metadata_is_libphonenumber_9_0_42_of_2026() {
        let lock = include_str!("../../Cargo.lock");

        assert!(
            lock.contains("name = \"rlibphonenumber\"\nversion = \"2.2.15\""),
            "name the metadata of this version"
        );
    }

    #[test]
    fn the_metadata_knows_of_changes_up_to_2025() {
        for (change, number) in [
            ("Benin: 10 digits, 30 November 2024", "+2290190011234"),
            ("Côte d'Ivoire: 10 digits, 2021", "+2250701020304"),
            ("Gabon: 8 digits, 2019", "+24174001234"),
        ] {
            assert!(valid(number).is_some(), "{change}");
        }
        assert_eq!(valid("+22990011234"), None, "Benin's old numbers");
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(sent in any::<String>(), dialled in "\\+?[0-9 .()/+x;=\u{a0}\u{2013}-]{0,40}") {
            let _ = PhoneNumber::parse(&sent);
            let _ = PhoneNumber::parse(&dialled);
            let _ = as_written(&sent);
            let _ = as_written(&format!("+{sent}"));
        }

        #[test]
        fn what_comes_out_is_read_as_itself(sent in "\\+[1-9][0-9]{0,2}(\\(0\\)|0)?[0-9]{4,13}") {
            if let Ok(number) = PhoneNumber::parse(&sent) {
                prop_assert!(number.as_str().len() <= PhoneNumber::MAX_E164_CHARS);
                prop_assert_eq!(PhoneNumber::parse(number.as_str()), Ok(number));
            }
        }
    }
}
