//! Names that PostgreSQL would choose itself look like ours in the catalogue, so the files are looked at as well.

use azotte_customers::postgres::migrations::MIGRATOR;

#[test]
fn every_constraint_is_given_its_name() {
    for migration in MIGRATOR.iter() {
        let unnamed = unnamed_constraints(migration.sql.as_str());
        assert!(unnamed.is_empty(), "{}: write `constraint <name>` before {unnamed:?}", migration.version);
    }
}

#[test]
fn unnamed_constraints_are_found() {
    for line in [
        "id uuid primary key,",
        "primary key (tenant_id, id),",
        "name text unique,",
        "unique (name)",
        "age integer check (age > 0),",
        "tenant_id uuid references tenants (id),",
        "alter table a add foreign key (tenant_id) references tenants (id);",
    ] {
        assert_eq!(unnamed_constraints(line), [line], "{line}");
    }
    for line in [
        "constraint tenants_pkey primary key (id),",
        "constraint a_b_fkey foreign key (tenant_id, b)\n    references customers (tenant_id, number),",
        "create unique index a_b_key on a (b);",
        "alter table a add constraint a_b_check check (b > 0) not valid;",
        "-- a primary key would check it",
        "comment on table a is 'check (it)';",
    ] {
        assert_eq!(unnamed_constraints(line), Vec::<&str>::new(), "{line}");
    }
}

/// Lines with a constraint before which no name stands.
fn unnamed_constraints(sql: &str) -> Vec<&str> {
    const CONSTRAINTS: [&str; 5] = ["primary key", "unique ", "unique,", "check (", "foreign key"];
    let is_unnamed = |line: &&str| {
        let lower = line.to_lowercase();
        let inline_reference = lower.contains(" references ") && !lower.contains("foreign key");
        (inline_reference || CONSTRAINTS.iter().any(|word| lower.contains(word)))
            && !["constraint ", "--", "comment on "].iter().any(|start| lower.starts_with(start))
            && !lower.contains(" constraint ")
            && !lower.starts_with("create unique index")
    };
    sql.lines().map(str::trim).filter(is_unnamed).collect()
}
