//! A page of customers, and the token that continues it.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::response::CustomerView;
use crate::domain::problem::Problem;
use crate::service::partners::{Cursor, Page};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageView {
    items: Vec<CustomerView>,
    pagination_parameters: PaginationView,
    total_pages: i64,
    /// Of a search that has not looked at all customers yet: those found so far.
    total_count: i64,
    has_previous_page: bool,
    has_next_page: bool,
    /// `null` on the last page.
    continuation_token: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PaginationView {
    page_number: u32,
    page_size: u32,
}

impl PageView {
    pub fn example() -> Value {
        json!({
            "items": [CustomerView::example()],
            "paginationParameters": { "pageNumber": 1, "pageSize": 25 },
            "totalPages": 1,
            "totalCount": 1,
            "hasPreviousPage": false,
            "hasNextPage": false,
            "continuationToken": null
        })
    }

    pub fn of(page: Page, page_size: u32) -> Self {
        Self {
            items: page.items.into_iter().map(CustomerView::from).collect(),
            pagination_parameters: PaginationView { page_number: page.page_number, page_size },
            total_pages: (page.total_count + i64::from(page_size) - 1) / i64::from(page_size),
            total_count: page.total_count,
            has_previous_page: page.page_number > 1,
            has_next_page: page.next.is_some(),
            continuation_token: page.next.map(token_of),
        }
    }
}

/// Opaque to callers. Whatever they make of it, it only says where in their own customers to go on.
fn token_of(cursor: Cursor) -> String {
    let Cursor { customer_number, page_number, total_count, seen } = cursor;
    let seen = seen.map(|seen| format!("-{seen:x}")).unwrap_or_default();
    format!("{customer_number:x}-{page_number:x}-{total_count:x}{seen}")
}

/// Reads what [`token_of`] wrote, in no other spelling.
pub fn cursor_of(token: &str) -> Result<Cursor, Problem> {
    let part = |part| i64::from_str_radix(part, 16).ok().filter(|number| *number >= 0);
    let parts: Option<Vec<i64>> = token.split('-').map(part).collect();
    let (customer_number, page_number, total_count, seen) = match parts.as_deref() {
        Some(&[number, page, total]) => (number, page, total, None),
        Some(&[number, page, total, seen]) => (number, page, total, Some(seen)),
        _ => return Err(Problem::InvalidToken),
    };
    let page_number = u32::try_from(page_number).map_err(|_| Problem::InvalidToken)?;
    let cursor = Cursor { customer_number, page_number, total_count, seen };
    if token_of(cursor) == token { Ok(cursor) } else { Err(Problem::InvalidToken) }
}
