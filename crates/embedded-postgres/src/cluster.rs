//! The cluster: how it is created, its settings, and whether it accepts connections.
//!
//! All settings are on the command line, which overrides the cluster's configuration files. Errors of statements are
//! not logged: their messages may quote values, and the client gets them anyway.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::fs::OFlags;

use crate::data_folder::DataFolder;
use crate::durability::Durability;
use crate::error::{EmbeddedPostgresError, cannot};
use crate::folder_files;
use crate::socket::{self, PORT};

pub(crate) const SUPERUSER: &str = "postgres";

const LARGE_LOG_BYTES: u64 = 10_000_000;

const SETTINGS: [&str; 13] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "shared_buffers=128MB",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_destination=stderr",
    "logging_collector=off",
    "log_min_messages=log",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_parameter_max_length_on_error=0",
];

const THROWAWAY_SETTINGS: [&str; 5] =
    ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "max_wal_size=4GB"];

/// Whether the postmaster runs and accepts connections.
pub(crate) fn accepts(folder: &DataFolder) -> bool {
    let lock = folder.read(&postmaster_lock(folder)).unwrap_or_default();
    lock.lines().nth(7).is_some_and(|line| line.trim() == "ready")
        && UnixStream::connect(socket::path(folder.sockets())).is_ok()
}

/// Tells a postmaster that runs without its socket to stop, in order. Its socket is made at its start only.
pub(crate) fn stop_if_unreachable(folder: &DataFolder) {
    let lock = folder.read(&postmaster_lock(folder)).unwrap_or_default();
    let is_ready = lock.lines().nth(7).is_some_and(|line| line.trim() == "ready");
    // Without /proc nobody knows whose number it is by now.
    if !is_ready
        || !Path::new("/proc/self/stat").exists()
        || socket::path(folder.sockets()).exists()
        || is_stale(&lock)
    {
        return;
    }
    if let Some(postmaster) = lock.lines().next().and_then(|line| line.trim().parse().ok()) {
        // SAFETY: it takes two numbers and touches no memory. The number is a live postgres, which was just looked at.
        unsafe { libc::kill(postmaster, libc::SIGINT) };
    }
}

/// Creates the cluster when it is missing. `start_lock` is locked, and stays locked until `initdb` has ended.
pub(crate) fn create_if_missing(
    folder: &DataFolder,
    binaries: &Path,
    durability: Durability,
    start_lock: &File,
) -> Result<(), EmbeddedPostgresError> {
    let cluster = folder.cluster();
    if folder.read(&cluster.join("PG_VERSION")).is_ok() {
        return Ok(());
    }
    // Created under another name and then renamed, so that the rest of a crash is never taken for a cluster.
    let unfinished = folder.unfinished_cluster();
    remove(&unfinished)?;
    initdb(folder, binaries, durability, start_lock)?;
    fs::rename(&unfinished, &cluster).map_err(cannot("create", &cluster))?;
    if durability == Durability::Durable {
        folder_files::sync(folder.path()).map_err(cannot("save", folder.path()))?;
    }
    Ok(())
}

/// Removes the lock files of a postmaster that is gone. `postgres` only checks whether a process has its number. In a
/// container that may be a zombie for ever, or after a restart an unrelated program.
pub(crate) fn remove_stale_locks(folder: &DataFolder) -> Result<(), EmbeddedPostgresError> {
    let mut socket_lock = socket::path(folder.sockets()).into_os_string();
    socket_lock.push(".lock");
    for (below, lock) in [(folder.path(), postmaster_lock(folder)), (folder.sockets(), socket_lock.into())] {
        if is_stale(&folder_files::read(below, &lock).unwrap_or_default()) {
            folder_files::remove(below, &lock).map_err(cannot("remove", &lock))?;
        }
    }
    Ok(())
}

/// The arguments of `postgres`.
pub(crate) fn arguments(folder: &DataFolder, durability: Durability) -> Vec<OsString> {
    let mut arguments = vec!["-D".into(), folder.cluster().into_os_string()];
    let mut set = |setting: OsString| arguments.extend(["-c".into(), setting]);
    set(format!("port={PORT}").into());
    set(socket_setting(folder.sockets()));
    SETTINGS.iter().for_each(|setting| set(setting.into()));
    if durability == Durability::Throwaway {
        THROWAWAY_SETTINGS.iter().for_each(|setting| set(setting.into()));
    }
    arguments
}

/// The log, open for appending; a large one is renamed first.
pub(crate) fn open_log(folder: &DataFolder) -> Result<File, EmbeddedPostgresError> {
    let log = folder.log();
    if fs::metadata(log).is_ok_and(|found| found.len() > LARGE_LOG_BYTES) {
        fs::rename(log, log.with_extension("log.old")).map_err(cannot("rename", log))?;
    }
    folder.open(log, OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND)
}

fn initdb(
    folder: &DataFolder,
    binaries: &Path,
    durability: Durability,
    start_lock: &File,
) -> Result<(), EmbeddedPostgresError> {
    folder.user().demand_name()?;
    let program = binaries.join("initdb");
    let mut initdb = folder.user().command(&program, folder.path());
    initdb
        .args(["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-locale", "-D"])
        .arg(folder.unfinished_cluster());
    if durability == Durability::Throwaway {
        initdb.args(["--no-sync", "--wal-segsize=1"]);
    }
    // `initdb` reads nothing. Given the lock as its input, it keeps the lock even if this process is killed.
    let lock = start_lock.try_clone().map_err(cannot("lock", &folder.start_lock()))?;
    // A process group of its own: Ctrl-C stops this program in order, and would leave initdb half done.
    initdb.process_group(0);
    initdb.stdin(lock).stdout(Stdio::null()).stderr(open_log(folder)?);
    match initdb.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(EmbeddedPostgresError::CreateFailed { log: folder.log().to_owned() }),
        Err(cause) => Err(cannot("run", &program)(cause)),
    }
}

fn remove(folder: &Path) -> Result<(), EmbeddedPostgresError> {
    match fs::remove_dir_all(folder) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cannot("remove", folder)(cause)),
        _ => Ok(()),
    }
}

fn postmaster_lock(folder: &DataFolder) -> PathBuf {
    folder.cluster().join("postmaster.pid")
}

/// Whether the process that a lock file names is certainly not a live postgres. Without /proc: never.
fn is_stale(lock: &str) -> bool {
    let process = lock.lines().next().and_then(|line| line.trim().parse::<u32>().ok());
    let stat = process.and_then(|process| fs::read_to_string(format!("/proc/{process}/stat")).ok());
    // Such as `30 (postgres) S 1 ...`, with Z for a zombie.
    stat.as_deref().and_then(|stat| stat.rsplit_once(") ")).is_some_and(|(name, state)| {
        state.starts_with('Z') || !(name.contains("postgres") || name.contains("postmaster"))
    })
}

/// Quoted, because the value is a list that is split at commas.
fn socket_setting(sockets: &Path) -> OsString {
    let mut setting = OsString::from("unix_socket_directories=\"");
    setting.push(sockets);
    setting.push("\"");
    setting
}
