//! The promise of the crate: holders share one cluster, and it ends with the last of them.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use embedded_postgres::{Durability, EmbeddedPostgres, EmbeddedPostgresError, ServerLock};

#[test]
fn holders_share_a_cluster_that_ends_with_the_last_of_them() {
    let folder = tempfile::tempdir().unwrap();

    let first = EmbeddedPostgres::ensure(folder.path(), Durability::Throwaway).unwrap();
    let postmaster = postmaster(folder.path());
    let second = EmbeddedPostgres::ensure(folder.path(), Durability::Throwaway).unwrap();

    assert_eq!(first.url("postgres"), second.url("postgres"));
    drop(first);
    thread::sleep(Duration::from_millis(100));
    assert!(second.is_running(), "a holder is left");
    assert_eq!(self::postmaster(folder.path()), postmaster, "it was not started again");
    drop(second);
    wait_until_gone(&postmaster);
}

#[test]
fn a_cluster_is_joined_or_started_again_while_the_last_one_stops() {
    let folder = tempfile::tempdir().unwrap();

    for _ in 0..3 {
        let hold = EmbeddedPostgres::ensure(folder.path(), Durability::Throwaway).unwrap();
        assert!(hold.is_running());
    }

    wait_until_gone(&postmaster(folder.path()));
}

#[test]
fn a_folder_has_one_server_at_a_time() {
    let folder = tempfile::tempdir().unwrap();

    let lock = ServerLock::acquire(folder.path()).unwrap();
    let refused = ServerLock::acquire(folder.path()).unwrap_err();
    drop(lock);

    assert!(matches!(refused, EmbeddedPostgresError::ServerAlreadyRuns { .. }), "{refused}");
    ServerLock::acquire(folder.path()).unwrap();
}

/// Its process number; empty when there is none.
fn postmaster(folder: &Path) -> String {
    let lock = fs::read_to_string(folder.join("postgres/postmaster.pid")).unwrap_or_default();
    lock.lines().next().unwrap_or_default().to_owned()
}

fn wait_until_gone(postmaster: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !postmaster.is_empty() && is_alive(postmaster) {
        assert!(Instant::now() < deadline, "the cluster still runs");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A zombie is not alive: its supervisor may be gone before it.
fn is_alive(process: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(process).join("stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}
