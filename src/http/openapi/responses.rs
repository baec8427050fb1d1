//! Failures as the documents list them: one response a status, one example a reason, each made by the error
//! itself, so that the document shows what the server sends.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder, example::ExampleBuilder};
use uuid::Uuid;

use super::{CORRELATION_ID, failures::Failures};
use crate::domain::correlation_id::CorrelationId;
use crate::http::failure::Failure;

/// One failure as it is answered.
pub struct DocumentedFailure {
    pub status: u16,
    /// What a program tells it by.
    pub code: &'static str,
    pub message: String,
    pub body: Value,
}

/// The responses of `T` by status, as `documented` shows each failure; their bodies are the schema of this name.
pub fn responses<T: Failures>(
    documented: impl Fn(Failure, CorrelationId) -> DocumentedFailure,
    content_type: &str,
    schema: &str,
) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<DocumentedFailure>> = BTreeMap::new();
    let id = CorrelationId(CORRELATION_ID.parse().unwrap_or(Uuid::nil()));
    for failure in T::failures() {
        let failure = documented(failure, id);
        by_status.entry(failure.status).or_default().push(failure);
    }
    let responses = by_status.into_iter();
    responses
        .map(|(status, failures)| (status.to_string(), response(&failures, content_type, schema)))
        .collect()
}

fn response(failures: &[DocumentedFailure], content_type: &str, schema: &str) -> RefOr<Response> {
    let reasons: Vec<_> =
        failures.iter().map(|failure| format!("`{}`: {}", failure.code, failure.message)).collect();
    let examples = failures.iter().map(|failure| {
        (failure.code, ExampleBuilder::new().summary(&*failure.message).value(Some(failure.body.clone())))
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(schema)))
        .examples_from_iter(examples)
        .build();
    ResponseBuilder::new().description(reasons.join("\n\n")).content(content_type, content).into()
}
