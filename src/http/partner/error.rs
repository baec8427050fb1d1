//! How the partner API says that a request failed: one table from [`Failure`] to `type` and description.
//!
//! Upstream: "Create a customer", responses. 401 and 403 have no body.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::properties;
use crate::domain::correlation_id::CorrelationId;
use crate::http::{
    body::schema,
    failure::{Failure, with_retry_after},
    frame::correlation,
    openapi::responses::DocumentedFailure,
};
use crate::service::partners::PartnersError;
use crate::telemetry::metrics;

/// A failure, as this surface answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerError(Failure);

impl PartnerError {
    /// What the frame answers for this surface.
    pub fn answer(failure: Failure) -> Response {
        Self(failure).into_response()
    }
}

impl From<Failure> for PartnerError {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

/// The service's error: the properties are named as in this surface's requests.
pub fn failure(error: PartnersError) -> Failure {
    match error {
        PartnersError::NotFound => Failure::CustomerNotFound,
        PartnersError::Forbidden => Failure::Forbidden,
        PartnersError::Taken(conflict) => Failure::Taken { conflict, show_holders: false },
        PartnersError::Incomplete(missing) => {
            Failure::Invalid(missing.into_iter().map(properties::incomplete).collect())
        }
        PartnersError::Unknown { reseller, associations, provider_instances } => {
            Failure::Invalid(properties::unknown(reseller, &associations, &provider_instances))
        }
        PartnersError::Storage(error) => error.into(),
    }
}

impl From<PartnersError> for PartnerError {
    fn from(error: PartnersError) -> Self {
        Self(failure(error))
    }
}

impl IntoResponse for PartnerError {
    fn into_response(self) -> Response {
        let Self(failure) = self;
        let status = failure.status();
        if status == StatusCode::UNAUTHORIZED {
            return (status, [(header::WWW_AUTHENTICATE, "Bearer realm=\"partner\"")]).into_response();
        }
        if status == StatusCode::FORBIDDEN {
            return status.into_response();
        }
        let error = ErrorObject::new(failure, correlation::current());
        if status == StatusCode::CONFLICT {
            metrics::conflict("partner", error.kind);
        }
        with_retry_after(respond(status, &error))
    }
}

/// An answer of this surface.
pub fn respond(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(json) => (status, [(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A failure as the OpenAPI document shows it.
pub fn documented(failure: Failure, correlation_id: CorrelationId) -> DocumentedFailure {
    let error = ErrorObject::new(failure, correlation_id);
    DocumentedFailure {
        status: error.status_code,
        code: error.kind,
        message: error.description.to_owned(),
        body: serde_json::json!(error),
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
    #[schema(schema_with = schema::uuid)]
    correlation_id: String,
    /// Every property that is to blame.
    errors: Vec<PropertyError>,
}

impl ErrorObject {
    /// The table: a type for programs and a sentence for developers.
    fn new(failure: Failure, correlation_id: CorrelationId) -> Self {
        let status_code = failure.status().as_u16();
        let said = |kind, description| Self {
            status_code,
            kind,
            description,
            correlation_id: correlation_id.to_string(),
            errors: Vec::new(),
        };
        match failure {
            Failure::Malformed => said("MalformedRequest", "The body must be a JSON object."),
            Failure::ByteOrderMark => {
                said("MalformedRequest", "The body begins with a byte order mark; send UTF-8 without one.")
            }
            Failure::Invalid(errors) => Self {
                errors: by_property(errors.into_iter().map(|error| (error.field, error.message))),
                ..said("ValidationError", "The request breaks the rules of the properties named in errors.")
            },
            Failure::Unauthenticated => said("Unauthorized", ""),
            Failure::Forbidden => said("Forbidden", ""),
            Failure::CustomerNotFound | Failure::RouteNotFound => {
                said("NotFound", "There is nothing here for this caller.")
            }
            Failure::MethodNotAllowed => said("MethodNotAllowed", "This endpoint takes another method."),
            Failure::RequestTimeout => said("RequestTimeout", "The body took too long to arrive."),
            Failure::Taken { conflict, show_holders: _ } => {
                let taken = conflict.taken.into_iter();
                let properties = taken.map(|taken| properties::name(taken.identity.attribute()));
                Self {
                    errors: by_property(
                        properties.map(|name| (name.to_owned(), "Another customer has this value.".into())),
                    ),
                    ..said("Conflict", "Another customer has the values of the properties named in errors.")
                }
            }
            Failure::IdempotencyInProgress => {
                said("IdempotencyInProgress", "The first request with this Idempotency-Key is still running.")
            }
            Failure::IdempotencyKeyReused => {
                said("IdempotencyKeyReused", "This Idempotency-Key was used with another content.")
            }
            // No endpoint of this surface takes a version.
            Failure::VersionMismatch { .. } => said("VersionMismatch", "The customer is at another version."),
            // Nor one of the partner's own.
            Failure::Stale { .. } => said("StaleSourceVersion", "The customer is as new as this request."),
            // No endpoint of this surface takes a cursor of the feed.
            Failure::CursorExpired => said("CursorExpired", "The feed does not go on from here."),
            Failure::PayloadTooLarge | Failure::TooManyLines | Failure::LineTooLong => {
                said("PayloadTooLarge", "The body is larger than 64 KiB.")
            }
            Failure::UnsupportedMediaType | Failure::NotLines => {
                said("UnsupportedMediaType", "The body must be uncompressed application/json in UTF-8.")
            }
            Failure::TooManyRequests => {
                said("TooManyRequests", "This tenant calls too often; try again later.")
            }
            Failure::StorageRefused | Failure::Internal => {
                said("InternalServerError", "Something went wrong here.")
            }
            Failure::Unavailable => said("ServiceUnavailable", "Not available at the moment; try again."),
        }
    }
}

/// Descriptions by property, in alphabetical order.
fn by_property(errors: impl Iterator<Item = (String, Cow<'static, str>)>) -> Vec<PropertyError> {
    let mut by_property: BTreeMap<String, Vec<Cow<'static, str>>> = BTreeMap::new();
    for (property, description) in errors {
        by_property.entry(property).or_default().push(description);
    }
    let errors = by_property.into_iter();
    errors.map(|(property_name, description)| PropertyError { property_name, description }).collect()
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PropertyError {
    /// Where it stands, such as `providerCustomers.….margin.value`.
    property_name: String,
    #[schema(value_type = Vec<String>)]
    description: Vec<Cow<'static, str>>,
}
