//! Every statement on a tenant's table names the tenant, for each table it touches, and is one that a database which shards by
//! tenant takes.
//!
//! Read off the statements as they are sent, from `.sqlx` and from the list of those that are made. A table is a tenant's when the migrations give it a
//! `tenant_id`.

mod scan;
mod sharding;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use azotte_customers::postgres::{customers, kept_replies};
use scan::{Tables, unguarded};

/// Statements that go beyond one tenant on purpose: a part of the text, and why. Each has to be needed.
const ALLOWED: [(&str, &str); 6] = [
    (
        "exists (select from tenant_domains where domain = $3 and tenant_id <> $1)",
        "a domain belongs to one tenant of all; whose it is, is not shown",
    ),
    (
        "delete from idempotency_records",
        "the sweep takes what has expired, whoever's it is, and shows nothing of it",
    ),
    (
        "revoked_at, last_used_at from api_keys where id = $1",
        "operators name a key by its id; the command line alone reads it",
    ),
    (
        "from tenants where $2::text is null or id = $1 or name = $2 order by",
        "operators see all tenants, and name one by its name; each is shown with the domains of its own",
    ),
    (
        "select feed.tenant_id from customer_feeds as feed where exists",
        "tenants with events to remove; each is then swept by itself",
    ),
    (
        "from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as used (tenant_id, id, at)",
        "last uses of keys of several tenants, each written where both its tenant and its id are",
    ),
];

/// Files with statements that the compiler does not check, and so are not in `.sqlx`, and how many.
const UNCHECKED: [(&str, usize); 13] = [
    // A setting.
    ("src/postgres/batch/lane.rs", 1),
    // Settings.
    ("src/postgres/connect.rs", 2),
    // Made from the list of columns; read here by `customers::statements`.
    ("src/postgres/customers/delete.rs", 1),
    // Citus' tables, a setting, and the script for operators.
    ("src/postgres/distribution.rs", 7),
    // A message for the log of writes, and backends of the server.
    ("src/postgres/health.rs", 1),
    ("src/postgres/pooler.rs", 2),
    ("src/postgres/reaper.rs", 1),
    // sqlx's own table of migrations.
    ("src/postgres/migrations.rs", 1),
    // A setting, an advisory lock, and the names of indexes.
    ("src/postgres/migration_steps.rs", 5),
    // Settings, the catalogue, and sqlx's own table of migrations.
    ("src/postgres/log_settings.rs", 1),
    ("src/postgres/ownership.rs", 4),
    ("src/postgres/privileges.rs", 3),
    // Made from lists of columns; read here by `customers::statements` and `kept_replies::statements`.
    ("src/postgres/statement.rs", 2),
];

#[test]
fn every_statement_names_the_tenant_of_every_table_it_touches() {
    let tables = Tables::of_migrations(&folder("migrations"));
    assert!(tables.len() >= 8, "{tables:?}");
    let statements = statements();
    assert!(statements.len() > 20, "only {} statements found", statements.len());
    let mut needed = BTreeSet::new();
    let mut violations = Vec::new();
    for statement in &statements {
        let found = unguarded(&tables, statement);
        match ALLOWED.iter().find(|(part, _)| scan::squeezed(statement).contains(part)) {
            Some((part, _)) if !found.is_empty() => drop(needed.insert(*part)),
            _ => violations.extend(found.iter().map(|table| format!("{table} in:\n{statement}"))),
        }
    }
    assert!(violations.is_empty(), "name the tenant, first:\n{}", violations.join("\n"));
    for (part, reason) in ALLOWED {
        assert!(needed.contains(part), "no longer needed: {part} ({reason})");
    }
}

#[test]
fn every_statement_is_one_that_citus_takes() {
    let found = statements().into_iter().flat_map(|statement| {
        let refused = sharding::refused(&statement);
        refused.into_iter().map(move |advice| format!("{advice}:\n{statement}"))
    });
    let found: Vec<_> = found.collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// On Citus the name of a constraint ends with the number of a shard.
#[test]
fn nothing_is_decided_by_the_name_of_a_constraint() {
    let is_code = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let asks = sources(&folder("src")).into_iter().filter(is_code).filter(|path| {
        let code = fs::read_to_string(path).unwrap();
        code.split("#[cfg(test)]").next().unwrap().contains(".constraint()")
    });
    // Where errors are logged.
    assert_eq!(asks.collect::<Vec<_>>(), [folder("src/postgres/error.rs")]);
}

#[test]
fn statements_that_nobody_checks_are_where_they_are_looked_for() {
    let mut found = Vec::new();
    for path in sources(&folder("src/postgres")) {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let count = ["query(", "query_as(", "query_scalar(", "query_with(", "raw_sql(", "QueryBuilder::"]
            .iter()
            .map(|call| code.matches(&format!("sqlx::{call}")).count())
            .sum::<usize>();
        if count > 0 {
            let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR").to_owned() + "/").unwrap();
            found.push((name.to_str().unwrap().to_owned(), count));
        }
    }
    found.sort();
    let mut expected = UNCHECKED.map(|(name, count)| (name.to_owned(), count));
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn planted_violations_are_found() {
    let tables = Tables::of(&["customers", "customer_events", "api_keys"]);
    for statement in [
        "select number from customers where external_id = $2",
        "select number from customers where number = $1 and tenant_id = $2",
        "select c.number from customers c join customer_events e on e.customer_number = c.number where c.tenant_id = $1",
        "select number from customers where tenant_id = $1 or external_id = $2",
        "select number from customers where tenant_id = $1 and number = (select number from customers where external_id = $2)",
        "select exists (select from customers where external_id = $1)",
        "select number from customers where tenant_id = $1 union all select number from customers",
        "update customers set email = null where number = $2",
        "update customers set email = null",
        "delete from customers using erased where customers.number = erased.number",
        "insert into customers (number, tenant_id) values ($1, $2)",
        "insert into customers (tenant_id, number) values ($2, $1)",
        "insert into customer_events (tenant_id, id) select tenant_id, $2 from customers where number = $3",
        "with found as (select tenant_id, number from customers where external_id = $2) select * from found",
        "select * from customers -- where tenant_id = $1",
        "select number from unnest($1::uuid[], $2::text[]) as input (tenant_id, external_id) join customers on customers.external_id = input.external_id",
        "select number from unnest($2::uuid[]) as input (tenant_id) join customers on customers.tenant_id = input.tenant_id",
        "select number from unnest($1::text[]) as input (external_id) join customers on customers.tenant_id = input.tenant_id",
        "insert into customers (tenant_id, number) select input.tenant_id, input.number from (select $2::uuid as tenant_id, 1 as number) as input",
        "select 'tenant_id = $1' from customers",
    ] {
        assert!(!unguarded(&tables, statement).is_empty(), "{statement}");
    }
}

#[test]
fn what_names_the_tenant_is_not_reported() {
    let tables = Tables::of(&["customers", "customer_events", "api_keys"]);
    for statement in [
        "select number from customers where tenant_id = $1 and external_id = $2",
        "select c.number from customers as c join customer_events e on e.tenant_id = c.tenant_id and e.x = c.x where c.tenant_id = $1",
        "select not exists (select from customers where tenant_id = $1 and external_id = $2)",
        "select api_keys.id from api_keys join tenants on tenants.id = api_keys.tenant_id where api_keys.tenant_id = $1",
        "insert into customers (tenant_id, number) values ($1, $2) on conflict do nothing",
        "with changed as (update customers set a = $3 where tenant_id = $1 and number = $2 returning tenant_id, number)
         insert into customer_events (tenant_id, id) select tenant_id, $4 from changed",
        "select name from tenants where id = $2",
        "select customers.number from unnest($1::uuid[], $2::text[]) with ordinality as input (tenant_id, external_id, place)
         join customers on customers.tenant_id = input.tenant_id and customers.external_id = input.external_id",
        "select customers.number from unnest($2::text[]) with ordinality as input (external_id, place)
         join customers on customers.tenant_id = $1::uuid and customers.external_id = input.external_id",
        "update customers set email = input.email from unnest($1::uuid[], $2::text[]) as input (tenant_id, email)
         where customers.tenant_id = input.tenant_id",
        "select (select number from customers where tenant_id = $1 and email_key = $3) as email",
    ] {
        assert_eq!(unguarded(&tables, statement), Vec::<String>::new(), "{statement}");
    }
}

fn statements() -> Vec<String> {
    let checked = fs::read_dir(folder(".sqlx")).unwrap().map(|entry| {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json["query"].as_str().unwrap().to_owned()
    });
    let made = customers::statements().into_iter().chain(kept_replies::statements());
    checked.chain(made.map(str::to_owned)).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
