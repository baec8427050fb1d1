//! How the tables are spread over the nodes of a Citus cluster, and whether all of them are.

use sqlx::PgConnection;

use super::finding::Outcome;
use crate::postgres::distribution::{self, Distribution};

const SCRIPT: &str = "deploy/citus/distribute.sql";

pub async fn check(connection: &mut PgConnection) -> Outcome {
    look(connection).await.unwrap_or_else(|_| Outcome::silent())
}

async fn look(connection: &mut PgConnection) -> Result<Outcome, sqlx::Error> {
    if distribution::is_worker(connection).await? {
        return Ok(Outcome::wrong(
            "citus_worker",
            "the database is a worker of a Citus cluster: let DATABASE_URL name the coordinator",
        ));
    }
    let tables = match distribution::read(connection).await? {
        None => return Ok(Outcome::fine("all tables are on one node")),
        Some(tables) if tables.by_tenant.is_empty() && tables.copied.is_empty() => {
            let message = format!("all tables are on one node of a Citus cluster; {SCRIPT} distributes them");
            return Ok(Outcome::Fine(message));
        }
        Some(tables) => tables,
    };
    if !tables.on_one_node.is_empty() {
        let message = format!(
            "not distributed beside the others: {}; run {SCRIPT} as the owner of the tables",
            tables.on_one_node.join(", ")
        );
        return Ok(Outcome::wrong("citus_tables", message));
    }
    let untimed = without_lock_timeout(connection).await?;
    if !untimed.is_empty() {
        let message = format!(
            "{}; on {} a lock is waited for as long as a statement may run: alter role … in database … set lock_timeout",
            sentence(&tables),
            untimed.join(", ")
        );
        return Ok(Outcome::warning("citus_lock_timeout", message));
    }
    Ok(Outcome::Fine(sentence(&tables)))
}

fn sentence(tables: &Distribution) -> String {
    let Distribution { by_tenant, copied, on_one_node: _, shards, nodes } = tables;
    format!(
        "{} tables by tenant, in {shards} shards on {nodes} nodes; {} on every node",
        by_tenant.len(),
        copied.len()
    )
}

/// The workers where the role has none: that of a session does not reach them.
async fn without_lock_timeout(connection: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    let told = distribution::ask_workers(connection, "show lock_timeout").await?;
    Ok(told.into_iter().filter(|told| told.text == "0").map(|told| told.node).collect())
}
