//! The body of `compare`: ranges, or the records of one range.

use std::collections::HashSet;

use validator::Validate;

use crate::domain::{
    compare::{By, Claim, IdText, Listed, RangeCount, Span},
    digest::{Digest, Tally},
    field_error::{FieldError, FieldErrors},
    problem::Problem,
    source_version::SourceVersion,
};
use crate::http::body::{
    field::{Field, parses},
    list::List,
    object::{object_values, request_object},
    validation::field_errors,
};

/// Room for as many records as there may be, whatever their external ids.
const MAX_BYTES: usize = 6 * 1024 * 1024;

request_object! {
    pub struct CompareCustomersRequest {
        /// What records with the same identifier are compared by: their `version`, your own `sourceVersion`, or nothing
        /// but that they are there (`externalIdentifier`). In any case.
        #[validate(required, custom(function = parses))]
        by: Field<By>,
        /// Ranges to compare as a whole.
        #[validate(nested)]
        ranges: Field<List<RangeDto, { Claim::MAX }>>,
        /// Beside `items`: the identifier behind which their range begins; from the first where it is missing.
        #[validate(custom(function = parses))]
        after: Field<IdText>,
        /// Beside `items`: the last identifier of their range; to the end where it is missing.
        #[serde(rename = "upTo")]
        #[validate(custom(function = parses))]
        up_to: Field<IdText>,
        /// In place of `ranges`: all your records of one range, in any order.
        #[validate(nested)]
        items: Field<List<ItemDto, { RangeCount::MAX }>>,
    }
    at_most MAX_BYTES;
}

request_object! {
    pub struct RangeDto {
        /// The identifier behind which the range begins; from the first where it is missing.
        #[validate(custom(function = parses))]
        after: Field<IdText>,
        /// The last identifier of the range; to the end where it is missing.
        #[serde(rename = "upTo")]
        #[validate(custom(function = parses))]
        up_to: Field<IdText>,
        /// How many records you have in the range.
        #[validate(required, custom(function = parses))]
        count: Field<RangeCount>,
        /// The XOR, over these records, of the first 16 bytes of SHA-256 of identifier, line feed and decimal number, in
        /// hexadecimal. Of no record: 32 zeros.
        #[validate(required, custom(function = parses))]
        digest: Field<Digest>,
    }
}

request_object! {
    pub struct ItemDto {
        #[serde(rename = "externalIdentifier")]
        #[validate(required, custom(function = parses))]
        external_identifier: Field<IdText>,
        /// Required where versions are compared.
        #[validate(custom(function = parses))]
        version: Field<SourceVersion>,
        /// Your own version of the record, where these are compared; a record may have none.
        #[serde(rename = "sourceVersion")]
        #[validate(custom(function = parses))]
        source_version: Field<SourceVersion>,
    }
}

object_values!(RangeDto, ItemDto);

/// What is asked.
pub enum Question {
    Ranges(By, Vec<Claim>),
    Items(By, Span, Vec<Listed>),
}

impl CompareCustomersRequest {
    pub fn into_question(self) -> Result<Question, FieldErrors> {
        let mut errors = field_errors(&self);
        errors.extend(self.between_fields());
        self.into_domain().filter(|_| errors.is_empty()).ok_or(errors)
    }

    /// What is wrong between values that are right by themselves.
    fn between_fields(&self) -> Vec<FieldError> {
        let Self { by, ranges, after, up_to, items } = self;
        let mut errors = Vec::new();
        if ranges.is_given() {
            let others =
                [("after", after.is_given()), ("items", items.is_given()), ("upTo", up_to.is_given())];
            let beside = others.into_iter().filter(|(_, is_given)| *is_given);
            errors.extend(
                beside.map(|(name, _)| FieldError::new(name, Problem::NotTogether { other: "ranges" })),
            );
        } else if !items.is_given() {
            errors.push(FieldError::new("ranges", Problem::RequiredUnless { other: "items" }));
        }
        for (place, range) in ranges.as_option().into_iter().flat_map(List::values) {
            errors.extend(backward(&span(&range.after, &range.up_to), &format!("ranges[{place}].upTo")));
        }
        if let Some(items) = items.as_option() {
            let span = span(after, up_to);
            errors.extend(backward(&span, "upTo"));
            errors.extend(items_between(by.as_option().copied(), &span, items));
        }
        errors
    }

    /// `None`: something is missing or wrong.
    fn into_domain(self) -> Option<Question> {
        let Self { by, ranges, after, up_to, items } = self;
        let by = by.into_option()?;
        let Some(items) = items.into_option() else {
            let claims = ranges.into_option()?.into_values().map(RangeDto::into_domain);
            return Some(Question::Ranges(by, claims.collect::<Option<_>>()?));
        };
        let listed = items.into_values().map(|item| item.into_domain(by));
        Some(Question::Items(by, span(&after, &up_to), listed.collect::<Option<_>>()?))
    }
}

impl RangeDto {
    fn into_domain(self) -> Option<Claim> {
        let Self { after, up_to, count, digest } = self;
        let tally = Tally { count: count.into_option()?.get(), digest: digest.into_option()? };
        Some(Claim { span: span(&after, &up_to), tally })
    }
}

impl ItemDto {
    fn into_domain(self, by: By) -> Option<Listed> {
        let Self { external_identifier, version, source_version } = self;
        let number = match by {
            By::Version => Some(version.into_option()?),
            By::SourceVersion => source_version.into_option(),
            By::ExternalIdentifier => None,
        };
        let external_id = external_identifier.into_option()?.into_string();
        Some(Listed { external_id, number: number.map(SourceVersion::get) })
    }
}

fn span(after: &Field<IdText>, up_to: &Field<IdText>) -> Span {
    let text = |field: &Field<IdText>| field.as_option().map(|text| text.as_str().to_owned());
    Span { after: text(after).unwrap_or_default(), up_to: text(up_to) }
}

fn backward(span: &Span, field: &str) -> Option<FieldError> {
    (!span.is_forward()).then(|| FieldError::new(field, Problem::NotBehind { other: "after" }))
}

fn items_between(by: Option<By>, span: &Span, items: &List<ItemDto, { RangeCount::MAX }>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut seen = HashSet::new();
    for (place, item) in items.values() {
        let mut add = |name, problem| errors.push(FieldError::new(format!("items[{place}].{name}"), problem));
        if let Some(id) = item.external_identifier.as_option() {
            if !span.holds(id.as_str()) {
                add("externalIdentifier", Problem::OutOfRange);
            } else if !seen.insert(id.as_str()) {
                add("externalIdentifier", Problem::Duplicate);
            }
        }
        if by == Some(By::Version) && !item.version.is_given() {
            add("version", Problem::Required);
        }
    }
    errors
}
