//! `GET /v1/Customers`: the customers the caller may see, in pages.

use axum::{extract::State, http::StatusCode, response::Response};
use utoipa::{
    IntoParams,
    openapi::{
        Object, RefOr, Type,
        path::{Parameter, ParameterIn},
        schema::Schema,
    },
};

use super::{
    error::{PartnerError, respond},
    failures::{Always, FailureResponses, ReadsQuery},
    page::{PageView, cursor_of},
};
use crate::domain::{
    caller::PartnerCaller,
    field_error::FieldErrors,
    partner::ResellerId,
    problem::Problem,
    text::{Text, refuse_blank},
};
use crate::http::{
    body::schema,
    failure::Failure,
    openapi::query_parameter,
    query::{QueryPairs, note, whole_number},
    state::SharedApp,
};
use crate::service::partners::{ListQuery, Search, SearchField, Start};

const DEFAULT_PAGE_SIZE: u32 = 25;
const MAX_PAGE_SIZE: u32 = 2000;
const MAX_PAGE_NUMBER: u32 = 1_000_000;
const SEARCH_FIELDS: [(&str, SearchField); 4] = [
    ("Company.Name", SearchField::CompanyName),
    ("Domain", SearchField::Domain),
    ("InternalIdentifier", SearchField::InternalIdentifier),
    ("ProviderCustomerId", SearchField::ProviderCustomerId),
];

const PARAMETERS: [&str; 7] =
    ["pageNumber", "pageSize", "continuationToken", "searchField", "search", "resellerId", "includeDeleted"];

/// What the query may hold, for the document.
struct ListCustomersQuery;

/// List customers
///
/// The customers this caller may see, in pages: by number, or by the `continuationToken` of the page before, which
/// is the cheaper way through many. A page can be shorter than `pageSize`, or empty, and still have a token: an answer
/// holds about 1 MiB, and a search looks at a part of a large tenant at a time. Roles `csp` and `reseller`.
#[utoipa::path(
    get,
    path = "",
    operation_id = "list_customers",
    params(ListCustomersQuery),
    responses(
        (status = 200, description = "A page of customers.", body = PageView, example = json!(PageView::example())),
        FailureResponses<(Always, ReadsQuery)>,
    ),
)]
pub async fn list(
    caller: PartnerCaller,
    State(app): State<SharedApp>,
    query: QueryPairs,
) -> Result<Response, PartnerError> {
    query.tell_unrecognized(|name| PARAMETERS.contains(&name));
    let query = list_query(&query).map_err(Failure::Invalid)?;
    let page = app.partners.list(&caller, &query).await?;
    Ok(respond(StatusCode::OK, &PageView::of(page, query.page_size)))
}

/// Every parameter is looked at, so that all errors are told at once.
fn list_query(query: &QueryPairs) -> Result<ListQuery, FieldErrors> {
    let mut errors = FieldErrors::default();
    let page_number = note(query.first(&["pageNumber"], whole_number(1..=MAX_PAGE_NUMBER)), &mut errors);
    let page_size = note(query.first(&["pageSize"], whole_number(1..=MAX_PAGE_SIZE)), &mut errors);
    let cursor = note(query.first(&["continuationToken"], cursor_of), &mut errors);
    let field = note(query.first(&["searchField"], search_field), &mut errors);
    let text = note(query.first(&["search"], search_text), &mut errors);
    let reseller = note(query.first(&["resellerId"], ResellerId::parse), &mut errors);
    let include_deleted = note(query.first(&["includeDeleted"], boolean), &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(ListQuery {
        start: cursor.map_or(Start::PageNumber(page_number.unwrap_or(1)), Start::After),
        page_size: page_size.unwrap_or(DEFAULT_PAGE_SIZE),
        search: text.flatten().map(|text| Search { field: field.unwrap_or_default(), text }),
        reseller,
        include_deleted: include_deleted.unwrap_or_default(),
    })
}

fn search_field(text: &str) -> Result<SearchField, Problem> {
    let found =
        SEARCH_FIELDS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, field)| field);
    found.ok_or(Problem::NotInList {
        allowed: &["Company.Name", "Domain", "InternalIdentifier", "ProviderCustomerId"],
    })
}

/// A search box that was left empty searches for nothing.
fn search_text(text: &str) -> Result<Option<String>, Problem> {
    if refuse_blank(text).is_err() {
        return Ok(None);
    }
    Text::<255>::parse(text).map(|text| Some(text.into_string()))
}

fn boolean(text: &str) -> Result<bool, Problem> {
    text.to_ascii_lowercase().parse().map_err(|_| Problem::NotInList { allowed: &["true", "false"] })
}

impl IntoParams for ListCustomersQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let fields = SEARCH_FIELDS.map(|(name, _)| name);
        let parameters: [(&str, RefOr<Schema>); 7] = [
            ("From 1.", schema::whole_number(1, MAX_PAGE_NUMBER as usize).into()),
            (
                "Customers a page at most; 25 where it is missing.",
                schema::whole_number(1, MAX_PAGE_SIZE as usize).into(),
            ),
            ("Of the page before; wins over `pageNumber`.", schema::plain().into()),
            (
                "Where to search, in any case: names and domains anywhere, identifiers at their beginning. `Company.Name` \
                 where it is missing.",
                schema::one_of(&fields).into(),
            ),
            ("What to search for; nothing where it is blank.", schema::text_or_blank(255).into()),
            ("Customers of this reseller only.", schema::uuid().into()),
            ("Erased customers too.", Object::with_type(Type::Boolean).into()),
        ];
        let parameters = PARAMETERS.into_iter().zip(parameters);
        parameters
            .map(|(name, (description, schema))| query_parameter(name, description, schema).build())
            .collect()
    }
}
