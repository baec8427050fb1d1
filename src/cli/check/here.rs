//! The customers that are here, asked for as a tenant's own program would.

use std::time::Duration;

use anyhow::{Context, anyhow};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::cli::api::{Api, Broken, LONGEST_PAUSE, Reply};
use crate::domain::{
    compare::{By, Claim, Compared, Differences, Different, Found, Listed, Span},
    customer_urn::CustomerUrn,
    feed::Cursor,
};

/// For one answer.
const PATIENCE: Duration = Duration::from_secs(60);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

pub struct Here(pub Api);

/// Some customers that changed, and where the change feed goes on.
pub struct Changes {
    pub urns: Vec<CustomerUrn>,
    pub cursor: Cursor,
    pub has_more: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Busy, or it was too much at once. The pause before it may be asked again is over.
    #[error("there is no answer in time: the server or its database is busy, or away")]
    Busy,
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

#[derive(Deserialize)]
struct Answer<T> {
    result: T,
}

#[derive(Deserialize)]
struct RangesAnswer {
    ranges: Vec<RangeAnswer>,
}

#[derive(Deserialize)]
struct RangeAnswer {
    equal: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemsAnswer {
    missing_here: Vec<String>,
    missing_there: Vec<CustomerAnswer>,
    different: Vec<CustomerAnswer>,
    up_to: Option<String>,
    cursor: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomerAnswer {
    external_identifier: String,
    customer_urn: String,
    yours: Option<i64>,
    ours: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventsAnswer {
    events: Vec<EventAnswer>,
    cursor: String,
    has_more: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventAnswer {
    customer_urn: String,
}

impl Here {
    /// Of each claim, whether it is so.
    pub async fn are_equal(&self, by: By, claims: Vec<Claim>) -> Result<Vec<bool>, Trouble> {
        let ranges: Vec<Value> = claims
            .iter()
            .map(|Claim { span: Span { after, up_to }, tally }| {
                json!({ "after": after, "upTo": up_to, "count": tally.count, "digest": tally.digest.to_string() })
            })
            .collect();
        let answer: RangesAnswer = self.ask(json!({ "by": by.as_str(), "ranges": ranges })).await?;
        Ok(answer.ranges.into_iter().map(|range| range.equal).collect())
    }

    /// Where the records of a span differ.
    pub async fn compare(&self, by: By, span: Span, listed: Vec<Listed>) -> Result<Compared, Trouble> {
        let items: Vec<Value> = listed.into_iter().map(|listed| item(by, listed)).collect();
        let Span { after, up_to } = span;
        let question = json!({ "by": by.as_str(), "after": after, "upTo": up_to, "items": items });
        Ok(self.ask::<ItemsAnswer>(question).await?.into_compared()?)
    }

    /// Where the change feed is now, and whether older events are still to be placed in it.
    pub async fn latest(&self) -> Result<Changes, Trouble> {
        self.events("latest", 0).await
    }

    /// Customers that changed behind a cursor: some of them, and where it goes on.
    pub async fn changes(&self, after: Cursor) -> Result<Changes, Trouble> {
        self.events(&after.to_string(), 1000).await
    }

    async fn ask<T: DeserializeOwned>(&self, question: Value) -> Result<T, Trouble> {
        self.answer(self.0.post_json("compare", question.to_string())).await
    }

    async fn events(&self, after: &str, limit: u32) -> Result<Changes, Trouble> {
        let path = format!("events?after={after}&limit={limit}");
        let EventsAnswer { events, cursor: next, has_more } = self.answer(self.0.get(&path)).await?;
        let urns = events.iter().map(|event| urn(&event.customer_urn)).collect::<anyhow::Result<_>>()?;
        Ok(Changes { urns, cursor: cursor(&next)?, has_more })
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        asked: impl Future<Output = Result<Reply, Broken>>,
    ) -> Result<T, Trouble> {
        let read = async {
            let mut reply = asked.await?;
            let text = reply.text().await?;
            anyhow::Ok((reply.status, reply.retry_after, text))
        };
        let name = self.0.name();
        let answered = timeout(PATIENCE, read).await;
        let (status, pause, body) =
            answered.context("no answer in time").flatten().with_context(|| name.to_owned())?;
        match status {
            200 => {}
            429 | 503 => {
                sleep(pause.unwrap_or(SHORTEST_PAUSE).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)).await;
                return Err(Trouble::Busy);
            }
            _ => return Err(anyhow!("{name} answers {}", refusal(status, &body)).into()),
        }
        let answer: Answer<T> =
            serde_json::from_slice(&body).map_err(|_| anyhow!("the answer of {name} cannot be read"))?;
        Ok(answer.result)
    }
}

/// `403 FORBIDDEN`, and the first field that is at fault.
fn refusal(status: u16, body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let error = &body["status"]["errors"][0];
    let parts = [
        status.to_string(),
        text(&body["status"]["messageCode"]),
        text(&error["field"]),
        text(&error["code"]),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

impl ItemsAnswer {
    fn into_compared(self) -> anyhow::Result<Compared> {
        let Self { missing_here, missing_there, different, up_to, cursor: at } = self;
        let missing_there = missing_there.into_iter().map(|customer| {
            let urn = urn(&customer.customer_urn)?;
            Ok(Found { external_id: customer.external_identifier, urn, number: None })
        });
        let different = different.into_iter().map(|customer| {
            let CustomerAnswer { external_identifier: external_id, customer_urn, yours, ours } = customer;
            Ok(Different { external_id, urn: urn(&customer_urn)?, yours, ours })
        });
        let differences = Differences {
            missing_here,
            missing_there: missing_there.collect::<anyhow::Result<_>>()?,
            different: different.collect::<anyhow::Result<_>>()?,
        };
        Ok(Compared { differences, cut_at: up_to, cursor: cursor(&at)? })
    }
}

fn item(by: By, listed: Listed) -> Value {
    let Listed { external_id, number } = listed;
    match by {
        By::Version => json!({ "externalIdentifier": external_id, "version": number }),
        By::SourceVersion => json!({ "externalIdentifier": external_id, "sourceVersion": number }),
        By::ExternalIdentifier => json!({ "externalIdentifier": external_id }),
    }
}

fn urn(text: &str) -> anyhow::Result<CustomerUrn> {
    CustomerUrn::parse(text).ok().context("the answer has a customerUrn that is none")
}

fn cursor(text: &str) -> anyhow::Result<Cursor> {
    Cursor::parse(text).ok().context("the answer has a cursor that is none")
}
