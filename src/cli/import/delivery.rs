//! Lines on their way to the API, until each is answered: sent again where an answer was lost.

use std::time::Duration;

use anyhow::{Context, bail};
use hyper::body::Bytes;
use serde::Deserialize;

use super::{bulk_line::as_replace, fault::Fault};
use crate::cli::api::{self, Api, Reply};

/// The trouble of the server, not of the line.
const PASSING: [&str; 4] =
    ["SERVICE_UNAVAILABLE", "TOO_MANY_REQUESTS", "REQUEST_TIMEOUT", "INTERNAL_SERVER_ERROR"];
const ALREADY_STORED: &str = "CUSTOMER_ALREADY_STORED";

pub struct Delivery<'a> {
    pub api: &'a Api,
    pub is_dry_run: bool,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Done(String),
    Failed(Vec<Fault>),
}

#[derive(Deserialize)]
struct AnswerLine {
    /// From 1; the receipt has none.
    line: Option<usize>,
    #[serde(default)]
    outcome: String,
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    message_code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<Fault>,
}

/// What came back for the lines that were sent.
struct Sent {
    answers: Vec<Option<Answer>>,
    /// Why there are not all of them, and how long the server wants to be left alone.
    trouble: Option<(String, Option<Duration>)>,
}

impl Delivery<'_> {
    /// `doubtful`: so many of the first lines may have been carried out before.
    ///
    /// # Errors
    ///
    /// The API refuses the request as a whole, or does not answer for too long.
    pub async fn deliver(&self, lines: &[String], doubtful: usize) -> anyhow::Result<Vec<Answer>> {
        let mut answers: Vec<Option<Answer>> = vec![None; lines.len()];
        let mut in_doubt: Vec<bool> = (0..lines.len()).map(|index| index < doubtful).collect();
        let mut attempts = 0;
        loop {
            let open: Vec<usize> = (0..lines.len()).filter(|index| answers[*index].is_none()).collect();
            if open.is_empty() {
                break;
            }
            let sent = self.send(open.iter().map(|index| lines[*index].as_str()), self.is_dry_run).await?;
            let answered = sent.answers.iter().flatten().count();
            for (index, answer) in open.iter().zip(sent.answers) {
                in_doubt[*index] |= answer.is_none();
                answers[*index] = answer;
            }
            if let Some((why, wait)) = sent.trouble {
                attempts = if answered > 0 { 1 } else { attempts + 1 };
                if attempts >= api::ATTEMPTS {
                    bail!("{why}; the same command goes on from here");
                }
                let wait = wait.unwrap_or_else(|| api::pause_after(attempts));
                tokio::time::sleep(wait.min(api::LONGEST_PAUSE)).await;
            }
        }
        let mut answers: Vec<Answer> = answers.into_iter().flatten().collect();
        self.settle(lines, &in_doubt, &mut answers).await?;
        Ok(answers)
    }

    /// A line that was sent before and is refused now because its customer is there: if nothing of that customer differs
    /// from the line, it was the line that stored it.
    async fn settle(
        &self,
        lines: &[String],
        in_doubt: &[bool],
        answers: &mut [Answer],
    ) -> anyhow::Result<()> {
        if self.is_dry_run {
            return Ok(());
        }
        let mut asked = Vec::new();
        for (index, answer) in answers.iter().enumerate() {
            if let Answer::Failed(faults) = answer
                && in_doubt[index]
                && faults.iter().any(|fault| fault.code == ALREADY_STORED)
                && let Some(line) = as_replace(&lines[index])
            {
                asked.push((index, line));
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        let sent = self.send(asked.iter().map(|(_, line)| line.as_str()), true).await?;
        for ((index, _), answer) in asked.iter().zip(sent.answers) {
            match answer {
                Some(Answer::Done(outcome)) if outcome == "unchanged" => {
                    answers[*index] = Answer::Done("created".to_owned());
                }
                Some(_) => {}
                None => bail!("the server broke off; the same command goes on from here"),
            }
        }
        Ok(())
    }

    async fn send<'l>(&self, lines: impl Iterator<Item = &'l str>, is_dry_run: bool) -> anyhow::Result<Sent> {
        let mut body = Vec::new();
        let mut count = 0;
        for line in lines {
            body.extend_from_slice(line.as_bytes());
            body.push(b'\n');
            count += 1;
        }
        let path = if is_dry_run { "bulk?dryRun=true" } else { "bulk" };
        let mut sent = Sent { answers: vec![None; count], trouble: None };
        match self.api.post_lines(path, Bytes::from(body)).await {
            Ok(reply) => sent.read(reply).await?,
            Err(broken) if broken.is_before => bail!("the server cannot be reached: {broken}"),
            Err(broken) => sent.trouble = Some((format!("the server does not answer: {broken}"), None)),
        }
        Ok(sent)
    }
}

impl Sent {
    async fn read(&mut self, mut reply: Reply) -> anyhow::Result<()> {
        match reply.status {
            200 => {}
            status @ (408 | 429 | 500..=599) => {
                self.trouble = Some((format!("the server answers {status}"), reply.retry_after));
                return Ok(());
            }
            status => bail!("{}", refusal(status, &reply.text().await.unwrap_or_default())),
        }
        loop {
            let line = match reply.line().await {
                Ok(Some(line)) => line,
                Ok(None) => return self.broke_off("without its receipt"),
                Err(broken) => return self.broke_off(&broken.to_string()),
            };
            let answer: AnswerLine = serde_json::from_slice(&line)
                .context("the server answers what no bulk request is answered")?;
            match answer.line.and_then(|line| self.answers.get_mut(line.checked_sub(1)?)) {
                Some(place) => match Answer::of(answer) {
                    Ok(answer) => *place = Some(answer),
                    Err(passing) => self.trouble = Some((format!("the server answers {passing}"), None)),
                },
                None if answer.status.message_code == "SUCCESS" => {
                    // The connection is used again only if nothing is left in it.
                    reply.text().await.ok();
                    return Ok(());
                }
                None => return self.broke_off(&answer.status.message_code),
            }
        }
    }

    fn broke_off(&mut self, how: &str) -> anyhow::Result<()> {
        self.trouble = Some((format!("the answer of the server ends early: {how}"), None));
        Ok(())
    }
}

impl Answer {
    /// The error: a code of trouble that passes.
    fn of(line: AnswerLine) -> Result<Self, String> {
        let AnswerLine { outcome, status: Status { message_code, message, errors }, .. } = line;
        if message_code == "SUCCESS" {
            return Ok(Self::Done(outcome));
        }
        if PASSING.contains(&message_code.as_str()) {
            return Err(message_code);
        }
        if errors.is_empty() {
            return Ok(Self::Failed(vec![Fault::new("", &message_code, message)]));
        }
        Ok(Self::Failed(errors))
    }
}

fn refusal(status: u16, body: &[u8]) -> String {
    match status {
        401 => api::KEY_REFUSED.to_owned(),
        403 => "the key lacks a scope: customer.write, and customer.delete for lines that delete".to_owned(),
        404 => "the server has no bulk endpoint: is --url right?".to_owned(),
        status => {
            #[derive(Deserialize)]
            struct Envelope {
                status: Status,
            }
            match serde_json::from_slice::<Envelope>(body) {
                Ok(Envelope { status: Status { message_code, message, .. } }) => {
                    format!("the server answers {status} {message_code}: {message}")
                }
                Err(_) => format!("the server answers {status}"),
            }
        }
    }
}
