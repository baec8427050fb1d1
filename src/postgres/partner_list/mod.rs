//! A page of partner customers: first their numbers, by index, then as many of them as an answer may hold.

mod filter;
mod numbers;
mod pattern;
mod search;
mod size;
mod total;

use sqlx::PgConnection;

use self::filter::Filter;
pub(super) use self::total::Totals;
use super::partner::load;
use crate::domain::caller::PartnerCaller;
use crate::service::partners::{Cursor, ListQuery, Page, PartnersError, Search, Start};

pub(super) async fn list(
    connection: &mut PgConnection,
    totals: &Totals,
    caller: &PartnerCaller,
    query: &ListQuery,
) -> Result<Page, PartnersError> {
    let page_number = match query.start {
        Start::PageNumber(number) => number,
        Start::After(cursor) => cursor.page_number.saturating_add(1),
    };
    let Some(filter) = Filter::new(caller, query.reseller) else {
        return Ok(Page { items: Vec::new(), page_number, total_count: 0, next: None });
    };
    let mut chosen = match &query.search {
        Some(search) => found(connection, &filter, query, search).await?,
        None => listed(connection, totals, &filter, query).await?,
    };
    chosen.limit_to(size::fitting(connection, filter.tenant, &chosen.numbers).await?);
    let items = load::customers(connection, caller.caller.tenant_id(), &chosen.numbers).await?;
    let Chosen { numbers, continue_after, total_count, before } = chosen;
    let seen = before.map(|before| before + numbers.len() as i64);
    let next =
        continue_after.map(|customer_number| Cursor { customer_number, page_number, total_count, seen });
    Ok(Page { items, page_number, total_count, next })
}

/// The customers of a page.
struct Chosen {
    numbers: Vec<i64>,
    /// There is more, after this number.
    continue_after: Option<i64>,
    total_count: i64,
    /// Of a search that has not looked everywhere: how many were found before this page.
    before: Option<i64>,
}

impl Chosen {
    /// `numbers` holds one more than the page, where there is one.
    fn first(mut numbers: Vec<i64>, page_size: usize, total_count: i64) -> Self {
        let has_more = numbers.len() > page_size;
        numbers.truncate(page_size);
        let continue_after = numbers.last().copied().filter(|_| has_more);
        Self { numbers, continue_after, total_count, before: None }
    }

    fn limit_to(&mut self, count: usize) {
        if count < self.numbers.len() {
            self.numbers.truncate(count);
            self.continue_after = self.numbers.last().copied();
        }
    }
}

async fn listed(
    connection: &mut PgConnection,
    totals: &Totals,
    filter: &Filter,
    query: &ListQuery,
) -> Result<Chosen, sqlx::Error> {
    let include_deleted = query.include_deleted;
    let (after, total_count) = match query.start {
        Start::After(cursor) => (Some(cursor.customer_number), cursor.total_count),
        Start::PageNumber(number) => {
            let total = totals.count(connection, filter, include_deleted).await?;
            let skipped = i64::from(number - 1) * i64::from(query.page_size);
            let after = match skipped {
                0 => Some(0),
                // Not one more customer is read to find that there is none.
                skipped if skipped >= total => None,
                skipped => numbers::last_of_first(connection, filter, include_deleted, skipped).await?,
            };
            (after, total)
        }
    };
    let numbers = match after {
        None => Vec::new(),
        Some(after) => {
            let limit = i64::from(query.page_size) + 1;
            numbers::after(connection, filter, include_deleted, after, limit).await?
        }
    };
    Ok(Chosen::first(numbers, query.page_size as usize, total_count))
}

async fn found(
    connection: &mut PgConnection,
    filter: &Filter,
    query: &ListQuery,
    search: &Search,
) -> Result<Chosen, sqlx::Error> {
    let page_size = query.page_size as usize;
    let (skipped, cursor) = match query.start {
        Start::After(cursor) => (0, Some(cursor)),
        Start::PageNumber(number) => ((number as usize - 1) * page_size, None),
    };
    let start = cursor.map(|cursor| cursor.customer_number);
    let found = search::search(connection, filter, search, start, skipped + page_size + 1).await?;
    let so_far = found.numbers.len() as i64;
    let total_count = match (found.all, cursor) {
        (Some(all), None) => all,
        (_, Some(Cursor { seen: None, total_count, .. })) => total_count,
        (_, Some(Cursor { seen: Some(seen), total_count, .. })) => total_count.max(seen + so_far),
        (None, None) => so_far,
    };
    let numbers: Vec<i64> = found.numbers.into_iter().skip(skipped).collect();
    let mut chosen = Chosen::first(numbers, page_size, total_count);
    if let Some(looked_up_to) = found.looked_up_to {
        chosen.continue_after = chosen.continue_after.or(Some(looked_up_to));
        chosen.before = cursor.map_or(Some(so_far.min(skipped as i64)), |cursor| cursor.seen);
    }
    Ok(chosen)
}
