//! What can be wrong with JSON before any field is read: a key twice, characters that are allowed nowhere, text or
//! numbers that cannot be represented, nesting past 64 levels. Control characters are for each field to forbid.

use std::{collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::domain::{
    field_error::{FieldError, FieldErrors},
    problem::Problem,
    text,
};
use crate::http::failure::Failure;

/// Levels of objects and arrays in a body; far below what the parser itself would stop at.
const MAX_DEPTH: usize = 64;

/// What is wrong with the text itself. [`Failure::Malformed`]: it is not JSON.
pub fn inspect(text: &str) -> Result<FieldErrors, Failure> {
    let mut report = Report::default();
    let mut parser = serde_json::Deserializer::from_str(text);
    let walked = Inspector(&mut report).deserialize(&mut parser).and_then(|()| parser.end());
    if walked.is_err() {
        // Well-formed by the grammar, yet not to be represented: a lone surrogate, 1e999, too deep.
        let well_formed = serde_json::from_str::<IgnoredAny>(text).is_ok();
        if !well_formed {
            return Err(Failure::Malformed);
        }
        report.add_unrepresentable();
    }
    Ok(report.errors)
}

/// What was found so far, and where the inspection is.
#[derive(Default)]
struct Report {
    path: Vec<Step>,
    too_deep: bool,
    errors: FieldErrors,
}

enum Step {
    Key(String),
    Index(usize),
}

impl Report {
    fn add(&mut self, problem: Problem) {
        let Self { path, errors, .. } = self;
        errors.add(|| FieldError::new(field(path), problem));
    }

    fn add_unrepresentable(&mut self) {
        let problem =
            if self.too_deep { Problem::TooDeep { max_levels: MAX_DEPTH } } else { Problem::InvalidJson };
        self.add(problem);
    }

    fn check_text(&mut self, sent: &str) {
        if sent.chars().any(text::is_forbidden_everywhere) {
            self.add(Problem::InvalidCharacters);
        }
    }
}

/// A key of the caller's own making may be anything: what is not a plain name is left out of the path.
fn field(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Index(index) => path.push_str(&format!("[{index}]")),
            Step::Key(key) => {
                path.push_str(if path.is_empty() { "" } else { "." });
                path.push_str(plain_name(key));
            }
        }
    }
    path
}

/// Visits every value of a document once, building nothing.
struct Inspector<'a>(&'a mut Report);

impl Inspector<'_> {
    fn descend<E: Error>(&mut self, step: Step) -> Result<Inspector<'_>, E> {
        self.0.path.push(step);
        if self.0.path.len() > MAX_DEPTH {
            self.0.too_deep = true;
            return Err(E::custom("too deep"));
        }
        Ok(Inspector(self.0))
    }
}

impl<'de> DeserializeSeed<'de> for Inspector<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inspector<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            self.0.path.push(Step::Key(key.clone()));
            self.0.check_text(&key);
            if !seen.insert(key.clone()) {
                self.0.add(Problem::DuplicateKey);
            }
            self.0.path.pop();
            map.next_value_seed(self.descend(Step::Key(key))?)?;
            self.0.path.pop();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let mut index = 0;
        while seq.next_element_seed(self.descend(Step::Index(index))?)?.is_some() {
            self.0.path.pop();
            index += 1;
        }
        self.0.path.pop();
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.check_text(text);
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Whether text is JSON that could stand in a request; what is wrong with it otherwise.
pub fn check(text: &str) -> Result<(), Problem> {
    match inspect(text) {
        Ok(errors) if errors.is_empty() => Ok(()),
        _ => Err(Problem::InvalidJson),
    }
}

/// A name the caller chose, as far as an answer may repeat it.
pub fn plain_name(name: &str) -> &str {
    let plain = name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if plain { name } else { "?" }
}
