//! A language by its ISO 639-1 code: any case in, lower case out.
//! No tags: `de-AT` and three-letter codes are not read.

use crate::domain::problem::Problem;
use crate::domain::text;

/// One of the two-letter codes of ISO 639-1, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LanguageCode(String);

/// Codes of 1988 that got another name in 1989 and are still sent: Java's `Locale` spelled them so until version 17.
const RENAMED: [(&str, &str); 3] = [("iw", "he"), ("in", "id"), ("ji", "yi")];

/// Codes that ISO 639-1 took back, some of which the list of the library still has.
const WITHDRAWN: [&str; 4] = ["bh", "jw", "mo", "sh"];

impl LanguageCode {
    pub fn parse(value: &str) -> Result<Self, Problem> {
        text::refuse_blank(value)?;
        let code = value.to_ascii_lowercase();
        let renamed = RENAMED.iter().find(|(old, _)| *old == code);
        let code = renamed.map_or(code, |(_, new)| (*new).to_owned());
        let is_current = !WITHDRAWN.contains(&code.as_str());
        match isolang::Language::from_639_1(&code).filter(|_| is_current) {
            Some(_) => Ok(Self(code)),
            None => Err(Problem::UnknownLanguageCode),
        }
    }

    pub(crate) fn from_stored(code: String) -> Self {
        Self(code)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_case_in_lower_case_out() {
        for (sent, code) in
            [("de", "de"), ("DE", "de"), ("pT", "pt"), ("Tr", "tr"), ("iw", "he"), ("IN", "id"), ("ji", "yi")]
        {
            assert_eq!(LanguageCode::parse(sent).unwrap().as_str(), code);
        }
    }

    #[test]
    fn only_two_letter_codes_are_languages() {
        for sent in ["deu", "ger", "de-AT", "xx", "d", " de", "German", "ｄｅ", "sh", "SH", "mo", "jw", "bh"]
        {
            assert_eq!(LanguageCode::parse(sent), Err(Problem::UnknownLanguageCode), "{sent:?}");
        }
        assert_eq!(LanguageCode::parse(""), Err(Problem::Blank));
    }

    #[test]
    fn the_list_is_that_of_iso_639_1() {
        let letters = || 'a'..='z';
        let pairs = letters().flat_map(|first| letters().map(move |second| format!("{first}{second}")));
        let codes: Vec<_> =
            pairs.filter(|code| LanguageCode::parse(code).is_ok_and(|read| read.as_str() == code)).collect();

        assert_eq!(codes.len(), 183, "{codes:?}");
    }
}
