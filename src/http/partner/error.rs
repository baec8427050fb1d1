//! The error object of the partner API, and every way it can say no.
//!
//! Upstream: "Create a customer", responses. 401 and 403 have no body.

use std::collections::BTreeMap;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::request;
use crate::domain::{customer_urn::CustomerUrn, field_error::FieldError};
use crate::http::{
    json::BodyError,
    middleware::correlation,
    once::SurfaceError,
    openapi::{answers::Failure, value},
};
use crate::service::{
    customers::TakenIdentity, idempotency::IdempotencyError, partners::PartnersError,
    storage_error::StorageError,
};
use crate::telemetry::metrics;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartnerError {
    Malformed,
    Invalid(Vec<FieldError>),
    Forbidden,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    Taken(Vec<TakenIdentity>),
    IdempotencyInProgress,
    IdempotencyKeyReused,
    PayloadTooLarge,
    UnsupportedMediaType,
    TooManyRequests,
    Internal,
    Unavailable,
}

impl PartnerError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Malformed | Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Taken(_) | Self::IdempotencyInProgress => StatusCode::CONFLICT,
            Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Malformed => "MalformedRequest",
            Self::Invalid(_) => "ValidationError",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "NotFound",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::RequestTimeout => "RequestTimeout",
            Self::Taken(_) => "Conflict",
            Self::IdempotencyInProgress => "IdempotencyInProgress",
            Self::IdempotencyKeyReused => "IdempotencyKeyReused",
            Self::PayloadTooLarge => "PayloadTooLarge",
            Self::UnsupportedMediaType => "UnsupportedMediaType",
            Self::TooManyRequests => "TooManyRequests",
            Self::Internal => "InternalServerError",
            Self::Unavailable => "ServiceUnavailable",
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Malformed => "The body must be a JSON object.",
            Self::Invalid(_) => "The request breaks the rules of the properties named in errors.",
            Self::Forbidden => "",
            Self::NotFound => "There is nothing here for this caller.",
            Self::MethodNotAllowed => "This endpoint takes another method.",
            Self::RequestTimeout => "The body took too long to arrive.",
            Self::Taken(_) => "Another customer has the values of the properties named in errors.",
            Self::IdempotencyInProgress => "The first request with this Idempotency-Key is still running.",
            Self::IdempotencyKeyReused => "This Idempotency-Key was used with another content.",
            Self::PayloadTooLarge => "The body is larger than 64 KiB.",
            Self::UnsupportedMediaType => "The body must be uncompressed application/json in UTF-8.",
            Self::TooManyRequests => "This tenant calls too often; try again later.",
            Self::Internal => "Something went wrong here.",
            Self::Unavailable => "Not available at the moment; try again.",
        }
    }

    fn into_object(self, correlation_id: String) -> ErrorObject {
        ErrorObject {
            status_code: self.status().as_u16(),
            kind: self.kind(),
            description: self.description(),
            correlation_id,
            errors: self.into_errors(),
        }
    }

    /// This failure as the OpenAPI document shows it.
    pub fn documented(self, correlation_id: &str) -> Failure {
        Failure {
            status: self.status().as_u16(),
            code: self.kind(),
            message: self.description().to_owned(),
            body: serde_json::json!(self.into_object(correlation_id.to_owned())),
        }
    }

    /// Descriptions by property, in alphabetical order.
    fn into_errors(self) -> Vec<PropertyError> {
        let mut by_property: BTreeMap<String, Vec<String>> = BTreeMap::new();
        match self {
            Self::Invalid(errors) => {
                for error in errors {
                    by_property.entry(error.field).or_default().push(error.message.into_owned());
                }
            }
            Self::Taken(taken) => {
                for taken in taken {
                    let property = request::property(taken.identity.attribute()).to_owned();
                    by_property
                        .entry(property)
                        .or_default()
                        .push("Another customer has this value.".to_owned());
                }
            }
            _ => {}
        }
        let errors = by_property.into_iter();
        errors.map(|(property_name, description)| PropertyError { property_name, description }).collect()
    }
}

impl From<PartnersError> for PartnerError {
    fn from(error: PartnersError) -> Self {
        match error {
            PartnersError::NotFound => Self::NotFound,
            PartnersError::Forbidden => Self::Forbidden,
            PartnersError::Taken(taken) => Self::Taken(taken),
            PartnersError::Incomplete(attributes) => {
                Self::Invalid(attributes.into_iter().map(request::incomplete).collect())
            }
            PartnersError::Unknown { reseller, associations, provider_instances } => {
                Self::Invalid(request::unknown(reseller, &associations, &provider_instances))
            }
            PartnersError::Storage(error) => error.into(),
        }
    }
}

impl From<StorageError> for PartnerError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Unavailable => Self::Unavailable,
            StorageError::Refused => Self::Internal,
        }
    }
}

impl From<BodyError> for PartnerError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Malformed => Self::Malformed,
            BodyError::Invalid(errors) => Self::Invalid(errors),
            BodyError::TooLarge => Self::PayloadTooLarge,
            BodyError::UnsupportedMediaType => Self::UnsupportedMediaType,
            BodyError::TooSlow => Self::RequestTimeout,
            BodyError::NoPlace => Self::Unavailable,
        }
    }
}

impl From<IdempotencyError> for PartnerError {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::InProgress => Self::IdempotencyInProgress,
            IdempotencyError::KeyReused => Self::IdempotencyKeyReused,
            IdempotencyError::Erased => Self::NotFound,
            IdempotencyError::Storage(error) => error.into(),
        }
    }
}

impl SurfaceError for PartnerError {
    fn invalid(errors: Vec<FieldError>) -> Self {
        Self::Invalid(errors)
    }

    fn about(&self) -> Option<CustomerUrn> {
        match self {
            Self::Taken(taken) => taken.first().map(|taken| taken.holder),
            _ => None,
        }
    }
}

impl IntoResponse for PartnerError {
    fn into_response(self) -> Response {
        let status = self.status();
        if status == StatusCode::FORBIDDEN {
            return status.into_response();
        }
        if status == StatusCode::CONFLICT {
            metrics::conflict("partner", self.kind());
        }
        let mut response = respond(status, &self.into_object(correlation::current().to_string()));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// An answer of this surface.
pub fn respond(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(json) => (status, [(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorObject {
    status_code: u16,
    /// What programs tell failures by.
    #[serde(rename = "type")]
    kind: &'static str,
    /// A sentence for developers, whose wording may change.
    description: &'static str,
    #[schema(schema_with = value::uuid)]
    correlation_id: String,
    /// Every property that is to blame.
    errors: Vec<PropertyError>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PropertyError {
    /// Where it stands, such as `providerCustomers.….margin.value`.
    property_name: String,
    description: Vec<String>,
}
