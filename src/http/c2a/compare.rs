//! The drift check: is your own list of customers the one that is here?

use axum::extract::{Request, State};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    caller::{Authorized, List},
    compare_request::{CompareCustomersRequest, Question},
    envelope::{CONTENT_TYPE, Envelope, SUCCESS, Success},
    error::C2aError,
    failures::{Always, FailureResponses, ReadsRanges},
};
use crate::domain::compare::{By, Claim, Compared, Differences, Different, Found, Listed, RangeHere, Span};
use crate::http::{
    body::{self, schema},
    failure::Failure,
    openapi::failures::ReadsBody,
    state::{App, SharedApp},
};

#[derive(Serialize, ToSchema)]
pub struct CompareCustomersResponse {
    result: ComparisonView,
    status: Success,
}

#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ComparisonView)]
struct ComparisonView {
    /// Of a question with `ranges`: one for each, in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    ranges: Option<Vec<RangeView>>,
    /// Of a question with `items`, as is the rest: your identifiers that no customer has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    missing_here: Option<Vec<String>>,
    /// Customers that are not among your items.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    missing_there: Option<Vec<MissingThereView>>,
    /// Customers at another version than yours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    different: Option<Vec<DifferentView>>,
    /// Only where the range has more than 5,000 customers: the last that was compared. Ask on behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    up_to: Option<String>,
    /// Where the change feed was before the first customer was read: what changes meanwhile is behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RangeView {
    /// The last identifier of the range, as it was asked for; with `hasMore` the last that was counted. Left out where the
    /// range has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    up_to: Option<String>,
    equal: bool,
    /// Customers that are here.
    count: i64,
    #[schema(schema_with = digest)]
    digest: String,
    /// `true` where the range has more than 5,000 customers: `count` and `digest` are those up to `upTo`. Ask on behind
    /// it. Left out else.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    has_more: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MissingThereView {
    external_identifier: String,
    customer_urn: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DifferentView {
    external_identifier: String,
    customer_urn: String,
    /// Left out where your item has no `sourceVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    yours: Option<i64>,
    /// Left out where the customer has no `sourceVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    ours: Option<i64>,
}

/// Compare your customers with those that are here
///
/// Sort your identifiers by the bytes of their UTF-8, cut them into ranges, say of each how many records it has and
/// their digest: up to 100 ranges. Then send the `items` of each range that is not equal, and read which they are. A
/// range holds up to 5,000 records. A body holds up to 6 MiB. Asks for the scope `customer.list`.
#[utoipa::path(
    post,
    path = "/compare",
    request_body(content = CompareCustomersRequest, example = json!(example_request())),
    responses(
        (status = 200, description = "What is here, range by range; or where the items differ.", body = CompareCustomersResponse, content_type = CONTENT_TYPE,
            examples(
                ("ranges" = (summary = "Of ranges", value = json!(example_of_ranges()))),
                ("items" = (summary = "Of items", value = json!(example_of_items()))),
            )),
        FailureResponses<(Always, ReadsBody, ReadsRanges)>,
    ),
)]
pub async fn compare(
    caller: Authorized<List>,
    State(app): State<SharedApp>,
    request: Request,
) -> Result<Envelope<CompareCustomersResponse>, C2aError> {
    // Before the body: there is memory for so many.
    let _place = app.compares.enter(caller.tenant_id()).ok_or(Failure::Unavailable)?;
    let (request, _) = body::read::<CompareCustomersRequest>(request, app.body_timeout).await?;
    let result = match request.into_question()? {
        Question::Ranges(by, claims) => compare_ranges(&app, &caller, by, claims).await?,
        Question::Items(by, span, listed) => compare_items(&app, &caller, by, span, listed).await?,
    };
    Ok(Envelope(CompareCustomersResponse { result, status: SUCCESS }))
}

async fn compare_ranges(
    app: &App,
    caller: &Authorized<List>,
    by: By,
    claims: Vec<Claim>,
) -> Result<ComparisonView, Failure> {
    let spans = claims.iter().map(|claim| claim.span.clone()).collect();
    let here = app.compare.ranges(caller, by, spans).await?;
    let ranges = claims.into_iter().zip(here).map(|(claim, here)| RangeView::new(claim, here)).collect();
    Ok(ComparisonView { ranges: Some(ranges), ..ComparisonView::default() })
}

async fn compare_items(
    app: &App,
    caller: &Authorized<List>,
    by: By,
    span: Span,
    listed: Vec<Listed>,
) -> Result<ComparisonView, Failure> {
    let compared = app.compare.items(caller, by, span, listed).await?;
    Ok(compared.into())
}

impl RangeView {
    fn new(claim: Claim, here: RangeHere) -> Self {
        let equal = here.equals(claim.tally);
        let RangeHere { tally, cut_at } = here;
        Self {
            equal,
            count: tally.count,
            digest: tally.digest.to_string(),
            has_more: cut_at.is_some(),
            up_to: cut_at.or(claim.span.up_to),
        }
    }
}

impl From<Compared> for ComparisonView {
    fn from(compared: Compared) -> Self {
        let Compared { differences, cut_at, cursor } = compared;
        let Differences { missing_here, missing_there, different } = differences;
        Self {
            ranges: None,
            missing_here: Some(missing_here),
            missing_there: Some(missing_there.into_iter().map(MissingThereView::from).collect()),
            different: Some(different.into_iter().map(DifferentView::from).collect()),
            up_to: cut_at,
            cursor: Some(cursor.to_string()),
        }
    }
}

impl From<Found> for MissingThereView {
    fn from(found: Found) -> Self {
        let Found { external_id, urn, number: _ } = found;
        Self { external_identifier: external_id, customer_urn: urn.to_string() }
    }
}

impl From<Different> for DifferentView {
    fn from(different: Different) -> Self {
        let Different { external_id, urn, yours, ours } = different;
        Self { external_identifier: external_id, customer_urn: urn.to_string(), yours, ours }
    }
}

fn digest() -> utoipa::openapi::Object {
    schema::pattern("^[0-9a-f]{32}$")
}

const EXAMPLE_DIGEST: &str = "020513b6962a1d2f04993675d964fe6a";
const OTHER_EXAMPLE_DIGEST: &str = "e5d505755515c69c843a5a567882b106";

/// Of `crm-1` and `crm-2`, at versions 3 and 1.
fn example_request() -> Value {
    json!({ "by": "version", "ranges": [{ "after": "", "upTo": "crm-2", "count": 2, "digest": EXAMPLE_DIGEST }] })
}

fn example_of_ranges() -> Value {
    json!({
        "result": { "ranges": [{ "upTo": "crm-2", "equal": false, "count": 2, "digest": OTHER_EXAMPLE_DIGEST }] },
        "status": { "messageCode": "SUCCESS" }
    })
}

fn example_of_items() -> Value {
    json!({
        "result": {
            "missingHere": ["crm-1"],
            "missingThere": [{ "externalIdentifier": "crm-10", "customerUrn": "cu.00.482" }],
            "different": [{ "externalIdentifier": "crm-2", "customerUrn": "cu.00.483", "yours": 1, "ours": 2 }],
            "cursor": "f1-9f3a1c02-42"
        },
        "status": { "messageCode": "SUCCESS" }
    })
}
