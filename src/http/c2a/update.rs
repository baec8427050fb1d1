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
    attributes::path,
    body::Idempotent,
    caller::{Authorized, Write},
    envelope::{CONTENT_TYPE, Envelope, SUCCESS, Success},
    error::C2aError,
    failures::{Always, FailureResponses, GuardsOrder, ReadsCustomer, TakesIdentity},
    guard::guard,
    preconditions::IfMatch,
    request::{CustomerDto, around_customer, known_customer},
    request_parts::ClaimedRegionDto,
    response::AzotteCustomer,
    view::CustomerView,
};
use crate::domain::{
    attribute::Attribute,
    customer::{CustomerRef, ProfileChange},
    field_error::FieldError,
    idempotency::Operation,
    problem::Problem,
    source_version::SourceVersion,
    upsert::{Guard, OnStale, Outcome},
};
use crate::http::{
    body::{
        field::{Field, parses},
        object::request_object,
        schema::{self, forbid_null},
        validation::field_errors,
    },
    entity_tags::etag,
    failure::Failure,
    idempotency::Recorded,
    openapi::{
        IdempotencyKeyParam, IfMatchParam,
        failures::{ActsOnce, ExpectsVersion, FindsCustomer, ReadsBody},
    },
    state::SharedApp,
};
use crate::service::customers::Saved;

request_object! {
    pub struct UpdateCustomerRequest {
        /// What to change, and of whom: `customerUrn` or `externalIdentifier` is required. Absent keeps, `null` clears.
        #[validate(nested)]
        customer: Field<CustomerDto>,
        /// Replaced whole.
        #[serde(rename = "claimedRegion")]
        #[validate(nested)]
        claimed_region: Field<ClaimedRegionDto>,
        /// The version of this record in your own system, such as a row version or milliseconds; a string of digits will
        /// do, too. A message that is not newer than the last one is not applied. Sound only where every message carries
        /// the whole record.
        #[serde(rename = "sourceVersion")]
        #[validate(custom(function = parses))]
        source_version: Field<SourceVersion>,
        /// What to answer a message that is not newer: `ignore` is a success, `error` is 409.
        #[serde(rename = "onStale")]
        #[validate(custom(function = parses))]
        on_stale: Field<OnStale>,
    }
    settled Self::ignore;
    constraints of_known_customer;
}

#[derive(Serialize, ToSchema)]
pub struct UpdateCustomerResponse {
    /// What became of the request. Only where it says `sourceVersion` or `onStale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = outcomes)]
    outcome: Option<&'static str>,
    /// Without the scope `customer.read`: `customerUrn` and `version` alone.
    #[schema(value_type = AzotteCustomer)]
    result: CustomerView,
    status: Success,
}

/// Change a customer
///
/// Absent keeps, `null` clears, objects are replaced whole. The rules of `store` hold for the record that results.
/// A request that changes nothing answers 200 with the same `version`; so does one with a `sourceVersion` that is not
/// newer than the record's. Asks for the scope `customer.write`.
#[utoipa::path(
    post,
    path = "/update",
    params(IfMatchParam, IdempotencyKeyParam),
    request_body(content = UpdateCustomerRequest, example = json!(example_request())),
    responses(
        (status = 200, description = "The customer as it is kept now.", body = UpdateCustomerResponse, content_type = CONTENT_TYPE,
            headers(("ETag" = String, description = "The version in quotes.")), example = json!(example_response())),
        FailureResponses<(Always, ReadsBody, ReadsCustomer, FindsCustomer, TakesIdentity, GuardsOrder, ActsOnce, ExpectsVersion)>,
    ),
)]
pub async fn update(
    caller: Authorized<Write>,
    State(app): State<SharedApp>,
    IfMatch(expected): IfMatch,
    Idempotent { body: request, call, .. }: Idempotent<UpdateCustomerRequest>,
) -> Result<Response, C2aError> {
    let (guard, tells) = request.guard();
    let (target, change) = request.into_change()?;
    call.execute(&app, caller, Operation::Update, move |services, caller| async move {
        let updated = services.customers.update(&caller, &target, &expected, guard, change).await;
        let Saved { customer, outcome } = updated.map_err(|error| caller.failure(error))?;
        let (urn, version) = (customer.urn, customer.version);
        let outcome = tells.then_some(outcome.as_str());
        let result = CustomerView::new(&caller, customer, tells);
        let response = UpdateCustomerResponse { outcome, result, status: SUCCESS };
        Ok(Recorded::of_customer(urn, ([etag(version)], Envelope(response)).into_response()))
    })
    .await
}

impl UpdateCustomerRequest {
    /// The guard, and whether the answer tells what became of the request.
    pub(super) fn guard(&self) -> (Guard, bool) {
        let Self { source_version, on_stale, .. } = self;
        (guard(source_version, on_stale), source_version.is_given() || on_stale.is_given())
    }

    /// The region beside the customer wins.
    fn ignore(&mut self) {
        if let Field::Value(customer) = &mut self.customer
            && !matches!(self.claimed_region, Field::Absent)
        {
            customer.region = Field::Absent;
        }
    }

    pub(super) fn into_change(self) -> Result<(CustomerRef, ProfileChange), Failure> {
        let mut errors = field_errors(&self);
        let Some(customer) = self.customer.as_option() else {
            let no_customer = matches!(self.customer, Field::Absent | Field::Null);
            return Err(if no_customer { Failure::Malformed } else { errors.into() });
        };
        errors.extend(customer.cleared_in_vain());
        if !customer.names_a_customer() {
            let neither = Problem::RequiredUnless { other: "customer.externalIdentifier" };
            errors.extend([FieldError::new("customer.customerUrn", neither)]);
        }
        for (region, path) in [
            (&self.claimed_region, path(Attribute::ClaimedRegion)),
            (&customer.region, "customer.claimedRegion".to_owned()),
        ] {
            if region.is_null() {
                errors.extend([FieldError::new(path, Problem::NotClearable)]);
            }
        }
        if !errors.is_empty() {
            return Err(errors.into());
        }
        let mut customer = self.customer.into_option().ok_or(Failure::Malformed)?;
        let region = self.claimed_region.or(std::mem::take(&mut customer.region));
        customer.into_change(region.into_domain()).ok_or(Failure::Malformed)
    }
}

fn outcomes() -> Object {
    schema::one_of(&[Outcome::Updated, Outcome::Unchanged, Outcome::Stale].map(Outcome::as_str))
}

fn of_known_customer(request: Object) -> Object {
    let mut request = around_customer(request, known_customer);
    forbid_null(&mut request, "claimedRegion");
    request
}

fn example_request() -> Value {
    json!({
        "customer": {
            "customerUrn": "cu.00.482",
            "email": "jane.new@example.com",
            "phoneNumber": "+49 170 9999999"
        }
    })
}

fn example_response() -> Value {
    let mut customer = AzotteCustomer::example();
    customer["email"] = json!("jane.new@example.com");
    customer["phoneNumber"] = json!("+491709999999");
    customer["version"] = json!(2);
    json!({ "result": customer, "status": { "messageCode": "SUCCESS" } })
}
