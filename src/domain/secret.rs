//! What makes a secret strong enough to sign tokens.

/// For HS256: as many bytes as its hash has (RFC 7518, section 3.2).
pub const MIN_SECRET_BYTES: usize = 32;
