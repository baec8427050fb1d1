//! The log is complete at the end, and strangers do not fill it.

use serde_json::Value;

use crate::support::{Client, Folder, Program, Server, TENANT, eventually};

const FLOOD: u64 = 1000;

#[test]
fn a_flood_of_strangers_is_a_number_beside_the_line_of_an_erasure() {
    let folder = Folder::with_database();
    let mut server = Server::start_with(&Program::in_folder(&folder), &["--log-format", "json"]);
    let stranger = Client::new(server.address(), TENANT, "sk_dev_unknown");
    server.acme().store("crm-1").unwrap();

    for _ in 0..FLOOD {
        assert_eq!(stranger.info("exId=crm-1").unwrap().status, 401);
    }
    let erasure = server.acme().post("delete", r#"{"externalIdentifier":"crm-1"}"#).unwrap();
    assert_eq!(erasure.status, 200);
    server.signal("TERM");
    assert!(server.wait().success());

    let lines = eventually("the log is complete", || {
        let lines = lines(&server.stderr());
        lines.iter().any(|line| line["message"].as_str().unwrap().starts_with("stopping")).then_some(lines)
    });
    let erasures = lines.iter().filter(|line| line["route"] == "/api/c2a/customer/delete");
    assert_eq!(erasures.map(|line| &line["tenant"]).collect::<Vec<_>>(), [TENANT]);
    let strangers = lines.iter().filter(|line| line["status"] == 401).count() as u64;
    let more = lines.iter().filter(|line| line["message"].as_str().unwrap().starts_with("more requests"));
    let more: u64 = more.map(|line| line["lines"].as_u64().unwrap()).sum();
    assert_eq!(strangers + more, FLOOD);
    assert!(more > 0 && strangers >= 100, "{strangers} and {more} more");
}

fn lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
