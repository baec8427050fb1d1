//! The endpoints of C2A, as the OpenAPI document has them: a list of them cannot be short of one.

use std::collections::{BTreeMap, BTreeSet};

use super::Document;

/// Upstream's documents print one and call the other.
pub const PREFIXES: [&str; 2] = ["/api/c2a/customer", "/api/v1/c2a/customer"];

/// What stands after a prefix, as `/store`, and its methods.
pub fn endpoints() -> BTreeMap<String, Vec<String>> {
    let methods = Document::c2a().methods().into_iter();
    methods.map(|(path, methods)| (path.strip_prefix(PREFIXES[1]).unwrap().to_owned(), methods)).collect()
}

/// Those that take a body.
pub fn with_body() -> Vec<String> {
    endpoints().into_iter().filter(|(_, methods)| methods == &["POST"]).map(|(end, _)| end).collect()
}

/// Of a test's own list, such as `["store", "info"]`.
pub fn assert_all_in(listed: &[&str]) {
    let listed: BTreeSet<_> = listed.iter().map(|name| format!("/{name}")).collect();
    let missing: Vec<_> = endpoints().into_keys().filter(|endpoint| !listed.contains(endpoint)).collect();
    assert!(missing.is_empty(), "not tested: {missing:?}");
}
