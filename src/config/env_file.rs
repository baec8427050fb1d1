//! The file `.env` of the working folder: what is written there is the value. No `$` is expanded, no backslash read.
//!
//! Only of the working folder: a folder above, such as /tmp, may be anybody's.

use std::{fmt::Write, fs, io};

const FILE: &str = ".env";

/// Why it was not read. The line is left out, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[error(".env cannot be read; it takes lines such as NAME=value or NAME='a value'.")]
pub struct Unreadable;

/// Sets the variables of the file that the environment lacks, or has empty. Before any thread exists.
pub fn load() -> Result<(), Unreadable> {
    let text = match fs::read_to_string(FILE) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read.map_err(|_| Unreadable)?,
    };
    let variables = parse(&text).ok_or(Unreadable)?;
    let lacking = variables.iter().filter(|(name, _)| std::env::var_os(name).is_none_or(|v| v.is_empty()));
    // dotenvy sets them, which safe code cannot; it is given each value as it reads it back unchanged.
    let mut quoted = String::new();
    for (name, value) in lacking {
        writeln!(quoted, "{name}=\"{}\"", escaped(value)).map_err(|_| Unreadable)?;
    }
    dotenvy::from_read_override(quoted.as_bytes()).map_err(|_| Unreadable)
}

fn escaped(value: &str) -> String {
    let mut escaped = String::new();
    for c in value.chars() {
        if matches!(c, '\\' | '"' | '$') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn parse(text: &str) -> Option<Vec<(&str, &str)>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(variable).collect()
}

fn variable(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let name = name.trim();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c));
    is_name.then_some((name, value_of(value.trim())?))
}

/// Between quotes everything; else up to white space, behind which only a comment may be.
fn value_of(text: &str) -> Option<&str> {
    for quote in ['\'', '"'] {
        if let Some(rest) = text.strip_prefix(quote) {
            let (value, after) = rest.split_once(quote)?;
            return is_comment(after).then_some(value);
        }
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (value, after) = text.split_at(end);
    if value.starts_with('#') {
        return Some("");
    }
    is_comment(after).then_some(value)
}

fn is_comment(text: &str) -> bool {
    text.trim().is_empty() || (text.starts_with(char::is_whitespace) && text.trim().starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_the_value() {
        for (line, value) in [
            ("A=b", "b"),
            ("export A=b", "b"),
            (" A = b ", "b"),
            ("A=$HOME/${x}\\n", "$HOME/${x}\\n"),
            ("A=pass#word", "pass#word"),
            ("A=b # a comment", "b"),
            ("A='a b' # a comment", "a b"),
            (r#"A="it's $5 \ here""#, r"it's $5 \ here"),
            ("A=", ""),
            ("A= # nothing", ""),
        ] {
            assert_eq!(parse(line), Some(vec![("A", value)]), "{line}");
        }
        assert_eq!(parse("# a comment\n\nA=b\nB=c"), Some(vec![("A", "b"), ("B", "c")]));
    }

    #[test]
    fn a_line_that_is_none_is_refused() {
        for line in ["A", "A=b c", "A='b", "A='b'c", "=b", "1A=b", "A B=c"] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
