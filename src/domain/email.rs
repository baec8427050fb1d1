//! An e-mail address: what the customer wrote, and the canonical form two addresses are compared by.
//! Two spellings of one character (`é`, or `e` and an accent) are one. Only ASCII is lower-cased: Unicode lower-casing differs between Rust and PostgreSQL (`İ`, final `Σ`) and
//! folds letters a mail server keeps apart, so one person could claim another's address.

use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use crate::domain::invisible::is_blank;
use crate::domain::problem::Problem;
use crate::domain::text;

/// At most 254 octets (RFC 5321 4.5.3.1.3, less the angle brackets; RFC 6531 counts octets too). The local part is a
/// dot-atom of at most 64 octets (RFC 5322 3.2.3, beyond ASCII by RFC 6531); the domain has two or more labels valid by
/// UTS 46 with STD3 rules, the last one not a number. No quoted local parts, no address literals, nothing invisible.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    as_sent: String,
    canonical: String,
}

impl Email {
    /// Of what was sent, and of the canonical form.
    pub const MAX_OCTETS: usize = 254;

    /// Surrounding ASCII spaces are dropped; everything else is kept as sent.
    pub fn parse(value: &str) -> Result<Self, Problem> {
        let as_sent = value.trim_matches(' ');
        if as_sent.len() > Self::MAX_OCTETS {
            text::refuse_blank(as_sent)?;
            return Err(Problem::TooManyOctets { max_octets: Self::MAX_OCTETS });
        }
        text::check(as_sent, Self::MAX_OCTETS)?;
        let (local, domain) = as_sent.split_once('@').ok_or(Problem::InvalidEmail)?;
        let canonical_local = canonical_local_part(local);
        // Normalising turns some signs into others: both forms obey the rules.
        if !is_local_part(local) || !is_local_part(&canonical_local) {
            return Err(Problem::InvalidEmail);
        }
        let domain = ascii_domain(domain).ok_or(Problem::InvalidEmail)?;
        let canonical = format!("{canonical_local}@{domain}");
        // Punycode is longer than what was typed; a canonical form is itself an address by these rules.
        if canonical.len() > Self::MAX_OCTETS {
            return Err(Problem::InvalidEmail);
        }
        Ok(Self { as_sent: as_sent.to_owned(), canonical })
    }

    pub(crate) fn from_stored(as_sent: String, canonical: String) -> Self {
        Self { as_sent, canonical }
    }

    /// As sent; what is echoed.
    pub fn as_str(&self) -> &str {
        &self.as_sent
    }

    /// Local part in NFC and ASCII lower case, domain as its lower-case ASCII (Punycode) form; what is compared.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

/// NFC twice: a lower-case letter may have a composed form where the capital one has none.
fn canonical_local_part(local: &str) -> String {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let lower = nfc.normalize(local).to_ascii_lowercase();
    nfc.normalize(&lower).into_owned()
}

fn is_local_part(local: &str) -> bool {
    const MAX_OCTETS: usize = 64;
    local.len() <= MAX_OCTETS
        && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_character))
}

fn is_atom_character(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    }
    // Some letters show nothing. Not letters alone: most scripts of India and Thailand write with marks that are none.
    !is_blank(c) && (c.is_alphanumeric() || !is_punctuation_or_private(c))
}

/// Blocks whose characters pass for one that is refused, or have no agreed look: two addresses that look the same would
/// be two customers.
fn is_punctuation_or_private(c: char) -> bool {
    matches!(u32::from(c),
        0x00A0..=0x00BF         // Latin-1 punctuation
        | 0x2000..=0x206F       // quotes, dashes
        | 0x3000..=0x303F       // ideographic punctuation
        | 0xE000..=0xF8FF       // private use
        | 0xFE10..=0xFE1F       // vertical punctuation
        | 0xFE30..=0xFE6F       // small and vertical forms
        | 0xFF00..=0xFF65       // full-width forms of ASCII
        | 0xFFE0..=0xFFFF       // full-width signs, specials
        | 0xF0000..=0x10FFFF    // private use
    )
}

/// UTS 46 drops some invisible characters instead of refusing them, and lets a few stand in Punycode.
fn ascii_domain(domain: &str) -> Option<String> {
    if domain.chars().any(is_blank) {
        return None;
    }
    // An `@` in the domain, or anything that maps to one, is denied by STD3 like every other sign.
    let ascii = Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .ok()?;
    let (unicode, shown) =
        Uts46::new().to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    if shown.is_err() || unicode.chars().any(is_blank) {
        return None;
    }
    let (_, top_level) = ascii.rsplit_once('.')?;
    let is_number = top_level.bytes().all(|byte| byte.is_ascii_digit());
    (!is_number).then(|| ascii.into_owned())
}

#[cfg(test)]
mod tests {
    use icu_normalizer::DecomposingNormalizerBorrowed;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_echoed_as_sent_and_compared_by_its_canonical_form() {
        for (sent, canonical) in [
            ("name@example.com", "name@example.com"),
            ("Name.Last+tag@Example.COM", "name.last+tag@example.com"),
            ("o'neil@mail.example.co.uk", "o'neil@mail.example.co.uk"),
            ("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"),
            ("a@Bücher.example", "a@xn--bcher-kva.example"),
            ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
            ("a@straße.de", "a@xn--strae-oqa.de"),
            ("a@example。com", "a@example.com"),
            ("a@r3---sn.example.com", "a@r3---sn.example.com"),
            ("1@1.de", "1@1.de"),
            ("a@123.xn--p1ai", "a@123.xn--p1ai"),
            // Only ASCII is lower-cased: these stay different people.
            ("JOSÉ@example.com", "josÉ@example.com"),
            ("İ@example.com", "İ@example.com"),
            ("संपर्क@डाटामेल.भारत", "संपर्क@xn--c2bd4bq1db8d.xn--h2brj9c"),
            // Canonically equivalent spellings are one address.
            ("jos\u{e9}@example.com", "jos\u{e9}@example.com"),
            ("jose\u{301}@example.com", "jos\u{e9}@example.com"),
            ("a@e\u{301}.example", "a@xn--9ca.example"),
            ("\u{212a}@example.com", "k@example.com"),
            ("J\u{30c}@example.com", "\u{1f0}@example.com"),
        ] {
            let email = Email::parse(sent).unwrap_or_else(|problem| panic!("{sent}: {problem:?}"));
            assert_eq!(email.as_str(), sent);
            assert_eq!(email.canonical(), canonical);
        }
    }

    #[test]
    fn surrounding_spaces_are_a_slip_of_the_keyboard() {
        assert_eq!(Email::parse("  a@example.com ").unwrap().as_str(), "a@example.com");
        assert_eq!(Email::parse("a@example.com\t"), Err(Problem::InvalidCharacters));
    }

    #[test]
    fn what_no_mail_would_reach_is_refused() {
        let long_label = format!("a@{}.de", "b".repeat(64));
        for sent in [
            "name",
            "@",
            "@example.com",
            "a@",
            "a@b",
            "a@localhost",
            "a@b@example.com",
            "a@@example.com",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a b@example.com",
            "\"a\"@example.com",
            "a(b)@example.com",
            "a,b@example.com",
            "<a@example.com>",
            "a@example .com",
            "a@exa_mple.com",
            "a@-example.com",
            "a@example-.com",
            "a@.example.com",
            "a@example..com",
            "a@example.com.",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@example.123",
            "a@xn--a.com",
            "a@exa\u{202e}mple.com",
            "a\u{200b}b@example.com",
            "a\u{a0}b@example.com",
            "a＠b@example.com",
            "a@b＠example.com",
            // Normalised, it is a semicolon.
            "a\u{37e}b@example.com",
            // A domain with a zero-width joiner inside, in Punycode.
            "a@xn--1ugx91chwa.example",
            &long_label,
        ] {
            assert_eq!(Email::parse(sent), Err(Problem::InvalidEmail), "{sent:?}");
        }
        for sent in ["", "   "] {
            assert_eq!(Email::parse(sent), Err(Problem::Blank));
        }
    }

    #[test]
    fn the_limits_are_those_of_smtp() {
        let local = |chars| format!("{}@example.com", "a".repeat(chars));
        assert!(Email::parse(&local(64)).is_ok());
        assert_eq!(Email::parse(&local(65)), Err(Problem::InvalidEmail));

        let whole = |chars: usize| format!("a@{}{}", "b.".repeat(120), "c".repeat(chars - 242));
        assert!(Email::parse(&whole(254)).is_ok());
        assert_eq!(Email::parse(&whole(255)), Err(Problem::TooManyOctets { max_octets: 254 }));

        let grows_too_far = format!("{}@{}de", "a".repeat(64), "ü.".repeat(60));
        assert_eq!(Email::parse(&grows_too_far), Err(Problem::InvalidEmail));
    }

    #[test]
    fn the_limits_count_octets() {
        let local = |times| format!("{}@example.com", "é".repeat(times));
        assert!(Email::parse(&local(32)).is_ok());
        assert_eq!(Email::parse(&local(33)), Err(Problem::InvalidEmail));

        let domain = |times| format!("a@{}.de", vec!["é".repeat(20); times].join("."));
        assert!(Email::parse(&domain(6)).is_ok());
        let too_many = Problem::TooManyOctets { max_octets: 254 };
        assert_eq!(Email::parse(&domain(7)), Err(too_many), "147 characters");
        assert_eq!(Email::parse(&" ".repeat(300)), Err(Problem::Blank));
    }

    #[test]
    fn what_cannot_be_seen_is_refused_in_both_halves() {
        for c in [
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{17b4}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
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
            '\u{a0}',
            '\u{3000}',
        ] {
            for sent in [
                format!("jane{c}@example.com"),
                format!("{c}jane@example.com"),
                format!("ja{c}ne@example.com"),
                format!("jane@exam{c}ple.com"),
                format!("jane@{c}example.com"),
                format!("jane@example.com{c}"),
            ] {
                assert_eq!(Email::parse(&sent), Err(Problem::InvalidEmail), "{sent:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_canonical_form_is_its_own_canonical_form(
            local in "[A-Za-z0-9!#$%&'*+/=?^_`{|}~ßéİΣ्山-]{1,24}(\\.[a-zA-ZÄ]{1,9}){0,3}",
            domain in "([A-Za-zäÖßéΣ山д0-9]{1,12}\\.){1,4}[A-Za-zäд]{2,9}",
        ) {
            if let Ok(email) = Email::parse(&format!("{local}@{domain}")) {
                let again = Email::parse(email.canonical());
                prop_assert_eq!(again.as_ref().map(Email::canonical), Ok(email.canonical()));
                prop_assert!(email.canonical().len() <= Email::MAX_OCTETS);
            }
        }

        #[test]
        fn no_input_makes_it_panic(a in any::<String>(), b in any::<String>(), at in "@{0,2}") {
            if let Ok(email) = Email::parse(&format!("{a}{at}{b}")) {
                let again = Email::parse(email.canonical());
                prop_assert_eq!(again.as_ref().map(Email::canonical), Ok(email.canonical()));
            }
        }

        #[test]
        fn both_normal_forms_are_one_address(local in "[a-zA-ZéÉñÅåộ가-힣ガ가]{1,20}") {
            let (nfc, nfd) = (ComposingNormalizerBorrowed::new_nfc(), DecomposingNormalizerBorrowed::new_nfd());
            let address = |local: &str| Email::parse(&format!("{local}@example.com"));
            if let (Ok(composed), Ok(decomposed)) = (address(&nfc.normalize(&local)), address(&nfd.normalize(&local))) {
                prop_assert_eq!(composed.canonical(), decomposed.canonical());
            }
        }

        #[test]
        fn upper_and_lower_case_are_one_ascii_address(address in "[a-z.]{1,9}@[a-z-]{1,9}\\.[a-z]{2,5}") {
            if let Ok(email) = Email::parse(&address) {
                let shouted = Email::parse(&address.to_ascii_uppercase());
                prop_assert_eq!(shouted.as_ref().map(Email::canonical), Ok(email.canonical()));
            }
        }
    }
}
