//! C2A-01-02: a new customer. Answers 200, not 201: upstream's decision.

use std::mem;

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
    request::{CustomerDto, around_customer, new_customer},
    request_parts::ClaimedRegionDto,
    response::AzotteCustomer,
    view::CustomerView,
};
use crate::domain::{
    attribute::Attribute,
    customer::{Profile, ProfileChange},
    field_error::FieldError,
    idempotency::Operation,
    problem::Problem,
    source_version::SourceVersion,
    upsert::{Guard, IfTaken, OnConflict, OnStale, Outcome},
};
use crate::http::{
    body::{
        field::{Field, IntoDomain, parses},
        object::{RequestObject, request_object},
        schema::{self, require},
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
    pub struct StoreCustomerRequest {
        /// The new customer; the server chooses its `customerUrn`.
        #[validate(nested)]
        customer: Field<CustomerDto>,
        /// The country and language the caller claims for the customer.
        #[serde(rename = "claimedRegion")]
        #[validate(nested)]
        claimed_region: Field<ClaimedRegionDto>,
        /// What to do where a customer has this `externalIdentifier` already: `error` is 409; `return` answers that customer
        /// as it is; `update` changes what is sent; `replace` clears what is not sent, too.
        #[serde(rename = "onConflict")]
        #[validate(custom(function = parses))]
        on_conflict: Field<OnConflict>,
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
    between Self::missing_region;
    constraints of_new_customer;
}

#[derive(Serialize, ToSchema)]
pub struct StoreCustomerResponse {
    /// What became of the request. Only where it says `onConflict`, `sourceVersion` or `onStale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = outcomes)]
    outcome: Option<&'static str>,
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
/// With `onConflict` a customer that is there already is no conflict: it is answered, updated or replaced. `If-Match` is
/// about that customer, and is not looked at without.
///
/// 404 is for an `If-Match` where there is no such customer, and for an `Idempotency-Key` whose customer was erased since.
#[utoipa::path(
    post,
    path = "/store",
    params(IfMatchParam, IdempotencyKeyParam),
    request_body(content = StoreCustomerRequest, example = json!(example_request())),
    responses(
        (status = 200, description = "The customer as it is kept.", body = StoreCustomerResponse, content_type = CONTENT_TYPE,
            headers(("ETag" = String, description = "The version in quotes.")), example = json!(example_response())),
        FailureResponses<(Always, ReadsBody, ReadsCustomer, FindsCustomer, TakesIdentity, GuardsOrder, ActsOnce, ExpectsVersion)>,
    ),
)]
pub async fn store(
    caller: Authorized<Write>,
    State(app): State<SharedApp>,
    if_match: Result<IfMatch, C2aError>,
    Idempotent { body: request, call, .. }: Idempotent<StoreCustomerRequest>,
) -> Result<Response, C2aError> {
    let NewCustomer { profile, guard, if_taken, tells } =
        request.into_new_customer(&caller.tenant.required, if_match)?;
    call.execute(&app, caller, Operation::Store, move |services, caller| async move {
        let saved = services.customers.store(&caller, profile, guard, if_taken).await;
        let Saved { customer, outcome } = saved.map_err(|error| caller.failure(error))?;
        let (urn, version) = (customer.urn, customer.version);
        let outcome = tells.then_some(outcome.as_str());
        let result = CustomerView::new(&caller, customer, tells);
        let response = StoreCustomerResponse { outcome, result, status: SUCCESS };
        Ok(Recorded::of_customer(urn, ([etag(version)], Envelope(response)).into_response()))
    })
    .await
}

/// What is to be stored.
pub(super) struct NewCustomer {
    pub profile: Profile,
    pub guard: Guard,
    pub if_taken: IfTaken,
    /// The answer tells what became of it.
    tells: bool,
}

impl StoreCustomerRequest {
    /// As sent with nothing beside customer and region.
    pub fn new(customer: Field<CustomerDto>, claimed_region: Field<ClaimedRegionDto>) -> Self {
        let mut request = Self { customer, claimed_region, ..Self::default() };
        request.settle();
        request
    }

    pub fn customer(&self) -> Option<&CustomerDto> {
        self.customer.as_option()
    }

    /// The new customer that is asked for.
    pub fn into_profile(self, required: &[Attribute]) -> Result<Profile, Failure> {
        let (least, change) = self.into_new(required)?;
        Ok(least.changed_by(change))
    }

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

    /// `if_match` is looked at only where it may be about a customer.
    pub(super) fn into_new_customer(
        self,
        required: &[Attribute],
        if_match: Result<IfMatch, C2aError>,
    ) -> Result<NewCustomer, C2aError> {
        let Self { on_conflict, source_version, on_stale, .. } = &self;
        let tells = on_conflict.is_given() || source_version.is_given() || on_stale.is_given();
        let on_conflict = on_conflict.as_option().copied().unwrap_or_default();
        let guard = guard(source_version, on_stale);
        let (least, change) = self.into_new(required)?;
        let (profile, if_taken) = match on_conflict {
            OnConflict::Error => (least.changed_by(change), IfTaken::Fail),
            OnConflict::Return => (least.changed_by(change), IfTaken::Return { expected: if_match?.0 }),
            OnConflict::Update => {
                let profile = least.changed_by(change.clone());
                (profile, IfTaken::Change { expected: if_match?.0, change: Box::new(change) })
            }
            OnConflict::Replace => {
                let profile = least.changed_by(change);
                let change = Box::new(profile.clone().into());
                (profile, IfTaken::Change { expected: if_match?.0, change })
            }
        };
        Ok(NewCustomer { profile, guard, if_taken, tells })
    }

    /// What a new customer has at least, and what is said of this one.
    fn into_new(mut self, required: &[Attribute]) -> Result<(Profile, ProfileChange), Failure> {
        let mut errors = field_errors(&self);
        if let Some(customer) = self.customer.as_option() {
            errors.extend(customer.missing(required));
            if matches!(self.on_conflict, Field::Value(OnConflict::Update)) {
                errors.extend(customer.cleared_in_vain().into_iter().filter(is_not_missing));
            }
        }
        if errors.is_empty() {
            let inside = match &mut self.customer {
                Field::Value(customer) => mem::take(&mut customer.region),
                Field::Absent | Field::Null | Field::Invalid(_) => Field::Absent,
            };
            let region = self.claimed_region.or(inside).into_option().and_then(IntoDomain::into_domain);
            let customer = self.customer.into_option();
            return customer.and_then(|customer| customer.into_new(region)).ok_or(Failure::Malformed);
        }
        let no_customer = matches!(self.customer, Field::Absent | Field::Null);
        Err(if no_customer { Failure::Malformed } else { errors.into() })
    }
}

/// A new customer has to have an external id: that it is `null` is told as that.
fn is_not_missing(error: &FieldError) -> bool {
    error.field != path(Attribute::ExternalIdentifier)
}

fn outcomes() -> Object {
    use Outcome::{Created, Existing, Stale, Unchanged, Updated};
    schema::one_of(&[Created, Updated, Unchanged, Existing, Stale].map(Outcome::as_str))
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
