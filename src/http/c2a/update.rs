//! C2A-01-04: a partial update. Absent keeps, `null` clears, nested objects are replaced whole.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{ToSchema, openapi::Object};
use validator::Validate;

use super::{
    Json,
    answer::AzotteCustomer,
    openapi::{
        ActsOnce, Always, Answers, ExpectsVersion, FindsCustomer, ReadsBody, ReadsCustomer, TakesIdentity,
    },
    request::{ClaimedRegionDto, CustomerDto, around_customer, known_customer, nested, path},
    status::{C2aError, CONTENT_TYPE, Envelope, SUCCESS, Success},
};
use crate::domain::{
    attribute::Attribute,
    customer::{CustomerRef, ProfileChange},
    field_error::FieldError,
    idempotency::Operation,
    problem::Problem,
};
use crate::http::{
    SharedApp,
    auth::scope::{Allowed, Write},
    etag::{IfMatch, etag},
    field::Field,
    once::{self, Answer, Asked, KeyHeader},
    openapi::{
        IdempotencyKeyParam, IfMatchParam,
        object::{forbid_null, request_object},
    },
    validation::field_errors,
};
use crate::service::idempotency::Services;

request_object! {
    pub struct UpdateCustomerRequest {
        customer: Field<CustomerDto>,
        /// Replaced whole.
        claimed_region: Field<ClaimedRegionDto>,
    }
    between of_known_customer
}

#[derive(Serialize, ToSchema)]
pub struct UpdateCustomerResponse {
    result: AzotteCustomer,
    status: Success,
}

/// Change a customer
///
/// Absent keeps, `null` clears, objects are replaced whole. The rules of `store` hold for the record that results.
/// A request that changes nothing answers 200 with the same `version`. Asks for the scope `customer.write`.
#[utoipa::path(
    post,
    path = "/update",
    params(IfMatchParam, IdempotencyKeyParam),
    request_body(content = UpdateCustomerRequest, example = json!(request())),
    responses(
        (status = 200, description = "The customer as it is kept now.", body = UpdateCustomerResponse, content_type = CONTENT_TYPE,
            headers(("ETag" = String, description = "The version in quotes.")), example = json!(answer())),
        Answers<(Always, ReadsBody, ReadsCustomer, FindsCustomer, TakesIdentity, ActsOnce, ExpectsVersion)>,
    ),
)]
pub async fn update(
    caller: Allowed<Write>,
    State(app): State<SharedApp>,
    IfMatch(expected): IfMatch,
    key: KeyHeader,
    Json { value: request, bytes, .. }: Json<UpdateCustomerRequest>,
) -> Result<Response, C2aError> {
    let (target, change) = request.into_change()?;
    let about = target.urn();
    let asked = caller.clone();
    let work = move |services: Services| async move {
        let updated = services.customers.update(&asked, &target, &expected, change).await;
        let customer = updated.map_err(|error| asked.c2a_error(error))?;
        let (urn, version) = (customer.urn, customer.version);
        let response = UpdateCustomerResponse { result: customer.into(), status: SUCCESS };
        Ok(Answer::about(urn, ([etag(version)], Envelope(response)).into_response()))
    };
    let viewpoint = caller.viewpoint();
    let asked = Asked { key, operation: Operation::Update, viewpoint, body: &bytes, about };
    once::answer(&app, &caller, asked, work).await
}

impl UpdateCustomerRequest {
    fn into_change(self) -> Result<(CustomerRef, ProfileChange), C2aError> {
        let mut errors = field_errors(&self);
        let Some(customer) = self.customer.as_option() else {
            let no_customer = matches!(self.customer, Field::Absent | Field::Null);
            return Err(if no_customer { C2aError::BadRequest } else { C2aError::Invalid(errors) });
        };
        errors.extend(customer.cleared_in_vain());
        if !customer.names_a_customer() {
            errors.push(FieldError::new("customer.customerUrn", Problem::Required));
        }
        if self.claimed_region.is_null() {
            errors.push(FieldError::new(path(Attribute::ClaimedRegion), Problem::NotClearable));
        }
        if !errors.is_empty() {
            return Err(C2aError::Invalid(errors));
        }
        let region = nested(self.claimed_region.into_change(), ClaimedRegionDto::into_domain);
        let change = self.customer.into_option().and_then(|customer| customer.into_change(region));
        change.ok_or(C2aError::BadRequest)
    }
}

fn of_known_customer(request: Object) -> Object {
    let mut request = around_customer(request, known_customer);
    forbid_null(&mut request, "claimedRegion");
    request
}

fn request() -> Value {
    json!({
        "customer": {
            "customerUrn": "cu.00.482",
            "email": "jane.new@example.com",
            "phoneNumber": "+49 170 9999999"
        }
    })
}

fn answer() -> Value {
    let mut customer = AzotteCustomer::example();
    customer["email"] = json!("jane.new@example.com");
    customer["phoneNumber"] = json!("+491709999999");
    customer["version"] = json!(2);
    json!({ "result": customer, "status": { "messageCode": "SUCCESS" } })
}
