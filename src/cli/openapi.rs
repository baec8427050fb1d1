//! `openapi`: prints the document of a surface, as `/openapi/c2a.json` and `/openapi/partner.json` serve it.

use std::io::{ErrorKind, Write};

use clap::{Args, ValueEnum};

use crate::http::documents::Document;

#[derive(Args)]
pub struct OpenapiArgs {
    /// Which one
    surface: Surface,
}

#[derive(Clone, Copy, ValueEnum)]
enum Surface {
    C2a,
    Partner,
}

pub fn run(arguments: &OpenapiArgs) -> anyhow::Result<()> {
    let document = match arguments.surface {
        Surface::C2a => Document::C2a,
        Surface::Partner => Document::Partner,
    };
    match std::io::stdout().write_all(document.to_json().as_bytes()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
