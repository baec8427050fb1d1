//! `check`: compares a tenant's own list of its customers with those that are here, through the API or beside the
//! database.

mod drift;
mod here;
mod list;
mod report;

use std::{path::PathBuf, time::Duration};

use clap::Args;

use self::{
    drift::{Check, check},
    here::Here,
    list::List,
    report::Report,
};
use super::{api::Target, output::Output};
use crate::config::Config;
use crate::domain::{compare::By, feed::Cursor};

#[derive(Args)]
pub struct CheckArgs {
    /// CSV with a header, or JSON a line: externalIdentifier, and version or sourceVersion; customerUrn helps
    file: PathBuf,
    #[command(flatten)]
    pub target: Target,
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
}

/// Whether they are the same.
pub async fn run(config: &Config, output: Output, arguments: &CheckArgs) -> anyhow::Result<bool> {
    let list = List::read(&arguments.file, arguments.by)?;
    let here = Here(arguments.target.open(config).await?);
    let how = Check {
        by: arguments.by,
        settle: Duration::from_secs(arguments.settle),
        since: arguments.since.or(list.made_at),
    };
    let found = check(&here, &list, &how).await?;
    here.0.close().await;
    let report = Report::new(&list, found);
    report.print(output)?;
    if let Some(path) = &arguments.combined {
        report.write_combined(path)?;
    }
    Ok(report.is_equal())
}

fn by(text: &str) -> Result<By, String> {
    By::parse(text).map_err(|_| "must be version, sourceVersion or externalIdentifier".to_owned())
}

fn cursor(text: &str) -> Result<Cursor, String> {
    Cursor::parse(text).map_err(|_| "must be a cursor such as f1-9f3a1c02-42".to_owned())
}
