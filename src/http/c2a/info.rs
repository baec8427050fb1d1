//! C2A-01-05: look a customer up by either side's identifier.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr,
        path::{Parameter, ParameterIn},
        schema::Schema,
    },
};

use super::{
    caller::{Authorized, Read},
    envelope::{CONTENT_TYPE, Envelope, SUCCESS, Success},
    error::C2aError,
    failures::{Always, FailureResponses, ReadsQuery},
    preconditions::IfNoneMatch,
    response::AzotteCustomer,
};
use crate::domain::{
    customer::CustomerRef, customer_urn::CustomerUrn, external_id::ExternalId,
    payment_options::PaymentOptions, problem::Problem,
};
use crate::http::{
    body::{schema::Schemas, value::Value as _},
    entity_tags::etag,
    failure::Failure,
    openapi::{IfNoneMatchParam, failures::FindsCustomer, query_parameter},
    query::QueryPairs,
    state::SharedApp,
};

/// Query parameters that hold the URN, upstream's name first.
const URN: [&str; 3] = ["urn", "customerUrn", "customerUuid"];
/// Query parameters that hold the tenant's identifier, upstream's name first.
const EXTERNAL_ID: [&str; 3] = ["exId", "externalIdentifier", "externalId"];

/// What the query may hold, for the document.
struct InfoQuery;

#[derive(Serialize, ToSchema)]
pub struct CustomerInfoResponse {
    result: AzotteCustomerSnapShot,
    status: Success,
}

#[derive(Serialize)]
pub struct AzotteCustomerSnapShot {
    #[serde(flatten)]
    customer: AzotteCustomer,
    options: OptionsView,
}

/// One flat object, as the answer is: `derive` would make an `allOf` of it.
impl PartialSchema for AzotteCustomerSnapShot {
    fn schema() -> RefOr<Schema> {
        let mut schema = AzotteCustomer::schema();
        if let RefOr::T(Schema::Object(customer)) = &mut schema {
            customer.properties.shift_remove("sourceVersion");
            customer
                .properties
                .insert("options".to_owned(), Ref::from_schema_name(OptionsView::name()).into());
            customer.required.push("options".to_owned());
        }
        schema
    }
}

impl ToSchema for AzotteCustomerSnapShot {
    fn schemas(schemas: &mut Schemas) {
        schemas.push((OptionsView::name().into_owned(), OptionsView::schema()));
        AzotteCustomer::schemas(schemas);
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OptionsView {
    available_channels: Vec<String>,
    can_save_payment_method: bool,
}

/// Look a customer up
///
/// By URN, or by the tenant's own identifier. A `urn` that leads nowhere is 404, whatever `exId` says. Asks for the
/// scope `customer.read`.
#[utoipa::path(
    get,
    path = "/info",
    params(InfoQuery, IfNoneMatchParam),
    responses(
        (status = 200, description = "The customer and what it can pay with.", body = CustomerInfoResponse, content_type = CONTENT_TYPE,
            headers(("ETag" = String, description = "The version in quotes.")), example = json!(example_response())),
        (status = 304, description = "The customer is still at the version that `If-None-Match` names: no body."),
        FailureResponses<(Always, ReadsQuery, FindsCustomer)>,
    ),
)]
pub async fn info(
    caller: Authorized<Read>,
    State(app): State<SharedApp>,
    known: IfNoneMatch,
    query: QueryPairs,
) -> Result<Response, C2aError> {
    query.tell_unrecognized(|name| URN.contains(&name) || EXTERNAL_ID.contains(&name));
    let target = target(&query)?;
    let customer = app.customers.info(&caller, &target).await.map_err(|error| caller.failure(error))?;
    let etag = etag(customer.version);
    if known.has(customer.version) {
        return Ok((StatusCode::NOT_MODIFIED, [etag]).into_response());
    }
    let options = PaymentOptions::new(&caller.tenant, &customer.profile.region.country);
    let result = AzotteCustomerSnapShot { customer: customer.into(), options: options.into() };
    Ok(([etag], Envelope(CustomerInfoResponse { result, status: SUCCESS })).into_response())
}

/// The URN wins, without falling back to the external id when it leads nowhere.
fn target(query: &QueryPairs) -> Result<CustomerRef, Failure> {
    if let Some(urn) = query.first(&URN, CustomerUrn::parse)? {
        return Ok(CustomerRef::Urn(urn));
    }
    let external_id = query.first(&EXTERNAL_ID, ExternalId::parse)?;
    let neither = Problem::RequiredUnless { other: EXTERNAL_ID[0] };
    external_id.map(CustomerRef::ExternalId).ok_or_else(|| Failure::invalid(URN[0], neither))
}

impl From<PaymentOptions> for OptionsView {
    fn from(options: PaymentOptions) -> Self {
        Self {
            available_channels: options.available_channels.iter().map(ToString::to_string).collect(),
            can_save_payment_method: options.can_save_payment_method,
        }
    }
}

impl IntoParams for InfoQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut none = Schemas::new();
        let external_id =
            "The tenant's own identifier, looked at where there is no `urn`. One of the two is required.";
        vec![
            query_parameter(URN[0], "The customer's URN.", CustomerUrn::schema(&mut none)).build(),
            query_parameter(EXTERNAL_ID[0], external_id, ExternalId::schema(&mut none)).build(),
        ]
    }
}

fn example_response() -> Value {
    let mut customer = AzotteCustomer::example();
    customer["options"] = json!({ "availableChannels": ["CARD", "SEPA"], "canSavePaymentMethod": true });
    json!({ "result": customer, "status": { "messageCode": "SUCCESS" } })
}
