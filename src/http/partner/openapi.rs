//! What the partner document says beside its operations, and the failures that operations share.

use std::{collections::BTreeMap, marker::PhantomData};

use utoipa::{
    IntoParams, IntoResponses, PartialSchema, ToSchema,
    openapi::{
        OpenApi, RefOr, Required, Response, SecurityRequirement,
        path::{Parameter, ParameterBuilder, ParameterIn},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use super::{
    endpoints,
    error::{ErrorObject, PartnerError},
};
use crate::domain::{customer_urn::CustomerUrn, field_error::FieldError, problem::Problem};
use crate::http::openapi::{CORRELATION_ID, Surface, answers, header_parameter, value};
use crate::service::customers::{Identity, TakenIdentity};

const DESCRIPTION: &str = "\
The customers of a CSP and its resellers.

**Credentials.** A bearer token of the tenant, whose `roles` hold `csp` or `reseller`; a reseller's token says \
which (`reseller_id`), and sees and creates its own customers only. `X-Tenant` is a domain of the same tenant. \
No valid token: 401. A token that does not open this door: 403. Both have no body.

**One record.** A customer created here is a customer of the C2A API too, by its id as `exId`.

**Errors.** `errors` names every wrong property at once, and never repeats a value.

**Requests.** At most 64 KiB of `application/json` in UTF-8. Unknown properties are ignored, and so are those \
that the server owns: `providerCustomerId`, `status`, `customerCreationError`. Margins are also read in the \
spelling of older clients: `MarginRule`, `Name`, `Value`, and a dictionary of offer types within a property \
`Value`. Wherever a string stands, control characters and Unicode noncharacters are refused.";

/// The document of this surface.
pub fn document() -> OpenApi {
    let routes = OpenApiRouter::default().nest("/v1/Customers", endpoints());
    surface().document(routes.into_openapi())
}

fn surface() -> Surface {
    let mut schemas = vec![(ErrorObject::name().into_owned(), <ErrorObject as PartialSchema>::schema())];
    ErrorObject::schemas(&mut schemas);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("A token of the tenant."))
        .build();
    Surface {
        title: "Partner customers",
        description: DESCRIPTION,
        tag: "Customers",
        tag_description: "The customers of a CSP and its resellers.",
        tenant: header_parameter("X-Tenant", "A domain of the tenant, in any case.")
            .required(Required::True)
            .schema(Some(value::plain()))
            .build(),
        schemes: vec![("bearer", SecurityScheme::Http(bearer))],
        security: vec![SecurityRequirement::new("bearer", NO_SCOPES)],
        schemas,
        silent: vec![
            ("401", "The token is missing, wrong or expired: no body."),
            ("403", "The token does not open this door, whatever the reason: no body."),
        ],
    }
}

const NO_SCOPES: [&str; 0] = [];

/// Failures that are documented together.
pub trait Failures {
    fn failures() -> Vec<PartnerError>;
}

/// The responses of `T`, or of several in a tuple.
pub struct Answers<T>(PhantomData<T>);

impl<T: Failures> IntoResponses for Answers<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let failures = T::failures().into_iter().map(|failure| failure.documented(CORRELATION_ID)).collect();
        answers::responses(failures, "application/json", &ErrorObject::name())
    }
}

/// What every operation can answer.
pub struct Always;
/// An operation that reads a customer.
pub struct ReadsCustomer;
/// One that reads a query.
pub struct ReadsQuery;
/// One for a customer that must be there.
pub struct FindsCustomer;

impl Failures for Always {
    fn failures() -> Vec<PartnerError> {
        vec![PartnerError::TooManyRequests, PartnerError::Internal, PartnerError::Unavailable]
    }
}

impl Failures for ReadsCustomer {
    fn failures() -> Vec<PartnerError> {
        let holder = CustomerUrn::parse("cu.00.482").ok();
        let taken = holder.map(|holder| TakenIdentity { identity: Identity::Email, holder });
        vec![
            PartnerError::Malformed,
            PartnerError::Invalid(vec![
                FieldError::new("country", Problem::UnknownCountryCode),
                FieldError::new("resellerId", Problem::UnknownReseller),
            ]),
            PartnerError::RequestTimeout,
            PartnerError::Taken(taken.into_iter().collect()),
            PartnerError::IdempotencyInProgress,
            PartnerError::IdempotencyKeyReused,
            PartnerError::PayloadTooLarge,
            PartnerError::UnsupportedMediaType,
        ]
    }
}

impl Failures for ReadsQuery {
    fn failures() -> Vec<PartnerError> {
        vec![PartnerError::Invalid(vec![FieldError::new("pageSize", Problem::OutOfRange)])]
    }
}

impl Failures for FindsCustomer {
    fn failures() -> Vec<PartnerError> {
        vec![PartnerError::NotFound]
    }
}

impl<A: Failures, B: Failures> Failures for (A, B) {
    fn failures() -> Vec<PartnerError> {
        [A::failures(), B::failures()].concat()
    }
}

/// The `{id}` of a path.
pub struct CustomerId;

impl IntoParams for CustomerId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let id = ParameterBuilder::new().name("id").parameter_in(ParameterIn::Path).required(Required::True);
        vec![id.description(Some("The customer's id.")).schema(Some(value::uuid())).build()]
    }
}
