//! `import` and `export`, on files as people and other systems make them.

mod dialects;
mod errors_file;
mod export;
mod hostile;
mod remote;
mod resume;
mod round_trip;
mod stopped_server;

use std::fs;

use embedded_postgres::EmbeddedPostgres;
use serde_json::Value;

use crate::support::{Folder, Outcome, Program};

/// A database with the tenants globex and initech, and files beside it.
pub struct Place {
    /// Let go before the folder, which waits for the database to end.
    _database: EmbeddedPostgres,
    pub folder: Folder,
    pub program: Program,
}

impl Place {
    pub fn new() -> Self {
        let folder = Folder::with_database();
        let database = folder.hold_database();
        let program = Program::in_folder(&folder);
        for name in ["globex", "initech"] {
            let domain = format!("{name}.example.com");
            program.json(&["tenant", "create", "--name", name, "--domain", &domain]);
        }
        Self { _database: database, folder, program }
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.folder.path().join(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn has(&self, name: &str) -> bool {
        self.folder.path().join(name).exists()
    }

    /// Into globex, with further arguments.
    pub fn import(&self, file: &str, arguments: &[&str]) -> Outcome {
        self.program.run(&[&["import", file, "--tenant", "globex"], arguments].concat())
    }

    /// The report of an import, whose exit code tells whether lines failed.
    pub fn report(&self, file: &str, arguments: &[&str]) -> Value {
        let outcome = self.import(file, &[arguments, &["--json"]].concat());
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"));
        let expected = if report["failed"] == 0 { 0 } else { 1 };
        assert_eq!(outcome.code, Some(expected), "{outcome:?}");
        report
    }

    /// The customers of a tenant by their external ids, without what the service gives them.
    pub fn customers(&self, tenant: &str) -> Vec<Value> {
        let exported = self.program.run(&["export", "--tenant", tenant]);
        assert_eq!((exported.code, &*exported.stderr), (Some(0), ""), "{exported:?}");
        let lines = exported.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut customers: Vec<Value> = lines.filter(|line| line["customerUrn"].is_string()).collect();
        for customer in &mut customers {
            for given in ["customerUrn", "version", "createdAt", "updatedAt"] {
                customer.as_object_mut().unwrap().remove(given).unwrap();
            }
        }
        customers.sort_by_key(|customer| customer["externalIdentifier"].as_str().unwrap().to_owned());
        customers
    }

    pub fn ids(&self, tenant: &str) -> Vec<String> {
        let customers = self.customers(tenant);
        customers.iter().map(|customer| customer["externalIdentifier"].as_str().unwrap().to_owned()).collect()
    }
}

/// `id,land,sprache` and this many customers from `crm-0000` on.
pub fn csv(customers: usize) -> String {
    let rows: String = (0..customers).map(|n| format!("crm-{n:04},n{n}@example.com,DE,de\n")).collect();
    format!("id,mail,land,sprache\n{rows}")
}
