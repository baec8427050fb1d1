//! The envelope of every C2A answer: a `status` object (AzotteStatus) beside the result, in upstream's media type.
//!
//! The one answer without it is 401, which has no body at all.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{ToSchema, openapi::Object};

use crate::http::body::schema;

/// The media type of every C2A answer, in the upstream documents' own spelling.
pub const CONTENT_TYPE: &str = "application/clientOutput+Json";

/// `status` of a success: `{ "messageCode": "SUCCESS" }`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Success {
    #[schema(schema_with = success)]
    message_code: &'static str,
}

pub const SUCCESS: Success = Success { message_code: "SUCCESS" };

fn success() -> Object {
    schema::one_of(&[SUCCESS.message_code])
}

/// A 200 with `T` as its envelope.
pub struct Envelope<T>(pub T);

impl<T: Serialize> IntoResponse for Envelope<T> {
    fn into_response(self) -> Response {
        respond(StatusCode::OK, &self.0)
    }
}

/// An answer of this surface.
pub fn respond(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(json) => (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], json).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
