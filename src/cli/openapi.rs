//! `openapi`: prints the document of a surface, as `/openapi/c2a.json` and `/openapi/partner.json` serve it.

use clap::{Args, ValueEnum};

use super::output::print;
use crate::http::documents;

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
        Surface::C2a => documents().c2a,
        Surface::Partner => documents().partner,
    };
    print(document)
}
