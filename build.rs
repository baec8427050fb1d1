//! Gives the program the revision it is built from, for `--version`: BUILD_REVISION, or what git says in a release build
//! of a checkout. A build from a tarball has none.
//!
//! Other builds do not ask git: each commit would compile the crate again.

use std::{env, path::Path, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=BUILD_REVISION");
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let said = env::var("BUILD_REVISION").ok().filter(|said| !said.is_empty() && said != "unknown");
    let version = match said.or_else(of_the_checkout) {
        Some(revision) => format!("{version} ({revision})"),
        None => version,
    };
    println!("cargo::rustc-env=BUILD_VERSION={version}");
}

fn of_the_checkout() -> Option<String> {
    // A tarball may lie in the checkout of something else.
    if env::var("PROFILE").as_deref() != Ok("release") || !Path::new(".git").exists() {
        return None;
    }
    for changes in ["HEAD", "logs/HEAD"] {
        println!("cargo::rerun-if-changed={}", git(&["rev-parse", "--git-path", changes])?);
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let answer = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(answer.stdout).ok()?.trim().to_owned();
    (answer.status.success() && !text.is_empty()).then_some(text)
}
