//! Each fault of a set-up is found by `doctor` and named: a stable code for programs, no value for anybody.

use std::{fs, net::TcpListener};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::{Folder, Program, Server};

const GRANTS: &str = include_str!("../../docs/least-privilege.sql");
const SECRET: &str = "canary of at least thirty-two bytes";

/// A cluster with a migrated database `live`, and the roles of `docs/least-privilege.sql`.
struct Site {
    folder: Folder,
    _cluster: Server,
}

impl Site {
    async fn create() -> Self {
        let folder = Folder::create();
        let cluster = Server::start(&folder);
        let site = Self { folder, _cluster: cluster };
        site.execute("postgres", "create database live").await;
        let roles = ["customers_owner", "customers_server", "customers_operator", "stranger"];
        for role in roles {
            site.execute("postgres", &format!("create role {role} login password 'right'")).await;
        }
        site.execute("postgres", "alter database live owner to customers_owner").await;
        site.execute("live", "alter schema public owner to customers_owner").await;
        let owner = site.live("customers_owner");
        assert_eq!(owner.run(&["migrate"]).code, Some(0));
        site.execute("live", GRANTS).await;
        site
    }

    /// The program as a live server's, connecting as `user`.
    fn live(&self, user: &str) -> Program {
        self.on(&self.folder.database_url_for(user, "live"))
    }

    fn on(&self, url: &str) -> Program {
        let program = Program::in_folder(&self.folder).with("AZOTTE_ENVIRONMENT", "live");
        program
            .with("AZOTTE_LISTEN", "127.0.0.1:0")
            .with("AZOTTE_FINGERPRINT_SECRET", SECRET)
            .with("DATABASE_URL", url)
    }

    async fn execute(&self, database: &str, statements: &str) {
        let url = self.folder.database_url_for("postgres", database);
        let mut connection = PgConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.unwrap();
    }
}

#[tokio::test]
async fn a_live_set_up_of_least_privilege_has_no_fault() {
    let site = Site::create().await;
    let doctor = site.live("customers_server").run(&["doctor", "--json"]);
    assert_eq!((doctor.code, codes(&doctor.stdout)), (Some(0), vec![]), "{doctor:?}");
}

#[tokio::test]
async fn tokens_and_addresses_that_would_stop_the_server_are_found() {
    let site = Site::create().await;
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    for (setting, value, code) in [
        ("AZOTTE_JWT_KEYS_FILE", "/nope", "tokens_issuer"),
        ("AZOTTE_JWT_SECRET", SECRET, "tokens_issuer"),
        ("AZOTTE_LISTEN", &taken, "listen_in_use"),
        ("AZOTTE_LISTEN", "192.0.2.1:0", "listen_unavailable"),
        ("AZOTTE_OPS_LISTEN", &taken, "listen_in_use"),
        ("AZOTTE_OPS_LISTEN", "192.0.2.1:0", "listen_unavailable"),
        ("AZOTTE_LISTNE", "canary", "setting_unknown"),
        ("AZOTTE_FINGERPRINT_SECRET", "", "fingerprints_secret"),
    ] {
        finds(&site.live("customers_server").with(setting, value), code);
    }
    let with_issuer = site.live("customers_server").with("AZOTTE_JWT_ISSUER", "azotte");
    finds(&with_issuer.with("AZOTTE_JWT_KEYS_FILE", "/nope"), "tokens_keys");
    let said = with_issuer.with("AZOTTE_LISTNE", "canary").run(&["doctor"]);
    assert!(said.stdout.contains("AZOTTE_LISTEN meant"), "{said:?}");
}

#[tokio::test]
async fn the_address_of_a_running_server_is_no_fault() {
    let folder = Folder::create();
    let server = Server::start(&folder);
    let program = Program::in_folder(&folder).with("AZOTTE_LISTEN", &server.address().to_string());
    let doctor = program.json(&["doctor"]);
    assert_eq!(doctor[3]["check"], "listen");
    assert!(doctor[3]["message"].as_str().unwrap().contains("a server of ours"), "{doctor}");
}

#[tokio::test]
async fn each_way_not_to_reach_the_database_has_a_name() {
    let site = Site::create().await;
    ask_for_passwords(&site).await;
    let at = |user: &str, database: &str| site.folder.database_url_for(user, database);
    for (url, code) in [
        (at("customers_server:canary", "live"), "database_login"),
        (at("nobody_there", "live"), "database_login"),
        (at("postgres", "canary"), "database_unknown"),
        (at("postgres", "live") + "&sslmode=require", "database_tls"),
        ("postgres://canary@canary.invalid/live".to_owned(), "database_host"),
        ("postgres://canary@127.0.0.1:1/live".to_owned(), "database_refused"),
        ("postgres://canary@localhost/live?host=%2Fnowhere".to_owned(), "database_socket"),
    ] {
        finds(&site.on(&url), code);
    }
    let unsaid = Program::in_folder(&site.folder).with("DATABASE_URL", &at("postgres", "live"));
    finds(&unsaid, "environment_unsaid");
}

#[tokio::test]
async fn what_the_user_of_the_database_may_not_do_or_should_not_is_found() {
    let site = Site::create().await;
    finds(&site.live("customers_operator"), "privileges_missing");
    finds(&site.live("stranger"), "migrations_hidden");
    finds(&site.live("postgres"), "role_superuser");

    let for_a_time = |user| site.live(user).with("AZOTTE_EVENTS_KEPT_DAYS", "30");
    finds(&for_a_time("customers_server"), "privileges_events");
    site.execute("live", "grant delete on customer_events to customers_server").await;
    assert_eq!(for_a_time("customers_server").run(&["doctor"]).code, Some(0));

    let owner = site.live("customers_owner").run(&["doctor", "--json"]);
    assert_eq!((owner.code, codes(&owner.stdout)), (Some(0), vec!["role_owner".to_owned()]), "{owner:?}");
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_found() {
    let site = Site::create().await;
    site.execute("postgres", "alter database live set default_transaction_read_only = on").await;

    finds(&site.live("customers_server"), "database_read_only");
}

#[tokio::test]
async fn a_database_that_does_not_fit_is_found() {
    let site = Site::create().await;
    let log = "alter database live set log_error_verbosity = 'default'";
    site.execute("postgres", log).await;
    let found = finds(&site.live("customers_server"), "log_quotes_values");
    assert!(found.contains("log_error_verbosity = terse"), "{found}");
    let logged =
        "alter database live reset log_error_verbosity; alter database live set log_statement = 'mod'";
    site.execute("postgres", logged.split(';').next().unwrap()).await;
    site.execute("postgres", logged.split(';').next_back().unwrap()).await;
    finds(&site.live("customers_server"), "log_quotes_values");

    site.execute("postgres", "create database ascii template template0 encoding 'SQL_ASCII' locale 'C'")
        .await;
    site.execute("postgres", "create database other").await;
    site.execute("other", "create table canary (id int)").await;
    let on = |database| site.on(&site.folder.database_url_for("postgres", database));
    finds(&on("ascii"), "database_encoding");
    finds(&on("other"), "database_foreign");
}

#[test]
fn a_parameter_that_would_be_dropped_and_a_password_that_ends_early_are_refused() {
    let folder = Folder::create();
    for (url, says) in [
        ("postgres://u:p@127.0.0.1/x?keepalives=1", "keepalives"),
        ("postgres://u:p@127.0.0.1/x?target_session_attrs=read-write", "follows the primary"),
        ("postgres://u:p@10.0.0.1,10.0.0.2/x", "follows the primary"),
        ("postgres://u:p@10.0.0.1:5432,10.0.0.2:5433/x", "follows the primary"),
        ("postgres://u:p@/x?host=a,b", "follows the primary"),
        ("postgres:///x?host=a%2Cb", "follows the primary"),
        ("postgres://u:can#ary@127.0.0.1/x", "%23"),
    ] {
        let outcome = Program::in_folder(&folder).with("DATABASE_URL", url).run(&["doctor"]);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(says) && outcome.stderr.contains("DATABASE_URL"), "{outcome:?}");
        assert!(!outcome.text().contains("ary@"), "{outcome:?}");
    }
}

#[test]
fn a_server_warns_of_a_variable_that_is_no_setting() {
    let folder = Folder::create();
    let server = Server::start_with(&Program::in_folder(&folder).with("AZOTTE_LISTNE", "canary"), &[]);
    assert!(server.stderr().contains("AZOTTE_LISTNE is no setting"), "{}", server.stderr());
    assert!(!server.stderr().contains("canary"));
}

/// Asserts that `doctor` fails with this code and repeats no value; returns what it said.
fn finds(program: &Program, code: &str) -> String {
    let doctor = program.run(&["doctor", "--json"]);
    assert_eq!(doctor.code, Some(1), "{code}: {doctor:?}");
    assert!(codes(&doctor.stdout).contains(&code.to_owned()), "{code}: {doctor:?}");
    assert!(code == "database_foreign" || !doctor.text().contains("canary"), "{code}: {doctor:?}");
    doctor.stdout
}

fn codes(json: &str) -> Vec<String> {
    let findings: Vec<Value> = serde_json::from_str(json).unwrap();
    findings.iter().filter_map(|finding| Some(finding["code"].as_str()?.to_owned())).collect()
}

/// From `customers_server`; all others go on without.
async fn ask_for_passwords(site: &Site) {
    let rules = "local all customers_server scram-sha-256\nlocal all all trust\n";
    fs::write(site.folder.path().join(".azotte/postgres/pg_hba.conf"), rules).unwrap();
    site.execute("postgres", "select pg_reload_conf()").await;
}
