//! Without privileges: tests that run as root start the server as `nobody`, all others are the ordinary user.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    process::Command,
};

use crate::support::{Folder, Program, Server};

#[test]
fn an_ordinary_user_serves_from_a_folder_of_their_own() {
    let folder = Folder::create();
    if fs::metadata(folder.path()).unwrap().uid() != 0 {
        return;
    }
    let (user, group) = (id("-u"), id("-g"));
    chown(folder.path(), Some(user), Some(group)).unwrap();
    // The build folder may be closed to them.
    let binary = folder.path().join("azotte-customers");
    fs::copy(env!("CARGO_BIN_EXE_azotte-customers"), &binary).unwrap();

    let program = Program::in_folder(&folder).running(&binary);
    let mut command = program.command();
    command.args(["serve", "--listen", "127.0.0.1:0"]).uid(user).gid(group);
    let mut server = Server::spawn(&mut command);
    assert_eq!(server.acme().store("crm-1").unwrap().status, 200);
    assert_eq!(fs::metadata(folder.path().join(".azotte/postgres")).unwrap().uid(), user);

    let tenants = program.json(&["tenant", "list"]);
    assert_eq!(tenants[0]["name"], "acme", "root works on their database too");

    server.signal("TERM");
    assert!(server.wait().success());
    folder.wait_until_database_is_gone();
}

fn id(which: &str) -> u32 {
    let answer = Command::new("id").args([which, "nobody"]).output().unwrap();
    String::from_utf8(answer.stdout).unwrap().trim().parse().expect("a user `nobody`")
}
