//! A phone number as it is written within a country, without the country's code: `0170 1234567` in Germany.
//!
//! Read only where somebody has said which country it is: the same digits are other numbers elsewhere.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};

use crate::domain::{country::CountryCode, phone::PhoneNumber, problem::Problem, text};

/// The number that is dialled so in `country`, if it has one.
pub fn parse_local(value: &str, country: &CountryCode) -> Result<PhoneNumber, Problem> {
    text::check(value.trim_matches(' '), PhoneNumber::MAX_CHARS)?;
    let region = country.as_str().parse().map_err(|_| Problem::InvalidPhoneNumber)?;
    let number = PHONE_NUMBER_UTIL
        .parse(value, Some(region))
        .ok()
        .filter(|number| PHONE_NUMBER_UTIL.is_valid_number(number))
        .ok_or(Problem::InvalidPhoneNumber)?;
    PhoneNumber::parse(&PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_that_of_the_country() {
        for (value, country, expected) in [
            ("0170 1234567", "DE", Some("+491701234567")),
            ("030/123456", "DE", Some("+4930123456")),
            ("0043 1 234567", "DE", Some("+431234567")),
            ("020 7946 0958", "GB", Some("+442079460958")),
            ("06 1234567", "IT", Some("+39061234567")),
            ("12", "DE", None),
            ("call me", "DE", None),
            ("", "DE", None),
        ] {
            let country = CountryCode::parse(country).unwrap();
            let read = parse_local(value, &country).ok();
            assert_eq!(read.as_ref().map(PhoneNumber::as_str), expected, "{value}");
        }
    }
}
