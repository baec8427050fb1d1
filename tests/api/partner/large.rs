//! `GET /v1/Customers` in a tenant of many customers: what a page reads, holds and counts has bounds of its own.

use std::{collections::HashSet, fs, path::Path};

use azotte_customers::sandbox::seed;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::{
    Client, Server,
    partners::{INSTANCE, RESELLER, customer, customer_with},
    skipped,
};

const NO_PLAN: &str = "the plan that is looked at is the coordinator's, which scans nothing";
const MANY: usize = 60_000;
/// Rows that a page of 26 may read.
const FEW: f64 = 200.0;

/// Customers by the numbers 1000, 2000 and so on; each hundredth is the reseller's.
async fn fill(server: &Server, count: usize) {
    let fill = format!(
        "insert into customers (tenant_id, number, external_id, legal_type, corporation_info, country_code,
            language_code, status)
        select '{tenant}', n * 1000, n::text, 'Corporate', json_build_object('companyName', 'Company ' || n, 'further', json_build_object()), 'PT',
            'en', 'Active'
        from generate_series(1, {count}) n;
        insert into partner_customers (tenant_id, customer_number, partner_id, reseller_id, internal_identifier)
        select '{tenant}', n * 1000, gen_random_uuid(), case when n % 100 = 0 then '{RESELLER}'::uuid end,
            'INT-' || n
        from generate_series(1, {count}) n;
        analyze",
        tenant = seed::TENANT_ID.0,
    );
    sqlx::raw_sql(AssertSqlSafe(fill)).execute(&server.pool).await.unwrap();
}

async fn page(client: &Client, query: &str) -> Value {
    let reply = client.list(query).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.text());
    reply.json()
}

fn names(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["companyName"].to_string()).collect()
}

/// The statements of a page after a token: one for a tenant, one for a reseller.
fn page_statements() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    let statements = fs::read_dir(folder).unwrap().map(|entry| {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["query"].as_str().unwrap().to_owned()
    });
    statements.filter(|text| text.contains("and partner_customers.customer_number > $2")).collect()
}

/// Rows that the statement's scans return, for a page after this number.
async fn rows_read(connection: &mut PgConnection, statement: &str, number: i64) -> f64 {
    let (types, values) = match statement.contains("$5") {
        true => ("uuid, bigint, boolean, bigint, uuid", format!(", '{RESELLER}'")),
        false => ("uuid, bigint, boolean, bigint", String::new()),
    };
    let tenant = seed::TENANT_ID.0;
    let explain = format!(
        "deallocate all; prepare page ({types}) as {statement};
        explain (analyze, format json, costs off, timing off) execute page ('{tenant}', {number}, false, 26{values})"
    );
    let plan: sqlx::postgres::PgRow = {
        use sqlx::Executor;
        connection.fetch_one(sqlx::raw_sql(AssertSqlSafe(explain))).await.unwrap()
    };
    let plan: String = sqlx::Row::get_unchecked(&plan, 0);
    scanned(&serde_json::from_str::<Value>(&plan).unwrap()[0]["Plan"])
}

fn scanned(plan: &Value) -> f64 {
    let below: f64 =
        plan["Plans"].as_array().map(|plans| plans.iter().map(scanned).sum()).unwrap_or_default();
    let is_scan = plan["Node Type"].as_str().unwrap().contains("Scan") && plan["Plans"].is_null();
    let rows =
        plan["Actual Rows"].as_f64().unwrap() + plan["Rows Removed by Filter"].as_f64().unwrap_or_default();
    below + if is_scan { rows * plan["Actual Loops"].as_f64().unwrap() } else { 0.0 }
}

#[tokio::test]
async fn a_page_by_token_reads_the_same_at_any_depth_with_either_kind_of_plan() {
    if skipped::on_citus(NO_PLAN) {
        return;
    }
    let server = Server::with_partners().await;
    fill(&server, MANY).await;
    let mut connection = PgConnection::connect(&server.database_url).await.unwrap();
    let statements = page_statements();
    assert_eq!(statements.len(), 2);

    for mode in ["force_custom_plan", "force_generic_plan"] {
        let mode = AssertSqlSafe(format!("set plan_cache_mode = {mode}"));
        sqlx::raw_sql(mode).execute(&mut connection).await.unwrap();
        for statement in &statements {
            for number in [0, MANY as i64 * 500, MANY as i64 * 900] {
                let read = rows_read(&mut connection, statement, number).await;
                assert!(read > 0.0 && read < FEW, "{read} rows after {number}:\n{statement}");
            }
        }
    }
}

/// The control: joined in the simple way, a page reads from the tenant's first customer on.
#[tokio::test]
async fn a_plain_join_reads_more_the_deeper_the_page_is() {
    if skipped::on_citus(NO_PLAN) {
        return;
    }
    let server = Server::with_partners().await;
    fill(&server, MANY).await;
    let mut connection = PgConnection::connect(&server.database_url).await.unwrap();
    let join = "select partner_customers.customer_number
        from partner_customers
        join customers
          on customers.tenant_id = partner_customers.tenant_id
         and customers.number = partner_customers.customer_number
        where partner_customers.tenant_id = $1
          and partner_customers.customer_number > $2
          and ($3 or customers.erased_at is null)
        order by partner_customers.customer_number
        limit $4";

    let read = rows_read(&mut connection, join, MANY as i64 * 500).await;

    assert!(read > FEW, "only {read} rows");
}

#[tokio::test]
async fn the_total_is_exact_at_once_after_each_creation_and_erasure() {
    let server = Server::with_partners().await;
    fill(&server, 300).await;
    let csp = server.csp();
    let total =
        async |client: &Client, query: &str| page(client, query).await["totalCount"].as_i64().unwrap();
    assert_eq!(total(&csp, "").await, 300);

    let created = csp.created(&customer_with("new", json!({ "resellerId": RESELLER }))).await;
    assert_eq!((total(&csp, "").await, total(&server.reseller(RESELLER), "").await), (301, 4));

    assert_eq!(csp.erase(created).await.status, 202);
    assert_eq!((total(&csp, "").await, total(&csp, "includeDeleted=true").await), (300, 301));

    // What was erased long ago is remembered like what was created long ago.
    let erase = "update customers set external_id = null, corporation_info = null, language_code = null,
        status = 'Anonymized', erased_at = now() - interval '1 hour' where number <= 10000";
    sqlx::query(erase).execute(&server.pool).await.unwrap();
    let another = Server::start_on(server.database_url.clone(), &[]).await;
    for _ in 0..2 {
        assert_eq!(total(&another.csp(), "").await, 290);
        assert_eq!(total(&another.csp(), &format!("resellerId={RESELLER}")).await, 3);
    }
}

#[tokio::test]
async fn pages_by_number_and_by_token_show_the_same_far_in() {
    let server = Server::with_partners().await;
    fill(&server, 3_000).await;
    let csp = server.csp();

    let by_number = page(&csp, "pageSize=25&pageNumber=101").await;
    let before = page(&csp, "pageSize=25&pageNumber=100").await;
    let token = before["continuationToken"].as_str().unwrap();
    let by_token = page(&csp, &format!("pageSize=25&continuationToken={token}")).await;

    assert_eq!(by_number, by_token);
    assert_eq!(names(&by_number)[0], "\"Company 2501\"");
    assert_eq!((&by_number["totalCount"], &by_number["totalPages"]), (&json!(3000), &json!(120)));
}

#[tokio::test]
async fn a_search_looks_at_a_part_of_the_list_and_the_token_goes_on() {
    let server = Server::with_partners().await;
    fill(&server, MANY).await;
    let csp = server.csp();

    let first = page(&csp, "search=ANY 59999").await;
    assert_eq!(first["items"], json!([]));
    assert_eq!((&first["totalCount"], &first["hasNextPage"]), (&json!(0), &json!(true)));
    let token = first["continuationToken"].as_str().unwrap();
    let second = page(&csp, &format!("search=ANY 59999&continuationToken={token}")).await;

    assert_eq!(names(&second), ["\"Company 59999\""]);
    assert_eq!((&second["totalCount"], &second["hasNextPage"]), (&json!(1), &json!(false)));

    // What the reseller sees is looked at, not what lies between.
    let own = page(&server.reseller(RESELLER), "search=any 59900").await;
    assert_eq!((names(&own), &own["hasNextPage"]), (vec!["\"Company 59900\"".to_owned()], &json!(false)));
}

#[tokio::test]
async fn an_identifier_is_found_at_once_and_what_many_begin_with_is_walked() {
    let server = Server::with_partners().await;
    fill(&server, MANY).await;
    let csp = server.csp();
    let search = "searchField=InternalIdentifier&search=int-";

    let one = page(&csp, &format!("{search}59999")).await;
    assert_eq!((names(&one), &one["totalCount"]), (vec!["\"Company 59999\"".to_owned()], &json!(1)));

    let eleven = page(&csp, &format!("{search}5999&pageSize=4&pageNumber=3")).await;
    assert_eq!((names(&eleven).len(), &eleven["totalCount"]), (3, &json!(11)));

    // More than an index is asked for.
    let mut token = String::new();
    let mut seen = HashSet::new();
    for _ in 0..3 {
        let all = page(&csp, &format!("{search}&pageSize=500{token}")).await;
        seen.extend(names(&all));
        assert_eq!(all["hasNextPage"], true);
        token = format!("&continuationToken={}", all["continuationToken"].as_str().unwrap());
    }
    assert_eq!(seen.len(), 1500);
}

#[tokio::test]
async fn an_answer_holds_about_a_mebibyte_and_the_token_goes_on() {
    let server = Server::with_partners().await;
    let csp = server.csp();
    let note = "x".repeat(16_000);
    let data = json!({ "Domain": "large.example", "Note": note }).to_string();
    let provider = json!({ INSTANCE.to_string(): { "providerCustomerData": data } });
    const LARGE: usize = 150;
    for n in 0..LARGE {
        let body = customer_with(&format!("large-{n}"), json!({ "providerCustomers": provider }));
        csp.created(&body).await;
    }

    let (mut pages, mut seen, mut token) = (0, Vec::new(), String::new());
    loop {
        let reply = csp.list(&format!("pageSize=2000{token}")).await;
        let length = reply.text().len();
        assert!(length < 1_100_000, "{length} bytes");
        let listed = reply.json();
        assert_eq!(listed["totalCount"], LARGE);
        assert_eq!(listed["hasNextPage"], listed["continuationToken"].is_string());
        seen.extend(names(&listed));
        pages += 1;
        let Some(next) = listed["continuationToken"].as_str() else { break };
        assert!(length > 700_000, "{length} bytes");
        token = format!("&continuationToken={next}");
    }

    assert_eq!(pages, 3);
    let expected: Vec<String> = (0..LARGE).map(|n| format!("\"large-{n} Lda\"")).collect();
    assert_eq!(seen, expected, "each customer once, in order");
}

/// The control: what an ordinary customer takes leaves a page whole.
#[tokio::test]
async fn a_page_of_ordinary_customers_is_not_cut() {
    let server = Server::with_partners().await;
    fill(&server, 1_000).await;
    server.csp().created(&customer("ana")).await;

    let listed = page(&server.csp(), "pageSize=1001").await;

    assert_eq!((names(&listed).len(), &listed["hasNextPage"]), (1001, &json!(false)));
}
