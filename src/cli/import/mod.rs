//! `import`: a file of customers, line by line, through the API's bulk endpoint. What fails goes into a file that can be
//! mended and imported; what is interrupted goes on.

mod bulk_line;
mod columns;
mod delivery;
mod dialect;
mod errors_file;
mod fault;
pub mod fields;
mod inside;
mod json_lines;
mod options;
mod progress_file;
mod reader;
mod row_line;
mod rows;
mod source;
mod survey;
mod tally;

use anyhow::Context;
use serde_json::json;

pub use self::options::ImportArgs;
use self::{
    delivery::{Answer, Delivery},
    errors_file::ErrorsFile,
    inside::Inside,
    options::IfThere,
    progress_file::{Progress, ProgressFile},
    reader::{Item, Reader},
    row_line::RowMaker,
    survey::{Format, Survey, errors_path, progress_path},
};
use super::{
    api::Api,
    bar::{Bar, count},
    output::{Output, note},
};
use crate::config::Config;

/// Of the lines that are sent at once; the API takes four times as much.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Whether every line was imported.
pub async fn run(config: &Config, output: Output, arguments: &ImportArgs) -> anyhow::Result<bool> {
    let format = arguments.format.map_or_else(|| Format::of(&arguments.file), Ok)?;
    let survey = Survey::of(&arguments.file, format, arguments.encoding, &arguments.mappings)?;
    let named = arguments.file.display();
    note(&format!("{named}: {}", survey.sentence(count)));
    let api = arguments.target.open(config).await?;
    let failed = {
        let mut import = Import::begin(arguments, survey, format, &api)?;
        let run = import.run(usize::from(arguments.batch_lines)).await;
        import.bar.clear();
        run?;
        import.finish(output, arguments.dry_run)?;
        import.progress.tally.failed
    };
    api.close().await;
    Ok(failed == 0)
}

struct Import<'a> {
    reader: Reader,
    delivery: Delivery<'a>,
    errors: ErrorsFile,
    file: ProgressFile,
    progress: Progress,
    /// Lines up to this one may have been carried out by an import that was interrupted.
    doubtful_to: u64,
    /// Of a dry run.
    inside: Option<Inside>,
    bar: Bar,
}

#[derive(Default)]
struct Batch {
    items: Vec<Item>,
    bytes: usize,
}

impl<'a> Import<'a> {
    fn begin(arguments: &ImportArgs, survey: Survey, format: Format, api: &'a Api) -> anyhow::Result<Self> {
        let path = &arguments.file;
        let is_dry_run = arguments.dry_run;
        let on_conflict = arguments.on_conflict.word();
        let total = survey.lines();
        let file = ProgressFile::new(progress_path(path), !is_dry_run);
        if arguments.restart {
            file.remove()?;
        }
        let (mut reader, header) = match survey {
            Survey::Csv { dialect, columns, rows: _ } => {
                let maker = RowMaker {
                    columns,
                    fallbacks: arguments.fallbacks.clone(),
                    empty: arguments.empty,
                    phone_region: arguments.phone_region.clone(),
                    on_conflict,
                };
                (Reader::csv(path, dialect, maker)?, Some(dialect.delimiter))
            }
            Survey::Json { lines: _ } => (Reader::json(path, on_conflict)?, None),
        };
        let options = arguments.fingerprint();
        let resumed = file.resume(reader.source(), &options)?;
        if let Some(progress) = &resumed {
            note(&format!("goes on after line {}; --restart begins anew", count(progress.line)));
        }
        let progress = resumed.unwrap_or_else(|| Progress { options, ..Progress::default() });
        let columns = match (&reader, header) {
            (Reader::Csv { maker, .. }, Some(delimiter)) => Some((&maker.columns, delimiter)),
            _ => None,
        };
        let errors = errors_path(path, format);
        let errors = ErrorsFile::open(errors, columns, progress.errors_length)
            .context("the file for lines that fail cannot be opened")?;
        let doing = if is_dry_run { "checking" } else { "importing" };
        Ok(Self {
            reader,
            delivery: Delivery { api, is_dry_run },
            errors,
            file,
            doubtful_to: progress.sent_to_line,
            inside: is_dry_run.then(|| Inside::new(arguments.on_conflict != IfThere::Error, total)),
            bar: Bar::new(doing, progress.tally.lines(), Some(total)),
            progress,
        })
    }

    async fn run(&mut self, batch_lines: usize) -> anyhow::Result<()> {
        let mut batch = Batch::default();
        while let Some(item) = self.reader.next().context("the file cannot be read")? {
            batch.add(item);
            if batch.items.len() >= batch_lines || batch.bytes >= BATCH_BYTES {
                self.send(std::mem::take(&mut batch)).await?;
            }
        }
        self.send(batch).await
    }

    async fn send(&mut self, batch: Batch) -> anyhow::Result<()> {
        let Some(last) = batch.items.last() else { return Ok(()) };
        let line = last.line;
        self.progress.sent_to_line = line;
        self.file.save(&self.progress)?;
        let sent: Vec<&Item> = batch.items.iter().filter(|item| item.asked.is_ok()).collect();
        let doubtful = sent.iter().filter(|item| item.line <= self.doubtful_to).count();
        let lines: Vec<String> = sent.iter().filter_map(|item| item.asked.clone().ok()).collect();
        let mut answers = self.delivery.deliver(&lines, doubtful).await?.into_iter();
        for item in &batch.items {
            let answer = match &item.asked {
                Err(faults) => Answer::Failed(faults.clone()),
                Ok(sent) => {
                    let answer = answers.next().context("a line has no answer")?;
                    self.unless_twice(sent, answer)
                }
            };
            match answer {
                Answer::Done(outcome) => self.progress.tally.done(&outcome),
                Answer::Failed(faults) => {
                    self.progress.tally.failed(&faults);
                    let named = self.errors.path.display().to_string();
                    self.errors.add(item, &faults).with_context(|| format!("{named} cannot be written"))?;
                }
            }
        }
        let source = self.reader.source();
        (self.progress.line, self.progress.offset) = (line, source.offset);
        self.progress.sha256 = source.sha256();
        self.progress.errors_length = self.errors.length;
        self.file.save(&self.progress)?;
        self.bar.set(self.progress.tally.lines(), self.progress.tally.failed);
        Ok(())
    }

    /// What a dry run finds beside the API.
    fn unless_twice(&mut self, line: &str, answer: Answer) -> Answer {
        let collisions = match (&mut self.inside, &answer) {
            (Some(inside), Answer::Done(_)) => inside.collisions(line),
            _ => Vec::new(),
        };
        if collisions.is_empty() { answer } else { Answer::Failed(collisions) }
    }

    fn finish(&self, output: Output, is_dry_run: bool) -> anyhow::Result<()> {
        self.file.remove()?;
        let tally = &self.progress.tally;
        let errors_file = (tally.failed > 0).then(|| self.errors.path.display().to_string());
        let mut sentence = tally.sentence(is_dry_run, count);
        if let Some(path) = &errors_file {
            sentence = format!("{sentence} → {path}");
        }
        if is_dry_run {
            sentence.push_str(" (as of now)");
        }
        if let Some(kinds) = tally.kinds(count) {
            sentence = format!("{sentence}\n{kinds}");
        }
        let mut value = tally.json();
        value["dryRun"] = json!(is_dry_run);
        value["errorsFile"] = json!(errors_file);
        output.one(&value, &sentence)
    }
}

impl Batch {
    fn add(&mut self, item: Item) {
        self.bytes += item.asked.as_ref().map_or(0, String::len);
        self.items.push(item);
    }
}
