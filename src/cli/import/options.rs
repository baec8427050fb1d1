//! What an import is asked for.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sha2::{Digest, Sha256};

use super::{
    bulk_line::OnConflict,
    columns::{Fallback, Mapping},
    dialect::Encoding,
    row_line::Empty,
    survey::Format,
};
use crate::cli::api::Target;
use crate::domain::country::CountryCode;

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct ImportArgs {
    /// The file: .csv (also .tsv, .txt) or .ndjson (also .jsonl), as `export` writes them or any other system
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    #[command(flatten)]
    pub target: Target,

    /// Say what would happen, and write nothing
    #[arg(long)]
    pub dry_run: bool,

    /// What to do where a customer has the external identifier already: fail the line, leave the customer as it is, change
    /// what is sent, or replace all
    #[arg(long, value_enum, value_name = "WORD", default_value = "error")]
    pub on_conflict: IfThere,

    /// What a column is, such as mail=email; FIELD left out: not imported. May be given several times
    /// [default: guessed by its name]
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    pub mappings: Vec<Mapping>,

    /// What a field is where its cell is empty or it has no column, such as claimedRegion.languageCode=de. May be given
    /// several times
    #[arg(long = "default", value_name = "FIELD=VALUE")]
    pub fallbacks: Vec<Fallback>,

    /// What an empty cell of a CSV file says
    #[arg(long, value_enum, value_name = "WORD", default_value = "keep")]
    pub empty: Empty,

    /// Character encoding of a CSV file: utf-8 or windows-1252 [default: utf-8]
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<Encoding>,

    /// Country of phone numbers that have no country code, such as DE [default: such numbers are refused]
    #[arg(long, value_name = "COUNTRY", value_parser = country)]
    pub phone_region: Option<CountryCode>,

    /// What the file holds, where its name does not say so
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,

    /// Begin anew, although an import of this file was interrupted
    #[arg(long)]
    pub restart: bool,

    /// Lines that are sent at once
    #[arg(long, value_name = "N", default_value = "2000", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub batch_lines: u16,
}

const EXAMPLES: &str = "Examples:
  azotte-customers import customers.csv --tenant acme --dry-run
  azotte-customers import customers.csv --tenant acme --on-conflict update --map 'Kd-Nr=externalIdentifier'
  azotte-customers import customers.errors.csv --tenant acme
  AZOTTE_API_KEY=… azotte-customers import customers.ndjson --url https://customers.example.com --tenant UUID";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum IfThere {
    Error,
    Return,
    Update,
    Replace,
}

impl IfThere {
    /// The API's word; none for what it does by itself.
    pub fn word(self) -> OnConflict {
        match self {
            Self::Error => None,
            Self::Return => Some("return"),
            Self::Update => Some("update"),
            Self::Replace => Some("replace"),
        }
    }
}

impl ImportArgs {
    /// Of all that decides what a line becomes, and where: an import goes on with the same alone.
    pub fn fingerprint(&self) -> String {
        let Self { file: _, target, dry_run: _, restart: _, batch_lines: _, .. } = self;
        let Self { on_conflict, mappings, fallbacks, empty, encoding, phone_region, format, .. } = self;
        let said = format!(
            "{} {on_conflict:?} {mappings:?} {fallbacks:?} {empty:?} {encoding:?} {phone_region:?} {format:?}",
            target.fingerprint()
        );
        Sha256::digest(said).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

fn country(text: &str) -> Result<CountryCode, String> {
    CountryCode::parse(text).map_err(|_| "must be an ISO 3166-1 alpha-2 country code such as DE".to_owned())
}
