//! What a check found, for people and for programs.

use serde_json::{Value, json};

pub struct Finding {
    pub check: &'static str,
    pub outcome: Outcome,
}

/// `message` says what is the matter and what to do; `code` names it for programs.
pub enum Outcome {
    Fine(String),
    /// The server works, and somebody should look at it.
    Warning {
        code: &'static str,
        message: String,
    },
    Wrong {
        code: &'static str,
        message: String,
    },
}

impl Finding {
    pub fn new(check: &'static str, outcome: Outcome) -> Self {
        Self { check, outcome }
    }

    pub fn json(&self) -> Value {
        let (status, code, message) = match &self.outcome {
            Outcome::Fine(message) => ("ok", None, message),
            Outcome::Warning { code, message } => ("warning", Some(code), message),
            Outcome::Wrong { code, message } => ("wrong", Some(code), message),
        };
        json!({ "check": self.check, "status": status, "code": code, "message": message })
    }
}

impl Outcome {
    pub fn fine(message: &str) -> Self {
        Self::Fine(message.to_owned())
    }

    pub fn wrong(code: &'static str, message: impl Into<String>) -> Self {
        Self::Wrong { code, message: message.into() }
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::Warning { code, message: message.into() }
    }

    /// Of a question that the database did not answer.
    pub fn silent() -> Self {
        Self::wrong("database_silent", "the database stopped answering")
    }
}
