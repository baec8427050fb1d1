//! What the server takes on: of one tenant, of everybody, and of connections. Each limit beside the same
//! requests without it.

use azotte_customers::{
    domain::{quota::QuotaOverride, tenant::TenantId},
    postgres::tenants::{self, TenantChange},
    sandbox::seed,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use uuid::Uuid;

use crate::support::{
    Client, Reply, Server,
    eventually::eventually,
    held::{Held, waiting_for_a_lock},
};

/// Refills far more slowly than any test runs.
const THREE_REQUESTS: [&str; 4] = ["--rate-limit", "1", "--rate-burst", "3"];
/// A row can be held for as long as a test takes.
const PATIENT: [&str; 4] = ["--db-lock-timeout-ms", "60000", "--db-statement-timeout-ms", "60000"];

#[tokio::test]
async fn a_tenant_over_its_quota_is_refused_and_another_notices_nothing() {
    let server = Server::start().await;
    let globex = server.tenant("globex").await;
    set_quota(&server, seed::TENANT_ID.0, Some(1), Some(5)).await;
    eventually("the quota counts", async || limit_of(&server.acme).await == "5").await;

    let refused = first_refusal(&server.acme).await;

    assert_eq!(refused.outcome(), (429, "TOO_MANY_REQUESTS".to_owned()));
    for _ in 0..20 {
        assert_eq!(globex.client.validate("crm-1").await.status, 200);
    }
}

#[tokio::test]
async fn without_a_quota_of_its_own_a_tenant_is_not_refused() {
    let server = Server::start().await;

    for _ in 0..50 {
        let reply = server.acme.validate("crm-1").await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("ratelimit-limit"), Some("40000"));
        assert!(reply.header("retry-after").is_none());
    }
}

#[tokio::test]
async fn both_surfaces_draw_on_one_bucket_and_tell_its_level() {
    let server = Server::start_with(&THREE_REQUESTS).await;
    let partner = server.csp();

    let first = Level::of(&server.acme.validate("crm-1").await);
    assert_eq!(first, Level { limit: 3, remaining: 2, reset: 1 });
    Level::of(&list(&partner).await);
    Level::of(&server.acme.validate("").await);

    let c2a = first_refusal(&server.acme).await;
    assert_eq!(c2a.outcome(), (429, "TOO_MANY_REQUESTS".to_owned()));
    assert_eq!(c2a.header("content-type"), Some("application/clientOutput+Json"));
    let refused = first_partner_refusal(&partner).await;
    assert_eq!(refused.json()["type"], "TooManyRequests");
    assert_eq!(refused.json()["statusCode"], 429);
    for reply in [&c2a, &refused] {
        assert_eq!(Level::of(reply), Level { limit: 3, remaining: 0, reset: 3 });
        assert!(reply.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        assert!(reply.header("x-correlation-id").is_some());
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn a_stranger_learns_nothing_of_a_quota_and_uses_none_of_it() {
    let server = Server::start_with(&THREE_REQUESTS).await;
    let stranger = server.acme.with("x-api-key", "sk_dev_nobody");

    for _ in 0..10 {
        let reply = stranger.validate("crm-1").await;
        assert_eq!(reply.status, 401);
        assert!(reply.header("ratelimit-limit").is_none());
    }

    assert_eq!(server.acme.validate("crm-1").await.header("ratelimit-remaining"), Some("2"));
}

/// A portal's token that is good, with domains that are not its tenant's: 403 each, and no more of them than calls.
#[tokio::test]
async fn calls_that_do_not_fit_their_token_use_up_the_quota_of_its_tenant() {
    let server = Server::start_with(&THREE_REQUESTS).await;
    let partner = server.csp();
    for (n, remaining) in [(1, "2"), (2, "1"), (3, "0")] {
        let reply = list(&partner.with("x-tenant", &format!("{n}.example.com"))).await;
        assert_eq!((reply.status.as_u16(), reply.header("ratelimit-remaining")), (403, Some(remaining)));
        assert!(reply.body.is_empty());
    }

    let stranger = partner.with("x-tenant", "unknown.example.com");
    assert_eq!(first_partner_refusal_but(403, &stranger).await.status, 429);
    assert_eq!(first_refusal(&server.acme).await.status, 429, "one bucket for both APIs");
}

/// Nor does it depend on which quota the tenant has.
#[tokio::test]
async fn calls_that_do_not_fit_count_against_the_tenants_own_quota() {
    let server = Server::start_with(&THREE_REQUESTS).await;
    set_quota(&server, seed::TENANT_ID.0, Some(1), Some(50)).await;
    eventually("the quota counts", async || limit_of(&server.acme).await == "50").await;

    let reply = list(&server.csp().with("x-tenant", "unknown.example.com")).await;

    assert_eq!((reply.status.as_u16(), reply.header("ratelimit-limit")), (403, Some("50")));
    assert_eq!(limit_of(&server.acme).await, "50");
}

/// As draft-ietf-httpapi-ratelimit-headers has them, beside the fields of its earlier versions.
#[tokio::test]
async fn the_quota_is_told_in_structured_fields_too() {
    let server = Server::start_with(&["--rate-limit", "2", "--rate-burst", "5"]).await;

    let reply = server.acme.validate("crm-1").await;

    assert_eq!(reply.header("ratelimit-policy"), Some(r#""tenant";q=5;w=3"#));
    assert_eq!(reply.header("ratelimit"), Some(r#""tenant";r=4;t=1"#));
    assert_eq!(Level::of(&reply), Level { limit: 5, remaining: 4, reset: 1 });
}

#[tokio::test]
async fn a_changed_quota_counts_at_once() {
    let server = Server::start_with(&THREE_REQUESTS).await;
    first_refusal(&server.acme).await;

    set_quota(&server, seed::TENANT_ID.0, Some(10_000), None).await;
    eventually("the wider quota counts", async || limit_of(&server.acme).await == "20000").await;
    for _ in 0..10 {
        assert_eq!(server.acme.validate("crm-1").await.status, 200);
    }

    set_quota(&server, seed::TENANT_ID.0, None, None).await;
    eventually("everybody's quota counts again", async || limit_of(&server.acme).await == "3").await;
}

#[tokio::test]
async fn a_full_server_sheds_at_once_says_so_and_recovers() {
    let server = Server::start_with(&[&PATIENT[..], &["--max-in-flight", "2"]].concat()).await;
    let globex = server.tenant("globex").await;
    let held = Held::by(&server, &[&server.acme, &globex.client], 2).await;

    let shed = server.acme.validate("crm-2").await;
    assert_eq!(shed.outcome(), (503, "SERVICE_UNAVAILABLE".to_owned()));
    assert_eq!(shed.header("content-type"), Some("application/clientOutput+Json"));
    let partner = server.csp();
    let shed_too = list(&partner).await;
    assert_eq!(shed_too.status, 503);
    assert_eq!(shed_too.json()["type"], "ServiceUnavailable");
    let stranger = Client::stranger(server.address);
    assert_eq!(stranger.validate("crm-2").await.status, 503, "before any look at credentials");
    for reply in [shed, shed_too] {
        assert_eq!(reply.header("retry-after"), Some("1"));
        assert!(reply.header("x-correlation-id").is_some());
    }
    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(stranger.send(Method::GET, path, "").await.status, 503, "{path} is for customers too");
        assert_eq!(server.ops.send(Method::GET, path, "").await.status, 200, "{path} is for operators");
    }

    assert_eq!(held.release().await, [200, 200]);
    eventually("there is room again", async || server.acme.validate("crm-2").await.status == 200).await;
    assert_eq!(list(&partner).await.status, 200);
}

/// A page in a browser can give a name of its own to 127.0.0.1, and is asked by that name.
#[tokio::test]
async fn what_is_for_operators_of_this_machine_has_no_other_name() {
    let server = Server::start().await;
    for (host, status) in [("localhost", 200), ("127.0.0.1:1", 200), ("[::1]", 200), ("rebound.example", 421)]
    {
        let reply = server.ops.with("host", host).send(Method::GET, "/metrics", "").await;
        assert_eq!(reply.status, status, "{host}");
    }
}

#[tokio::test]
async fn a_server_with_room_serves_others_while_requests_wait_for_a_row() {
    let server = Server::start_with(&PATIENT).await;
    let held = Held::of(&server, 2).await;

    assert_eq!(server.acme.validate("crm-2").await.status, 200);
    assert_eq!(list(&server.csp()).await.status, 200);

    assert_eq!(held.release().await, [200, 200]);
}

#[tokio::test]
async fn a_client_slow_to_send_its_body_occupies_no_place() {
    let server = Server::start_with(&["--max-in-flight", "1"]).await;
    let mut slow = begin_post(&server, 20).await;

    eventually("others are served", async || server.acme.validate("crm-1").await.status == 200).await;

    slow.write_all(br#"{"externalId":"crm"}"#).await.unwrap();
    let mut answer = [0; 15];
    slow.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}

#[tokio::test]
async fn a_tenant_whose_requests_are_stuck_leaves_connections_to_others() {
    let server = Server::start_with(&[&PATIENT[..], &["--db-connections", "8"]].concat()).await;
    let globex = server.tenant("globex").await;
    let held = Held::with_waiting(&server, 20, 6).await;

    for n in 0..20 {
        assert_eq!(globex.client.delete(&nobody(n)).await.status, 404);
    }

    assert_eq!(waiting_for_a_lock(&server).await, 6, "more than half of 8, as nobody else needs them");
    assert_eq!(held.release().await, [200; 20]);
}

/// The control: where nothing can be kept free, the other tenant waits in vain.
#[tokio::test]
async fn a_tenant_whose_requests_are_stuck_on_the_only_connection_keeps_others_from_it() {
    let one = ["--db-connections", "1", "--db-acquire-timeout-ms", "250"];
    let server = Server::start_with(&[&PATIENT[..], &one].concat()).await;
    let globex = server.tenant("globex").await;
    assert_eq!(globex.client.validate("crm-1").await.status, 200);
    let held = Held::of(&server, 1).await;

    assert_eq!(globex.client.delete(&nobody(1)).await.status, 503);

    assert_eq!(held.release().await, [200]);
    assert_eq!(globex.client.delete(&nobody(1)).await.status, 404);
}

/// Erasures are asked for one at a time, on a connection of the pool.
fn nobody(n: usize) -> Value {
    json!({ "externalIdentifier": format!("nobody-{n}") })
}

/// What `RateLimit-*` say.
#[derive(Debug, PartialEq)]
struct Level {
    limit: u32,
    remaining: u32,
    reset: u32,
}

impl Level {
    fn of(reply: &Reply) -> Self {
        let number = |name: &str| reply.header(name).unwrap().parse().unwrap();
        Self {
            limit: number("ratelimit-limit"),
            remaining: number("ratelimit-remaining"),
            reset: number("ratelimit-reset"),
        }
    }
}

async fn set_quota(server: &Server, tenant: Uuid, rate: Option<u32>, burst: Option<u32>) {
    let agreed = |number: Option<u32>| Some(QuotaOverride(number.and_then(std::num::NonZeroU32::new)));
    let change = TenantChange { rate: agreed(rate), burst: agreed(burst), ..TenantChange::default() };
    tenants::change(&server.pool, TenantId(tenant), &change).await.unwrap();
}

async fn limit_of(client: &Client) -> String {
    client.validate("crm-1").await.header("ratelimit-limit").unwrap().to_owned()
}

/// At a request a second, on any machine.
async fn first_refusal(client: &Client) -> Reply {
    for _ in 0..1000 {
        let reply = client.validate("crm-1").await;
        if reply.status != 200 {
            return reply;
        }
    }
    panic!("never refused");
}

async fn first_partner_refusal(partner: &Client) -> Reply {
    first_partner_refusal_but(200, partner).await
}

async fn first_partner_refusal_but(status: u16, partner: &Client) -> Reply {
    for _ in 0..1000 {
        let reply = list(partner).await;
        if reply.status != status {
            return reply;
        }
    }
    panic!("never refused");
}

async fn list(partner: &Client) -> Reply {
    partner.send(Method::GET, "/v1/Customers", "").await
}

/// A `validate` that announces so many bytes and has not sent them.
async fn begin_post(server: &Server, length: usize) -> TcpStream {
    const WAITS_FOR_IT: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /api/c2a/customer/validate HTTP/1.1\r\nhost: test\r\nx-tn: {}\r\nx-api-key: {}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\nexpect: 100-continue\r\n\r\n",
        seed::TENANT_ID,
        azotte_customers::domain::api_key::SAMPLE_KEY,
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; WAITS_FOR_IT.len()];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, WAITS_FOR_IT);
    connection
}
