//! A working folder, removed at the end; the embedded database lives in its `.azotte`.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use embedded_postgres::{Durability, EmbeddedPostgres};

use super::{Program, eventually};

static CREATED: AtomicU32 = AtomicU32::new(0);

/// A data folder with a migrated database that was stopped, as `tar` packs it. Creating one takes seconds.
static MIGRATED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = Folder::create();
    // Fast to make. How durable a cluster is, its next start decides.
    let hold = EmbeddedPostgres::ensure(&folder.data(), Durability::Throwaway).unwrap();
    let migrated = Program::in_folder(&folder).run(&["migrate"]);
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    drop(hold);
    folder.wait_until_database_is_gone();
    let packed = tar(&folder).args(["--create", ".azotte"]).output().unwrap();
    assert!(packed.status.success(), "{packed:?}");
    packed.stdout
});

pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Without a database. The program's first start creates one.
    ///
    /// Below the system's temporary folder, which the database's user can reach when the tests run as root.
    pub fn create() -> Self {
        let number = CREATED.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("azotte-cli-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        // Processes are found by the folder they work in, which has no links in it.
        Self { path: path.canonicalize().unwrap() }
    }

    /// With a migrated database of its own, which does not run yet.
    pub fn with_database() -> Self {
        let folder = Self::create();
        let mut unpack = tar(&folder).args(["--extract"]).stdin(Stdio::piped()).spawn().unwrap();
        unpack.stdin.take().unwrap().write_all(&MIGRATED).unwrap();
        assert!(unpack.wait().unwrap().success());
        folder
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn write(&self, name: &str, content: &str) {
        fs::write(self.path.join(name), content).unwrap();
    }

    /// Keeps the embedded database running without a server.
    pub fn hold_database(&self) -> EmbeddedPostgres {
        EmbeddedPostgres::ensure(&self.data(), Durability::Durable).unwrap()
    }

    /// Address of the embedded database while it runs.
    pub fn database_url(&self) -> String {
        self.database_url_for("postgres", "postgres")
    }

    /// The same for a user, in a database.
    pub fn database_url_for(&self, user: &str, database: &str) -> String {
        let host = self.data().to_str().unwrap().replace('/', "%2F");
        format!("postgres://{user}@localhost:5432/{database}?host={host}")
    }

    pub fn postgres_log(&self) -> String {
        fs::read_to_string(self.data().join("postgres.log")).unwrap()
    }

    /// The number of the postmaster, when there is one.
    pub fn postmaster(&self) -> Option<u32> {
        let lock = fs::read_to_string(self.data().join("postgres/postmaster.pid")).ok()?;
        lock.lines().next()?.trim().parse().ok()
    }

    /// Waits until the embedded database has no process left, its supervisor included.
    pub fn wait_until_database_is_gone(&self) {
        eventually("the database's processes end", || self.database_processes().is_empty().then_some(()));
    }

    fn data(&self) -> PathBuf {
        self.path.join(".azotte")
    }

    /// All of them work in the data folder or below.
    fn database_processes(&self) -> Vec<PathBuf> {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
        let works_here = |process: &PathBuf| {
            fs::read_link(process.join("cwd")).is_ok_and(|place| place.starts_with(self.data()))
        };
        processes.filter(works_here).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Not an assertion: a failing test comes through here as well.
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.database_processes().is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        fs::remove_dir_all(&self.path).ok();
    }
}

/// Keeps the owners of files, who matter when the tests run as root.
fn tar(folder: &Folder) -> Command {
    let mut tar = Command::new("tar");
    tar.args(["--directory"]).arg(folder.path()).args(["--file", "-", "--same-permissions"]);
    tar
}
