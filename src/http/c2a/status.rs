//! What every C2A answer carries: the `status` object (AzotteStatus), and every way it can say no.
//!
//! Upstream: "C2A-01 Customers", error statuses. The one answer without it is 401, which has no body at all.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{ToSchema, openapi::Object};

use crate::domain::{
    correlation_id::CorrelationId, customer_urn::CustomerUrn, field_error::FieldError, problem::Problem,
};
use crate::http::{
    etag::etag,
    json::BodyError,
    middleware::correlation,
    once::SurfaceError,
    openapi::{answers::Failure, value},
};
use crate::service::{
    customers::{CustomersError, Identity, TakenIdentity},
    idempotency::IdempotencyError,
    storage_error::StorageError,
};
use crate::telemetry::metrics;

/// The media type of every C2A answer, in the upstream documents' own spelling.
pub const CONTENT_TYPE: &str = "application/clientOutput+Json";

/// Seconds after which a caller may try again what failed for want of a database.
const RETRY_AFTER_SECONDS: &str = "1";

/// `status` of a success: `{ "messageCode": "SUCCESS" }`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Success {
    #[schema(schema_with = success)]
    message_code: &'static str,
}

fn success() -> Object {
    value::one_of(&[SUCCESS.message_code])
}

pub const SUCCESS: Success = Success { message_code: "SUCCESS" };

/// A 200 with `T` as its envelope.
pub struct Envelope<T>(pub T);

impl<T: Serialize> IntoResponse for Envelope<T> {
    fn into_response(self) -> Response {
        respond(StatusCode::OK, &self.0)
    }
}

/// Every failure a C2A route can answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum C2aError {
    BadRequest,
    Invalid(Vec<FieldError>),
    Unauthenticated,
    Forbidden,
    CustomerNotFound,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    /// `show_holders`: whether the caller may read, and so may know who holds what it asked for.
    Taken {
        taken: Vec<TakenIdentity>,
        show_holders: bool,
    },
    IdempotencyInProgress,
    IdempotencyKeyReused,
    VersionMismatch {
        current: i64,
    },
    PayloadTooLarge,
    UnsupportedMediaType,
    TooManyRequests,
    DatabaseFailure,
    Internal,
    Unavailable,
}

impl C2aError {
    pub fn invalid(field: &str, problem: Problem) -> Self {
        Self::Invalid(vec![FieldError::new(field, problem)])
    }

    /// The service's error, told to a caller who may or may not read customers.
    pub fn from_customers(error: CustomersError, show_holders: bool) -> Self {
        match error {
            CustomersError::NotFound => Self::CustomerNotFound,
            CustomersError::Taken(taken) => Self::Taken { taken, show_holders },
            CustomersError::Incomplete(attributes) => {
                Self::Invalid(attributes.into_iter().map(super::request::required).collect())
            }
            CustomersError::VersionMismatch { current } => Self::VersionMismatch { current },
            CustomersError::Storage(error) => error.into(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest | Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::CustomerNotFound | Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Taken { .. } | Self::IdempotencyInProgress => StatusCode::CONFLICT,
            Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::VersionMismatch { .. } => StatusCode::PRECONDITION_FAILED,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::DatabaseFailure | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn message_code(&self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::Invalid(_) => "INVALID_REQUEST",
            Self::Unauthenticated => "UNAUTHORIZED",
            Self::Forbidden => "FORBIDDEN",
            Self::CustomerNotFound => "CUSTOMER_NOT_FOUND",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::Taken { taken, .. } => {
                taken.first().map_or("CUSTOMER_ALREADY_STORED", |first| taken_code(first.identity))
            }
            Self::IdempotencyInProgress => "IDEMPOTENCY_IN_PROGRESS",
            Self::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::VersionMismatch { .. } => "VERSION_MISMATCH",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::TooManyRequests => "TOO_MANY_REQUESTS",
            Self::DatabaseFailure => "SQL_DATABASE_FAILURE",
            Self::Internal => "INTERNAL_SERVER_ERROR",
            Self::Unavailable => "SERVICE_UNAVAILABLE",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::BadRequest => "The body must be a JSON object with what this endpoint asks for.".to_owned(),
            Self::Invalid(errors) if errors.len() == 1 => "1 field is invalid.".to_owned(),
            Self::Invalid(errors) => format!("{} fields are invalid.", errors.len()),
            Self::Unauthenticated => String::new(),
            Self::Forbidden => "This credential lacks the scope the endpoint asks for.".to_owned(),
            Self::CustomerNotFound => "No such customer.".to_owned(),
            Self::NotFound => "No such endpoint.".to_owned(),
            Self::MethodNotAllowed => "This endpoint takes another method.".to_owned(),
            Self::RequestTimeout => "The body took too long to arrive.".to_owned(),
            Self::Taken { .. } => "Another customer of this tenant has the same identity.".to_owned(),
            Self::IdempotencyInProgress => {
                "The first request with this Idempotency-Key is still running.".to_owned()
            }
            Self::IdempotencyKeyReused => "This Idempotency-Key was used with another content.".to_owned(),
            Self::VersionMismatch { .. } => "The customer is at another version.".to_owned(),
            Self::PayloadTooLarge => "The body is larger than 64 KiB.".to_owned(),
            Self::UnsupportedMediaType => {
                "The body must be uncompressed application/json in UTF-8.".to_owned()
            }
            Self::TooManyRequests => "This tenant calls too often; try again later.".to_owned(),
            Self::DatabaseFailure => "The record could not be stored.".to_owned(),
            Self::Internal => "Something went wrong here.".to_owned(),
            Self::Unavailable => "Not available at the moment; try again.".to_owned(),
        }
    }

    fn into_envelope(self, correlation_id: CorrelationId) -> FailureEnvelope {
        let (message_code, message) = (self.message_code(), self.message());
        let current_version = self.current_version();
        let errors = self.into_errors();
        FailureEnvelope {
            status: FailureStatus { message_code, message, current_version, errors, correlation_id },
        }
    }

    fn current_version(&self) -> Option<i64> {
        match self {
            Self::VersionMismatch { current } => Some(*current),
            _ => None,
        }
    }

    /// This failure as the OpenAPI document shows it.
    pub fn documented(self, correlation_id: CorrelationId) -> Failure {
        Failure {
            status: self.status().as_u16(),
            code: self.message_code(),
            message: self.message(),
            body: serde_json::json!(self.into_envelope(correlation_id)),
        }
    }

    fn into_errors(self) -> Vec<ErrorDto> {
        match self {
            Self::Invalid(errors) => errors.into_iter().map(ErrorDto::from).collect(),
            Self::Taken { taken, show_holders } => {
                taken.into_iter().map(|taken| ErrorDto::taken(taken, show_holders)).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl From<StorageError> for C2aError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Unavailable => Self::Unavailable,
            StorageError::Refused => Self::DatabaseFailure,
        }
    }
}

impl From<BodyError> for C2aError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Malformed => Self::BadRequest,
            BodyError::Invalid(errors) => Self::Invalid(errors),
            BodyError::TooLarge => Self::PayloadTooLarge,
            BodyError::UnsupportedMediaType => Self::UnsupportedMediaType,
            BodyError::TooSlow => Self::RequestTimeout,
            BodyError::NoPlace => Self::Unavailable,
        }
    }
}

impl From<IdempotencyError> for C2aError {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::InProgress => Self::IdempotencyInProgress,
            IdempotencyError::KeyReused => Self::IdempotencyKeyReused,
            IdempotencyError::Erased => Self::CustomerNotFound,
            IdempotencyError::Storage(error) => error.into(),
        }
    }
}

impl SurfaceError for C2aError {
    fn invalid(errors: Vec<FieldError>) -> Self {
        Self::Invalid(errors)
    }

    fn about(&self) -> Option<CustomerUrn> {
        match self {
            Self::Taken { taken, .. } => taken.first().map(|taken| taken.holder),
            _ => None,
        }
    }
}

impl IntoResponse for C2aError {
    fn into_response(self) -> Response {
        let status = self.status();
        if status == StatusCode::UNAUTHORIZED {
            return unauthorized();
        }
        if status == StatusCode::CONFLICT {
            metrics::conflict("c2a", self.message_code());
        }
        let current_version = self.current_version();
        let mut response = respond(status, &self.into_envelope(correlation::current()));
        response.headers_mut().extend(current_version.map(etag));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        response
    }
}

/// The same bytes whatever was wrong with the credentials.
fn unauthorized() -> Response {
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "ApiKey realm=\"c2a\", Bearer realm=\"c2a\"")])
        .into_response()
}

fn respond(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(json) => (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], json).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Serialize, ToSchema)]
pub struct FailureEnvelope {
    status: FailureStatus,
}

/// AzotteStatus.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FailureStatus {
    /// What programs tell failures by.
    message_code: &'static str,
    /// A sentence for developers, whose wording may change.
    message: String,
    /// Where a version was expected that the customer is not at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    current_version: Option<i64>,
    /// Every wrong field; left out where none is to blame.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<ErrorDto>,
    #[serde(serialize_with = "display")]
    #[schema(schema_with = value::uuid)]
    correlation_id: CorrelationId,
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ErrorDto {
    /// Where it stands, such as `customer.primaryBillingAddress.postalCode`.
    field: String,
    code: String,
    message: String,
    /// Who has the value already; only for a caller that may read customers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    customer_urn: Option<String>,
}

impl ErrorDto {
    fn taken(taken: TakenIdentity, show_holder: bool) -> Self {
        Self {
            field: super::request::path(taken.identity.attribute()),
            code: taken_code(taken.identity).to_owned(),
            message: "Another customer of this tenant has this value.".to_owned(),
            customer_urn: show_holder.then(|| CustomerUrn::to_string(&taken.holder)),
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
