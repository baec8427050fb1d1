//! `check`: compares a tenant's own list of its customers with those that are here, through the API or beside the
//! database.

mod by_api;
mod by_database;
mod drift;
mod here;
mod list;
mod report;

use std::{env, fs, path::PathBuf, time::Duration};

use anyhow::{Context, ensure};
use clap::Args;
use secrecy::SecretString;

use self::{
    by_api::ByApi,
    by_database::ByDatabase,
    drift::{Check, check},
    here::Here,
    list::List,
    report::Report,
};
use super::{output::Output, tenant};
use crate::config::Config;
use crate::domain::{compare::By, feed::Cursor};

/// Not a flag: what is on the command line, every process sees.
pub const KEY_VARIABLE: &str = "AZOTTE_API_KEY";

#[derive(Args)]
pub struct CheckArgs {
    /// CSV with a header, or JSON a line: externalIdentifier, and version or sourceVersion; customerUrn helps
    file: PathBuf,
    #[command(flatten)]
    which: tenant::Which,
    /// What customers are compared by: version, sourceVersion or externalIdentifier
    #[arg(long, default_value = "version", value_parser = by)]
    by: By,
    /// Write a line for every customer to this file, those that are equal, too
    #[arg(long, value_name = "FILE")]
    combined: Option<PathBuf>,
    /// Seconds after which differences are looked at again; what is gone by then was on its way
    #[arg(long, value_name = "S", default_value = "60", value_parser = clap::value_parser!(u64).range(0..=3600))]
    settle: u64,
    /// Cursor of the change feed from when the file was made: what changed since is no difference [default: from now]
    #[arg(long, value_name = "CURSOR", value_parser = cursor)]
    since: Option<Cursor>,
    /// Ask the server at this address, with the key in AZOTTE_API_KEY [default: beside the database]
    #[arg(long)]
    pub url: Option<String>,
    /// File with the key, in place of AZOTTE_API_KEY
    #[arg(long, value_name = "FILE", requires = "url")]
    api_key_file: Option<PathBuf>,
}

/// Whether they are the same.
pub async fn run(config: &Config, output: Output, arguments: &CheckArgs) -> anyhow::Result<bool> {
    let list = List::read(&arguments.file, arguments.by)?;
    let here: Box<dyn Here> = match &arguments.url {
        Some(url) => Box::new(ByApi::new(url, &arguments.which.tenant, arguments.key()?)?),
        None => Box::new(ByDatabase::open(config, &arguments.which.tenant).await?),
    };
    let how = Check {
        by: arguments.by,
        settle: Duration::from_secs(arguments.settle),
        since: arguments.since.or(list.made_at),
    };
    let found = check(&*here, &list, &how).await?;
    let report = Report::new(&list, found);
    report.print(output)?;
    if let Some(path) = &arguments.combined {
        report.write_combined(path)?;
    }
    Ok(report.is_equal())
}

impl CheckArgs {
    fn key(&self) -> anyhow::Result<SecretString> {
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

fn by(text: &str) -> Result<By, String> {
    By::parse(text).map_err(|_| "must be version, sourceVersion or externalIdentifier".to_owned())
}

fn cursor(text: &str) -> Result<Cursor, String> {
    Cursor::parse(text).map_err(|_| "must be a cursor such as f1-9f3a1c02-42".to_owned())
}
