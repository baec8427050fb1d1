//! The media type a token says it has.

/// What a token says it is (`typ`), whatever its case. `application/` before it means the same (RFC 7515, 4.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// RFC 7519, 5.1.
    Jwt,
    /// RFC 9068, 2.1.
    AccessToken,
}

impl TokenType {
    pub fn parse(text: &str) -> Option<Self> {
        const PREFIX: &str = "application/";
        let lower = text.to_ascii_lowercase();
        match lower.strip_prefix(PREFIX).unwrap_or(&lower) {
            "jwt" => Some(Self::Jwt),
            "at+jwt" => Some(Self::AccessToken),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jwt => "JWT",
            Self::AccessToken => "at+jwt",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_read_in_any_case_and_with_its_prefix() {
        for (sent, read) in [
            ("JWT", TokenType::Jwt),
            ("jwt", TokenType::Jwt),
            ("application/JWT", TokenType::Jwt),
            ("at+jwt", TokenType::AccessToken),
            ("AT+JWT", TokenType::AccessToken),
            ("Application/at+jwt", TokenType::AccessToken),
        ] {
            assert_eq!(TokenType::parse(sent), Some(read), "{sent}");
        }
        for sent in [
            "",
            "JWS",
            "JOSE",
            "dpop+jwt",
            "logout+jwt",
            "at+jwt ",
            "text/jwt",
            "application/application/jwt",
        ] {
            assert_eq!(TokenType::parse(sent), None, "{sent:?}");
        }
    }
}
