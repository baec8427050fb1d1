//! C2A-01-02: a new customer. Answers 200, not 201: upstream's decision.

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
    openapi::{ActsOnce, Always, Answers, FindsCustomer, ReadsBody, ReadsCustomer, TakesIdentity},
    request::{ClaimedRegionDto, CustomerDto, around_customer, new_customer},
    status::{C2aError, CONTENT_TYPE, Envelope, SUCCESS, Success},
};
use crate::domain::{attribute::Attribute, customer::Profile, idempotency::Operation};
use crate::http::{
    SharedApp,
    auth::scope::{Allowed, Write},
    etag::etag,
    field::{Field, Required},
    once::{self, Answer, Asked, KeyHeader},
    openapi::{IdempotencyKeyParam, object::request_object},
    validation::field_errors,
};
use crate::service::idempotency::Services;

request_object! {
    pub struct StoreCustomerRequest {
        customer: Field<CustomerDto>,
        /// The country and language the caller claims for the customer.
        claimed_region: Required<ClaimedRegionDto>,
    }
    between of_new_customer
}

#[derive(Serialize, ToSchema)]
pub struct StoreCustomerResponse {
    result: AzotteCustomer,
    status: Success,
}

/// Store a new customer
///
/// Answers 200 with the record and its `customerUrn`. External id, e-mail and phone number are unique within the
/// tenant; where several are taken, the order is always external id, e-mail, phone. Asks for the scope
/// `customer.write`.
///
/// 404 is for an `Idempotency-Key` whose customer was erased since.
#[utoipa::path(
    post,
    path = "/store",
    params(IdempotencyKeyParam),
    request_body(content = StoreCustomerRequest, example = json!(request())),
    responses(
        (status = 200, description = "The customer as it is kept.", body = StoreCustomerResponse, content_type = CONTENT_TYPE,
            headers(("ETag" = String, description = "The version in quotes.")), example = json!(answer())),
        Answers<(Always, ReadsBody, ReadsCustomer, FindsCustomer, TakesIdentity, ActsOnce)>,
    ),
)]
pub async fn store(
    caller: Allowed<Write>,
    State(app): State<SharedApp>,
    key: KeyHeader,
    Json { value: request, bytes, .. }: Json<StoreCustomerRequest>,
) -> Result<Response, C2aError> {
    let profile = request.into_profile(&caller.tenant.required)?;
    let asked = caller.clone();
    let work = move |services: Services| async move {
        let stored = services.customers.store(&asked, profile).await;
        let customer = stored.map_err(|error| asked.c2a_error(error))?;
        let (urn, version) = (customer.urn, customer.version);
        let response = StoreCustomerResponse { result: customer.into(), status: SUCCESS };
        Ok(Answer::about(urn, ([etag(version)], Envelope(response)).into_response()))
    };
    let viewpoint = caller.viewpoint();
    let asked = Asked { key, operation: Operation::Store, viewpoint, body: &bytes, about: None };
    once::answer(&app, &caller, asked, work).await
}

impl StoreCustomerRequest {
    fn into_profile(mut self, required: &[Attribute]) -> Result<Profile, C2aError> {
        if let Field::Value(customer) = &mut self.customer {
            // The server chooses it, so whatever was sent is ignored.
            customer.customer_urn = Field::Absent;
        }
        let mut errors = field_errors(&self);
        if let Some(customer) = self.customer.as_option() {
            errors.extend(customer.missing(required));
        }
        if errors.is_empty() {
            let region = self.claimed_region.into_option().and_then(ClaimedRegionDto::into_domain);
            let customer = self.customer.into_option();
            return customer.and_then(|customer| customer.into_profile(region)).ok_or(C2aError::BadRequest);
        }
        let no_customer = matches!(self.customer, Field::Absent | Field::Null);
        Err(if no_customer { C2aError::BadRequest } else { C2aError::Invalid(errors) })
    }
}

fn of_new_customer(request: Object) -> Object {
    around_customer(request, new_customer)
}

fn request() -> Value {
    json!({
        "customer": {
            "externalIdentifier": "crm-9981273",
            "email": "jane.doe@example.com",
            "phoneNumber": "+49 170 1234567",
            "salutation": "Ms.",
            "firstName": "Jane",
            "lastName": "Doe",
            "gender": "Female",
            "legalType": "Individual",
            "primaryBillingAddress": {
                "street": "Hauptstr. 1", "city": "Berlin", "postalCode": "10115", "countryCode": "DE"
            }
        },
        "claimedRegion": { "countryCode": "DE", "languageCode": "de" }
    })
}

fn answer() -> Value {
    json!({ "result": AzotteCustomer::example(), "status": { "messageCode": "SUCCESS" } })
}
