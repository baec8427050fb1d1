//! The OpenAPI documents of the two surfaces: made of the route declarations, never written by hand.
//!
//! A handler's `#[utoipa::path]` says what is its own; what all of a surface's operations have in common
//! (headers, security, 401) is added here. The files in `openapi/` are copies that a test compares.

pub mod failures;
pub mod responses;

use utoipa::{
    IntoParams,
    openapi::{
        ContactBuilder, Header, Info, InfoBuilder, LicenseBuilder, Object, OpenApi, OpenApiBuilder, RefOr,
        Required, Response, SecurityRequirement, Server, Tag,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
        schema::{ObjectBuilder, Schema, Type},
        security::SecurityScheme,
        tag::TagBuilder,
    },
};

use crate::http::body::schema::{self, Schemas};

/// A document as it is published, ending in a line break.
pub fn to_json(document: &OpenApi) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
}

/// What one surface's document says beside its operations.
pub struct Surface {
    pub title: &'static str,
    pub description: &'static str,
    pub tag: &'static str,
    pub tag_description: &'static str,
    /// Credentials that are headers of their own.
    pub tenant: Parameter,
    pub schemes: Vec<(&'static str, SecurityScheme)>,
    /// Any one of these suffices.
    pub security: Vec<SecurityRequirement>,
    pub schemas: Schemas,
    /// Failures without a body: status and description.
    pub bodyless: Vec<(&'static str, &'static str)>,
}

impl Surface {
    /// The document of `routes`, whose operations it completes.
    pub fn document(self, mut routes: OpenApi) -> OpenApi {
        for item in routes.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.post, &mut item.delete];
            operations.into_iter().flatten().for_each(|operation| self.complete(operation));
        }
        let mut components = routes.components.take().unwrap_or_default();
        components.schemas.extend(self.schemas);
        components.add_security_schemes_from_iter(self.schemes);
        OpenApiBuilder::new()
            .info(info(self.title, self.description))
            .servers(Some([Server::new("/")]))
            .paths(routes.paths)
            .components(Some(components))
            .security(Some(self.security))
            .tags(Some([tag(self.tag, self.tag_description)]))
            .build()
    }

    fn complete(&self, operation: &mut Operation) {
        operation.tags = Some(vec![self.tag.to_owned()]);
        let parameters = operation.parameters.get_or_insert_default();
        parameters.push(self.tenant.clone().into());
        parameters.push(correlation_id().into());
        let is_query = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if matches!(parameter.parameter_in, ParameterIn::Query));
        let has_names =
            operation.request_body.is_some() || operation.parameters.iter().flatten().any(is_query);
        let responses = &mut operation.responses.responses;
        for (status, description) in &self.bodyless {
            responses.insert((*status).to_owned(), Response::new(*description).into());
        }
        for (status, response) in responses {
            let RefOr::T(response) = response else { continue };
            for (name, header) in headers(status, has_names) {
                response.headers.insert(name.to_owned(), header.into());
            }
        }
    }
}

fn info(title: &str, description: &str) -> Info {
    let license =
        LicenseBuilder::new().name(env!("CARGO_PKG_LICENSE")).identifier(Some(env!("CARGO_PKG_LICENSE")));
    InfoBuilder::new()
        .title(title)
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(description))
        .contact(Some(ContactBuilder::new().name(Some("Whoever runs this server")).build()))
        .license(Some(license.build()))
        .build()
}

fn tag(name: &str, description: &str) -> Tag {
    TagBuilder::new().name(name).description(Some(description)).build()
}

fn correlation_id() -> Parameter {
    header_parameter(
        "X-Correlation-Id",
        "Ties the answer, the log and the audit trail together. Anything but a UUID is replaced.",
    )
    .required(Required::False)
    .schema(Some(schema::plain()))
    .build()
}

/// `Idempotency-Key`, of operations that act once for it.
pub struct IdempotencyKeyParam;

/// `If-Match`, of operations that change a customer.
pub struct IfMatchParam;

/// `If-None-Match`, of operations that show one.
pub struct IfNoneMatchParam;

impl IntoParams for IdempotencyKeyParam {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Makes it safe to send this request again: for 72 hours the same content under the same \
            key gets the same reply, with `Idempotent-Replayed: true`, and is not done again. Visible ASCII characters, \
            such as a UUID.";
        let key = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
        optional_header("Idempotency-Key", description, key.build())
    }
}

impl IntoParams for IfMatchParam {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Do it only if the customer is at this version: the `ETag` of an earlier answer, such as `\"3\"`.";
        optional_header("If-Match", description, schema::plain())
    }
}

impl IntoParams for IfNoneMatchParam {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description =
            "Answer 304 without a body if the customer is still at this version, such as `\"3\"`.";
        optional_header("If-None-Match", description, schema::plain())
    }
}

/// Its example stands in the description: the page at `/docs/` would fill in and send one of its own.
fn optional_header(name: &str, description: &str, schema: Object) -> Vec<Parameter> {
    vec![header_parameter(name, description).required(Required::False).schema(Some(schema)).build()]
}

/// The correlation id of every example.
const CORRELATION_ID: &str = "0190a5d2-7f3b-7c1e-9a44-3b2f6c8d1e07";

pub fn header_parameter(name: &str, description: &str) -> ParameterBuilder {
    ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).description(Some(description))
}

/// A query parameter that is not required.
pub fn query_parameter(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
}

/// Statuses of what is answered before body and query are read.
const BEFORE_READING: [&str; 6] = ["401", "403", "408", "413", "415", "429"];

const UNRECOGNIZED_PROPERTIES: &str = "Up to 10 properties or query parameters of the request that mean nothing here and were \
    ignored, such as `customer.firstname`. Left out where there are none.";

/// Headers of every answer with this status; `has_names`: of an operation that reads a body
/// or a query.
fn headers(status: &str, has_names: bool) -> Vec<(&'static str, Header)> {
    let mut headers = vec![(
        "X-Correlation-Id",
        header(schema::uuid(), "The correlation id that was sent, or the one made for this request."),
    )];
    if has_names && !BEFORE_READING.contains(&status) {
        headers.push(("Unrecognized-Properties", header(schema::plain(), UNRECOGNIZED_PROPERTIES)));
    }
    match status {
        "401" => {
            headers.push(("WWW-Authenticate", header(schema::plain(), "Which credentials are asked for.")))
        }
        "429" => headers.push(("Retry-After", header(schema::plain(), "Seconds after which to try again."))),
        "503" => headers.push(("Retry-After", header(schema::plain(), "Seconds after which to try again."))),
        _ => {}
    }
    headers
}

fn header(schema: Object, description: &str) -> Header {
    let mut header = Header::new(schema);
    header.description = Some(description.to_owned());
    header
}
