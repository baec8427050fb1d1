//! Free text of a person or a company, and the rule every string of the API obeys.
//! Kept exactly as sent: nothing is trimmed or normalised, so white space around a name comes back.

use std::fmt;

use crate::domain::invisible::is_blank;
use crate::domain::problem::Problem;

/// 1 to `MAX` characters (Unicode scalar values, so at most 4 × `MAX` bytes), not blank,
/// no control characters and no Unicode noncharacters.
#[derive(Clone, PartialEq, Eq)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    pub const MAX_CHARS: usize = MAX;

    pub fn parse(value: &str) -> Result<Self, Problem> {
        check(value, MAX)?;
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

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(..)")
    }
}

/// The rule of every string: not blank, at most `max_chars` characters, no forbidden character.
pub(crate) fn check(value: &str, max_chars: usize) -> Result<(), Problem> {
    refuse_blank(value)?;
    if value.chars().count() > max_chars {
        return Err(Problem::TooLong { max_chars });
    }
    if value.chars().any(is_forbidden) {
        return Err(Problem::InvalidCharacters);
    }
    Ok(())
}

pub(crate) fn refuse_blank(value: &str) -> Result<(), Problem> {
    if value.chars().all(is_blank) {
        return Err(Problem::Blank);
    }
    Ok(())
}

/// What no field takes unless it says otherwise: C0, DEL and C1 controls, and [`is_forbidden_everywhere`].
pub(crate) fn is_forbidden(c: char) -> bool {
    c.is_control() || is_forbidden_everywhere(c)
}

/// U+0000, which PostgreSQL refuses in any text, and the 66 Unicode noncharacters (Unicode 16, 23.7: not for
/// interchange).
pub(crate) fn is_forbidden_everywhere(c: char) -> bool {
    let code = u32::from(c);
    code == 0 || matches!(code, 0xFDD0..=0xFDEF) || code & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_exactly_as_sent() {
        for sent in ["Ann", " Ann ", "Zoë", "O'Neil\u{301}", "山田", "👩‍👩‍👧", "\u{a0}x"] {
            let text = Text::<255>::parse(sent).unwrap();
            assert_eq!(text.as_str(), sent);
            assert_eq!(text.into_string(), sent);
        }
    }

    #[test]
    fn the_limit_counts_characters_and_not_bytes() {
        assert!(Text::<3>::parse("€€€").is_ok());
        assert_eq!(Text::<3>::parse("abcd"), Err(Problem::TooLong { max_chars: 3 }));
        assert_eq!(Text::<3>::MAX_CHARS, 3);
    }

    #[test]
    fn blank_text_is_no_text() {
        for sent in
            ["", " ", "\t", "\u{a0}", "\u{3000}\n", "\u{200b}", " \u{feff}\u{ad} ", "\u{2800}", "\u{3164}"]
        {
            assert_eq!(Text::<9>::parse(sent), Err(Problem::Blank), "{sent:?}");
        }
    }

    #[test]
    fn controls_and_noncharacters_are_refused() {
        for c in [
            '\0',
            '\n',
            '\u{1f}',
            '\u{7f}',
            '\u{80}',
            '\u{9f}',
            '\u{fdd0}',
            '\u{fdef}',
            '\u{fffe}',
            '\u{ffff}',
            '\u{1fffe}',
            '\u{10ffff}',
        ] {
            let sent = format!("a{c}b");
            assert_eq!(Text::<9>::parse(&sent), Err(Problem::InvalidCharacters), "{sent:?}");
        }
        for c in ['\u{fdcf}', '\u{fdf0}', '\u{fffd}', '\u{10000}'] {
            assert!(Text::<9>::parse(&c.to_string()).is_ok(), "{c:?}");
        }
    }

    #[test]
    fn debug_shows_no_text() {
        assert_eq!(format!("{:?}", Text::<9>::from_stored("Ann".into())), "Text(..)");
    }
}
