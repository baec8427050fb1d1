//! The arrows between the layers and the habits of the house, read off the source text.
//!
//! A rule looks at one line of code at a time, without comments and without the tests at a file's end.

use std::{fs, path::Path};

const SQL: [&str; 6] =
    ["sqlx::query", "sqlx::raw_sql", "query!(", "query_as!(", "query_scalar!(", "QueryBuilder"];
const ATTICS: [&str; 7] = ["utils", "util", "helpers", "helper", "common", "misc", "shared"];

struct Rule {
    /// What to do about a violation.
    advice: &'static str,
    /// Of a file, by its path below `src/`, and one line of its code.
    is_broken: fn(&str, &str) -> bool,
}

const RULES: [Rule; 7] = [
    Rule {
        advice: "SQL lives in src/postgres: put a function there and call it",
        is_broken: |path, line| !path.starts_with("postgres/") && SQL.iter().any(|word| line.contains(word)),
    },
    Rule {
        advice: "axum is known in src/http (and app.rs) only: let the layer speak its own types",
        is_broken: |path, line| {
            !path.starts_with("http/") && path != "app.rs" && names(line).any(|name| name.starts_with("axum"))
        },
    },
    Rule {
        advice: "domain knows no other layer: move what it needs into src/domain, or the rule out of it",
        is_broken: |path, line| path.starts_with("domain/") && imports_other_than(line, &["domain"]),
    },
    Rule {
        advice: "service knows the domain only: what an edge needs is a trait here, implemented there",
        is_broken: |path, line| {
            path.starts_with("service/") && imports_other_than(line, &["domain", "service"])
        },
    },
    Rule {
        advice: "telemetry knows the domain only: pass in what it needs",
        is_broken: |path, line| {
            path.starts_with("telemetry/") && imports_other_than(line, &["domain", "telemetry"])
        },
    },
    Rule {
        advice: "config knows domain and telemetry only: convert a setting where it is used",
        is_broken: |path, line| {
            path.starts_with("config/") && imports_other_than(line, &["domain", "telemetry", "config"])
        },
    },
    Rule {
        advice: "no panics outside of tests: return an error, or take unwrap_or and the like",
        is_broken: |_, line| line.contains(".unwrap()") || line.contains(".expect("),
    },
];

#[test]
fn the_source_keeps_its_rules() {
    let mut violations = Vec::new();
    for (root, least) in [("src", 50), ("crates/embedded-postgres/src", 5)] {
        let files = source_files(root);
        assert!(files.len() > least, "only {} files found in {root}", files.len());
        for (path, text) in files {
            violations.extend(self::violations(&path, &text).iter().map(|found| format!("{root}/{found}")));
        }
    }
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

#[test]
fn planted_violations_are_found() {
    for (path, line, advice) in [
        ("cli/tenant.rs", r#"let rows = sqlx::query!("select 1").fetch_all(pool);"#, "SQL lives in"),
        ("http/ops.rs", r#"query_as!(Row, "select 1")"#, "SQL lives in"),
        ("service/health.rs", "use axum::response::Response;", "axum is known"),
        ("cli/serve.rs", "fn router() -> axum_server::Handle {", "axum is known"),
        ("domain/email.rs", "use crate::postgres::row::Row;", "domain knows"),
        ("domain/email.rs", "use crate::{domain::text::Text, http::field};", "domain knows"),
        ("domain/email.rs", "use crate::{\n    domain::text::Text,\n    http::field,\n};", "domain knows"),
        ("domain/email.rs", "fn to_row() -> crate::service::customers::Row {", "domain knows"),
        ("service/health.rs", "use crate::config::Config;", "service knows"),
        ("telemetry/metrics.rs", "use crate::postgres::pool::Pool;", "telemetry knows"),
        ("config/mod.rs", "use crate::http::auth::jwt_keys::MIN_SECRET_BYTES;", "config knows"),
        ("app.rs", "let pool = pool.unwrap();", "no panics"),
        ("app.rs", r#".expect("a pool")"#, "no panics"),
        ("http/utils.rs", "", "name it after what it does"),
        ("http/common/mod.rs", "", "name it after what it does"),
        ("http/c2a/store/sub/dto.rs", "", "at most three deep"),
    ] {
        let found = violations(path, &format!("//! A file.\n\n{line}\n"));
        assert_eq!(found.len(), 1, "{path}: {line}: {found:?}");
        assert!(found[0].contains(advice), "{path}: {line}: {found:?}");
    }
    assert!(violations("app.rs", "use std::fs;\n")[0].contains("starts with `//!`"));
}

#[test]
fn what_is_allowed_is_not_reported() {
    for (path, text) in [
        ("postgres/tenants.rs", "sqlx::query!(\"select 1\")"),
        ("http/mod.rs", "use axum::Router;"),
        ("app.rs", "router: axum::Router,"),
        ("lib.rs", "// the only place with axum, where sqlx::query is not"),
        ("domain/email.rs", "use crate::domain::{text::Text, problem::Problem};"),
        ("service/health.rs", "use crate::{domain::tenant::TenantId, service::storage_error::StorageError};"),
        ("config/mod.rs", "use crate::telemetry::LogFormat;"),
        ("app.rs", "#[cfg(test)]\nmod tests {\n    fn of() { Some(1).unwrap(); }\n}"),
        ("app.rs", "let found = found.unwrap_or_default(); // not .unwrap()"),
    ] {
        assert_eq!(violations(path, &format!("//! A file.\n{text}\n")), Vec::<String>::new(), "{path}");
    }
}

fn violations(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut report = |line: usize, advice: &str| found.push(format!("{path}:{line}: {advice}"));
    if !text.starts_with("//!") {
        report(1, "a file starts with `//!`: two to five lines on what it is for");
    }
    if path.split('/').count() > 3 {
        report(1, "modules are at most three deep: move it up");
    }
    if path.split(['/', '.']).any(|part| ATTICS.contains(&part)) {
        report(1, "a module that could hold anything will: name it after what it does");
    }
    for (number, line) in code(text) {
        for rule in RULES.iter().filter(|rule| (rule.is_broken)(path, &line)) {
            report(number, rule.advice);
        }
    }
    found
}

/// Lines with their numbers, less comments, up to the tests. A `use` of several lines counts as one.
fn code(text: &str) -> Vec<(usize, String)> {
    let mut code: Vec<(usize, String)> = Vec::new();
    let mut is_in_use = false;
    for (index, line) in text.lines().take_while(|line| line.trim() != "#[cfg(test)]").enumerate() {
        let line = line.split("//").next().unwrap_or_default().trim();
        match code.last_mut() {
            Some((_, begun)) if is_in_use => begun.push_str(line),
            _ => code.push((index + 1, line.to_owned())),
        }
        is_in_use =
            (is_in_use || line.starts_with("use ") || line.starts_with("pub use ")) && !line.ends_with(';');
    }
    code
}

/// Every word of a line that could be a crate or a module.
fn names(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
}

/// Whether a line names a module of ours other than `allowed`.
fn imports_other_than(line: &str, allowed: &[&str]) -> bool {
    let roots =
        line.match_indices("crate::").flat_map(|(start, root)| first_names(&line[start + root.len()..]));
    roots.into_iter().any(|name| !allowed.contains(&name))
}

/// `text` of `text::Text`, and `text` and `http` of `{text::Text, http::{field, json}}`.
fn first_names(path: &str) -> Vec<&str> {
    let Some(group) = path.strip_prefix('{') else { return names(path).take(1).collect() };
    let mut depth = 0;
    let items = group.split(|character| {
        depth += match character {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        character == ',' && depth == 0
    });
    items.filter_map(|item| names(item.trim()).next()).filter(|name| !name.is_empty()).collect()
}

/// Paths below a folder of the repository with their texts.
fn source_files(root: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    let mut folders = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                files.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    files
}
