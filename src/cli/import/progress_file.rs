//! How far an import has come, beside its file: what an import that was interrupted goes on from.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use super::{source::Source, tally::Tally};

/// Holds nothing of the customers.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The last line that is done with.
    pub line: u64,
    /// Where it ends in the file.
    pub offset: u64,
    /// Of everything up to there.
    pub sha256: String,
    /// Lines up to this one may have been sent, and perhaps carried out.
    pub sent_to_line: u64,
    /// How much of the errors file belongs to what is done with.
    pub errors_length: u64,
    /// How the import was asked for.
    pub options: String,
    pub tally: Tally,
}

pub struct ProgressFile {
    path: PathBuf,
    /// `false`: nothing is kept, as of a dry run.
    is_kept: bool,
}

impl ProgressFile {
    pub fn new(path: PathBuf, is_kept: bool) -> Self {
        Self { path, is_kept }
    }

    /// What an interrupted import has left, if it is one of this file with these options; `source` is led to the place.
    pub fn resume(&self, source: &mut Source, options: &str) -> anyhow::Result<Option<Progress>> {
        let text = match fs::read_to_string(&self.path) {
            _ if !self.is_kept => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.with_context(|| self.named())?,
        };
        let advice = format!("--restart begins anew, and forgets {}", self.named());
        let progress: Progress = serde_json::from_str(&text)
            .with_context(|| format!("{} cannot be read; {advice}", self.named()))?;
        ensure!(
            progress.options == options,
            "the interrupted import was asked for with other options; {advice}"
        );
        let led = source.read_to(progress.offset);
        ensure!(
            led.is_ok() && source.sha256() == progress.sha256,
            "the file has changed before line {}, up to which it was imported; {advice}",
            progress.line
        );
        Ok(Some(progress))
    }

    /// Whole or not at all, wherever this program ends.
    pub fn save(&self, progress: &Progress) -> anyhow::Result<()> {
        if !self.is_kept {
            return Ok(());
        }
        let draft = self.path.with_extension("progress.new");
        let written = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| file.write_all(&serde_json::to_vec(progress)?))
            .and_then(|()| fs::rename(&draft, &self.path));
        written.with_context(|| format!("{} cannot be written", self.named()))
    }

    /// The import is at its end.
    pub fn remove(&self) -> anyhow::Result<()> {
        if !self.is_kept {
            return Ok(());
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).with_context(|| self.named()),
            _ => Ok(()),
        }
    }

    fn named(&self) -> String {
        Path::display(&self.path).to_string()
    }
}
