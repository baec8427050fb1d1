//! Everything that can be wrong with one field: a code for programs and a sentence for developers.
//! A problem never carries the rejected value, so it may be answered and logged as it is.

use std::borrow::Cow;

/// Why one field was refused. The name of the field is added by [`super::field_error::FieldError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Absent or null where a value is mandatory.
    Required,
    /// The same where `other`, which would do instead, is not there either.
    RequiredUnless {
        other: &'static str,
    },
    /// Another JSON type; `expected` reads on from "Must be ", e.g. "a string".
    WrongType {
        expected: &'static str,
    },
    /// Empty, or nothing but white space and invisible characters.
    Blank,
    TooLong {
        max_chars: usize,
    },
    /// Where a standard counts octets of UTF-8.
    TooManyOctets {
        max_octets: usize,
    },
    /// Control characters, U+0000 and noncharacters.
    InvalidCharacters,
    SurroundingWhiteSpace,
    InvalidEmail,
    InvalidPhoneNumber,
    UnknownCountryCode,
    UnknownLanguageCode,
    /// Not one of the `allowed` words.
    NotInList {
        allowed: &'static [&'static str],
    },
    InvalidStatus,
    /// A status only the service itself may give.
    ReservedStatus,
    InvalidUrn,
    InvalidUuid,
    /// An explicit null for something that can be changed but not taken away.
    NotClearable,
    TooLarge {
        max_bytes: usize,
    },
    TooDeep {
        max_levels: usize,
    },
    DuplicateKey,
    /// Text that should hold JSON and cannot be read as it.
    InvalidJson,
    OutOfRange,
    /// More entries in a list than it may have.
    TooMany {
        max: usize,
    },
    /// The same entry twice in a list.
    Duplicate,
    /// Another value than that of `from`, which says the same.
    Different {
        from: &'static str,
    },
    /// What has no meaning where `other` is there.
    NotTogether {
        other: &'static str,
    },
    /// The end of a range that does not come behind its beginning, the field `other`.
    NotBehind {
        other: &'static str,
    },
    /// An id inside an entry that is not the one the entry stands under.
    NotTheKey,
    UnknownReseller,
    UnknownProviderInstance,
    /// A continuation token that no answer held.
    InvalidToken,
    /// A place in the feed or in an export that no answer held.
    InvalidCursor,
    InvalidDigest,
    InvalidIdempotencyKey,
    InvalidVersion,
    /// A header or query parameter that another endpoint takes, or none.
    NotSupported,
}

impl Problem {
    /// The stable code of the answer's `errors[].code`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Required | Self::RequiredUnless { .. } => "REQUIRED",
            Self::WrongType { .. } => "WRONG_TYPE",
            Self::Blank => "BLANK",
            Self::TooLong { .. } | Self::TooManyOctets { .. } => "TOO_LONG",
            Self::InvalidCharacters => "INVALID_CHARACTERS",
            Self::SurroundingWhiteSpace => "SURROUNDING_WHITE_SPACE",
            Self::InvalidEmail => "INVALID_EMAIL",
            Self::InvalidPhoneNumber => "INVALID_PHONE_NUMBER",
            Self::UnknownCountryCode => "UNKNOWN_COUNTRY_CODE",
            Self::UnknownLanguageCode => "UNKNOWN_LANGUAGE_CODE",
            Self::NotInList { .. } => "NOT_IN_LIST",
            Self::InvalidStatus => "INVALID_STATUS",
            Self::ReservedStatus => "RESERVED_STATUS",
            Self::InvalidUrn => "INVALID_URN",
            Self::InvalidUuid => "INVALID_UUID",
            Self::NotClearable => "NOT_CLEARABLE",
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::TooDeep { .. } => "TOO_DEEP",
            Self::DuplicateKey => "DUPLICATE_KEY",
            Self::InvalidJson => "INVALID_JSON",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::TooMany { .. } => "TOO_MANY",
            Self::Duplicate => "DUPLICATE",
            Self::Different { .. } => "DIFFERENT",
            Self::NotTogether { .. } => "NOT_TOGETHER",
            Self::NotBehind { .. } => "NOT_BEHIND",
            Self::NotTheKey => "NOT_THE_KEY",
            Self::UnknownReseller => "UNKNOWN_RESELLER",
            Self::UnknownProviderInstance => "UNKNOWN_PROVIDER_INSTANCE",
            Self::InvalidToken => "INVALID_TOKEN",
            Self::InvalidCursor => "INVALID_CURSOR",
            Self::InvalidDigest => "INVALID_DIGEST",
            Self::InvalidIdempotencyKey => "INVALID_IDEMPOTENCY_KEY",
            Self::InvalidVersion => "INVALID_VERSION",
            Self::NotSupported => "NOT_SUPPORTED",
        }
    }

    /// One sentence for a developer: what the value must be. The wording may change, the code does not.
    pub fn message(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::RequiredUnless { other } => {
                return format!("Is required where there is no `{other}`.").into();
            }
            Self::Different { from } => {
                return format!("Must be the same as `{from}`, or left out.").into();
            }
            Self::WrongType { expected } => return format!("Must be {expected}.").into(),
            Self::TooLong { max_chars } => {
                return format!("Must be at most {max_chars} characters long.").into();
            }
            Self::TooManyOctets { max_octets } => {
                return format!("Must be at most {max_octets} octets of UTF-8 long.").into();
            }
            Self::NotInList { allowed } => return format!("Must be one of: {}.", allowed.join(", ")).into(),
            Self::TooLarge { max_bytes } => {
                return format!("Must be at most {max_bytes} bytes of JSON.").into();
            }
            Self::TooDeep { max_levels } => {
                return format!("Must be nested at most {max_levels} levels deep.").into();
            }
            Self::TooMany { max } => return format!("Must have at most {max} entries.").into(),
            Self::NotTogether { other } => return format!("Must not stand beside `{other}`.").into(),
            Self::NotBehind { other } => {
                return format!("Must come behind `{other}`, in the order of the bytes of UTF-8.").into();
            }
            Self::Required => "Is required.",
            Self::Blank => "Must not be empty or blank; leave it out instead.",
            Self::InvalidCharacters => "Must not contain control characters or Unicode noncharacters.",
            Self::SurroundingWhiteSpace => "Must not begin or end with white space or invisible characters.",
            Self::InvalidEmail => "Must be an e-mail address such as name@example.com.",
            Self::InvalidPhoneNumber => {
                "Must be a phone number with its country code, such as +49 170 1234567."
            }
            Self::UnknownCountryCode => "Must be an ISO 3166-1 alpha-2 country code such as DE.",
            Self::UnknownLanguageCode => "Must be an ISO 639-1 language code such as de.",
            Self::InvalidStatus => {
                "Must be a letter followed by at most 31 letters, digits, hyphens or underscores."
            }
            Self::ReservedStatus => "Is a status that only the service itself sets.",
            Self::InvalidUrn => "Must be a customer URN such as cu.00.482.",
            Self::InvalidUuid => "Must be a UUID.",
            Self::NotClearable => "Cannot be cleared; send a new value or leave it out.",
            Self::DuplicateKey => "Must not contain the same property twice.",
            Self::InvalidJson => {
                "Must be well-formed JSON, without lone surrogates and with numbers a double can hold."
            }
            Self::OutOfRange => "Is outside the allowed range.",
            Self::Duplicate => "Must not be listed twice.",
            Self::NotTheKey => "Must be the same as the key it stands under, or left out.",
            Self::UnknownReseller => "Must be a reseller of this tenant.",
            Self::UnknownProviderInstance => "Must be a provider instance of this tenant.",
            Self::InvalidToken => "Must be the continuation token of the page before.",
            Self::InvalidCursor => "Must be a cursor of an earlier answer.",
            Self::InvalidDigest => "Must be 32 hexadecimal digits.",
            Self::InvalidIdempotencyKey => "Must be one value of 1 to 255 visible ASCII characters.",
            Self::InvalidVersion => "Must be a version in quotes such as \"3\", several, or *.",
            Self::NotSupported => "Is not supported by this endpoint; leave it out.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_a_code_and_a_sentence() {
        for (problem, code, message) in [
            (Problem::Required, "REQUIRED", "Is required."),
            (Problem::RequiredUnless { other: "exId" }, "REQUIRED", "Is required where there is no `exId`."),
            (Problem::Different { from: "exId" }, "DIFFERENT", "Must be the same as `exId`, or left out."),
            (Problem::WrongType { expected: "a string" }, "WRONG_TYPE", "Must be a string."),
            (Problem::TooLong { max_chars: 255 }, "TOO_LONG", "Must be at most 255 characters long."),
            (Problem::InvalidEmail, "INVALID_EMAIL", "Must be an e-mail address such as name@example.com."),
            (
                Problem::NotInList { allowed: &["Individual", "Corporate"] },
                "NOT_IN_LIST",
                "Must be one of: Individual, Corporate.",
            ),
            (Problem::TooDeep { max_levels: 5 }, "TOO_DEEP", "Must be nested at most 5 levels deep."),
        ] {
            assert_eq!(problem.code(), code);
            assert_eq!(problem.message(), message);
        }
    }
}
