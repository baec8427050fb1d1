//! What goes wrong with the output of an export.

use std::{
    fs::File,
    process::{Command, Stdio},
};

use super::{Place, csv};

fn export(place: &Place, output: impl Into<Stdio>) -> std::process::Output {
    let mut command: Command = place.program.command();
    command.args(["export", "--tenant", "globex", "--format", "csv"]).stdout(output).output().unwrap()
}

#[test]
fn a_reader_that_has_read_enough_is_no_error_and_a_full_disk_is_one() {
    let place = Place::new();
    place.write("customers.csv", csv(2000));
    place.report("customers.csv", &[]);

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let closed = export(&place, writer);
    assert_eq!((closed.status.code(), &*closed.stderr), (Some(0), &b""[..]), "{closed:?}");

    let full = export(&place, File::options().write(true).open("/dev/full").unwrap());
    let said = String::from_utf8(full.stderr).unwrap();
    assert_eq!(full.status.code(), Some(1), "{said}");
    assert!(said.contains("standard output cannot be written") && said.lines().count() == 1, "{said}");
}

#[test]
fn an_export_of_a_tenant_without_customers_is_complete() {
    let place = Place::new();
    let csv = place.program.run(&["export", "--tenant", "globex", "--format", "csv"]).stdout;
    assert!(
        csv.starts_with("customerUrn,externalIdentifier,email,phoneNumber,") && csv.lines().count() == 1,
        "{csv}"
    );
    assert_eq!(place.program.run(&["export", "--tenant", "globex"]).stdout.lines().count(), 2);
    let unknown = place.program.run(&["export", "--tenant", "nobody"]);
    assert_eq!((unknown.code, &*unknown.stdout), (Some(1), ""), "{unknown:?}");
}
