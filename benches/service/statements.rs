//! The program's own statements as scripts of `pgbench`.
//!
//! `.sqlx` holds the text of every statement of the program. A script finds a statement there by words that only this
//! one has, and says what `pgbench` puts in place of each of its parameters.

use std::{fs, path::Path};

/// A statement, and the values of `$1`, `$2`, … in this order.
struct Statement {
    name: &'static str,
    words: &'static [&'static str],
    values: &'static [&'static str],
}

const FIND: Statement = Statement {
    name: "info",
    words: &["from customers", "billing_address as", "number = coalesce(", "erased_at is null"],
    values: &[":tenant", ":number", ":nobody"],
};

const IS_FREE: Statement = Statement {
    name: "validate",
    words: &["select not exists", "from customers", "external_id = $2"],
    values: &[":tenant", "'bench-' || :number::text"],
};

const INSERT: Statement = Statement {
    name: "store",
    words: &["insert into customers (", "on conflict do nothing", "'stored'"],
    values: &[
        ":tenant",
        ":id",
        "'new-' || :id::text",
        "'new-' || :id::text || '@example.com'",
        "'new-' || :id::text || '@example.com'",
        "null",
        "null",
        "'Jane'",
        "'Doe'",
        "null",
        "'Individual'",
        "null",
        "null",
        "null",
        "'DE'",
        "'de'",
        "'Active'",
        "gen_random_uuid()",
        ":actor",
        "gen_random_uuid()",
        "array[:id::bigint, :id::bigint + 1]",
    ],
};

const UPDATE: Statement = Statement {
    name: "update",
    words: &["update customers", "set external_id = $4", "'updated'"],
    values: &[
        ":tenant",
        ":number",
        ":version",
        "'bench-' || :number::text",
        "'bench-' || :number::text || '@example.com'",
        "'bench-' || :number::text || '@example.com'",
        "null",
        "null",
        "'Jane ' || :name::text",
        "'Doe'",
        "null",
        "'Individual'",
        "null",
        "null",
        "null",
        "'DE'",
        "'de'",
        "'Active'",
        "gen_random_uuid()",
        ":actor",
        "gen_random_uuid()",
        "'{firstName}'",
    ],
};

pub fn info() -> String {
    format!("\\set number random(1, 100000)\n{};\n", FIND.text())
}

pub fn validate() -> String {
    format!("\\set number random(1, 200000)\n{};\n", IS_FREE.text())
}

pub fn store() -> String {
    format!("\\set id random(1, 4000000000000000000)\n{};\n", INSERT.text())
}

/// The version comes from the read, as in the program.
pub fn update() -> String {
    let random = "\\set number random(1, 100000)\n\\set name random(1, 4000000000)";
    format!("{random}\n{}\n\\gset\n{};\n", FIND.text(), UPDATE.text())
}

/// Panics unless each statement is found exactly once, with as many parameters as values.
pub fn check() {
    for statement in [FIND, IS_FREE, INSERT, UPDATE] {
        statement.text();
    }
}

impl Statement {
    fn text(&self) -> String {
        let found: Vec<_> = queries()
            .into_iter()
            .filter(|query| self.words.iter().all(|word| query.contains(word)))
            .collect();
        let [query] = found.as_slice() else {
            panic!("{}: {} statements in .sqlx contain {:?}", self.name, found.len(), self.words);
        };
        let query = plain_columns(query);
        assert!(!query.contains(&format!("${}", self.values.len() + 1)), "{}: too few values", self.name);
        // From the last on, so that $1 is not found in $12.
        self.values.iter().enumerate().rev().fold(query, |query, (index, value)| {
            let parameter = format!("${}", index + 1);
            assert!(query.contains(&parameter), "{}: no {parameter}", self.name);
            query.replace(&parameter, value)
        })
    }
}

/// Without the types that sqlx reads off the names of columns, such as `"privacy: _"`.
fn plain_columns(query: &str) -> String {
    let parts = query.trim().split('"').enumerate();
    parts
        .map(
            |(index, part)| {
                if index % 2 == 1 { part.trim_end_matches(['!', '?', ':', '_', ' ']) } else { part }
            },
        )
        .collect()
}

fn queries() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    let files = fs::read_dir(folder).expect("the folder .sqlx").map(|file| file.expect("a file").path());
    let text = |path| fs::read_to_string(path).expect("a description of a statement");
    let query = |text: String| {
        let description: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        description["query"].as_str().expect("a query").to_owned()
    };
    files.map(text).map(query).collect()
}
