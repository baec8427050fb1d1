//! Finds where list and customers differ: ranges first, then the records of those that are not equal, twice, so that
//! what was on its way is no difference.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    time::Duration,
};

use anyhow::ensure;
use tokio::time::sleep;

use super::{
    here::{Changes, Here, Trouble},
    list::{List, Record},
};
use crate::domain::{
    compare::{By, Claim, Compared, Differences, Different, Found, Listed, Span},
    customer_urn::CustomerUrn,
    digest::Tally,
    feed::Cursor,
};

/// Records of a range.
const RANGE: usize = 1000;
/// One after the other, of what is busy.
const ATTEMPTS: u32 = 10;
/// A change that is just being placed in the feed is there after this.
const PLACING: Duration = Duration::from_millis(200);

pub struct Check {
    pub by: By,
    /// Before differences are looked at again.
    pub settle: Duration,
    /// What changed behind it is no difference; from now on where it is missing.
    pub since: Option<Cursor>,
}

/// By external identifier.
pub type Drift = BTreeMap<String, Kind>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    OnlyListed,
    OnlyHere {
        urn: CustomerUrn,
    },
    Different {
        urn: CustomerUrn,
        listed: Option<i64>,
        here: Option<i64>,
    },
    /// It differs, and changed since the list was made.
    Changed,
}

/// A part of the list, and the span that it is all of.
struct Part<'a> {
    span: Span,
    records: &'a [Record],
}

pub async fn check(here: &Here, list: &List, how: &Check) -> anyhow::Result<Drift> {
    let since = match how.since {
        Some(since) => since,
        None => latest(here).await?,
    };
    let parts = unequal(here, how.by, parts(&list.records)).await?;
    let mut drift = differences(here, how.by, &parts).await?;
    if drift.is_empty() {
        return Ok(drift);
    }
    sleep(how.settle).await;
    let again = differences(here, how.by, &parts).await?;
    drift.retain(|id, kind| again.get(id).is_some_and(|again| again.is_like(kind)));
    // As it is now.
    drift.iter_mut().for_each(|(id, kind)| *kind = again[id].clone());
    if !drift.is_empty() {
        let changed = changed(here, since).await?;
        drift
            .iter_mut()
            .filter(|(id, kind)| kind.is_of(&changed, list, id))
            .for_each(|(_, kind)| *kind = Kind::Changed);
    }
    Ok(drift)
}

/// Behind all that happened before. Where nobody has read the feed yet, very many events may have to be placed first.
async fn latest(here: &Here) -> anyhow::Result<Cursor> {
    /// Fewer than one batch are those of this moment.
    const MANY: i64 = 1000;
    let mut before = patiently(async || here.latest().await).await?;
    while before.has_more {
        let now = patiently(async || here.latest().await).await?;
        let has_more = now.has_more && now.cursor.position - before.cursor.position >= MANY;
        before = Changes { has_more, ..now };
    }
    Ok(before.cursor)
}

/// The whole list, and all that may be between its records and behind them.
fn parts(records: &[Record]) -> Vec<Part<'_>> {
    let mut chunks = records.chunks(RANGE).peekable();
    let (mut parts, mut after) = (Vec::new(), String::new());
    loop {
        let records = chunks.next().unwrap_or_default();
        // The last part has no end.
        let end = records.last().filter(|_| chunks.peek().is_some());
        let end = end.map(|last| last.external_id.to_string());
        parts.push(Part { span: Span { after, up_to: end.clone() }, records });
        let Some(end) = end else { return parts };
        after = end;
    }
}

/// Ever fewer at once, where they take too long.
async fn unequal<'a>(here: &Here, by: By, parts: Vec<Part<'a>>) -> anyhow::Result<Vec<Part<'a>>> {
    let (mut unequal, mut rest) = (Vec::new(), VecDeque::from(parts));
    let (mut at_once, mut attempts) = (Claim::MAX, 0);
    while !rest.is_empty() {
        let claims: Vec<_> = rest.iter().take(at_once).map(Part::claim).collect();
        let asked = claims.len();
        match here.are_equal(by, claims).await {
            Ok(are_equal) => {
                ensure!(are_equal.len() == asked, "the answer has another number of ranges");
                let parts = rest.drain(..asked).zip(are_equal);
                unequal.extend(parts.filter(|(_, is_equal)| !is_equal).map(|(part, _)| part));
                attempts = 0;
            }
            Err(Trouble::Busy) if attempts < ATTEMPTS => {
                attempts += 1;
                at_once = at_once.div_ceil(2);
            }
            Err(trouble) => return Err(trouble.into()),
        }
    }
    Ok(unequal)
}

/// Asks again where it is busy.
async fn patiently<T>(mut ask: impl AsyncFnMut() -> Result<T, Trouble>) -> anyhow::Result<T> {
    for _ in 0..ATTEMPTS {
        match ask().await {
            Err(Trouble::Busy) => {}
            answer => return Ok(answer?),
        }
    }
    Err(Trouble::Busy.into())
}

async fn differences(here: &Here, by: By, parts: &[Part<'_>]) -> anyhow::Result<Drift> {
    let mut drift = Drift::new();
    for part in parts {
        let mut next = Some(part.span.clone());
        while let Some(span) = next {
            let ask = async || here.compare(by, span.clone(), part.listed(&span)).await;
            let Compared { differences, cut_at, .. } = patiently(ask).await?;
            add(&mut drift, differences);
            next = cut_at.map(|after| Span { after, up_to: span.up_to });
        }
    }
    Ok(drift)
}

fn add(drift: &mut Drift, differences: Differences) {
    let Differences { missing_here, missing_there, different } = differences;
    drift.extend(missing_here.into_iter().map(|id| (id, Kind::OnlyListed)));
    let only_here = missing_there.into_iter();
    drift.extend(only_here.map(|Found { external_id, urn, .. }| (external_id, Kind::OnlyHere { urn })));
    drift.extend(different.into_iter().map(|Different { external_id, urn, yours, ours }| {
        (external_id, Kind::Different { urn, listed: yours, here: ours })
    }));
}

/// Customers that changed behind `since`. Twice to the end: an event may wait for its place the first time.
async fn changed(here: &Here, since: Cursor) -> anyhow::Result<HashSet<CustomerUrn>> {
    let mut changed = HashSet::new();
    let mut after = since;
    for pause in [Duration::ZERO, PLACING] {
        sleep(pause).await;
        loop {
            let page = patiently(async || here.changes(after).await).await?;
            changed.extend(page.urns);
            after = page.cursor;
            if !page.has_more {
                break;
            }
        }
    }
    Ok(changed)
}

impl Part<'_> {
    fn claim(&self) -> Claim {
        let tally = Tally::of(self.records.iter().map(|record| (&*record.external_id, record.number)));
        Claim { span: self.span.clone(), tally }
    }

    /// What of it is in `span`.
    fn listed(&self, span: &Span) -> Vec<Listed> {
        let inside = self.records.iter().filter(|record| span.holds(&record.external_id));
        let listed = inside
            .map(|record| Listed { external_id: record.external_id.to_string(), number: record.number });
        listed.collect()
    }
}

impl Kind {
    /// Whether they are differences of one sort.
    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Whether it is one of these customers. What is no customer any more, only the list can name.
    fn is_of(&self, urns: &HashSet<CustomerUrn>, list: &List, id: &str) -> bool {
        let urn = match self {
            Self::OnlyHere { urn } | Self::Different { urn, .. } => Some(*urn),
            Self::OnlyListed => {
                let place = list.records.binary_search_by(|record| (*record.external_id).cmp(id));
                place.ok().and_then(|place| list.records.get(place)?.urn)
            }
            Self::Changed => None,
        };
        urn.is_some_and(|urn| urns.contains(&urn))
    }
}
