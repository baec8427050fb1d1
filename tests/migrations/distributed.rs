//! Each migration is applied to tables that are distributed: what Citus refuses there is found in its text, because no Citus runs
//! where every change is tested. `tests/migrations/citus.rs` applies them to one.
//!
//! A file is sent as one message, and Citus takes one change of a distributed table in a message; a `do` block is one.

use azotte_customers::postgres::{migrations::MIGRATOR, migrations_on_citus};

#[test]
fn every_migration_is_one_that_citus_takes() {
    let mut tables = Vec::new();
    for migration in migrations_on_citus::migrator(&MIGRATOR).iter() {
        assert_eq!(refused(migration.sql.as_str(), &tables), Vec::<&str>::new(), "{}", migration.version);
        tables.extend(created(migration.sql.as_str()));
    }
    tables.clear();
    for migration in MIGRATOR.iter() {
        let sql = migration.sql.as_str();
        let found = refused(sql, &tables);
        let has_another_form = migrations_on_citus::versions().any(|version| version == migration.version);
        assert_eq!(!found.is_empty(), has_another_form, "{}: {found:?}", migration.version);
        tables.extend(created(sql));
    }
    assert!(tables.len() > 10, "{tables:?}");
}

#[test]
fn what_citus_refuses_is_found() {
    let tables = ["customers".to_owned()];
    for (sql, advice) in [
        (
            "alter table customers add column a text; create index i on customers (a);",
            "one change of a table",
        ),
        (
            "alter table customers add column a text; alter table customers add column b text;",
            "one change of a table",
        ),
        (
            "create table t (a text); alter table customers add column b text; drop index x; ",
            "one change of a table",
        ),
        ("alter table customers add column a int check (a > 0)", "name the constraint"),
        ("do $$ begin alter table customers add column a int unique; end $$", "name the constraint"),
        ("alter table customers add column a int references t (a)", "name the constraint"),
        (
            "alter table customers add column a int, add constraint c check (a > 0)",
            "add a constraint by itself",
        ),
        (
            "do $$ begin alter table customers add constraint c check (a > 0), alter column a set default 1; end $$",
            "add a constraint by itself",
        ),
    ] {
        let found = refused(sql, &tables);
        assert!(found.iter().any(|found| found.starts_with(advice)), "{advice}: {found:?}: {sql}");
    }
}

#[test]
fn what_citus_takes_is_not_reported() {
    let tables = ["customers".to_owned()];
    for sql in [
        "-- a; b\nalter table customers add column a text; comment on column customers.a is 'one; two';",
        "do $$ begin alter table customers add column a text; alter table customers add column b text; end $$;",
        "create table t (a int check (a > 0), b int); create index i on t (b); insert into t select 1, 2;",
        "alter table customers add column a int constraint c check (a > 0)",
        "alter table customers add column a text, add column b text",
        "alter table customers add constraint c check (a > 0 or b in (1, 2)) not valid",
        "create index concurrently i on customers (a, b)",
    ] {
        assert_eq!(refused(sql, &tables), Vec::<&str>::new(), "{sql}");
    }
}

/// What is wrong with a migration, each as what to do. `tables` are those of earlier ones.
fn refused(sql: &str, tables: &[String]) -> Vec<&'static str> {
    let text = without_comments_and_texts(sql);
    let inside = text.split("$$").nth(1);
    let statements: Vec<Vec<&str>> =
        inside.unwrap_or(&text).split(';').map(words).filter(|words| !words.is_empty()).collect();
    let changes = statements
        .iter()
        .filter(|words| changed_table(words).is_some_and(|table| tables.iter().any(|it| it == table)));
    let alters = || statements.iter().filter(|words| words.starts_with(&["alter", "table"]));
    let mut found = Vec::new();
    if inside.is_none() && changes.count() > 1 {
        found.push("one change of a table that is there, or all of them in a `do` block");
    }
    if alters().any(|words| subcommands(words).any(adds_column_with_unnamed_constraint)) {
        found.push("name the constraint of an added column");
    }
    if alters().any(|words| {
        subcommands(words).count() > 1 && subcommands(words).any(|it| it.starts_with(&["add", "constraint"]))
    }) {
        found.push("add a constraint by itself");
    }
    found
}

/// The table of `alter table t`, `create index … on t`, and of `drop index` any.
fn changed_table<'a>(words: &[&'a str]) -> Option<&'a str> {
    match words {
        ["alter", "table", table, ..] => Some(*table),
        ["create", "index" | "unique", rest @ ..] => {
            rest.iter().skip_while(|word| **word != "on").nth(1).copied()
        }
        // Of what table is not said.
        ["drop", "index", ..] => Some("customers"),
        _ => None,
    }
}

/// What follows the table, between the commas that are in no parentheses.
fn subcommands<'a, 'b>(words: &'b [&'a str]) -> impl Iterator<Item = &'b [&'a str]> {
    let mut depth = 0;
    words[3.min(words.len())..].split(move |word| {
        depth += i32::from(*word == "(") - i32::from(*word == ")");
        *word == "," && depth == 0
    })
}

fn adds_column_with_unnamed_constraint(subcommand: &[&str]) -> bool {
    let is_constraint = |word: &&str| ["check", "unique", "references", "primary"].contains(word);
    subcommand.starts_with(&["add", "column"])
        && subcommand.iter().any(is_constraint)
        && !subcommand.contains(&"constraint")
}

fn created(sql: &str) -> Vec<String> {
    let text = without_comments_and_texts(sql);
    let statements = text.split(';').map(words);
    statements
        .filter(|words| words.starts_with(&["create", "table"]))
        .map(|words| words[2].to_owned())
        .collect()
}

fn words(statement: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in statement.split_whitespace().flat_map(|word| word.split_inclusive(['(', ')', ','])) {
        let name = word.trim_end_matches(['(', ')', ',']);
        words.extend([name, &word[name.len()..]].into_iter().filter(|part| !part.is_empty()));
    }
    if let Some("begin") = words.first().copied() {
        words.remove(0);
    }
    words
}

fn without_comments_and_texts(sql: &str) -> String {
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let code = lines.collect::<Vec<_>>().join("\n").to_lowercase();
    code.split('\'').step_by(2).collect::<Vec<_>>().join("''")
}
