//! What the C2A document says beside its operations, and the failures that operations share.

use std::{collections::BTreeMap, marker::PhantomData};

use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        OpenApi, RefOr, Required, Response, SecurityRequirement,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    endpoints,
    status::{C2aError, CONTENT_TYPE, FailureEnvelope},
};
use crate::domain::{
    correlation_id::CorrelationId, customer_urn::CustomerUrn, field_error::FieldError, problem::Problem,
};
use crate::http::openapi::{CORRELATION_ID, Surface, answers, header_parameter, value};
use crate::service::customers::{Identity, TakenIdentity};

const DESCRIPTION: &str = "\
Projects the customers of a tenant's own system into the platform and keeps them in step.

The order of an integration: `validate` an identifier, `store` the customer, then `info`, `update` and `delete` \
by the `customerUrn` that `store` answered, or by the tenant's own `externalIdentifier`.

**Two prefixes.** Every path is served below `/api/c2a/customer` too, and is the same there.

**Credentials.** `x-api-key` is a key of the tenant that `x-tn` names. A bearer token beside them is optional, \
unless the tenant asks for one, and can only take rights away. Whatever is wrong with credentials, the answer is \
401 without a body.

**Answers.** The media type is `application/clientOutput+Json`. `status.messageCode` tells outcomes apart; \
`status.errors` names every wrong field at once, and never repeats a value.

**Requests.** At most 64 KiB of `application/json` in UTF-8. Unknown properties are ignored. Wherever a string \
stands, even in those, control characters and Unicode noncharacters are refused. A tenant may have declared \
more fields mandatory than the schemas say.";

/// The document of this surface.
pub fn document() -> OpenApi {
    let routes = OpenApiRouter::default().nest("/api/v1/c2a/customer", endpoints());
    surface().document(routes.into_openapi())
}

fn surface() -> Surface {
    let mut schemas =
        vec![(FailureEnvelope::name().into_owned(), <FailureEnvelope as utoipa::PartialSchema>::schema())];
    FailureEnvelope::schemas(&mut schemas);
    let key = ApiKeyValue::with_description("x-api-key", "A key of the tenant.");
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("A token of the same tenant."))
        .build();
    Surface {
        title: "C2A customers",
        description: DESCRIPTION,
        tag: "Customers",
        tag_description: "The customers of a tenant.",
        tenant: header_parameter("x-tn", "The tenant's id: a UUID in any case.")
            .required(Required::True)
            .schema(Some(value::uuid()))
            .build(),
        schemes: vec![
            ("apiKey", SecurityScheme::ApiKey(ApiKey::Header(key))),
            ("bearer", SecurityScheme::Http(bearer)),
        ],
        security: vec![
            SecurityRequirement::new("apiKey", NO_SCOPES),
            SecurityRequirement::new("apiKey", NO_SCOPES).add("bearer", NO_SCOPES),
        ],
        schemas,
        silent: vec![("401", "The credentials are missing, wrong, expired or of another tenant: no body.")],
    }
}

const NO_SCOPES: [&str; 0] = [];

/// Failures that are documented together.
pub trait Failures {
    fn failures() -> Vec<C2aError>;
}

/// The responses of `T`, or of several in a tuple.
pub struct Answers<T>(PhantomData<T>);

impl<T: Failures> IntoResponses for Answers<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let id = CorrelationId(CORRELATION_ID.parse().unwrap_or(Uuid::nil()));
        let failures = T::failures().into_iter().map(|failure| failure.documented(id)).collect();
        answers::responses(failures, CONTENT_TYPE, &FailureEnvelope::name())
    }
}

/// What every operation can answer.
pub struct Always;
/// An operation that reads a body.
pub struct ReadsBody;
/// One whose body names a customer and no more.
pub struct ReadsIdentifier;
/// One whose body holds a customer.
pub struct ReadsCustomer;
/// One that reads a query.
pub struct ReadsQuery;
/// One for a customer that must be there.
pub struct FindsCustomer;
/// One that may meet another customer's identity.
pub struct TakesIdentity;

/// One that acts once for an `Idempotency-Key`.
pub struct ActsOnce;
/// One that may be meant for a certain version.
pub struct ExpectsVersion;

impl Failures for ActsOnce {
    fn failures() -> Vec<C2aError> {
        vec![C2aError::IdempotencyInProgress, C2aError::IdempotencyKeyReused]
    }
}

impl Failures for ExpectsVersion {
    fn failures() -> Vec<C2aError> {
        vec![C2aError::VersionMismatch { current: 4 }]
    }
}

impl Failures for Always {
    fn failures() -> Vec<C2aError> {
        vec![
            C2aError::Forbidden,
            C2aError::TooManyRequests,
            C2aError::DatabaseFailure,
            C2aError::Internal,
            C2aError::Unavailable,
        ]
    }
}

impl Failures for ReadsBody {
    fn failures() -> Vec<C2aError> {
        vec![
            C2aError::BadRequest,
            C2aError::RequestTimeout,
            C2aError::PayloadTooLarge,
            C2aError::UnsupportedMediaType,
        ]
    }
}

impl Failures for ReadsIdentifier {
    fn failures() -> Vec<C2aError> {
        vec![C2aError::invalid("externalId", Problem::Blank)]
    }
}

impl Failures for ReadsCustomer {
    fn failures() -> Vec<C2aError> {
        vec![C2aError::Invalid(vec![
            FieldError::new("claimedRegion.countryCode", Problem::UnknownCountryCode),
            FieldError::new("customer.email", Problem::InvalidEmail),
        ])]
    }
}

impl Failures for ReadsQuery {
    fn failures() -> Vec<C2aError> {
        vec![C2aError::invalid("urn", Problem::InvalidUrn)]
    }
}

impl Failures for FindsCustomer {
    fn failures() -> Vec<C2aError> {
        vec![C2aError::CustomerNotFound]
    }
}

impl Failures for TakesIdentity {
    fn failures() -> Vec<C2aError> {
        [Identity::ExternalId, Identity::Email, Identity::PhoneNumber].into_iter().filter_map(taken).collect()
    }
}

fn taken(identity: Identity) -> Option<C2aError> {
    let holder = CustomerUrn::parse("cu.00.482").ok()?;
    Some(C2aError::Taken { taken: vec![TakenIdentity { identity, holder }], show_holders: true })
}

macro_rules! several {
    ($($one:ident),+) => {
        impl<$($one: Failures),+> Failures for ($($one),+) {
            fn failures() -> Vec<C2aError> {
                let mut all = Vec::new();
                $(all.extend($one::failures());)+
                all
            }
        }
    };
}

several!(A, B);
several!(A, B, C);
several!(A, B, C, D);
several!(A, B, C, D, E);
several!(A, B, C, D, E, F);
several!(A, B, C, D, E, F, G);
