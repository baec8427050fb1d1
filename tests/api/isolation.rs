//! A tenant's answers depend on what it did itself and on nothing that any other tenant does.

use azotte_customers::domain::scope::Scope;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::support::{Client, Reply, Server, customers::in_germany};

#[tokio::test]
async fn foreign_erased_and_unknown_customers_are_the_same_404() {
    let server = Server::start().await;
    let other = server.tenant("other").await.client;
    let foreign = other.store(&customer("crm-1")).await.urn();
    let erased = server.acme.store(&customer("crm-2")).await.urn();
    server.acme.delete(&json!({ "customerUuid": erased })).await;
    let foreign_erased = other.store(&customer("crm-3")).await.urn();
    other.delete(&json!({ "customerUuid": foreign_erased })).await;

    let mut answers = Vec::new();
    for urn in [&foreign, &erased, &foreign_erased, "cu.00.482", "cu.99.482", "cu.00.9999999999999999999"] {
        answers.push(("info", urn, server.acme.info(&format!("urn={urn}")).await));
        let change = json!({ "customer": { "customerUrn": urn, "firstName": "Mallory" } });
        answers.push(("update", urn, server.acme.update(&change).await));
        // An erased one of its own may be erased again.
        if urn != erased {
            answers.push(("delete", urn, server.acme.delete(&json!({ "customerUuid": urn })).await));
        }
    }
    for external_id in ["crm-1", "crm-2", "crm-3", "crm-4"] {
        answers.push(("info", external_id, server.acme.info(&format!("exId={external_id}")).await));
        let change = json!({ "customer": { "externalIdentifier": external_id, "firstName": "Mallory" } });
        answers.push(("update", external_id, server.acme.update(&change).await));
        let delete = json!({ "externalIdentifier": external_id });
        answers.push(("delete", external_id, server.acme.delete(&delete).await));
    }

    let expected = bytes(&answers[0].2);
    for (endpoint, target, reply) in &answers {
        assert_eq!(reply.outcome(), (404, "CUSTOMER_NOT_FOUND".to_owned()), "{endpoint} {target}");
        assert_eq!(bytes(reply), expected, "{endpoint} {target}");
    }
    let untouched = other.info(&format!("urn={foreign}")).await.json();
    assert_eq!(untouched["result"]["version"], 1);
}

#[tokio::test]
async fn twenty_tenants_may_have_the_same_customer() {
    let server = Server::start().await;
    let same =
        json!({ "externalIdentifier": "crm-1", "email": "jane@example.com", "phoneNumber": "+491701234567" });

    for n in 0..20 {
        let tenant = server.tenant(&format!("tenant-{n}")).await;
        assert_eq!(tenant.client.validate("crm-1").await.json()["isAvailable"], true);
        assert_eq!(tenant.client.store(&in_germany(same.clone())).await.status, 200);
        assert_eq!(tenant.client.store(&in_germany(same.clone())).await.status, 409);
    }
}

#[tokio::test]
async fn a_conflict_never_names_a_customer_of_another_tenant() {
    let server = Server::start().await;
    let other = server.tenant("other").await.client;
    let foreign = other.store(&customer("crm-1")).await.urn();
    let own = server.acme.store(&customer("crm-1")).await.urn();

    let refused = server.acme.store(&customer("crm-1")).await;

    assert_eq!(refused.json()["status"]["errors"][0]["customerUrn"], json!(own));
    assert!(!refused.text().contains(&foreign));
}

#[tokio::test]
async fn a_caller_cannot_choose_the_tenant_in_the_body() {
    let server = Server::start().await;
    let other = server.tenant("other").await;
    let mut body = customer("crm-1");
    body["customer"]["tenantId"] = json!(other.id);
    body["tenantId"] = json!(other.id);

    let urn = server.acme.store(&body).await.urn();

    assert_eq!(server.acme.info(&format!("urn={urn}")).await.status, 200);
    assert_eq!(other.client.info(&format!("urn={urn}")).await.status, 404);
    assert_eq!(other.client.validate("crm-1").await.json()["isAvailable"], true);
}

/// Non-interference. Run one seed again with `AZOTTE_TEST_SEED`.
#[tokio::test]
async fn a_tenant_sees_the_same_with_and_without_another_beside_it() {
    let replayed: Option<u64> = std::env::var("AZOTTE_TEST_SEED").ok().map(|seed| seed.parse().unwrap());
    let (first, sequences) = replayed.map_or((rand::random(), 100), |seed| (seed, 1));
    println!("AZOTTE_TEST_SEED={first}");
    let (quiet, busy) = (Server::start().await, Server::start().await);

    assert_eq!(difference(&quiet, &busy, first, sequences).await, None);
}

/// The negative control: with an index that forgot the tenant, the same sequences tell.
#[tokio::test]
async fn interference_between_tenants_is_seen() {
    let (quiet, busy) = (Server::start().await, Server::start().await);
    let shared = "create unique index shared on customers (email_key) where email_key is not null";
    sqlx::query(shared).execute(&busy.pool).await.unwrap();

    assert!(difference(&quiet, &busy, 0, 100).await.is_some());
}

/// Runs each sequence of the tenant twice, alone and with another tenant in between that does as it likes;
/// returns the first answer that was not the same.
async fn difference(quiet: &Server, busy: &Server, first_seed: u64, sequences: u64) -> Option<String> {
    let (_, intruder) = busy.key(busy.tenant("other").await.id, &Scope::ALL).await;
    for seed in (0..sequences).map(|n| first_seed.wrapping_add(n)) {
        for server in [quiet, busy] {
            sqlx::query("truncate customers cascade").execute(&server.pool).await.unwrap();
        }
        let mut random = StdRng::seed_from_u64(seed);
        let operations: Vec<Operation> = (0..12).map(|_| Operation::random(&mut random)).collect();
        let (mut alone, mut beside) = (Tenant::of(&quiet.acme), Tenant::of(&busy.acme));
        let mut other = Tenant::of(&intruder);
        for operation in &operations {
            for _ in 0..random.random_range(0..3) {
                let foreign = beside.urns.clone();
                other.run(&Operation::random(&mut random), &foreign).await;
            }
            let (expected, seen) = (alone.run(operation, &[]).await, beside.run(operation, &[]).await);
            if seen != expected {
                return Some(format!(
                    "AZOTTE_TEST_SEED={seed}: {operation:?} of {operations:?}: {seen:?}, alone {expected:?}"
                ));
            }
        }
    }
    None
}

/// From a small world, so that sequences meet themselves and each other.
#[derive(Debug)]
enum Operation {
    Validate { external_id: u8 },
    Store { external_id: u8, email: Option<u8>, phone: Option<u8> },
    Update { target: Target, email: Option<u8>, phone: Option<u8>, name: u8 },
    Delete(Target),
    Info(Target),
}

#[derive(Clone, Copy, Debug)]
enum Target {
    /// The customer that was stored as the n-th.
    Nth(usize),
    ExternalId(u8),
}

impl Operation {
    fn random(random: &mut StdRng) -> Self {
        let target = if random.random() {
            Target::Nth(random.random_range(0..4))
        } else {
            Target::ExternalId(random.random_range(0..3))
        };
        let external_id = random.random_range(0..3);
        let [email, phone] =
            std::array::from_fn(|_| random.random::<bool>().then(|| random.random_range(0..3)));
        match random.random_range(0..8) {
            0 => Self::Validate { external_id },
            1..=3 => Self::Store { external_id, email, phone },
            4..=5 => Self::Update { target, email, phone, name: random.random_range(0..2) },
            6 => Self::Delete(target),
            _ => Self::Info(target),
        }
    }
}

/// A tenant and what it was told.
struct Tenant {
    client: Client,
    urns: Vec<String>,
}

impl Tenant {
    fn of(client: &Client) -> Self {
        Self { client: client.clone(), urns: Vec::new() }
    }

    /// What was answered, with the values that differ from run to run replaced. `foreign`: URNs to try too.
    async fn run(&mut self, operation: &Operation, foreign: &[String]) -> (u16, Value) {
        let urns: Vec<&String> = foreign.iter().chain(&self.urns).collect();
        let urn = |n: usize| urns.get(n).map_or("cu.00.482", |urn| urn.as_str());
        let reply = match operation {
            Operation::Validate { external_id } => self.client.validate(&format!("crm-{external_id}")).await,
            Operation::Store { external_id, email, phone } => {
                let mut customer = identities(*email, *phone);
                customer["externalIdentifier"] = json!(format!("crm-{external_id}"));
                self.client.store(&in_germany(customer)).await
            }
            Operation::Update { target, email, phone, name } => {
                let mut customer = identities(*email, *phone);
                customer["firstName"] = json!(format!("n{name}"));
                match target {
                    Target::Nth(n) => customer["customerUrn"] = json!(urn(*n)),
                    Target::ExternalId(id) => customer["externalIdentifier"] = json!(format!("crm-{id}")),
                }
                self.client.update(&json!({ "customer": customer })).await
            }
            Operation::Delete(Target::Nth(n)) => {
                self.client.delete(&json!({ "customerUuid": urn(*n) })).await
            }
            Operation::Delete(Target::ExternalId(id)) => {
                self.client.delete(&json!({ "externalIdentifier": format!("crm-{id}") })).await
            }
            Operation::Info(Target::Nth(n)) => self.client.info(&format!("urn={}", urn(*n))).await,
            Operation::Info(Target::ExternalId(id)) => self.client.info(&format!("exId=crm-{id}")).await,
        };
        if matches!(operation, Operation::Store { .. }) && reply.status == 200 {
            self.urns.push(reply.urn());
        }
        let mut body = reply.json();
        self.hide(&mut body);
        (reply.status.as_u16(), body)
    }

    /// Times and correlation ids away; URNs by the order in which they were issued.
    fn hide(&self, body: &mut Value) {
        match body {
            Value::Object(members) => {
                members
                    .retain(|name, _| !["createdAt", "updatedAt", "correlationId"].contains(&name.as_str()));
                members.values_mut().for_each(|value| self.hide(value));
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.hide(value)),
            Value::String(text) => {
                if let Some(n) = self.urns.iter().position(|urn| urn == text) {
                    *text = format!("customer {n}");
                }
            }
            _ => {}
        }
    }
}

fn identities(email: Option<u8>, phone: Option<u8>) -> Value {
    let mut customer = json!({});
    if let Some(n) = email {
        customer["email"] = json!(format!("e{n}@example.com"));
    }
    if let Some(n) = phone {
        customer["phoneNumber"] = json!(format!("+49170123456{n}"));
    }
    customer
}

fn customer(external_id: &str) -> Value {
    in_germany(json!({ "externalIdentifier": external_id }))
}

/// The whole answer, with its correlation id and date blanked.
fn bytes(reply: &Reply) -> String {
    let id = reply.header("x-correlation-id").unwrap();
    let headers = reply.headers.iter().filter(|(name, _)| *name != "date");
    let mut lines: Vec<_> =
        headers.map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap())).collect();
    lines.sort();
    format!("{}\n{}\n{}", reply.status, lines.concat(), reply.text()).replace(id, "<id>")
}
