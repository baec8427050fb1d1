//! A JSON request body: received within limits, parsed, and told what is wrong with it in our own words.
//!
//! Two things can be wrong with a body, and callers are told which: it is no JSON object ([`Failure::Malformed`]), or
//! it is one whose content breaks a rule ([`Failure::Invalid`]).
//!
//! `parse.rs` is the way through this room: `inspect.rs` looks at the text, serde makes the object, whose fields
//! (`field.rs`) are values of the domain (`value.rs`), and `validation.rs` collects what is wrong with them. An object
//! is declared once (`object.rs`), and its schema (`schema.rs`) comes out of that declaration, as do the names that mean
//! something in it (`unrecognized.rs`).

mod elements;
pub mod field;
pub mod inspect;
pub mod lines;
pub mod list;
pub mod object;
pub mod parse;
pub mod schema;
pub mod unrecognized;
pub mod validation;
pub mod value;

use std::{marker::PhantomData, panic::resume_unwind, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{FromRef, FromRequest, Request},
    http::{HeaderMap, header},
    response::IntoResponse,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::task::spawn_blocking;

use self::parse::FromBody;
pub use self::{object::MAX_BODY_BYTES, parse::Inspected};
use crate::http::{
    failure::Failure,
    headers::single,
    limits::in_flight::{Overloaded, Slot},
};

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
    T: FromBody,
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
    T: FromBody,
{
    let bytes = receive(request, timeout, T::MAX_BYTES).await?;
    let parsed =
        if bytes.len() > MAX_BODY_BYTES { parse_apart(bytes.clone()).await } else { T::from_body(&bytes) };
    Ok((parsed?, bytes))
}

/// Not on the thread that serves: its other requests would wait.
async fn parse_apart<T: FromBody>(bytes: Bytes) -> Result<T, Failure> {
    let parse = move || unrecognized::carried(|| T::from_body(&bytes));
    match spawn_blocking(parse).await {
        Ok((parsed, names)) => {
            unrecognized::tell(names);
            parsed
        }
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(Failure::Unavailable),
        },
    }
}

/// The bytes of the body; a body announced as too large is refused unread.
async fn receive(request: Request, timeout: BodyTimeout, max_bytes: usize) -> Result<Bytes, Failure> {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return Err(Failure::Malformed);
    }
    if !is_plain(&parts.headers, "application/json") {
        return Err(Failure::UnsupportedMediaType);
    }
    if body.size_hint().lower() > max_bytes as u64 {
        return Err(Failure::PayloadTooLarge);
    }
    let arrival = tokio::time::timeout(timeout.0, collect(body, max_bytes));
    let arrived = match parts.extensions.get::<Slot>() {
        Some(slot) => slot.release_while(arrival).await,
        None => Ok(arrival.await),
    };
    match arrived {
        Ok(Ok(collected)) => collected,
        Ok(Err(_)) => Err(Failure::RequestTimeout),
        Err(Overloaded) => Err(Failure::Unavailable),
    }
}

async fn collect(body: Body, max_bytes: usize) -> Result<Bytes, Failure> {
    match Limited::new(body, max_bytes).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Failure::PayloadTooLarge),
        Err(_) => Err(Failure::Malformed),
    }
}

/// Of this media type in any case, in UTF-8, and not compressed. `utf8` and `identity` are said by clients that mean the
/// same.
fn is_plain(headers: &HeaderMap, expected: &str) -> bool {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    if !encodings.all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return false;
    }
    let Some(content_type) = single(headers, header::CONTENT_TYPE) else { return false };
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    media_type.eq_ignore_ascii_case(expected)
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                let charset = value.trim_matches('"');
                charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
            }
            _ => true,
        })
}
