//! Free text that may stand on several lines, such as a street with a house name.

use std::fmt;

use crate::domain::problem::Problem;
use crate::domain::text::{is_forbidden, refuse_blank};

/// As [`Text`](crate::domain::text::Text), and with line breaks: LF, CR or both. Kept exactly as sent.
#[derive(Clone, PartialEq, Eq)]
pub struct MultilineText<const MAX: usize>(String);

impl<const MAX: usize> MultilineText<MAX> {
    pub fn parse(value: &str) -> Result<Self, Problem> {
        refuse_blank(value)?;
        if value.chars().count() > MAX {
            return Err(Problem::TooLong { max_chars: MAX });
        }
        if value.chars().any(|c| is_forbidden(c) && !matches!(c, '\n' | '\r')) {
            return Err(Problem::InvalidCharacters);
        }
        Ok(Self(value.to_owned()))
    }

    pub(crate) fn from_stored(value: String) -> Self {
        Self(value)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> fmt::Debug for MultilineText<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MultilineText(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_as_they_are_broken() {
        for sent in ["Flat 4\nSummers Orchard", "a\r\nb", "a\rb", "one line", "a\n"] {
            assert_eq!(MultilineText::<30>::parse(sent).unwrap().into_string(), sent);
        }
    }

    #[test]
    fn other_controls_and_blank_lines_alone_are_refused() {
        for sent in ["a\tb", "a\0b", "a\u{b}b", "a\u{85}b", "a\u{1b}[0m", "a\u{fffe}"] {
            assert_eq!(MultilineText::<30>::parse(sent), Err(Problem::InvalidCharacters), "{sent:?}");
        }
        for sent in ["", "\n", " \r\n\u{200b}\n"] {
            assert_eq!(MultilineText::<30>::parse(sent), Err(Problem::Blank), "{sent:?}");
        }
        assert_eq!(MultilineText::<3>::parse("a\nbc"), Err(Problem::TooLong { max_chars: 3 }));
    }
}
