//! A domain that a tenant is addressed by, as DNS compares names.

use std::fmt;

/// At most 253 octets of `a-z 0-9 - .`, in lower case and without the dot of the root.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TenantDomain(String);

impl TenantDomain {
    pub const MAX_BYTES: usize = 253;

    /// Any case in, and one dot at the end. `None`: nothing that could be a domain.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        let is_domain = !name.is_empty()
            && name.len() <= Self::MAX_BYTES
            && name.bytes().all(is_host)
            && name.split('.').all(|label| (1..=63).contains(&label.len()));
        is_domain.then(|| Self(name.to_ascii_lowercase()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TenantDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantDomain({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_domain_is_read_as_dns_compares_it() {
        for (sent, domain) in [
            ("acme.example.com", "acme.example.com"),
            ("ACME.Example.COM", "acme.example.com"),
            ("acme.example.com.", "acme.example.com"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(TenantDomain::parse(sent).unwrap().as_str(), domain);
        }
    }

    #[test]
    fn what_cannot_be_a_domain_is_none() {
        let too_long = format!("{}a", "a.".repeat(127));
        let long_label = format!("{}.example", "a".repeat(64));
        for sent in [
            "",
            ".",
            "a..b",
            "acme.example..",
            ".acme",
            "a b",
            "a/b",
            "a_b",
            "a:80",
            "bücher.example",
            &too_long,
            &long_label,
        ] {
            assert_eq!(TenantDomain::parse(sent), None, "{sent}");
        }
        assert!(TenantDomain::parse(&too_long[2..]).is_some());
    }

    proptest! {
        #[test]
        fn what_comes_out_is_short_and_read_as_itself(sent in any::<String>(), host in "[A-Za-z0-9.-]{0,300}") {
            for text in [sent, host] {
                if let Some(domain) = TenantDomain::parse(&text) {
                    prop_assert!(domain.as_str().len() <= TenantDomain::MAX_BYTES);
                    prop_assert_eq!(TenantDomain::parse(domain.as_str()), Some(domain));
                }
            }
        }
    }
}
