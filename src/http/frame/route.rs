//! Which route a path is, known before the router is asked: what a stranger is told must not depend on it.

use crate::http::auth::surface::Surface;

pub const C2A: &str = "/api/c2a/customer";
pub const C2A_V1: &str = "/api/v1/c2a/customer";
pub const PARTNER: &str = "/v1/Customers";

/// All that lies below a prefix is its API's, routes or not.
const PREFIXES: [(&str, Surface); 3] =
    [(C2A, Surface::C2a), (C2A_V1, Surface::C2a), (PARTNER, Surface::Partner)];

/// Every route there is, as logs, metrics and traces name it. A test compares those of the APIs with the OpenAPI
/// documents.
const TEMPLATES: [&str; 33] = [
    "/api/c2a/customer/bulk",
    "/api/c2a/customer/compare",
    "/api/c2a/customer/delete",
    "/api/c2a/customer/events",
    "/api/c2a/customer/export",
    "/api/c2a/customer/info",
    "/api/c2a/customer/store",
    "/api/c2a/customer/update",
    "/api/c2a/customer/validate",
    "/api/v1/c2a/customer/bulk",
    "/api/v1/c2a/customer/compare",
    "/api/v1/c2a/customer/delete",
    "/api/v1/c2a/customer/events",
    "/api/v1/c2a/customer/export",
    "/api/v1/c2a/customer/info",
    "/api/v1/c2a/customer/store",
    "/api/v1/c2a/customer/update",
    "/api/v1/c2a/customer/validate",
    "/v1/Customers",
    "/v1/Customers/{id}",
    "/",
    "/.well-known/jwks.json",
    "/docs",
    "/docs/",
    "/docs/config.json",
    "/docs/init.js",
    "/docs/page.css",
    "/docs/swagger-ui-bundle.js",
    "/docs/swagger-ui.css",
    "/health/live",
    "/health/ready",
    "/openapi/c2a.json",
    "/openapi/partner.json",
];

/// In place of a template: a path is the caller's text.
const NO_ROUTE: &str = "-";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// As it is written in the OpenAPI documents; `-` where there is none.
    pub template: &'static str,
    /// The API that the path belongs to; none for what is open to everybody.
    pub surface: Option<Surface>,
}

impl Route {
    pub fn of(path: &str) -> Self {
        let template = TEMPLATES.into_iter().find(|template| is_of(template, path));
        let surface = PREFIXES.into_iter().find(|(prefix, _)| is_below(prefix, path));
        Self { template: template.unwrap_or(NO_ROUTE), surface: surface.map(|(_, surface)| surface) }
    }

    pub fn is_health(self) -> bool {
        self.template.starts_with("/health/")
    }
}

/// A segment in braces is any text.
fn is_of(template: &str, path: &str) -> bool {
    if !template.contains('{') {
        return template == path;
    }
    let is_parameter = |segment: &str| segment.starts_with('{');
    let (mut expected, mut sent) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), sent.next()) {
            (None, None) => return true,
            (Some(expected), Some(sent)) if expected == sent => {}
            (Some(expected), Some(sent)) if is_parameter(expected) && !sent.is_empty() => {}
            _ => return false,
        }
    }
}

fn is_below(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::http::documents;

    #[test]
    fn the_routes_of_the_apis_are_those_of_their_documents() {
        let ours: BTreeSet<_> =
            TEMPLATES.into_iter().filter(|template| Route::of(template).surface.is_some()).collect();
        let documents =
            [documents().c2a, documents().partner].map(|text| serde_json::from_str(text).unwrap());
        let paths =
            documents.iter().flat_map(|document: &Value| document["paths"].as_object().unwrap().keys());
        let documented: BTreeSet<_> =
            paths.flat_map(|path| [path.clone(), path.replace(C2A_V1, C2A)]).collect();

        assert_eq!(ours, documented.iter().map(String::as_str).collect());
    }

    #[test]
    fn a_path_is_a_route_as_a_whole_and_of_its_api_whatever_follows_the_prefix() {
        for (path, template, surface) in [
            ("/api/c2a/customer/store", "/api/c2a/customer/store", Some(Surface::C2a)),
            ("/api/c2a/customer/store/", "-", Some(Surface::C2a)),
            ("/api/c2a/customer/%73tore", "-", Some(Surface::C2a)),
            ("/api/v1/c2a/customer", "-", Some(Surface::C2a)),
            ("/api/v1/c2a/customers", "-", None),
            ("/v1/Customers", "/v1/Customers", Some(Surface::Partner)),
            ("/v1/Customers/", "-", Some(Surface::Partner)),
            ("/v1/Customers/42", "/v1/Customers/{id}", Some(Surface::Partner)),
            ("/v1/Customers/42/43", "-", Some(Surface::Partner)),
            ("/v1/customers/42", "-", None),
            ("/docs/", "/docs/", None),
            ("*", "-", None),
            ("", "-", None),
        ] {
            assert_eq!(Route::of(path), Route { template, surface }, "{path}");
        }
    }
}
