//! A PostgreSQL of our own for trying things out and for tests: finds an installed one, runs it on a unix socket and shares it.
//!
//! Nobody owns the cluster. Whoever needs it first starts it, others join, and it stops by itself once the last
//! process which holds it is gone, even by `kill -9`. So letting go of a hold is not a promise that it stops.
//! All of this blocks: call it from `spawn_blocking`.

mod binaries;
mod cluster;
mod data_folder;
mod database_user;
mod error;
mod location;
mod server_lock;
mod supervisor;

use std::fs::File;
use std::path::Path;

use data_folder::DataFolder;

pub use error::EmbeddedPostgresError;
pub use location::data_folder;
pub use server_lock::ServerLock;

/// Creates a data folder that a cluster can live in, or may come to live in later.
pub fn prepare_folder(folder: &Path) -> Result<(), EmbeddedPostgresError> {
    DataFolder::prepare(folder).map(drop)
}

/// How much the cluster may lose in a crash of the machine.
///
/// Counts for whoever starts the cluster; who joins gets it as it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed.
    Durable,
    /// Everything: for tests only.
    Throwaway,
}

/// A hold on the running cluster; dropping it lets go.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    folder: DataFolder,
    durability: Durability,
    hold: File,
}

impl EmbeddedPostgres {
    /// Starts the cluster in `folder`, or joins the one that runs there. Creates both when missing.
    pub fn ensure(folder: &Path, durability: Durability) -> Result<Self, EmbeddedPostgresError> {
        let folder = DataFolder::prepare(folder)?;
        let hold = supervisor::join_or_start(&folder, durability)?;
        Ok(Self { folder, durability, hold })
    }

    /// The address of a database of this cluster, for its superuser.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://{}@localhost:{}/{}?host={}",
            cluster::SUPERUSER,
            cluster::PORT,
            percent_encoded(database.as_bytes()),
            percent_encoded(self.folder.sockets().as_os_str().as_encoded_bytes()),
        )
    }

    /// Whether the postmaster lives and accepts connections.
    pub fn is_running(&self) -> bool {
        cluster::accepts(&self.folder)
    }

    /// Starts the cluster again after its postmaster crashed, or joins when another process was faster.
    ///
    /// Waits for backends which still work for the dead postmaster. Returns at once when all is well.
    pub fn revive(&mut self) -> Result<(), EmbeddedPostgresError> {
        let folder = DataFolder::prepare(self.folder.path())?;
        self.hold = supervisor::join_or_start(&folder, self.durability)?;
        self.folder = folder;
        Ok(())
    }

    /// Where PostgreSQL writes its log; no row values get there.
    pub fn log_file(&self) -> &Path {
        self.folder.log()
    }
}

fn percent_encoded(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|&byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
