//! Which server a command asks, and with which key.

use std::{env, fs, path::PathBuf};

use anyhow::{Context, ensure};
use clap::Args;
use secrecy::SecretString;

/// Not a flag: what is on the command line, every process sees.
pub const KEY_VARIABLE: &str = "AZOTTE_API_KEY";

#[derive(Args)]
pub struct ServerArgs {
    /// Ask the server at this address, with the key in AZOTTE_API_KEY [default: beside the database]
    #[arg(long)]
    pub url: Option<String>,
    /// File with the key, in place of AZOTTE_API_KEY
    #[arg(long, value_name = "FILE", requires = "url")]
    api_key_file: Option<PathBuf>,
}

impl ServerArgs {
    pub fn key(&self) -> anyhow::Result<SecretString> {
        let key = match &self.api_key_file {
            Some(path) => fs::read_to_string(path).with_context(|| path.display().to_string())?,
            None => env::var(KEY_VARIABLE).unwrap_or_default(),
        };
        ensure!(
            !key.trim().is_empty(),
            "--url asks for a key: in {KEY_VARIABLE}, or in the file of --api-key-file"
        );
        Ok(key.trim().into())
    }
}
