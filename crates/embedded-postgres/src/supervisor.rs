//! Keeps the cluster running while a process holds it. Each holder has a FIFO open for writing; a shell reads it.
//!
//! The kernel closes the FIFO however a holder ends, even by `kill -9`. At end of file the shell stops the database.
//! Every database process keeps the FIFO open for reading, so a FIFO without readers means that none is left.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::process::CommandExt;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use crate::data_folder::DataFolder;
use crate::durability::Durability;
use crate::error::{EmbeddedPostgresError, cannot};
use crate::{binaries, cluster};

/// Long enough for a recovery after a crash under load, and for the last checkpoint of a shutdown.
const TIMEOUT: Duration = Duration::from_secs(300);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Standard input is the FIFO, standard output the file that counts seen holders, standard error the log. The signal
/// is repeated, because a postgres that has just begun ignores it.
const SUPERVISE: &str = r#"
exec 3<&0
"$@" </dev/null >&2 3<&3 &
postgres=$!
{
    while read -r line <&3; do echo; done
    exec 3<&-
    while kill -INT "$postgres"; do sleep 0.1 || sleep 1; done
} </dev/null 2>/dev/null &
watcher=$!
exec 3<&- >/dev/null
wait "$postgres"
kill "$watcher"
"#;

/// Joins the running cluster or starts it. It runs until every file returned here, in any process, is closed.
pub(crate) fn join_or_start(
    folder: &DataFolder,
    durability: Durability,
) -> Result<File, EmbeddedPostgresError> {
    let lock = lock_start(folder)?;
    create_fifo(folder)?;
    let deadline = Instant::now() + TIMEOUT;
    while Instant::now() < deadline {
        let Some(hold) = hold(folder)? else {
            return start(folder, durability, &lock);
        };
        if is_seen(folder, &hold, deadline)? && gets_ready(folder, deadline)? {
            return Ok(hold);
        }
    }
    Err(stuck(folder))
}

fn lock_start(folder: &DataFolder) -> Result<File, EmbeddedPostgresError> {
    let path = folder.start_lock();
    let file = folder.open(&path, OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND)?;
    file.lock().map_err(cannot("lock", &path))?;
    Ok(file)
}

fn create_fifo(folder: &DataFolder) -> Result<(), EmbeddedPostgresError> {
    let path = folder.alive();
    if fs::symlink_metadata(&path).is_ok_and(|found| found.file_type().is_fifo()) {
        return Ok(());
    }
    make_fifo(path.as_os_str().as_bytes()).map_err(cannot("create", &path))?;
    // Opening it makes it the database user's.
    folder.open(&path, OFlags::RDONLY | OFlags::NONBLOCK).map(drop)
}

fn make_fifo(path: &[u8]) -> io::Result<()> {
    let path = std::ffi::CString::new(path)?;
    // SAFETY: the path is a string with a closing zero and lives until the call returns.
    match unsafe { libc::mkfifo(path.as_ptr(), 0o600) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// `None` when no process of the cluster is left.
fn hold(folder: &DataFolder) -> Result<Option<File>, EmbeddedPostgresError> {
    let path = folder.alive();
    match folder.open_existing(&path, OFlags::WRONLY | OFlags::NONBLOCK) {
        Ok(file) => Ok(Some(file)),
        Err(cause) if cause.raw_os_error() == Some(libc::ENXIO) => Ok(None),
        Err(cause) => Err(cannot("open", &path)(cause)),
    }
}

/// False when the cluster ended. An open FIFO is no proof: the shell may have read end of file before it was opened.
/// If the shell copies a line now, it still reads, and its next read cannot end while the FIFO is open here.
fn is_seen(folder: &DataFolder, mut hold: &File, deadline: Instant) -> Result<bool, EmbeddedPostgresError> {
    let path = folder.noticed();
    let noticed = || {
        let content = folder.read(&path).unwrap_or_default();
        content.bytes().filter(|byte| *byte == b'\n').count()
    };
    let before = noticed();
    if hold.write_all(b"\n").is_err() {
        return Ok(false);
    }
    wait_for(folder, deadline, || noticed() > before)
}

/// False when the cluster ended.
fn gets_ready(folder: &DataFolder, deadline: Instant) -> Result<bool, EmbeddedPostgresError> {
    wait_for(folder, deadline, || cluster::accepts(folder))
}

fn wait_for(
    folder: &DataFolder,
    deadline: Instant,
    wanted: impl Fn() -> bool,
) -> Result<bool, EmbeddedPostgresError> {
    while Instant::now() < deadline {
        if wanted() {
            return Ok(true);
        }
        if hold(folder)?.is_none() {
            return Ok(false);
        }
        thread::sleep(POLL_INTERVAL);
    }
    Err(stuck(folder))
}

fn start(folder: &DataFolder, durability: Durability, lock: &File) -> Result<File, EmbeddedPostgresError> {
    let binaries = binaries::find(folder)?;
    cluster::create_if_missing(folder, &binaries, durability, lock)?;
    cluster::remove_stale_locks(folder)?;
    folder.prepare_sockets()?;
    let (reader, hold) = both_ends(folder).map_err(cannot("open", &folder.alive()))?;
    let noticed = room_to_notice(folder)?;
    let mut shell = folder.user().command("/bin/sh", folder.path());
    shell.args(["-c", SUPERVISE, "embedded-postgres"]);
    shell.arg(binaries.join("postgres")).args(cluster::arguments(folder, durability));
    shell.stdin(reader).stdout(noticed).stderr(cluster::open_log(folder)?);
    // A process group of its own: Ctrl-C must not stop the database before its clients have finished.
    let supervisor = shell.process_group(0).spawn().map_err(cannot("run /bin/sh in", folder.path()))?;
    wait_until_ready(folder, supervisor)?;
    Ok(hold)
}

/// The file that counts seen holders, filled: the shell overwrites it from its beginning, so that a holder is seen on a
/// full disk too.
fn room_to_notice(folder: &DataFolder) -> Result<File, EmbeddedPostgresError> {
    const HOLDERS: usize = 4096;
    let path = folder.noticed();
    let file = folder.open(&path, OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC)?;
    // A disk that is full already has none. Then holders are not seen until there is room.
    let _ = (&file).write_all(&[0; HOLDERS]);
    let _ = (&file).seek(SeekFrom::Start(0));
    Ok(file)
}

/// Opening one end of a FIFO waits for the other end, except with `O_NONBLOCK`.
fn both_ends(folder: &DataFolder) -> io::Result<(File, File)> {
    let path = folder.alive();
    let helper = folder.open_existing(&path, OFlags::RDONLY | OFlags::NONBLOCK)?;
    let writer = folder.open_existing(&path, OFlags::WRONLY)?;
    let reader = folder.open_existing(&path, OFlags::RDONLY)?;
    drop(helper);
    Ok((reader, writer))
}

fn wait_until_ready(folder: &DataFolder, mut supervisor: Child) -> Result<(), EmbeddedPostgresError> {
    let deadline = Instant::now() + TIMEOUT;
    while !cluster::accepts(folder) {
        if !matches!(supervisor.try_wait(), Ok(None)) {
            return Err(EmbeddedPostgresError::StartFailed { log: folder.log().to_owned() });
        }
        if Instant::now() > deadline {
            return Err(stuck(folder));
        }
        thread::sleep(POLL_INTERVAL);
    }
    // Waits for its end, so that no zombie stays. Without the thread one does, and does no harm.
    let _ = thread::Builder::new().name("postgres-supervisor".into()).spawn(move || supervisor.wait());
    Ok(())
}

fn stuck(folder: &DataFolder) -> EmbeddedPostgresError {
    EmbeddedPostgresError::Stuck { folder: folder.path().to_owned(), log: folder.log().to_owned() }
}
