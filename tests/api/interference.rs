//! Non-interference: a tenant's answers depend on what it did itself and on nothing that any other tenant does.
//!
//! Random sequences run twice, alone and with another tenant in between that does as it likes. As many as
//! `AZOTTE_TEST_SEQUENCES` says (100 unless set; CI runs 400); one of them again with `AZOTTE_TEST_SEED`.

mod tenant;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::task::JoinSet;

use crate::support::{Server, tokens::Token};
use tenant::{Operation, Tenant, World};

const SEQUENCES: u64 = 100;
const OPERATIONS: usize = 4;
/// Sequences that run at the same time, each with tenants of its own: they disturb each other too.
const LANES: u64 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_sees_the_same_with_and_without_another_beside_it() {
    let setting = |name| std::env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let (first, sequences) = match setting("AZOTTE_TEST_SEED") {
        Some(seed) => (seed, 1),
        None => (rand::random(), setting("AZOTTE_TEST_SEQUENCES").unwrap_or(SEQUENCES)),
    };
    println!("AZOTTE_TEST_SEED={first} AZOTTE_TEST_SEQUENCES={sequences}");
    let (quiet, busy) = (Server::start().await, Server::start().await);

    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let pair = Pair::new(&quiet, &busy, &format!("lane-{lane}")).await;
        lanes.spawn(async move {
            for n in (lane..sequences).step_by(usize::try_from(LANES).unwrap()) {
                if let Some(difference) = pair.difference(first.wrapping_add(n)).await {
                    return Some(difference);
                }
            }
            None
        });
    }
    assert_eq!(lanes.join_all().await.into_iter().flatten().next(), None);
}

/// The negative control: with an index that forgot the tenant, the same sequences tell.
#[tokio::test]
async fn interference_between_tenants_is_seen() {
    for forgetful in ["customers (email_key)", "partner_customers (partner_id)"] {
        let (quiet, busy) = (Server::start().await, Server::start().await);
        let index = format!("create unique index shared on {forgetful}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(index)).execute(&busy.pool).await.unwrap();
        let pair = Pair::new(&quiet, &busy, "lane").await;

        let mut is_seen = false;
        for seed in 0..200 {
            is_seen = is_seen || pair.difference(seed).await.is_some();
        }
        assert!(is_seen, "{forgetful}");
    }
}

/// The same tenant on two servers, and on one of them another tenant beside it.
struct Pair {
    alone: Account,
    beside: Account,
    intruder: Account,
}

/// A tenant's way in.
#[derive(Clone)]
pub struct Account {
    pub c2a: crate::support::Client,
    pub csp: crate::support::Client,
}

impl Account {
    async fn new(server: &Server, name: &str) -> Self {
        let tenant = server.tenant(name).await;
        let csp = server.partner_at(&format!("{name}.example.com"), &Token::csp(tenant.id));
        Self { csp, c2a: tenant.client }
    }
}

impl Pair {
    async fn new(quiet: &Server, busy: &Server, name: &str) -> Self {
        let (alone, beside) = (Account::new(quiet, name).await, Account::new(busy, name).await);
        Self { alone, beside, intruder: Account::new(busy, &format!("{name}-intruder")).await }
    }

    /// The first answer that was not the same.
    async fn difference(&self, seed: u64) -> Option<String> {
        let mut random = StdRng::seed_from_u64(seed);
        // Small, so that sequences meet themselves and each other; new, so that nothing is left over.
        let world = World::new();
        let operations: Vec<Operation> = (0..OPERATIONS).map(|_| Operation::random(&mut random)).collect();
        let mut alone = Tenant::of(&self.alone, world);
        let mut beside = Tenant::of(&self.beside, world);
        let mut intruder = Tenant::of(&self.intruder, world);
        for operation in &operations {
            for _ in 0..random.random_range(0..3) {
                let foreign = beside.urns().to_vec();
                intruder.run(&Operation::random(&mut random), &foreign).await;
            }
            let (expected, seen) = (alone.run(operation, &[]).await, beside.run(operation, &[]).await);
            if seen != expected {
                return Some(format!(
                    "AZOTTE_TEST_SEED={seed}: {operation:?} of {operations:?}: {seen:?}, alone {expected:?}"
                ));
            }
        }
        None
    }
}
