//! A database whose server logs as it does where nobody changed its settings, and the log.

use azotte_customers::postgres::migrations;
use embedded_postgres::EmbeddedPostgres;
use sqlx::{Connection, PgConnection};

use super::database::{execute, fresh_name, start_embedded};

pub struct LoggedDatabase {
    pub url: String,
    /// In the values of the test: other tests write to the same log.
    pub mark: u32,
    cluster: EmbeddedPostgres,
}

impl LoggedDatabase {
    /// Fresh and migrated; always on the tests' own cluster, because the log of another one cannot be read.
    pub async fn create() -> Self {
        let cluster = tokio::task::spawn_blocking(start_embedded).await.unwrap();
        let name = fresh_name();
        let mut admin = PgConnection::connect(&cluster.url("postgres")).await.unwrap();
        execute(&mut admin, &format!("create database {name} template template0")).await;
        for setting in ["log_min_messages", "log_min_error_statement", "log_error_verbosity"] {
            let default = "select boot_val from pg_settings where name = $1";
            let default: String =
                sqlx::query_scalar(default).bind(setting).fetch_one(&mut admin).await.unwrap();
            execute(&mut admin, &format!("alter database {name} set {setting} = '{default}'")).await;
        }
        let url = cluster.url(&name);
        migrations::migrate(&url.parse().unwrap()).await.unwrap();
        Self { url, mark: rand::random_range(100_000..1_000_000), cluster }
    }

    /// Lines of the log with this text.
    pub fn lines_with(&self, text: &str) -> Vec<String> {
        let log = std::fs::read(self.cluster.log_file()).unwrap();
        let log = String::from_utf8_lossy(&log);
        log.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }
}
