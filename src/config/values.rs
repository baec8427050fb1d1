//! How the values of settings are read, and the types of those that hold a secret.
//!
//! An error says what a setting takes and never repeats the value, which may be a password in the wrong place. The
//! command line puts the setting's name before it: "AZOTTE_CELL (--cell) must be two digits such as 00."

use std::{num::NonZeroU32, ops::RangeInclusive};

use clap::builder::{StringValueParser, TypedValueParser};
use secrecy::SecretString;

use crate::domain::{quota, secret::MIN_SECRET_BYTES};

/// A `postgres://` URL; `Debug` hides it.
#[derive(Clone, Debug)]
pub struct SecretUrl(pub SecretString);

/// The parameters that are read; any other would be dropped without a word, safety settings too.
const URL_PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

impl SecretUrl {
    pub(super) fn parser() -> impl TypedValueParser<Value = Self> {
        const SHAPE: &str = "a URL such as postgres://user:password@host/database; \
                             in a password write # as %23, / as %2F, ? as %3F, @ as %40";
        StringValueParser::new().try_map(|text| {
            if names_several_hosts(&text) {
                return Err(SettingError::SeveralHosts);
            }
            let url = Self::parse(&text).ok_or_else(|| SettingError::MustBe(SHAPE.to_owned()))?;
            match unknown_parameter(&text) {
                Some(name) => Err(SettingError::UnknownParameter(name)),
                None => Ok(url),
            }
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let is_postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
        let parses = text.parse::<sqlx::postgres::PgConnectOptions>().is_ok();
        // A URL ends at its first #, and so would a password with one.
        (is_postgres && parses && !text.contains('#') && text.trim() == text).then(|| Self(text.into()))
    }
}

/// As libpq takes them: `host1,host2` in the address or in `host`, and which of them by `target_session_attrs`.
fn names_several_hosts(url: &str) -> bool {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (_, authority) = address.split_once("://").unwrap_or(("", address));
    // A password may have anything, a comma too.
    let (_, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let hosts = hosts.split('/').next().unwrap_or_default();
    let chooses = |pair: &str| match pair.split_once('=') {
        Some(("host" | "hostaddr" | "port", value)) => {
            value.contains(',') || value.to_ascii_lowercase().contains("%2c")
        }
        Some((name, _)) => name == "target_session_attrs",
        None => false,
    };
    hosts.contains(',') || query.split('&').any(chooses)
}

/// Its name, unless that may be something else than a name.
fn unknown_parameter(url: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let mut names = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    let is_known =
        |name: &str| name.is_empty() || URL_PARAMETERS.contains(&name) || name.starts_with("options[");
    let name = names.find(|name| !is_known(name))?;
    let is_name = name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    Some(if is_name { name.to_owned() } else { "one that is no name".to_owned() })
}

/// A secret of at least [`MIN_SECRET_BYTES`]; `Debug` hides it.
#[derive(Clone, Debug)]
pub struct SecretText(pub SecretString);

impl SecretText {
    pub(super) fn parse(text: &str) -> Option<Self> {
        (text.len() >= MIN_SECRET_BYTES && text.trim() == text).then(|| Self(text.into()))
    }
}

/// What is wrong with a setting.
#[derive(Debug, thiserror::Error)]
enum SettingError {
    #[error("must be {0}")]
    MustBe(String),
    #[error(
        "must name one host: for failover give an address that follows the primary, such as that of HAProxy, PgBouncer or a \
         virtual IP, without target_session_attrs"
    )]
    SeveralHosts,
    #[error("has a parameter that is not known: {0}")]
    UnknownParameter(String),
}

/// Reads a value by `parse`; `what` completes the sentence "… must be".
pub(super) fn must_be<T: Clone + Send + Sync + 'static>(
    what: &'static str,
    parse: impl Fn(&str) -> Option<T> + Clone + Send + Sync + 'static,
) -> impl TypedValueParser<Value = T> {
    StringValueParser::new()
        .try_map(move |text| parse(&text).ok_or_else(|| SettingError::MustBe(what.to_owned())))
}

pub(super) fn whole_number(range: RangeInclusive<u64>) -> impl TypedValueParser<Value = u64> {
    StringValueParser::new().try_map(move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            SettingError::MustBe(format!("a whole number from {} to {}", range.start(), range.end()))
        })
    })
}

pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

pub(super) fn word(text: &str) -> Option<String> {
    let is_word = !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    is_word.then(|| text.to_owned())
}

/// Without TLS: the collector is on the same machine or network.
pub(super) fn collector_url(text: &str) -> Option<String> {
    let host = text.strip_prefix("http://")?;
    word(host).map(|_| text.to_owned())
}

pub(super) fn quota_number(text: &str) -> Option<NonZeroU32> {
    text.parse().ok().filter(|number: &NonZeroU32| number.get() <= quota::MAX)
}
