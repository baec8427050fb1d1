//! A language by its ISO 639-1 code: any case in, lower case out.
//! No tags: `de-AT` and three-letter codes are not read.

use crate::domain::problem::Problem;
use crate::domain::text;

/// One of the two-letter codes of ISO 639-1, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LanguageCode(String);

impl LanguageCode {
    pub fn parse(value: &str) -> Result<Self, Problem> {
        text::refuse_blank(value)?;
        let code = value.to_ascii_lowercase();
        match isolang::Language::from_639_1(&code) {
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
        for (sent, code) in [("de", "de"), ("DE", "de"), ("pT", "pt"), ("Tr", "tr")] {
            assert_eq!(LanguageCode::parse(sent).unwrap().as_str(), code);
        }
    }

    #[test]
    fn only_two_letter_codes_are_languages() {
        for sent in ["deu", "ger", "de-AT", "xx", "d", " de", "German", "ｄｅ"] {
            assert_eq!(LanguageCode::parse(sent), Err(Problem::UnknownLanguageCode), "{sent:?}");
        }
        assert_eq!(LanguageCode::parse(""), Err(Problem::Blank));
    }
}
