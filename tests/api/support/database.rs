//! One database a test, copied from a template that has every migration.
//!
//! On the Citus cluster of `AZOTTE_TEST_CITUS_URL` or on the server of `DATABASE_URL` where that is set, else on a cluster of
//! the tests' own that the first test process starts and the last one stops.

#[path = "citus.rs"]
pub mod citus;

use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use azotte_customers::postgres::migrations::{self, MIGRATOR};
use embedded_postgres::{Durability, EmbeddedPostgres};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::OnceCell;

use self::citus::Nodes;

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static CREATED: AtomicU32 = AtomicU32::new(0);

struct Cluster {
    admin_url: String,
    template: String,
    /// Where databases are distributed.
    nodes: Option<Nodes>,
    _hold: Option<EmbeddedPostgres>,
}

/// The URL of a fresh, migrated database.
pub async fn create() -> String {
    let cluster = cluster().await;
    let Some(nodes) = &cluster.nodes else { return copy_of(&cluster.template).await };
    let name = fresh_name();
    nodes.copy(&cluster.template, &name).await;
    with_database(&cluster.admin_url, &name)
}

/// The URL of a fresh database that is a copy of another; of `template0`: an empty one.
pub async fn copy_of(template: &str) -> String {
    let cluster = cluster().await;
    let name = fresh_name();
    let mut admin = PgConnection::connect(&cluster.admin_url).await.unwrap();
    let create = format!("create database {name} template {template} strategy file_copy");
    execute(&mut admin, &create).await;
    with_database(&cluster.admin_url, &name)
}

/// The name of a database that a later test process may drop.
pub fn fresh_name() -> String {
    format!("azotte_test_{}_{}", std::process::id(), CREATED.fetch_add(1, Ordering::Relaxed))
}

async fn cluster() -> &'static Cluster {
    CLUSTER.get_or_init(Cluster::ready).await
}

impl Cluster {
    async fn ready() -> Self {
        let given = citus::url().or_else(|| std::env::var("DATABASE_URL").ok());
        let (admin_url, hold) = match given {
            Some(url) => (url, None),
            None => {
                let cluster = tokio::task::spawn_blocking(start_embedded).await.unwrap();
                (cluster.url("postgres"), Some(cluster))
            }
        };
        let mut admin = PgConnection::connect(&admin_url).await.unwrap();
        execute(&mut admin, "select pg_advisory_lock(72616)").await;
        let nodes = match citus::url() {
            Some(url) => Some(Nodes::behind(&url).await),
            None => None,
        };
        drop_left_over(&mut admin, nodes.as_ref()).await;
        let template = make_template(&mut admin, &admin_url, nodes.as_ref()).await;
        Self { admin_url, template, nodes, _hold: hold }
    }
}

pub fn start_embedded() -> EmbeddedPostgres {
    // Not below the checkout: run as root there, the database's user may not get in.
    let folder = format!("azotte-customers-tests-{}", std::env::var("USER").unwrap_or_default());
    let folder = std::env::temp_dir().join(folder);
    EmbeddedPostgres::ensure(&folder, Durability::Throwaway).unwrap()
}

/// Databases of test processes that are gone.
async fn drop_left_over(admin: &mut PgConnection, nodes: Option<&Nodes>) {
    let names: Vec<String> =
        sqlx::query_scalar(r"select datname::text from pg_database where datname like 'azotte\_test\_%'")
            .fetch_all(&mut *admin)
            .await
            .unwrap();
    for name in names {
        let pid = name.split('_').nth(2).unwrap_or_default();
        if Path::new("/proc").join(pid).exists() {
            continue;
        }
        match nodes {
            Some(nodes) => nodes.drop(&name).await,
            None => execute(admin, &format!("drop database if exists {name}")).await,
        }
    }
}

async fn make_template(admin: &mut PgConnection, admin_url: &str, nodes: Option<&Nodes>) -> String {
    let mut checksums: Vec<u8> = MIGRATOR.iter().flat_map(|migration| migration.checksum.to_vec()).collect();
    if nodes.is_some() {
        checksums.extend(include_bytes!("../../../deploy/citus/distribute.sql"));
    }
    let template = format!("azotte_template_{:x}", fnv(&checksums));
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1 and not datallowconn)")
            .bind(&template)
            .fetch_one(&mut *admin)
            .await
            .unwrap();
    if let (false, Some(nodes)) = (exists, nodes) {
        nodes.drop(&template).await;
        nodes.create_template(&template).await;
    } else if !exists {
        execute(admin, &format!("drop database if exists {template}")).await;
        execute(admin, &format!("create database {template}")).await;
        let options = with_database(admin_url, &template).parse().unwrap();
        migrations::migrate(&options).await.unwrap();
        execute(admin, &format!("alter database {template} with allow_connections false")).await;
    }
    template
}

pub async fn execute(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

pub fn with_database(url: &str, name: &str) -> String {
    let (base, query) =
        url.split_once('?').map_or((url, String::new()), |(base, query)| (base, format!("?{query}")));
    let (server, _) = base.rsplit_once('/').unwrap();
    format!("{server}/{name}{query}")
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
