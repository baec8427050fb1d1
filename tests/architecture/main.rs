//! Which file may import which, and the habits of the code, read off the source text.
//!
//! Comments, and the tests at a file's end, are not looked at.

mod imports;

use std::{collections::BTreeMap, fs, path::Path};

use imports::Imports;

/// Every module of `src/`, and which others it may import. `app` and `cli` put the program together.
const MAY_IMPORT: [(&str, &[&str]); 18] = [
    ("domain", &[]),
    ("telemetry", &["domain"]),
    ("service", &["domain"]),
    ("http", &["domain", "service", "telemetry"]),
    ("postgres", &["domain", "service", "telemetry"]),
    ("config", &["domain", "telemetry"]),
    ("sandbox", &["domain", "postgres"]),
    ("database", &["config", "domain", "postgres", "sandbox"]),
    ("fingerprints", &["config", "database", "domain", "postgres", "sandbox"]),
    ("tokens", &["config", "database", "domain", "http", "sandbox"]),
    ("startup", &["config", "database", "domain", "postgres", "sandbox", "service"]),
    ("workers", &["database", "http", "postgres", "service", "telemetry"]),
    ("listen", &[]),
    ("app", ABOVE),
    ("direct", ABOVE),
    ("cli", ABOVE),
    ("main", &["cli", "config"]),
    ("lib", &[]),
];
const ABOVE: &[&str] = &[
    "app",
    "config",
    "database",
    "direct",
    "domain",
    "fingerprints",
    "http",
    "listen",
    "postgres",
    "sandbox",
    "service",
    "startup",
    "telemetry",
    "tokens",
    "workers",
];
/// Files that are one thought may import each other; more than this many are a knot.
const LARGEST_CIRCLE: usize = 3;
const LONGEST_FILE: usize = 300;

/// Where files of the data folder are opened.
const OPENS_FILES: &str = "folder_files.rs";

const SQL: [&str; 6] =
    ["sqlx::query", "sqlx::raw_sql", "query!(", "query_as!(", "query_scalar!(", "QueryBuilder"];
const ATTICS: [&str; 7] = ["utils", "util", "helpers", "helper", "common", "misc", "shared"];

struct Rule {
    /// What to do about a violation.
    advice: &'static str,
    /// Of a file, by its path below `src/`, and one line of its code.
    is_broken: fn(&str, &str) -> bool,
}

const RULES: [Rule; 3] = [
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
fn imports_go_one_way() {
    let imports = Imports::of(&source_code());
    assert!(imports.iter().count() > 300, "only {} imports found", imports.iter().count());
    let found = upward(&imports);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn no_circle_of_files_crosses_a_folder() {
    let imports = Imports::of(&source_code());
    let found = knots(&imports);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// The data folder's owner may plant links there, and root must not follow them.
#[test]
fn files_of_the_data_folder_are_opened_in_one_place() {
    let mut found = Vec::new();
    for root in ["src/sandbox", "crates/embedded-postgres/src"] {
        for (path, text) in source_files(root) {
            let lines = code(&text).into_iter().filter(|(_, line)| path != OPENS_FILES && opens_a_file(line));
            found.extend(lines.map(|(number, line)| format!("{root}/{path}:{number}: {line}")));
        }
    }
    assert!(found.is_empty(), "{OPENS_FILES} opens files without following links:\n{}", found.join("\n"));
}

#[test]
fn planted_ways_to_open_a_file_are_found() {
    for line in [
        "let file = File::open(&path)?;",
        "std::fs::OpenOptions::new().write(true)",
        "use std::fs::{self, File, OpenOptions};",
        "fs::write(folder.join(name), secret)?;",
        "let secret = fs::read_to_string(&path)?;",
        "let secret = read_to_string(&path)?;",
        "tokio::fs::read(path).await",
        "fs::hard_link(&draft, path)",
    ] {
        assert!(opens_a_file(line), "{line}");
    }
    for line in [
        "folder.read(&path)",
        "fs::read_dir(folder)",
        r#"fs::read_to_string(format!("/proc/{process}/stat"))"#,
    ] {
        assert!(!opens_a_file(line), "{line}");
    }
}

/// Whether a line of code opens, reads, writes or removes a file by its path. Those of the kernel are nobody's.
fn opens_a_file(line: &str) -> bool {
    const WAYS: [&str; 10] = [
        "OpenOptions",
        "File::open",
        "File::create",
        "File::options",
        "fs::read(",
        "fs::write",
        "read_to_string(",
        "fs::copy",
        "fs::hard_link",
        "fs::remove_file",
    ];
    !line.contains("/proc/") && WAYS.iter().any(|way| line.contains(way))
}

#[test]
fn planted_imports_are_found() {
    let files = |planted: &[(&str, &str)]| {
        let files = planted.iter().map(|(path, code)| ((*path).to_owned(), (*code).to_owned()));
        Imports::of(&files.collect::<Vec<_>>())
    };
    for (importer, code, advice) in [
        ("domain/email.rs", "use crate::http::body;", "domain may not import http"),
        ("domain/email.rs", "use crate::{domain::text::Text, http::body};", "domain may not import http"),
        (
            "domain/email.rs",
            "use crate::{\n    http::{\n        body,\n    },\n};",
            "domain may not import http",
        ),
        ("domain/email.rs", "fn sent() -> crate::http::body::Body {", "domain may not import http"),
        ("postgres/row.rs", "use crate::http::body;", "postgres may not import http"),
        ("http/limits.rs", "use super::c2a::caller;", "only http/mod.rs may name a surface"),
        ("http/partner/get.rs", "use crate::http::c2a;", "only http/mod.rs may name a surface"),
        ("elsewhere/mod.rs", "", "elsewhere: not in MAY_IMPORT"),
    ] {
        let imports = files(&[
            (importer, code),
            ("http/body.rs", ""),
            ("http/c2a/mod.rs", ""),
            ("http/c2a/caller.rs", ""),
        ]);
        let found = upward(&imports);
        assert!(found.iter().any(|found| found.contains(advice)), "{importer}: {code}: {found:?}");
    }
    let knot = files(&[
        ("http/a/one.rs", "use super::super::b::two;"),
        ("http/b/two.rs", "crate::http::a::one::f()"),
    ]);
    assert!(knots(&knot)[0].contains("crosses"), "{:?}", knots(&knot));
    let ring = ["b", "c", "d", "a"].into_iter().zip(["a", "b", "c", "d"]);
    let ring: Vec<_> =
        ring.map(|(next, file)| (format!("http/{file}.rs"), format!("use super::{next};"))).collect();
    assert!(knots(&Imports::of(&ring))[0].contains("4 files"), "{:?}", knots(&Imports::of(&ring)));
}

/// Imports that [`MAY_IMPORT`] does not allow, and surfaces named by what they share.
fn upward(imports: &Imports) -> Vec<String> {
    let allowed: BTreeMap<_, _> = MAY_IMPORT.into_iter().collect();
    let root = |path: &str| path.split(['/', '.']).next().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for file in imports.files() {
        if !allowed.contains_key(root(file).as_str()) {
            found.push(format!("{}: not in MAY_IMPORT", root(file)));
        }
    }
    for (file, imported) in imports.iter() {
        let (from, to) = (root(file), root(imported));
        if from != to && !allowed.get(from.as_str()).is_some_and(|allowed| allowed.contains(&to.as_str())) {
            found.push(format!("src/{file} imports src/{imported}: {from} may not import {to}"));
        }
        let is_outside = |surface| imported.starts_with(surface) && !file.starts_with(surface);
        if ["http/c2a/", "http/partner/"].into_iter().any(is_outside) && file != "http/mod.rs" {
            found.push(format!("src/{file} imports src/{imported}: only http/mod.rs may name a surface"));
        }
    }
    found
}

fn knots(imports: &Imports) -> Vec<String> {
    let folder = |file: &&str| file.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let mut found = Vec::new();
    for circle in imports.circles() {
        if circle.iter().any(|file| folder(file) != folder(&circle[0])) {
            found.push(format!("a circle that crosses folders: {}", circle.join(", ")));
        } else if circle.len() > LARGEST_CIRCLE {
            found.push(format!("a circle of {} files: {}", circle.len(), circle.join(", ")));
        }
    }
    found
}

#[test]
fn planted_violations_are_found() {
    for (path, line, advice) in [
        ("cli/tenant.rs", r#"let rows = sqlx::query!("select 1").fetch_all(pool);"#, "SQL lives in"),
        ("http/ops.rs", r#"query_as!(Row, "select 1")"#, "SQL lives in"),
        ("service/health.rs", "use axum::response::Response;", "axum is known"),
        ("cli/serve.rs", "fn router() -> axum_server::Handle {", "axum is known"),
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
    if text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count() > LONGEST_FILE {
        report(1, "a file of more than 300 lines holds more than one idea: split it");
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

/// The code of each file, by its path below `src/`.
fn source_code() -> Vec<(String, String)> {
    let lines = |text: &str| code(text).into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n");
    source_files("src").into_iter().map(|(path, text)| (path, lines(&text))).collect()
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
