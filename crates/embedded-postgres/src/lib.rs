//! Runs an installed PostgreSQL for sandboxes and tests: on a unix socket, shared by any number of processes.
//!
//! No process owns the cluster. The first one starts it, others join, and it stops by itself after the last one has
//! let go or ended, even by `kill -9`. So dropping a hold does not mean that the cluster stops.
//! Every function blocks: in async code call it from `spawn_blocking`. README.md tells the rest.

mod binaries;
mod child_signal;
mod cluster;
mod data_folder;
mod database_user;
mod durability;
mod error;
mod folder_files;
mod kept;
mod location;
mod server_lock;
mod socket;
mod supervisor;

use std::fs::File;
use std::path::Path;

use data_folder::DataFolder;

pub use child_signal::reset_child_signal;
pub use durability::Durability;
pub use error::EmbeddedPostgresError;
pub use kept::kept_text;
pub use location::{DefaultFolders, data_folder};
pub use server_lock::ServerLock;

/// Creates a data folder for a cluster, and no cluster.
pub fn prepare_folder(folder: &Path) -> Result<(), EmbeddedPostgresError> {
    DataFolder::prepare(folder).map(drop)
}

/// A hold on the running cluster, until it is dropped.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    folder: DataFolder,
    durability: Durability,
    hold: File,
}

impl EmbeddedPostgres {
    /// Starts the cluster in `folder`, or joins the running one. Creates folder and cluster when they are missing.
    ///
    /// Waits up to five minutes for another process that starts or stops it.
    pub fn ensure(folder: &Path, durability: Durability) -> Result<Self, EmbeddedPostgresError> {
        let folder = DataFolder::prepare(folder)?;
        let hold = supervisor::join_or_start(&folder, durability)?;
        Ok(Self { folder, durability, hold })
    }

    /// The URL of a database of this cluster, for its superuser, who has no password.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://{}@localhost:{}/{}?host={}",
            cluster::SUPERUSER,
            socket::PORT,
            percent_encoded(database.as_bytes()),
            percent_encoded(self.folder.sockets().as_os_str().as_encoded_bytes()),
        )
    }

    /// Whether the postmaster runs and accepts connections.
    pub fn is_running(&self) -> bool {
        cluster::accepts(&self.folder)
    }

    /// Starts the cluster again after its postmaster crashed, or joins it when another process was faster.
    ///
    /// A cluster whose socket was removed is stopped first: it cannot make another, and nobody can reach it.
    /// Waits for backends that outlive the dead postmaster. Returns at once when the cluster runs.
    pub fn revive(&mut self) -> Result<(), EmbeddedPostgresError> {
        cluster::stop_if_unreachable(&self.folder);
        let folder = DataFolder::prepare(self.folder.path())?;
        self.hold = supervisor::join_or_start(&folder, self.durability)?;
        self.folder = folder;
        Ok(())
    }

    /// PostgreSQL's log. It holds no values of rows.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_percent_encoded_in_the_url() {
        assert_eq!(percent_encoded(b"/tmp/a b"), "%2Ftmp%2Fa%20b");
    }
}

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
