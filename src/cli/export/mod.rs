//! `export`: every customer of a tenant on standard output, as the API's export has them, or as CSV.

mod table;

use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write, stdout};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    api::{self, Api, Reply, Target},
    bar::Bar,
};
use crate::config::Config;
use crate::domain::customer_urn::CustomerUrn;

/// Customers of a call. Few, so that an answer that breaks off costs little.
const LIMIT: u32 = 10_000;

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    #[command(flatten)]
    pub target: Target,

    /// Lines of JSON as the API answers them, the cursor of the change feed first and the receipt last; or CSV
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "ndjson")]
    format: Format,
}

const EXAMPLES: &str = "Examples:
  azotte-customers export --tenant acme > customers.ndjson
  azotte-customers export --tenant acme --format csv > customers.csv
  AZOTTE_API_KEY=… azotte-customers export --url https://customers.example.com --tenant UUID > customers.ndjson";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Ndjson,
    Csv,
}

/// A line of the answer: of the customers, or around them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    customer_urn: Option<String>,
    cursor: Option<String>,
    summary: Option<Box<RawValue>>,
    next: Option<String>,
    status: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    message_code: String,
}

/// Where an export is.
#[derive(Default)]
struct Place {
    /// `next` of the last call that was answered to its end.
    after: Option<String>,
    /// The number of the last customer that was written.
    number: u64,
    written: u64,
    has_begun: bool,
}

/// How a call ended.
enum End {
    Next(String),
    Complete,
    Broken(String),
    /// Nobody reads the output.
    Closed,
}

pub async fn run(config: &Config, arguments: &ExportArgs) -> anyhow::Result<()> {
    let api = arguments.target.open(config).await?;
    let to = BufWriter::with_capacity(64 * 1024, stdout().lock());
    let mut out = Out { to, format: arguments.format };
    let exported = export(&api, &mut out).await;
    drop(out);
    api.close().await;
    exported
}

async fn export(api: &Api, out: &mut Out) -> anyhow::Result<()> {
    let mut place = Place::default();
    let mut bar = Bar::new("exporting", 0, None);
    let mut attempts = 0;
    loop {
        let before = place.written;
        let end = call(api, &mut place, out, &mut bar).await;
        bar.clear();
        match end? {
            End::Next(after) => {
                place.after = Some(after);
                attempts = 0;
            }
            End::Complete | End::Closed => return Ok(()),
            End::Broken(why) => {
                attempts = if place.written > before { 1 } else { attempts + 1 };
                if attempts >= api::ATTEMPTS {
                    bail!("{why}: the export is not complete");
                }
                tokio::time::sleep(api::pause_after(attempts)).await;
            }
        }
    }
}

async fn call(api: &Api, place: &mut Place, out: &mut Out, bar: &mut Bar) -> anyhow::Result<End> {
    let after = place.after.as_ref().map(|after| format!("&after={after}")).unwrap_or_default();
    let mut reply = match api.get(&format!("export?limit={LIMIT}{after}")).await {
        Ok(reply) => reply,
        Err(broken) if broken.is_before && !place.has_begun => {
            bail!("the server cannot be reached: {broken}")
        }
        Err(broken) => return Ok(End::Broken(format!("the server does not answer: {broken}"))),
    };
    match reply.status {
        200 => {}
        status @ (408 | 429 | 500..=599) => return Ok(End::Broken(format!("the server answers {status}"))),
        401 => bail!(api::KEY_REFUSED),
        403 => bail!("the key lacks the scope customer.list"),
        410 => bail!("the export cannot go on, because the feed was renewed: begin again"),
        status => bail!("the server answers {status}: is --url right?"),
    }
    match read(&mut reply, place, out, bar).await? {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(End::Closed),
        written => written.context("standard output cannot be written"),
    }
}

/// The inner error: the output cannot be written.
async fn read(
    reply: &mut Reply,
    place: &mut Place,
    out: &mut Out,
    bar: &mut Bar,
) -> anyhow::Result<io::Result<End>> {
    loop {
        let text = match reply.line().await {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(Ok(End::Broken("the answer of the server ends early".to_owned()))),
            Err(broken) => {
                return Ok(Ok(End::Broken(format!("the answer of the server ends early: {broken}"))));
            }
        };
        let line: Line =
            serde_json::from_slice(&text).context("the server answers what no export is answered")?;
        let written = match (&line.customer_urn, &line.summary) {
            (Some(urn), _) => {
                let number = CustomerUrn::parse(urn).ok().and_then(CustomerUrn::stored_number);
                let number =
                    number.and_then(|number| u64::try_from(number).ok()).context("a customer has no URN")?;
                // A call that broke off is made again.
                if number <= place.number {
                    continue;
                }
                place.number = number;
                place.written += 1;
                bar.set(place.written, 0);
                out.customer(&text)
            }
            (None, Some(_)) => {
                // The connection is used again only if nothing is left in it.
                reply.text().await.ok();
                return Ok(match line.next {
                    Some(next) => out.flush().map(|()| End::Next(next)),
                    None => out.end(place.written).map(|()| End::Complete),
                });
            }
            (None, None) if line.cursor.is_some() && place.has_begun => Ok(()),
            (None, None) if line.cursor.is_some() => {
                place.has_begun = true;
                out.begin(&text)
            }
            (None, None) => {
                let status: Status = serde_json::from_str(line.status.get())?;
                return Ok(Ok(End::Broken(format!("the server answers {}", status.message_code))));
            }
        };
        if let Err(error) = written {
            return Ok(Err(error));
        }
    }
}

struct Out {
    to: BufWriter<StdoutLock<'static>>,
    format: Format,
}

impl Out {
    fn begin(&mut self, cursor: &[u8]) -> io::Result<()> {
        match self.format {
            Format::Csv => self.to.write_all(&table::header()?),
            Format::Ndjson => self.line(cursor),
        }
    }

    fn customer(&mut self, line: &[u8]) -> io::Result<()> {
        match self.format {
            Format::Csv => self.to.write_all(&table::row(line)?),
            Format::Ndjson => self.line(line),
        }
    }

    fn end(&mut self, customers: u64) -> io::Result<()> {
        if self.format == Format::Ndjson {
            let receipt = format!(
                r#"{{"summary":{{"customers":{customers}}},"next":null,"status":{{"messageCode":"SUCCESS"}}}}"#
            );
            self.line(receipt.as_bytes())?;
        }
        self.flush()
    }

    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        self.to.write_all(line)?;
        self.to.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
