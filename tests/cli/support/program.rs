//! The binary, run to its end.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use super::Folder;

/// The binary in a folder, with an environment that holds no setting of the person who runs the tests.
#[derive(Clone)]
pub struct Program {
    binary: PathBuf,
    folder: PathBuf,
    variables: Vec<(String, String)>,
}

/// How it ended and what it said.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    pub fn in_folder(folder: &Folder) -> Self {
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_azotte-customers"));
        Self { binary, folder: folder.path().to_owned(), variables: Vec::new() }
    }

    /// The same program from a copy of the binary.
    pub fn running(&self, binary: &Path) -> Self {
        Self { binary: binary.to_owned(), ..self.clone() }
    }

    /// The same program with this environment variable.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut program = self.clone();
        program.variables.push((name.to_owned(), value.to_owned()));
        program
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.command().args(arguments).stdin(Stdio::null()).output().unwrap().into()
    }

    /// With `--json`, for commands that must succeed.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let outcome = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(outcome.code, Some(0), "{arguments:?}: {outcome:?}");
        serde_json::from_str(&outcome.stdout).unwrap()
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        let ours = |name: &str| ["DATABASE_URL", "RUST_LOG"].contains(&name) || name.starts_with("AZOTTE_");
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(ours) {
                command.env_remove(name);
            }
        }
        command.current_dir(&self.folder).envs(self.variables.clone());
        command
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Outcome {
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}
