//! The program's statements on one customer, as scripts of `pgbench`: what each request would cost by itself.
//!
//! The program asks for several customers in one statement. Here each is asked for alone and in the plainest form, so
//! that the comparison is with what a client of PostgreSQL can do without gathering. The columns are the program's.

use azotte_customers::postgres::customers::columns::{Column, list};

pub fn info() -> String {
    format!("\\set number random(1, 100000)\n{};\n", find())
}

pub fn validate() -> String {
    "\\set number random(1, 200000)
    select not exists (
        select from customers where tenant_id = :tenant and external_id = 'bench-' || :number::text
    );\n"
        .to_owned()
}

pub fn store() -> String {
    let columns = list(|column| column.name.to_owned());
    let values = list(|column| value(column, "new", "id", "'Jane'"));
    format!(
        "\\set id random(1, 4000000000000000000)
        with claimed as (
            select count(pg_advisory_xact_lock_shared(key)) as keys
            from unnest(array[:id::bigint, :id::bigint + 1]) as key
        ),
        inserted as (
            insert into customers (tenant_id, number, {columns})
            select :tenant, :id, {values}
            from claimed
            on conflict do nothing
            returning tenant_id, number, version, created_at, updated_at
        ),
        event as (
            insert into customer_events (tenant_id, id, customer_number, version, kind, actor, correlation_id)
            select tenant_id, gen_random_uuid(), number, version, 'stored', :actor, gen_random_uuid()
            from inserted
        )
        select version, created_at, updated_at from inserted;\n"
    )
}

/// The version comes from the read, as in the program.
pub fn update() -> String {
    let values = list(|column| {
        let value = value(column, "bench", "number", "'Jane ' || :name::text");
        format!("{} = {value}", column.name)
    });
    format!(
        "\\set number random(1, 100000)
        \\set name random(1, 4000000000)
        {}
        \\gset
        with changed as (
            update customers
            set {values},
                version = version + 1,
                updated_at = greatest(updated_at, now())
            where tenant_id = :tenant and number = :number and version = :version and erased_at is null
            returning tenant_id, number, version, updated_at
        ),
        event as (
            insert into customer_events (
                tenant_id, id, customer_number, version, kind, actor, correlation_id, changed_fields
            )
            select
                tenant_id, gen_random_uuid(), number, version, 'updated', :actor, gen_random_uuid(), '{{firstName}}'
            from changed
        )
        select version, updated_at from changed;\n",
        find()
    )
}

fn find() -> String {
    let columns = list(|column| column.name.to_owned());
    format!(
        "select number, version, {columns}, created_at, updated_at
        from customers
        where tenant_id = :tenant and number = :number and erased_at is null"
    )
}

/// What the benchmark's customers have in a column: `who` and the variable `id` make their identities.
fn value(column: &Column, who: &str, id: &str, first_name: &str) -> String {
    match column.name {
        "external_id" => format!("'{who}-' || :{id}::text"),
        "email" | "email_key" => format!("'{who}-' || :{id}::text || '@example.com'"),
        "first_name" => first_name.to_owned(),
        "last_name" => "'Doe'".to_owned(),
        "legal_type" => "'Individual'".to_owned(),
        "country_code" => "'DE'".to_owned(),
        "language_code" => "'de'".to_owned(),
        "status" => "'Active'".to_owned(),
        _ => format!("null::{}", column.sql_type),
    }
}
