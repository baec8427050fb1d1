//! Why a line was not imported, in the words of the API where it says so.

use serde::Deserialize;

/// What is wrong with a line.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Fault {
    /// Path on the wire; empty where the line as a whole is meant.
    #[serde(default)]
    pub field: String,
    pub code: String,
    #[serde(default)]
    pub message: String,
    /// Who has the value already.
    #[serde(default, rename = "customerUrn")]
    pub holder: Option<String>,
}

impl Fault {
    pub fn new(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), code: code.to_owned(), message: message.into(), holder: None }
    }

    pub fn is_not_json() -> Self {
        Self::new("", "INVALID_JSON", "Is no JSON object.")
    }

    pub fn too_long() -> Self {
        Self::new("", "PAYLOAD_TOO_LARGE", "Is longer than 64 KiB.")
    }

    pub fn column_count(found: usize, expected: usize) -> Self {
        let message = format!("Has {found} columns; the header has {expected}.");
        Self::new("", "COLUMN_COUNT", message)
    }

    pub fn spreadsheet_number(field: &str) -> Self {
        let message =
            "Is a number that a spreadsheet has rounded: format the column as text, enter it again.";
        Self::new(field, "LOOKS_LIKE_SPREADSHEET_NUMBER", message)
    }

    pub fn twice_in_file(field: &str, code: &str) -> Self {
        Self::new(field, code, "A line above has this value.")
    }

    /// As it is counted: `email INVALID_EMAIL`.
    pub fn kind(&self) -> String {
        match self.field.strip_prefix("customer.").unwrap_or(&self.field) {
            "" => self.code.clone(),
            field => format!("{field} {}", self.code),
        }
    }
}
