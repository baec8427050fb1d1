//! How C2A says that a request failed: one table from [`Failure`] to `messageCode` and sentence.
//!
//! Upstream: "C2A-01 Customers", error statuses. 401 has no body, and the same bytes whatever was wrong with the
//! credentials.

use std::borrow::Cow;

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{attributes, envelope::respond};
use crate::domain::{
    correlation_id::CorrelationId,
    customer_urn::CustomerUrn,
    field_error::{FieldError, FieldErrors},
};
use crate::http::{
    body::schema,
    entity_tags::etag,
    failure::{Failure, with_retry_after},
    frame::correlation,
    openapi::responses::DocumentedFailure,
};
use crate::service::customers::{Conflict, Identity, TakenIdentity};
use crate::telemetry::metrics;

const CURSOR_EXPIRED: &str = "CURSOR_EXPIRED";

/// A failure, as this surface answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct C2aError(Failure);

impl C2aError {
    /// What the frame answers for this surface.
    pub fn answer(failure: Failure) -> Response {
        Self(failure).into_response()
    }
}

impl From<FieldErrors> for C2aError {
    fn from(errors: FieldErrors) -> Self {
        Self(errors.into())
    }
}

impl From<C2aError> for Failure {
    fn from(C2aError(failure): C2aError) -> Self {
        failure
    }
}

impl From<Failure> for C2aError {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl IntoResponse for C2aError {
    fn into_response(self) -> Response {
        let Self(failure) = self;
        let status = failure.status();
        if status == StatusCode::UNAUTHORIZED {
            return unauthorized();
        }
        let envelope = FailureEnvelope::new(failure, correlation::current());
        if status == StatusCode::CONFLICT {
            metrics::conflict("c2a", envelope.status.message_code);
        }
        let mut response = respond(status, &envelope);
        response.headers_mut().extend(envelope.status.current_version.map(etag));
        with_retry_after(response)
    }
}

fn unauthorized() -> Response {
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "ApiKey realm=\"c2a\", Bearer realm=\"c2a\"")])
        .into_response()
}

/// A failure as the OpenAPI document shows it.
pub fn documented(failure: Failure, correlation_id: CorrelationId) -> DocumentedFailure {
    let status = failure.status().as_u16();
    let envelope = FailureEnvelope::new(failure, correlation_id);
    DocumentedFailure {
        status,
        code: envelope.status.message_code,
        message: envelope.status.message.clone().into_owned(),
        body: serde_json::json!(envelope),
    }
}

/// What a failure says of single fields. One that says nothing of any comes back.
pub fn errors_of(failure: Failure) -> Result<Vec<ErrorDto>, Failure> {
    let errors = FailureStatus::new(failure.clone(), correlation::current()).errors;
    if errors.is_empty() { Err(failure) } else { Ok(errors) }
}

/// A failure as the last line of an answer that has begun.
pub fn failure_line(failure: Failure, correlation_id: CorrelationId) -> FailureEnvelope {
    FailureEnvelope::new(failure, correlation_id)
}

#[derive(Serialize, ToSchema)]
pub struct FailureEnvelope {
    pub status: FailureStatus,
}

/// AzotteStatus.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailureStatus {
    /// What programs tell failures by.
    message_code: &'static str,
    /// A sentence for developers, whose wording may change.
    message: Cow<'static, str>,
    /// Where a version was expected that the customer is not at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    current_version: Option<i64>,
    /// Every wrong field; left out where none is to blame.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<ErrorDto>,
    #[serde(serialize_with = "display")]
    #[schema(schema_with = schema::uuid)]
    correlation_id: CorrelationId,
}

impl FailureEnvelope {
    fn new(failure: Failure, correlation_id: CorrelationId) -> Self {
        Self { status: FailureStatus::new(failure, correlation_id) }
    }
}

impl FailureStatus {
    /// The table: a code for programs and a sentence for developers.
    fn new(failure: Failure, correlation_id: CorrelationId) -> Self {
        let said = |message_code, message: &'static str| Self {
            message_code,
            message: message.into(),
            current_version: None,
            errors: Vec::new(),
            correlation_id,
        };
        match failure {
            Failure::Malformed => {
                said("BAD_REQUEST", "The body must be a JSON object with what this endpoint asks for.")
            }
            Failure::ByteOrderMark => {
                said("BAD_REQUEST", "The body begins with a byte order mark; send UTF-8 without one.")
            }
            Failure::Invalid(errors) => Self {
                message: match errors.total() {
                    1 => "1 field is invalid.".into(),
                    many => format!("{many} fields are invalid.").into(),
                },
                errors: errors.into_iter().map(ErrorDto::from).collect(),
                ..said("INVALID_REQUEST", "")
            },
            Failure::Unauthenticated => said("UNAUTHORIZED", ""),
            Failure::Forbidden => said("FORBIDDEN", "This credential lacks the scope the endpoint asks for."),
            Failure::CustomerNotFound => said("CUSTOMER_NOT_FOUND", "No such customer."),
            Failure::RouteNotFound => said("NOT_FOUND", "No such endpoint."),
            Failure::MethodNotAllowed => said("METHOD_NOT_ALLOWED", "This endpoint takes another method."),
            Failure::RequestTimeout => said("REQUEST_TIMEOUT", "The body took too long to arrive."),
            Failure::Taken { conflict: Conflict { target: _, taken }, show_holders } => {
                let code = taken.first().map_or(Identity::ExternalId, |first| first.identity);
                let errors = taken.into_iter().map(|taken| ErrorDto::taken(taken, show_holders));
                Self {
                    errors: errors.collect(),
                    ..said(taken_code(code), "Another customer of this tenant has the same identity.")
                }
            }
            Failure::IdempotencyInProgress => said(
                "IDEMPOTENCY_IN_PROGRESS",
                "The first request with this Idempotency-Key is still running.",
            ),
            Failure::IdempotencyKeyReused => {
                said("IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used with another content.")
            }
            Failure::VersionMismatch { current } => Self {
                current_version: Some(current),
                ..said("VERSION_MISMATCH", "The customer is at another version.")
            },
            Failure::Stale { customer, show_customer } => Self {
                errors: vec![ErrorDto::stale(customer, show_customer)],
                ..said(STALE_SOURCE_VERSION, "The record is as new as this message, or newer.")
            },
            Failure::CursorExpired => Self {
                errors: vec![ErrorDto::expired()],
                ..said(
                    CURSOR_EXPIRED,
                    "The feed does not go on from here: export, then continue from its cursor.",
                )
            },
            Failure::PayloadTooLarge => {
                said("PAYLOAD_TOO_LARGE", "The body is larger than this endpoint takes.")
            }
            Failure::UnsupportedMediaType => {
                said("UNSUPPORTED_MEDIA_TYPE", "The body must be uncompressed application/json in UTF-8.")
            }
            Failure::TooManyLines => {
                said("PAYLOAD_TOO_LARGE", "The body is larger than 16 MiB or has more than 10,000 lines.")
            }
            Failure::LineTooLong => said("PAYLOAD_TOO_LARGE", "The line is longer than 64 KiB."),
            Failure::NotLines => {
                said("UNSUPPORTED_MEDIA_TYPE", "The body must be uncompressed application/x-ndjson in UTF-8.")
            }
            Failure::TooManyRequests => {
                said("TOO_MANY_REQUESTS", "This tenant calls too often; try again later.")
            }
            Failure::StorageRefused => said("SQL_DATABASE_FAILURE", "The database could not carry this out."),
            Failure::Internal => said("INTERNAL_SERVER_ERROR", "Something went wrong here."),
            Failure::Unavailable => said("SERVICE_UNAVAILABLE", "Not available at the moment; try again."),
        }
    }
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorDto {
    /// Where it stands, such as `customer.primaryBillingAddress.postalCode`.
    field: String,
    code: String,
    message: String,
    /// Who has the value already, or is newer; only for a caller that may read customers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    customer_urn: Option<String>,
}

/// The message's `sourceVersion` is not newer than the record's.
const STALE_SOURCE_VERSION: &str = "STALE_SOURCE_VERSION";

impl ErrorDto {
    fn stale(customer: CustomerUrn, show_customer: bool) -> Self {
        Self {
            field: "sourceVersion".to_owned(),
            code: STALE_SOURCE_VERSION.to_owned(),
            message: "Is not newer than the one the record has.".to_owned(),
            customer_urn: show_customer.then(|| customer.to_string()),
        }
    }

    fn expired() -> Self {
        Self {
            field: "after".to_owned(),
            code: CURSOR_EXPIRED.to_owned(),
            message: "Events beyond this cursor may be gone, or be others than before.".to_owned(),
            customer_urn: None,
        }
    }

    fn taken(taken: TakenIdentity, show_holder: bool) -> Self {
        Self {
            field: attributes::path(taken.identity.attribute()),
            code: taken_code(taken.identity).to_owned(),
            message: "Another customer of this tenant has this value.".to_owned(),
            customer_urn: taken.holder.filter(|_| show_holder).map(|holder| holder.to_string()),
        }
    }
}

impl From<FieldError> for ErrorDto {
    fn from(error: FieldError) -> Self {
        Self {
            field: error.field,
            code: error.code.into_owned(),
            message: error.message.into_owned(),
            customer_urn: None,
        }
    }
}

fn taken_code(identity: Identity) -> &'static str {
    match identity {
        Identity::ExternalId => "CUSTOMER_ALREADY_STORED",
        Identity::Email => "USER_WITH_SAME_EMAIL_EXISTS",
        Identity::PhoneNumber => "USER_WITH_SAME_PHONE_NUMBER_EXISTS",
    }
}

fn display<S: serde::Serializer>(value: &CorrelationId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
