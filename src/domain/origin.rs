//! The origin of a web page, as browsers send it (RFC 6454, 6.2).

/// `https://portal.example.com`: scheme, host, and a port that is not the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let own_port = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return None,
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        (is_host(host) && port.is_none_or(|port| is_port(port, own_port))).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name, or an address: IPv6 in brackets.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !host.is_empty() && host.split('.').all(|label| !label.is_empty() && label.chars().all(is_letter))
}

fn is_port(port: &str, own_port: u16) -> bool {
    port.parse::<u16>().is_ok_and(|number| number != own_port && number.to_string() == port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_as_browsers_send_them() {
        for origin in [
            "https://portal.example.com",
            "https://portal.example.com:8443",
            "http://localhost:3000",
            "http://127.0.0.1:8080",
            "https://[::1]",
            "http://[::1]:3000",
            "https://xn--mnchen-3ya.example",
        ] {
            assert_eq!(Origin::parse(origin).as_ref().map(Origin::as_str), Some(origin));
        }
        for text in [
            "",
            "*",
            "null",
            "portal.example.com",
            "https://",
            "https://portal.example.com/",
            "https://portal.example.com/path",
            "https://portal.example.com?x",
            "https://Portal.example.com",
            "HTTPS://portal.example.com",
            "https://portal.example.com:443",
            "http://portal.example.com:80",
            "https://portal.example.com:",
            "https://portal.example.com:0443",
            "https://portal.example.com:65536",
            "https://someone@portal.example.com",
            "https://*.example.com",
            "https://a..b",
            "https://münchen.example",
            "https://a b",
            "ftp://portal.example.com",
            "https://::1",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }
}
