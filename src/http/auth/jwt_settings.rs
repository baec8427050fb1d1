//! What a token must say to be taken: by whom, for whom, for how long.

use super::{jwt_keys::KeySource, surface::Surface};
use crate::domain::token_type::TokenType;

/// Who may issue tokens for this service, for whom, and with which keys.
#[derive(Clone, Debug)]
pub struct JwtSettings {
    pub issuer: String,
    pub audiences: Audiences,
    /// The longest a token may be good for: `exp` − `iat`, in seconds.
    pub max_lifetime_s: u64,
    /// The only `typ` that is taken; `None`: any of [`TokenType`], or none at all.
    pub token_type: Option<TokenType>,
    pub keys: KeySource,
}

/// Whom tokens are for. Two names keep a portal's token from being the second credential of C2A.
#[derive(Clone, Debug)]
pub struct Audiences {
    pub c2a: String,
    pub partner: String,
}

impl Audiences {
    pub fn of(&self, surface: Surface) -> &str {
        match surface {
            Surface::C2a => &self.c2a,
            Surface::Partner => &self.partner,
        }
    }
}

impl JwtSettings {
    /// Whether a token of this `typ`, or of none, is one.
    pub fn takes_type(&self, typ: Option<&str>) -> bool {
        match (typ, self.token_type) {
            (None, pinned) => pinned.is_none(),
            (Some(typ), Some(pinned)) => TokenType::parse(typ) == Some(pinned),
            (Some(typ), None) => TokenType::parse(typ).is_some(),
        }
    }
}
