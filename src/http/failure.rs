//! Why a request fails, in the words of no surface.
//!
//! What the surfaces share (bodies, credentials, idempotency, limits) fails with a [`Failure`]: it says *what*
//! happened. How an answer says it is one table for each surface: `c2a/error.rs` and `partner/error.rs`.

use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::Response,
};

use crate::domain::{
    customer_urn::CustomerUrn,
    field_error::{FieldError, FieldErrors},
    problem::Problem,
};
use crate::service::{
    customers::Conflict, feed::FeedError, idempotency::IdempotencyError, storage_error::StorageError,
};

/// Seconds after which a caller may try again what failed for want of a database.
const TRY_AGAIN: HeaderValue = HeaderValue::from_static("1");

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The body is absent, empty, not JSON, or not the object that was asked for.
    Malformed,
    /// RFC 8259, 8.1: JSON is sent without one.
    ByteOrderMark,
    Invalid(FieldErrors),
    Unauthenticated,
    Forbidden,
    CustomerNotFound,
    RouteNotFound,
    MethodNotAllowed,
    RequestTimeout,
    /// `show_holders`: whether the caller may learn which customers hold the identities.
    Taken {
        conflict: Conflict,
        show_holders: bool,
    },
    IdempotencyInProgress,
    IdempotencyKeyReused,
    VersionMismatch {
        current: i64,
    },
    /// The record is as new as the message, or newer. `show_customer`: whether the caller may learn which customer it is.
    Stale {
        customer: CustomerUrn,
        show_customer: bool,
    },
    /// The feed does not go on from the caller's cursor.
    CursorExpired,
    PayloadTooLarge,
    UnsupportedMediaType,
    /// A body of lines with more of them, or of bytes, than it may have.
    TooManyLines,
    LineTooLong,
    /// A body that should be of lines is of another type.
    NotLines,
    TooManyRequests,
    /// The database refused a statement for a reason of its own.
    StorageRefused,
    Internal,
    Unavailable,
}

impl Failure {
    pub fn invalid(field: &str, problem: Problem) -> Self {
        FieldError::new(field, problem).into()
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::Malformed | Self::ByteOrderMark | Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::CustomerNotFound | Self::RouteNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Taken { .. } | Self::Stale { .. } | Self::IdempotencyInProgress => StatusCode::CONFLICT,
            Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::VersionMismatch { .. } => StatusCode::PRECONDITION_FAILED,
            Self::CursorExpired => StatusCode::GONE,
            Self::PayloadTooLarge | Self::TooManyLines | Self::LineTooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType | Self::NotLines => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::StorageRefused | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Every customer whose data the request or its answer may hold.
    pub fn data_subjects(&self) -> Vec<CustomerUrn> {
        match self {
            Self::Taken { conflict, show_holders: _ } => conflict.data_subjects(),
            Self::Stale { customer, show_customer: _ } => vec![*customer],
            Self::Malformed
            | Self::ByteOrderMark
            | Self::Invalid(_)
            | Self::Unauthenticated
            | Self::Forbidden
            | Self::CustomerNotFound
            | Self::RouteNotFound
            | Self::MethodNotAllowed
            | Self::RequestTimeout
            | Self::IdempotencyInProgress
            | Self::IdempotencyKeyReused
            | Self::VersionMismatch { .. }
            | Self::CursorExpired
            | Self::PayloadTooLarge
            | Self::UnsupportedMediaType
            | Self::TooManyLines
            | Self::LineTooLong
            | Self::NotLines
            | Self::TooManyRequests
            | Self::StorageRefused
            | Self::Internal
            | Self::Unavailable => Vec::new(),
        }
    }
}

/// Every 503 tells when to try again.
pub fn with_retry_after(mut response: Response) -> Response {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, TRY_AGAIN);
    }
    response
}

impl From<FieldError> for Failure {
    fn from(error: FieldError) -> Self {
        Self::Invalid(error.into())
    }
}

impl From<FieldErrors> for Failure {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Unavailable | StorageError::Outdated => Self::Unavailable,
            StorageError::Refused => Self::StorageRefused,
        }
    }
}

impl From<FeedError> for Failure {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::CursorExpired => Self::CursorExpired,
            FeedError::Storage(error) => error.into(),
        }
    }
}

impl From<IdempotencyError> for Failure {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::InProgress => Self::IdempotencyInProgress,
            IdempotencyError::KeyReused => Self::IdempotencyKeyReused,
            IdempotencyError::Erased => Self::CustomerNotFound,
            IdempotencyError::Storage(error) => error.into(),
        }
    }
}
