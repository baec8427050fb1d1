//! A JSON request body, read within limits and looked through before anything is made of it.
//!
//! Two things can be wrong with a body, and callers are told which: it is not a JSON object
//! ([`Failure::Malformed`]), or it is one whose content breaks a rule ([`Failure::Invalid`]): a key twice,
//! characters that no field allows, text or numbers that cannot be represented, nesting past 64 levels.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    marker::PhantomData,
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{FromRef, FromRequest, Request},
    http::{HeaderMap, header},
    response::IntoResponse,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use validator::Validate;

use crate::domain::{field_error::FieldError, problem::Problem, text};
use crate::http::{failure::Failure, headers::single, limits::in_flight, validation::field_errors};

/// The most a body may hold.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// Levels of objects and arrays in a body; far below what the parser itself would stop at.
const MAX_DEPTH: usize = 64;

/// How long a caller may take to send its body.
#[derive(Clone, Copy, Debug)]
pub struct BodyTimeout(pub Duration);

/// Extracts `T` from the body; `E` is the error of the surface the route belongs to.
pub struct JsonBody<T, E> {
    pub value: T,
    surface: PhantomData<E>,
}

impl<S, T, E> FromRequest<S> for JsonBody<T, E>
where
    S: Send + Sync,
    BodyTimeout: FromRef<S>,
    T: DeserializeOwned + Validate,
    E: From<Failure> + IntoResponse,
{
    type Rejection = E;

    async fn from_request(request: Request, state: &S) -> Result<Self, E> {
        let (value, _) = read(request, BodyTimeout::from_ref(state)).await?;
        Ok(Self { value, surface: PhantomData })
    }
}

/// What the body says, and the body as it was sent.
pub async fn read<T>(request: Request, timeout: BodyTimeout) -> Result<(T, Bytes), Failure>
where
    T: DeserializeOwned + Validate,
{
    let bytes = receive(request, timeout).await?;
    Ok((parse(&bytes)?, bytes))
}

/// The bytes of the body; a body announced as too large is refused unread.
async fn receive(request: Request, timeout: BodyTimeout) -> Result<Bytes, Failure> {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return Err(Failure::Malformed);
    }
    if !is_plain_json(&parts.headers) {
        return Err(Failure::UnsupportedMediaType);
    }
    if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Err(Failure::PayloadTooLarge);
    }
    let arrival = tokio::time::timeout(timeout.0, collect(body));
    match in_flight::release_while(arrival).await {
        Ok(Ok(collected)) => collected,
        Ok(Err(_)) => Err(Failure::RequestTimeout),
        Err(in_flight::Overloaded) => Err(Failure::Unavailable),
    }
}

async fn collect(body: Body) -> Result<Bytes, Failure> {
    match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Failure::PayloadTooLarge),
        Err(_) => Err(Failure::Malformed),
    }
}

/// `application/json` in any case, in UTF-8, and not compressed.
fn is_plain_json(headers: &HeaderMap) -> bool {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return false;
    }
    let Some(content_type) = single(headers, header::CONTENT_TYPE) else { return false };
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    media_type.eq_ignore_ascii_case("application/json")
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

/// Makes `T` of a JSON object that has been looked through.
pub fn parse<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<T, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| Failure::Malformed)?;
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Failure::Malformed);
    }
    let errors = look_through(text)?;
    let value: Result<T, _> = serde_json::from_str(text);
    if errors.is_empty() {
        return value.map_err(|_| Failure::Malformed);
    }
    let in_fields = value.map(|value| field_errors(&value)).unwrap_or_default();
    Err(Failure::Invalid(joined(errors, in_fields)))
}

/// A caller hears of everything at once. What a field says of a place where the text itself is wrong, or of
/// an object around that place, only repeats it.
fn joined(mut errors: Vec<FieldError>, in_fields: Vec<FieldError>) -> Vec<FieldError> {
    let repeats = |field: &str| {
        let around = |found: &FieldError| {
            found
                .field
                .strip_prefix(field)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        errors.iter().any(around)
    };
    let further: Vec<_> = in_fields.into_iter().filter(|error| !repeats(&error.field)).collect();
    errors.extend(further);
    errors
}

/// What is wrong with the text itself.
fn look_through(text: &str) -> Result<Vec<FieldError>, Failure> {
    let mut findings = Findings::default();
    let mut parser = serde_json::Deserializer::from_str(text);
    let walked = Walk(&mut findings).deserialize(&mut parser).and_then(|()| parser.end());
    if walked.is_err() {
        // Well-formed by the grammar, yet not to be represented: a lone surrogate, 1e999, too deep.
        let well_formed = serde_json::from_str::<IgnoredAny>(text).is_ok();
        if !well_formed {
            return Err(Failure::Malformed);
        }
        findings.add_unrepresentable();
    }
    Ok(findings.errors)
}

/// What the walk has found so far, and where it is.
#[derive(Default)]
struct Findings {
    path: Vec<Step>,
    too_deep: bool,
    errors: Vec<FieldError>,
}

enum Step {
    Key(String),
    Index(usize),
}

impl Findings {
    fn add(&mut self, problem: Problem) {
        let field = self.field();
        self.errors.push(FieldError::new(field, problem));
    }

    fn add_unrepresentable(&mut self) {
        let problem =
            if self.too_deep { Problem::TooDeep { max_levels: MAX_DEPTH } } else { Problem::InvalidJson };
        self.add(problem);
    }

    /// A key of the caller's own making may be anything: what is not a plain name is left out of the path.
    fn field(&self) -> String {
        let mut path = String::new();
        for step in &self.path {
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

    fn check_text(&mut self, sent: &str) {
        if sent.chars().any(text::is_forbidden) {
            self.add(Problem::InvalidCharacters);
        }
    }
}

/// Visits every value of a document once, building nothing.
struct Walk<'a>(&'a mut Findings);

impl Walk<'_> {
    fn descend<E: Error>(&mut self, step: Step) -> Result<Walk<'_>, E> {
        self.0.path.push(step);
        if self.0.path.len() > MAX_DEPTH {
            self.0.too_deep = true;
            return Err(E::custom("too deep"));
        }
        Ok(Walk(self.0))
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
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
    match look_through(text) {
        Ok(errors) if errors.is_empty() => Ok(()),
        _ => Err(Problem::InvalidJson),
    }
}

/// JSON in the one form that all its spellings share: keys in order, no white space, escapes undone. Numbers
/// stay as they are spelled.
pub fn canonical(json: &[u8]) -> String {
    let mut canonical = String::with_capacity(json.len());
    if let Ok(json) = serde_json::from_slice(json) {
        write_canonical(json, &mut canonical);
    }
    canonical
}

/// Recurses as deep as bodies may nest.
fn write_canonical(json: &RawValue, canonical: &mut String) {
    let text = json.get();
    if let Ok(object) = serde_json::from_str::<BTreeMap<String, &RawValue>>(text) {
        canonical.push('{');
        for (key, value) in object {
            canonical.push_str(&serde_json::Value::from(key).to_string());
            canonical.push(':');
            write_canonical(value, canonical);
            canonical.push(',');
        }
        canonical.push('}');
    } else if let Ok(array) = serde_json::from_str::<Vec<&RawValue>>(text) {
        canonical.push('[');
        for value in array {
            write_canonical(value, canonical);
            canonical.push(',');
        }
        canonical.push(']');
    } else if let Ok(string) = serde_json::from_str::<String>(text) {
        canonical.push_str(&serde_json::Value::from(string).to_string());
    } else {
        canonical.push_str(text);
    }
}

/// The value of a JSON string.
pub fn string(json: &str) -> Result<String, Problem> {
    serde_json::from_str(json).map_err(|_| Problem::WrongType { expected: "a string" })
}

/// A struct of lenient fields, from a JSON object: serde would take an array for one, too.
pub fn object<T: DeserializeOwned>(json: &str) -> Result<T, Problem> {
    let object = json.starts_with('{').then(|| serde_json::from_str(json).ok()).flatten();
    object.ok_or(Problem::WrongType { expected: "an object" })
}

/// A name the caller chose, as far as an answer may repeat it.
pub fn plain_name(name: &str) -> &str {
    let plain = name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if plain { name } else { "?" }
}
