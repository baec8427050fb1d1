//! A country by its ISO 3166-1 alpha-2 code: any case in, upper case out.
//! Alpha-3 and numeric codes are not read, and `UK` is no ISO code. `XK`, which ISO leaves to its users, is Kosovo.

use crate::domain::problem::Problem;
use crate::domain::text;

/// One of the 249 officially assigned ISO 3166-1 alpha-2 codes or `XK`, in upper case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CountryCode(String);

/// A user-assigned code; the European Union, IMF, SWIFT and CLDR use it so.
const KOSOVO: &str = "XK";

impl CountryCode {
    pub fn parse(value: &str) -> Result<Self, Problem> {
        text::refuse_blank(value)?;
        let code = value.to_ascii_uppercase();
        if code == KOSOVO || rust_iso3166::from_alpha2(&code).is_some() {
            Ok(Self(code))
        } else {
            Err(Problem::UnknownCountryCode)
        }
    }

    pub(crate) fn from_stored(code: String) -> Self {
        Self(code)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether accounts there can be reached by the SEPA schemes: European Payments Council, EPC409-09
    /// "List of SEPA Scheme Countries" v8.0, which leaves out the Faroe Islands, Greenland, Svalbard and the
    /// French Pacific.
    pub fn is_sepa(&self) -> bool {
        SEPA.contains(&self.as_str())
    }
}

#[rustfmt::skip]
const SEPA: [&str; 54] = [
    // European Union
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    // European Economic Area
    "IS", "LI", "NO",
    // others; AL, MD, ME, MK and RS since 2025
    "AD", "AL", "CH", "GB", "MC", "MD", "ME", "MK", "RS", "SM", "VA",
    // territories with a code of their own: Åland, overseas France, Gibraltar and the Crown dependencies
    "AX", "BL", "GF", "GP", "MF", "MQ", "PM", "RE", "YT", "GG", "GI", "IM", "JE",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_case_in_upper_case_out() {
        for (sent, code) in [("DE", "DE"), ("de", "DE"), ("Pt", "PT"), ("tR", "TR"), ("xk", "XK")] {
            assert_eq!(CountryCode::parse(sent).unwrap().as_str(), code);
        }
    }

    #[test]
    fn only_assigned_alpha_2_codes_are_countries() {
        for sent in [
            "DEU", "276", "XX", "XA", "QM", "ZZ", "UK", "EU", "D", " DE", "DE ", "Germany", "ＤＥ",
            "D\u{131}",
        ] {
            assert_eq!(CountryCode::parse(sent), Err(Problem::UnknownCountryCode), "{sent:?}");
        }
        assert_eq!(CountryCode::parse(" "), Err(Problem::Blank));
    }

    #[test]
    fn sepa_is_not_the_european_union() {
        for code in ["DE", "CH", "GB", "NO", "VA", "AX", "RE", "JE", "AL", "MD", "ME", "MK", "RS"] {
            assert!(CountryCode::parse(code).unwrap().is_sepa(), "{code}");
        }
        for code in ["US", "TR", "UA", "BA", "FO", "GL", "SJ", "NC", "PF", "AW", "XK"] {
            assert!(!CountryCode::parse(code).unwrap().is_sepa(), "{code}");
        }
    }

    #[test]
    fn the_sepa_list_names_41_countries_and_13_territories_once_each() {
        let codes: std::collections::BTreeSet<_> = SEPA.into_iter().collect();
        assert_eq!(codes.len(), 41 + 13);
        assert!(codes.into_iter().all(|code| CountryCode::parse(code).is_ok()));
    }
}
