//! A search text as regular expressions of PostgreSQL that match it in any case, whatever the database's locale is.
//!
//! `lower()` in the database knows only the letters of its locale, and in `C` only A to Z. So each letter becomes the
//! set of all letters that differ from it in case alone, by the Unicode tables of this program. Every character is
//! escaped: no text is a pattern.

use std::{collections::HashMap, fmt::Write, sync::LazyLock};

/// Ends the look through all letters early.
const LAST_LETTER_WITH_CASE: char = '\u{1ffff}';

/// Letters that are one letter in different case, by the one that [`fold`] makes of them.
static CASES: LazyLock<HashMap<char, Vec<char>>> = LazyLock::new(|| {
    let mut cases: HashMap<char, Vec<char>> = HashMap::new();
    for letter in '\0'..=LAST_LETTER_WITH_CASE {
        cases.entry(fold(letter)).or_default().push(letter);
    }
    cases.retain(|_, letters| letters.len() > 1);
    cases
});

/// What occurs anywhere in a field.
pub(super) fn anywhere(text: &str) -> String {
    text.chars().fold(String::new(), |mut pattern, letter| {
        let only = [letter];
        let letters = CASES.get(&fold(letter)).map_or(&only[..], Vec::as_slice);
        pattern.push('[');
        for letter in letters {
            // Writing to a `String` does not fail.
            let _ = write!(pattern, r"\U{:08x}", u32::from(*letter));
        }
        pattern.push(']');
        pattern
    })
}

/// What a field begins with.
pub(super) fn beginning(text: &str) -> String {
    format!("^{}", anywhere(text))
}

/// The range of the folded values in an index among which is all that begins with this text: from, inclusive, to,
/// exclusive. `None`: it begins with a letter beyond A to Z, of which the index does not fold the case.
pub(super) fn range(text: &str) -> Option<(String, String)> {
    let start: String = text.chars().map(fold).take_while(char::is_ascii).collect();
    // Above every character that a text can hold.
    (!start.is_empty()).then(|| (start.clone(), start + "\u{10ffff}"))
}

/// One letter for all its cases. Turkish writes `i` in four ways, of which two are those of the others.
fn fold(letter: char) -> char {
    match single(letter.to_uppercase()).unwrap_or(letter) {
        'İ' => 'i',
        upper => single(upper.to_lowercase()).unwrap_or(upper),
    }
}

fn single(mut letters: impl Iterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_differ_in_case_alone_are_one() {
        for letters in ["aA", "üÜ", "ßẞ", "σςΣ", "жЖ", "iıIİ", "kK\u{212a}", "sSſ", "ǆǅǄ"] {
            let folded: Vec<char> = letters.chars().map(fold).collect();
            assert!(folded.iter().all(|letter| *letter == folded[0]), "{letters}: {folded:?}");
        }
        assert_ne!(fold('u'), fold('ü'));
        assert_ne!(fold('i'), fold('l'));
    }

    /// What the index folds is what [`range`] expects of it.
    #[test]
    fn beyond_ascii_four_letters_fold_to_one_of_a_to_z() {
        let found: String = ('\u{80}'..=char::MAX).filter(|letter| fold(*letter).is_ascii()).collect();
        assert_eq!(found, "İıſ\u{212a}");
    }

    #[test]
    fn no_letter_with_case_is_left_out() {
        assert!((LAST_LETTER_WITH_CASE..=char::MAX).all(|letter| fold(letter) == letter));
    }

    #[test]
    fn a_text_is_no_pattern() {
        assert_eq!(anywhere(".*"), r"[\U0000002e][\U0000002a]");
        assert_eq!(beginning("]"), r"^[\U0000005d]");
    }

    #[test]
    fn a_range_ends_where_the_index_does_not_fold() {
        let range = |text| range(text).map(|(from, _)| from);
        assert_eq!(range("İNT-7ü8"), Some("int-7".to_owned()));
        assert_eq!(range("Ü-1"), None);
    }
}
