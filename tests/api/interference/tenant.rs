//! What a tenant may do, at random, and what it is told, as far as that must be the same each time.

use rand::{RngExt, rngs::StdRng};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Account;
use crate::support::{customers::in_germany, partners};

/// Names for what a sequence is about, which no other sequence uses.
#[derive(Clone, Copy)]
pub struct World {
    name: Uuid,
}

impl World {
    pub fn new() -> Self {
        Self { name: Uuid::new_v4() }
    }

    fn external_id(self, n: u8) -> String {
        format!("crm-{n}-{}", self.name)
    }

    fn email(self, n: u8) -> String {
        format!("e{n}@{}.example.com", self.name.simple())
    }

    /// Of the numbers `+49 170 …` there are enough for each sequence to have its own.
    fn phone(self, n: u8) -> String {
        format!("+49170{:06}{n}", self.name.as_u128() % 1_000_000)
    }

    fn partner_id(self, n: u8) -> Uuid {
        Uuid::from_u128(self.name.as_u128() ^ u128::from(n))
    }
}

#[derive(Debug)]
pub enum Operation {
    Validate { external_id: u8 },
    Store { external_id: u8, email: Option<u8>, phone: Option<u8> },
    Update { target: Target, email: Option<u8>, phone: Option<u8>, name: u8 },
    Delete(Target),
    Info(Target),
    PartnerCreate { id: u8, email: u8 },
    PartnerGet { id: u8 },
    PartnerList,
    PartnerDelete { id: u8 },
}

#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// The customer that was stored as the n-th.
    Nth(usize),
    ExternalId(u8),
}

impl Operation {
    pub fn random(random: &mut StdRng) -> Self {
        let target = if random.random() {
            Target::Nth(random.random_range(0..3))
        } else {
            Target::ExternalId(random.random_range(0..2))
        };
        let [external_id, id] = std::array::from_fn(|_| random.random_range(0..2));
        let [email, phone] =
            std::array::from_fn(|_| random.random::<bool>().then(|| random.random_range(0..2)));
        match random.random_range(0..12) {
            0 => Self::Validate { external_id },
            1..=3 => Self::Store { external_id, email, phone },
            4..=5 => Self::Update { target, email, phone, name: random.random_range(0..2) },
            6 => Self::Delete(target),
            7 => Self::Info(target),
            8 | 9 => Self::PartnerCreate { id, email: email.unwrap_or_default() },
            10 => Self::PartnerGet { id },
            _ if random.random() => Self::PartnerList,
            _ => Self::PartnerDelete { id },
        }
    }
}

/// A tenant and what it was told.
pub struct Tenant {
    account: Account,
    world: World,
    urns: Vec<String>,
}

impl Tenant {
    pub fn of(account: &Account, world: World) -> Self {
        Self { account: account.clone(), world, urns: Vec::new() }
    }

    pub fn urns(&self) -> &[String] {
        &self.urns
    }

    /// What was answered, with the values that differ from run to run replaced. `foreign`: URNs to try too.
    pub async fn run(&mut self, operation: &Operation, foreign: &[String]) -> (u16, Value) {
        let (world, Account { c2a, csp }) = (self.world, &self.account);
        let urns: Vec<&String> = foreign.iter().chain(&self.urns).collect();
        let urn = |n: usize| urns.get(n).map_or("cu.00.482", |urn| urn.as_str());
        let reply = match operation {
            Operation::Validate { external_id } => c2a.validate(&world.external_id(*external_id)).await,
            Operation::Store { external_id, email, phone } => {
                let mut customer = self.identities(*email, *phone);
                customer["externalIdentifier"] = json!(world.external_id(*external_id));
                c2a.store(&in_germany(customer)).await
            }
            Operation::Update { target, email, phone, name } => {
                let mut customer = self.identities(*email, *phone);
                customer["firstName"] = json!(format!("n{name}"));
                match target {
                    Target::Nth(n) => customer["customerUrn"] = json!(urn(*n)),
                    Target::ExternalId(id) => customer["externalIdentifier"] = json!(world.external_id(*id)),
                }
                c2a.update(&json!({ "customer": customer })).await
            }
            Operation::Delete(Target::Nth(n)) => c2a.delete(&json!({ "customerUuid": urn(*n) })).await,
            Operation::Delete(Target::ExternalId(id)) => {
                c2a.delete(&json!({ "externalIdentifier": world.external_id(*id) })).await
            }
            Operation::Info(Target::Nth(n)) => c2a.info(&format!("urn={}", urn(*n))).await,
            Operation::Info(Target::ExternalId(id)) => {
                c2a.info(&format!("exId={}", world.external_id(*id))).await
            }
            Operation::PartnerCreate { id, email } => {
                let own = json!({ "id": world.partner_id(*id), "email": world.email(*email) });
                let customer = partners::customer_with(&world.name.to_string(), own);
                csp.post("/v1/Customers", &customer.to_string()).await
            }
            Operation::PartnerGet { id } => {
                csp.send(Method::GET, &format!("/v1/Customers/{}", world.partner_id(*id)), "").await
            }
            Operation::PartnerList => {
                csp.send(Method::GET, &format!("/v1/Customers?search={}", world.name), "").await
            }
            Operation::PartnerDelete { id } => {
                csp.send(Method::DELETE, &format!("/v1/Customers/{}", world.partner_id(*id)), "").await
            }
        };
        if matches!(operation, Operation::Store { .. }) && reply.status == 200 {
            self.urns.push(reply.urn());
        }
        let mut body = reply.json();
        self.hide(&mut body);
        (reply.status.as_u16(), body)
    }

    fn identities(&self, email: Option<u8>, phone: Option<u8>) -> Value {
        let mut customer = json!({});
        if let Some(n) = email {
            customer["email"] = json!(self.world.email(n));
        }
        if let Some(n) = phone {
            customer["phoneNumber"] = json!(self.world.phone(n));
        }
        customer
    }

    /// Times and correlation ids away; URNs by the order in which they were issued, those of partners' customers
    /// by being URNs.
    fn hide(&self, body: &mut Value) {
        match body {
            Value::Object(members) => {
                members.retain(|name, _| {
                    let name = name.to_ascii_lowercase();
                    !["correlationid", "continuationtoken"].contains(&name.as_str()) && !name.ends_with("at")
                });
                members.values_mut().for_each(|value| self.hide(value));
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.hide(value)),
            Value::String(text) => {
                if let Some(n) = self.urns.iter().position(|urn| urn == text) {
                    *text = format!("customer {n}");
                } else if text.starts_with("cu.") {
                    *text = "another customer".to_owned();
                }
            }
            _ => {}
        }
    }
}
