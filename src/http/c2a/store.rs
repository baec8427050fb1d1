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
    body::Idempotent,
    caller::{Authorized, Write},
    envelope::{CONTENT_TYPE, Envelope, SUCCESS, Success},
    error::C2aError,
    failures::{Always, FailureResponses, ReadsCustomer, TakesIdentity},
    request::{CustomerDto, around_customer, new_customer},
    request_parts::ClaimedRegionDto,
    response::AzotteCustomer,
    view::CustomerView,
};
use crate::domain::{attribute::Attribute, customer::Profile, idempotency::Operation, problem::Problem};
use crate::http::{
    body::{
        field::{Field, IntoDomain},
        object::request_object,
        schema::require,
        validation::field_errors,
    },
    entity_tags::etag,
    failure::Failure,
    idempotency::Recorded,
    openapi::{
        IdempotencyKeyParam,
        failures::{ActsOnce, FindsCustomer, ReadsBody},
    },
    state::SharedApp,
};

request_object! {
    pub struct StoreCustomerRequest {
        /// The new customer; the server chooses its `customerUrn`.
        #[validate(nested)]
        customer: Field<CustomerDto>,
        /// The country and language the caller claims for the customer.
        #[serde(rename = "claimedRegion")]
        #[validate(nested)]
        claimed_region: Field<ClaimedRegionDto>,
    }
    settled Self::ignore;
    between Self::missing_region;
    constraints of_new_customer;
}

#[derive(Serialize, ToSchema)]
pub struct StoreCustomerResponse {
    /// Without the scope `customer.read`: `customerUrn` and `version` alone.
    #[schema(value_type = AzotteCustomer)]
    result: CustomerView,
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
    request_body(content = StoreCustomerRequest, example = json!(example_request())),
    responses(
        (status = 200, description = "The customer as it is kept.", body = StoreCustomerResponse, content_type = CONTENT_TYPE,
            headers(("ETag" = String, description = "The version in quotes.")), example = json!(example_response())),
        FailureResponses<(Always, ReadsBody, ReadsCustomer, FindsCustomer, TakesIdentity, ActsOnce)>,
    ),
)]
pub async fn store(
    caller: Authorized<Write>,
    State(app): State<SharedApp>,
    Idempotent { body: request, call, .. }: Idempotent<StoreCustomerRequest>,
) -> Result<Response, C2aError> {
    let profile = request.into_profile(&caller.tenant.required)?;
    call.execute(&app, caller, Operation::Store, move |services, caller| async move {
        let stored = services.customers.store(&caller, profile).await;
        let customer = stored.map_err(|error| caller.failure(error))?;
        let (urn, version) = (customer.urn, customer.version);
        let result = CustomerView::new(&caller, customer);
        let response = StoreCustomerResponse { result, status: SUCCESS };
        Ok(Recorded::of_customer(urn, ([etag(version)], Envelope(response)).into_response()))
    })
    .await
}

impl StoreCustomerRequest {
    fn ignore(&mut self) {
        if let Field::Value(customer) = &mut self.customer {
            // The server chooses it.
            customer.customer_urn = Field::Absent;
            if self.claimed_region.is_given() {
                customer.region = Field::Absent;
            }
        }
    }

    /// The one beside the customer is asked for where there is none inside.
    fn missing_region(&self) -> Option<(&'static str, Problem)> {
        let inside = self.customer.as_option().is_some_and(|customer| customer.region.is_given());
        let is_said = self.claimed_region.is_given() || inside;
        (!is_said).then_some((Attribute::ClaimedRegion.as_str(), Problem::Required))
    }

    fn into_profile(mut self, required: &[Attribute]) -> Result<Profile, Failure> {
        let mut errors = field_errors(&self);
        if let Some(customer) = self.customer.as_option() {
            errors.extend(customer.missing(required));
        }
        if errors.is_empty() {
            let inside = match &mut self.customer {
                Field::Value(customer) => std::mem::take(&mut customer.region),
                Field::Absent | Field::Null | Field::Invalid(_) => Field::Absent,
            };
            let region = self.claimed_region.or(inside).into_option().and_then(IntoDomain::into_domain);
            let customer = self.customer.into_option();
            return customer.and_then(|customer| customer.into_profile(region)).ok_or(Failure::Malformed);
        }
        let no_customer = matches!(self.customer, Field::Absent | Field::Null);
        Err(if no_customer { Failure::Malformed } else { errors.into() })
    }
}

fn of_new_customer(request: Object) -> Object {
    let mut request = around_customer(request, new_customer);
    require(&mut request, "claimedRegion");
    request
}

fn example_request() -> Value {
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

fn example_response() -> Value {
    json!({ "result": AzotteCustomer::example(), "status": { "messageCode": "SUCCESS" } })
}
