//! Characters that show nothing: what has them looks like what has not.

use icu_properties::props::{BinaryProperty, DefaultIgnorableCodePoint};

/// Unicode's `Default_Ignorable_Code_Point` (UAX 44), and the blank Braille pattern, which is a symbol for Unicode.
///
/// White space is another matter: it shows where it is.
pub(crate) fn is_invisible(c: char) -> bool {
    const BRAILLE_PATTERN_BLANK: char = '\u{2800}';
    c == BRAILLE_PATTERN_BLANK || DefaultIgnorableCodePoint::for_char(c)
}

/// Invisible, or white space.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_invisible_in_whatever_block_it_stands() {
        for c in [
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{17b4}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{202e}',
            '\u{2060}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0100}',
        ] {
            assert!(is_invisible(c) && is_blank(c), "{c:?}");
        }
        for c in ['a', 'é', '\u{301}', '山', '्', '\u{2801}', '\u{10ffff}', '👩'] {
            assert!(!is_invisible(c) && !is_blank(c), "{c:?}");
        }
        for c in [' ', '\u{a0}', '\u{3000}'] {
            assert!(!is_invisible(c) && is_blank(c), "{c:?}");
        }
    }
}
