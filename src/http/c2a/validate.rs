//! C2A-01-01: is this external id free? With a customer: would `store` take it?

use std::mem;

use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{ToSchema, openapi::Object};
use validator::Validate;

use super::{
    body::Json,
    caller::{Authorized, Read},
    dry_run::{Canonical, Verdict, dry_run},
    envelope::{CONTENT_TYPE, Envelope, SUCCESS, Success},
    error::{C2aError, ErrorDto},
    failures::{Always, FailureResponses, ReadsIdentifier},
    request::{CustomerDto, around_any_customer, new_customer},
    request_parts::ClaimedRegionDto,
    store::StoreCustomerRequest,
};
use crate::domain::{external_id::ExternalId, field_error::FieldError, problem::Problem};
use crate::http::{
    body::{
        Inspected,
        field::{Field, parses},
        object::request_object,
        schema::without,
        validation::field_errors,
    },
    failure::Failure,
    openapi::failures::ReadsBody,
    state::SharedApp,
};

request_object! {
    pub struct ValidateCustomerRequest {
        /// The identifier to look for; `externalIdentifier` is an alias of this property.
        #[serde(rename = "externalId")]
        #[validate(custom(function = parses))]
        external_id: Field<ExternalId>,
        /// Alias of `externalId`.
        #[serde(rename = "externalIdentifier")]
        #[validate(custom(function = parses))]
        external_identifier: Field<ExternalId>,
        /// Beside or instead of `externalId`: a customer as `store` takes it.
        #[validate(nested)]
        customer: Field<CustomerDto>,
        /// As `store` takes it; asked for where there is a `customer`.
        #[serde(rename = "claimedRegion")]
        #[validate(nested)]
        claimed_region: Field<ClaimedRegionDto>,
    }
    constraints as_stored;
}

/// Whether the identifier is free. The rest is answered where a `customer` was sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidateCustomerResponse {
    /// No customer of the tenant has the external identifier.
    is_available: bool,
    /// Whether `store` would take the customer now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    would_store: Option<bool>,
    /// What `store` would answer, its 400 or its 409; empty where it would take the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    errors: Option<Vec<ErrorDto>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    canonical: Option<Canonical>,
    status: Success,
}

/// Is this external id free?
///
/// Free means that `store` would not answer `CUSTOMER_ALREADY_STORED`. Asks for the scope `customer.read`.
///
/// With a `customer` it is a dry run of `store`: 200 with everything that `store` would refuse it for now. Nothing is
/// written, and nothing is reserved. Holders of taken values are named to a key that has `customer.write`, too. An
/// `externalId` beside it has to be the customer's. One of the two is required.
#[utoipa::path(
    post,
    path = "/validate",
    request_body(content = ValidateCustomerRequest, example = json!(example_request())),
    responses(
        (status = 200, description = "Whether the identifier is free.", body = ValidateCustomerResponse, content_type = CONTENT_TYPE,
            examples(
                ("identifier" = (value = json!(example_response()))),
                ("customer" = (value = json!(example_verdict()))),
            )),
        FailureResponses<(Always, ReadsBody, ReadsIdentifier)>,
    ),
)]
pub async fn validate(
    caller: Authorized<Read>,
    State(app): State<SharedApp>,
    Json { value: inspected, .. }: Json<Inspected<ValidateCustomerRequest>>,
) -> Result<Envelope<ValidateCustomerResponse>, C2aError> {
    let Question { external_id, customer } = Question::read(inspected)?;
    if let Some(customer) = customer {
        let verdict = dry_run(&*app.customers, &caller, external_id, customer).await?;
        return Ok(Envelope(verdict.into()));
    }
    let external_id = external_id.ok_or_else(|| Failure::invalid("externalId", Problem::Required))?;
    let is_available =
        app.customers.validate(&caller, &external_id).await.map_err(|error| caller.failure(error))?;
    Ok(Envelope(is_available.into()))
}

/// What is asked, as far as it is this endpoint's to refuse: what is wrong with the customer is an answer.
struct Question {
    external_id: Option<ExternalId>,
    customer: Option<Inspected<StoreCustomerRequest>>,
}

impl Question {
    fn read(inspected: Inspected<ValidateCustomerRequest>) -> Result<Self, Failure> {
        let Inspected { value: mut request, errors } = inspected;
        let customer = mem::take(&mut request.customer);
        let is_dry_run = customer.is_given();
        let region = if is_dry_run { mem::take(&mut request.claimed_region) } else { Field::Absent };
        let (of_customer, own) = errors.partition(|error| is_dry_run && is_about_customer(error));
        let request = Inspected { value: request, errors: own }.sound()?;
        let mut errors = field_errors(&request);
        let asked = if request.external_id.is_given() { "externalId" } else { "externalIdentifier" };
        let external_id = request.external_id.or(request.external_identifier).into_option();
        if is_other(external_id.as_ref(), &customer) {
            let from = "customer.externalIdentifier";
            errors.extend([FieldError::new(asked, Problem::Different { from })]);
        }
        if !errors.is_empty() {
            return Err(errors.into());
        }
        let customer = is_dry_run
            .then(|| Inspected { value: StoreCustomerRequest::new(customer, region), errors: of_customer });
        Ok(Self { external_id, customer })
    }
}

fn is_about_customer(error: &FieldError) -> bool {
    let first = error.field.split(['.', '[']).next();
    first.is_some_and(|first| ["customer", "claimedRegion"].contains(&first))
}

/// Whether the customer has another external id than is asked about.
fn is_other(asked: Option<&ExternalId>, customer: &Field<CustomerDto>) -> bool {
    let of_customer = customer.as_option().and_then(|customer| customer.external_id.as_option());
    asked.zip(of_customer).is_some_and(|(asked, of_customer)| asked != of_customer)
}

/// As documented: the answer to an identifier alone.
impl From<bool> for ValidateCustomerResponse {
    fn from(is_available: bool) -> Self {
        Self { is_available, would_store: None, errors: None, canonical: None, status: SUCCESS }
    }
}

impl From<Verdict> for ValidateCustomerResponse {
    fn from(verdict: Verdict) -> Self {
        let Verdict { is_available, errors, canonical } = verdict;
        Self {
            is_available,
            would_store: Some(errors.is_empty()),
            errors: Some(errors),
            canonical: Some(canonical),
            status: SUCCESS,
        }
    }
}

fn as_stored(request: Object) -> Object {
    around_any_customer(without(request, &["externalIdentifier"]), new_customer)
}

fn example_request() -> Value {
    json!({ "externalId": "crm-9981273" })
}

fn example_response() -> Value {
    json!({ "isAvailable": true, "status": { "messageCode": "SUCCESS" } })
}

fn example_verdict() -> Value {
    json!({
        "isAvailable": true,
        "wouldStore": false,
        "errors": [{
            "field": "customer.email",
            "code": "USER_WITH_SAME_EMAIL_EXISTS",
            "message": "Another customer of this tenant has this value.",
            "customerUrn": "cu.00.482"
        }],
        "canonical": { "email": "jane.doe@example.com", "phoneNumber": "+491701234567" },
        "status": { "messageCode": "SUCCESS" }
    })
}
