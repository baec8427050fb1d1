//! On a full disk the commands say what they know: the one moment in which they are needed most.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::support::{Folder, Program, Server, within};

const WHILE_A_PERSON_WAITS: Duration = Duration::from_secs(20);

#[test]
fn commands_beside_a_running_server_answer_on_a_full_disk() {
    let folder = Folder::create();
    let Some(disk) = Disk::mount(&folder) else { return };
    let program = Program::in_folder(&folder).with("AZOTTE_DATA_DIR", disk.0.join("data").to_str().unwrap());
    let server = Server::start_with(&program, &[]);
    disk.fill();
    let program = program.with("AZOTTE_LISTEN", &server.address().to_string());

    for arguments in [&["tenant", "list"][..], &["doctor"]] {
        let mut command = program.command().args(arguments).spawn().unwrap();
        let status = within(WHILE_A_PERSON_WAITS, "it answers", || command.try_wait().unwrap());
        assert!(status.success(), "{arguments:?}");
    }
    drop(server);
    within(Duration::from_secs(60), "the disk is left", || disk.unmount());
}

/// A small disk of its own; mounting takes root, and a machine that allows it.
struct Disk(PathBuf);

impl Disk {
    fn mount(folder: &Folder) -> Option<Self> {
        let path = folder.path().join("disk");
        fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=160m,mode=755", "none"])
            .arg(&path)
            .output();
        if mounted.is_ok_and(|outcome| outcome.status.success()) {
            return Some(Self(path));
        }
        eprintln!("SKIPPED: no disk can be mounted here");
        None
    }

    fn fill(&self) {
        let mut file = File::create(self.0.join("filler")).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
    }

    /// `None` while something works on it.
    fn unmount(&self) -> Option<()> {
        is_unmounted(&self.0).then_some(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Whatever is left of a test that failed.
        Command::new("umount").arg("--lazy").arg(&self.0).output().ok();
    }
}

fn is_unmounted(path: &Path) -> bool {
    Command::new("umount").arg(path).output().is_ok_and(|outcome| outcome.status.success())
}
