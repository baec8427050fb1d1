//! Every migration runs over rows such as production has by then, and the program still reads them.
//!
//! A new migration needs an entry in [`ROWS`]: rows of what it made, or an empty text when it made nothing.

use azotte_customers::{
    domain::{
        customer::CustomerRef,
        customer_urn::{Cell, CustomerUrn},
        precondition::Precondition,
        tenant::TenantId,
    },
    postgres::{
        customers::PgCustomers,
        migrations::{MIGRATOR, migrate},
        pool::Pool,
    },
    service::customers::{CustomersError, CustomersService},
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use uuid::{Uuid, uuid};

use crate::{caller::caller, empty_database, pool_limits::default_pool_limits};

const TENANT: Uuid = uuid!("00000000-0000-4000-8000-000000000001");

/// What is there once a migration has been in use for a while, written with the columns of that time.
const ROWS: [(i64, &str); 18] = [
    (
        20261121000100,
        "insert into tenants (id, name, jwt_required, required_fields, payment_channels, suspended_at) values
            ('00000000-0000-4000-8000-000000000001', 'globex', false, '{email}', '{CARD,SEPA}', null),
            ('00000000-0000-4000-8000-000000000002', 'initech', true, '{}', '{CARD}', now());
        insert into tenant_domains (tenant_id, domain) values
            ('00000000-0000-4000-8000-000000000001', 'globex.example.com'),
            ('00000000-0000-4000-8000-000000000001', 'globex.example.org'),
            ('00000000-0000-4000-8000-000000000002', 'initech.example.com');
        insert into api_keys
            (tenant_id, id, name, fingerprint, prefix, last_four, scopes, expires_at, revoked_at, last_used_at)
        select '00000000-0000-4000-8000-000000000001', gen_random_uuid(), 'key ' || number,
            sha256(number::text::bytea), 'sk_live_', 'abcd', '{customer.read,customer.write}',
            case when number % 2 = 0 then now() end, case when number % 3 = 0 then now() end, now()
        from generate_series(1, 10) as number",
    ),
    (
        20261121000200,
        "insert into customers
            (tenant_id, number, version, external_id, email, email_key, phone_number, salutation, first_name,
             last_name, gender, legal_type, billing_address, corporation_info, privacy, country_code,
             language_code, status)
        select '00000000-0000-4000-8000-000000000001', number, 2, 'crm-' || number,
            number || '@Example.com', number || '@example.com', '+4917012' || 10000 + number, 'Dr.', 'Jane', 'Doe',
            'Female', 'Individual', '{\"city\": \"Berlin\", \"countryCode\": \"DE\"}', null,
            '{\"newsletter\": true}', 'DE', 'de', 'Active'
        from generate_series(1, 500) as number;
        insert into customers
            (tenant_id, number, external_id, legal_type, corporation_info, country_code, language_code, status)
        values ('00000000-0000-4000-8000-000000000001', 501, 'crm-501', 'Corporate',
            '{\"companyName\": \"Globex\", \"further\": {\"lei\": 1.50}}', 'TR', 'tr', 'On_Hold');
        insert into customers (tenant_id, number, legal_type, country_code, status, erased_at)
        values ('00000000-0000-4000-8000-000000000001', 502, 'Individual', 'DE', 'Anonymized', now());
        insert into customer_events
            (tenant_id, id, customer_number, version, kind, actor, correlation_id, changed_fields)
        select tenant_id, gen_random_uuid(), number, version,
            case when erased_at is null then 'updated' else 'erased' end, 'key:' || gen_random_uuid(),
            gen_random_uuid(), '{email}'
        from customers",
    ),
    (
        20261121000300,
        "insert into admin_events (tenant_id, id, kind, subject, details)
        select id, gen_random_uuid(), 'tenant.created', id::text, '{}' from tenants",
    ),
    (
        20261121000400,
        "insert into resellers (tenant_id, id, name) values
            ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-00000000000a', 'Initech');
        insert into provider_instances (tenant_id, id, name) values
            ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-00000000000b', 'cloud');
        insert into partner_customers (tenant_id, customer_number, partner_id, reseller_id, email_as_text)
        select tenant_id, number, gen_random_uuid(), '00000000-0000-4000-8000-00000000000a', 'at the desk'
        from customers
        where number <= 100;
        insert into customer_associations (tenant_id, customer_number, reseller_id, name)
        select tenant_id, customer_number, reseller_id, 'Initech' from partner_customers;
        insert into provider_customers
            (tenant_id, customer_number, provider_instance_id, data, margin_rule, margin_value, offer_type_margins)
        select tenant_id, customer_number, '00000000-0000-4000-8000-00000000000b', '{\"Domain\": \"a\"}', 'Markup',
            10.6, '{\"license\": {\"rule\": \"Margin\", \"value\": 10}}'
        from partner_customers",
    ),
    (
        20261121000500,
        "insert into idempotency_records
            (tenant_id, operation, key_digest, salt, fingerprint, customer_number, status, body, expires_at)
        select tenant_id, 'c2a.store', sha256(number::text::bytea), 'salt', 'fingerprint', number, 200, '{}', now()
        from customers",
    ),
    (
        20261121000600,
        "update tenants set requests_per_second = 50, request_burst = 100 where name = 'globex'",
    ),
    (20261127000100, ""),
    (
        20261127000200,
        "insert into idempotency_mentions (tenant_id, operation, key_digest, customer_number)
         select tenant_id, operation, key_digest, 502 from idempotency_records where customer_number <= 100",
    ),
    (20261127001000, ""),
    (20261127001100, ""),
    (20261127001200, ""),
    (20261128000100, ""),
    (20261128000200, ""),
    (20261128000300, ""),
    (
        20261128000400,
        "update customer_events set position = place
        from (select id, row_number() over (order by id) as place from customer_events) as ordered
        where customer_events.id = ordered.id;
        update customer_feeds
        set position = (select count(*) from customer_events where tenant_id = customer_feeds.tenant_id)",
    ),
    (
        20261128000700,
        "update customers set source_version = 1764200000000 + number where number between 1 and 100",
    ),
    (20261128000710, ""),
    (20261128000720, ""),
];

#[tokio::test]
async fn every_migration_keeps_the_rows_it_meets_and_the_program_reads_them() {
    let options: PgConnectOptions = empty_database().await.parse().unwrap();
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    for migration in MIGRATOR.iter() {
        let rows = ROWS.iter().find(|(version, _)| *version == migration.version);
        let (version, rows) = rows.unwrap_or_else(|| panic!("{} has no entry in ROWS", migration.version));
        let before = counts(&mut connection).await;
        MIGRATOR.run_to(*version, &mut connection).await.unwrap();
        let after = counts(&mut connection).await;
        for table in &before {
            assert!(after.contains(table), "{version} loses or adds rows: {table:?} is not in {after:?}");
        }
        sqlx::raw_sql(*rows).execute(&mut connection).await.unwrap();
    }
    migrate(&options).await.unwrap();

    let customers = PgCustomers::new(Pool::new(&options, &default_pool_limits()), Cell::default(), || 0);
    for number in [1, 500, 501] {
        let found = customers.info(&caller(TenantId(TENANT)), &urn(number)).await;
        assert!(found.is_ok(), "customer {number}: {found:?}");
    }
    assert_eq!(
        customers.info(&caller(TenantId(TENANT)), &urn(502)).await.err(),
        Some(CustomersError::NotFound),
        "erased"
    );
    customers.delete(&caller(TenantId(TENANT)), &urn(1), &Precondition::None).await.unwrap();
}

/// Keys made before addresses were compared in NFC: brought into that form, unless another customer has the result.
#[tokio::test]
async fn keys_of_emails_are_brought_into_nfc() {
    let options: PgConnectOptions = empty_database().await.parse().unwrap();
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    MIGRATOR.run_to(20261121000600, &mut connection).await.unwrap();
    let rows = "insert into tenants (id, name, jwt_required, required_fields, payment_channels)
            values ('00000000-0000-4000-8000-000000000001', 'globex', false, '{}', '{CARD}');
        insert into customers
            (tenant_id, number, external_id, email, email_key, legal_type, country_code, language_code, status)
        select '00000000-0000-4000-8000-000000000001', number, 'crm-' || number, key, key, 'Individual', 'DE', 'de', 'Active'
        from (values
            (1, U&'jose\\0301@example.com'),
            (2, U&'anne\\0301@example.com'),
            (3, U&'ann\\00e9@example.com'),
            (4, U&'s\\0323\\0307@example.com'),
            (5, U&'s\\0307\\0323@example.com'),
            (6, U&'\\212a@example.com'),
            (7, 'plain@example.com')
        ) as rows (number, key)";
    sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();

    migrate(&options).await.unwrap();

    let keys: Vec<String> = sqlx::query_scalar("select email_key from customers order by number")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(
        keys,
        [
            "jos\u{e9}@example.com",
            "anne\u{301}@example.com",
            "ann\u{e9}@example.com",
            "\u{1e69}@example.com",
            "s\u{307}\u{323}@example.com",
            "k@example.com",
            "plain@example.com",
        ]
    );
}

/// Tables and their rows.
async fn counts(connection: &mut PgConnection) -> Vec<(String, i64)> {
    let tables = "select tablename::text from pg_tables
        where schemaname = 'public' and tablename <> '_sqlx_migrations' order by 1";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *connection).await.unwrap();
    let mut counts = Vec::new();
    for table in tables {
        let count = AssertSqlSafe(format!("select count(*) from {table}"));
        let count = sqlx::query_scalar(count).fetch_one(&mut *connection).await.unwrap();
        counts.push((table, count));
    }
    counts
}

fn urn(number: i64) -> CustomerRef {
    CustomerRef::Urn(CustomerUrn::parse(&format!("cu.00.{number}")).unwrap())
}
