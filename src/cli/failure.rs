//! What went wrong, in one sentence on standard error: each cause once, and none with a line of PostgreSQL's source.

use std::io::{Write, stderr};

use super::output::has_colours;

/// Standard error may be closed, and that is no reason to panic.
pub fn say(sentence: &str) {
    let mut stream = stderr().lock();
    let (red, plain) = if has_colours(&stderr()) { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
    writeln!(stream, "{red}azotte-customers:{plain} {sentence}").ok();
}

/// The error and its causes. Many libraries repeat the cause in the text of the error.
pub fn sentence(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        let text = without_source_line(&text);
        if !said.contains(text) {
            let separator = if said.is_empty() { "" } else { ": " };
            said = format!("{said}{separator}{text}");
        }
    }
    said
}

/// `… at line 334` of a database error names a line of PostgreSQL's source.
fn without_source_line(text: &str) -> &str {
    match text.rsplit_once(" at line ") {
        Some((before, line)) if line.chars().all(|c| c.is_ascii_digit()) => before,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn a_cause_is_said_once_and_without_postgresqls_source() {
        let refused = || anyhow!("password authentication failed at line 334");
        let twice =
            refused().context("error returned from database: password authentication failed at line 334");
        let said = sentence(&twice.context("a migration failed"));
        assert_eq!(said, "a migration failed: error returned from database: password authentication failed");
        let other: anyhow::Result<()> = Err(anyhow!("expected a value at line 1 column 2"));
        assert_eq!(
            sentence(&other.context("the file").unwrap_err()),
            "the file: expected a value at line 1 column 2"
        );
    }
}
