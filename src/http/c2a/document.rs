//! What the C2A document says beside its operations.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Required, SecurityRequirement,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::error::FailureEnvelope;
use crate::http::{
    body::schema,
    openapi::{Surface, header_parameter},
};

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

**Requests.** At most 64 KiB (`compare`: 6 MiB) of `application/json` in UTF-8. Unknown properties are ignored, and told in \
`Unrecognized-Properties`. Wherever a string \
stands, even in those, control characters and Unicode noncharacters are refused, and no field is a blank string. \
Codes of countries and languages have to exist. A tenant may have declared more fields mandatory than the schemas \
say.";

/// What this surface's document says beside its operations.
pub fn surface() -> Surface {
    let mut schemas = vec![(FailureEnvelope::name().into_owned(), FailureEnvelope::schema())];
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
        // Without the format: openapi-python-client hands a UUID over as it is, which httpx refuses in a header.
        tenant: header_parameter("x-tn", "The tenant's id: a UUID in any case.")
            .required(Required::True)
            .schema(Some(schema::plain()))
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
        bodyless: vec![("401", "The credentials are missing, wrong, expired or of another tenant: no body.")],
    }
}

const NO_SCOPES: [&str; 0] = [];
