//! What the partner document says beside its operations.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Required, SecurityRequirement,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::error::ErrorObject;
use crate::http::{
    body::schema,
    openapi::{Surface, header_parameter},
};

const DESCRIPTION: &str = "\
The customers of a CSP and its resellers.

**Credentials.** A bearer token of the tenant, whose `roles` hold `csp` or `reseller`; a reseller's token says \
which (`reseller_id`), and sees and creates its own customers only. `X-Tenant` is a domain of the same tenant. \
No valid token: 401. A token that gives no access here: 403. Both have no body.

**One record.** A customer created here is a customer of the C2A API too, by its id as `exId`.

**Errors.** `errors` names every wrong property at once, and never repeats a value.

**Requests.** At most 64 KiB of `application/json` in UTF-8. Unknown properties are ignored, and told in \
`Unrecognized-Properties`; those that the server owns are only ignored: `providerCustomerId`, `status`, `customerCreationError`. Margins are also read in the \
spelling of older clients: `MarginRule`, `Name`, `Value`, and a dictionary of offer types within a property \
`Value`. Wherever a string stands, control characters and Unicode noncharacters are refused, \
and no property is a blank string. Codes of countries have to exist.";

/// What this surface's document says beside its operations.
pub fn surface() -> Surface {
    let mut schemas = vec![(ErrorObject::name().into_owned(), ErrorObject::schema())];
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
            .schema(Some(schema::plain()))
            .build(),
        schemes: vec![("bearer", SecurityScheme::Http(bearer))],
        security: vec![SecurityRequirement::new("bearer", NO_SCOPES)],
        schemas,
        bodyless: vec![
            ("401", "The token is missing, wrong or expired: no body."),
            ("403", "The token gives no access here, whatever the reason: no body."),
        ],
    }
}

const NO_SCOPES: [&str; 0] = [];
