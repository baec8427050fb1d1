//! A line of a bulk request: the body of store, update or delete, and beside it what is asked for and the caller's own name
//! of the line.

use std::{borrow::Cow, fmt, sync::Arc};

use axum::body::Bytes;
use serde::{
    Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::{
    caller::{Authorized, WriteOrDelete},
    delete::DeleteCustomerRequest,
    preconditions::IfMatch,
    store::{NewCustomer, StoreCustomerRequest},
    update::UpdateCustomerRequest,
};
use crate::domain::{
    bulk::{self, LineKind, LineRef},
    precondition::Precondition,
    scope::Scope,
};
use crate::http::{
    body::{
        field::{Field, parses},
        lines,
        object::{RequestObject, request_object},
        parse::ObjectText,
        unrecognized::Unrecognized,
        validation::field_errors,
    },
    failure::Failure,
};

/// What a line says beside the body that a call of its own would have.
const BESIDE: [&str; 2] = ["ref", "operation"];

request_object! {
    struct LineHead {
        #[serde(rename = "ref")]
        #[validate(custom(function = parses))]
        reference: Field<LineRef>,
        #[validate(required, custom(function = parses))]
        operation: Field<LineKind>,
    }
}

/// A line as it was read.
pub struct ReadLine {
    pub number: u32,
    /// Where it can be told.
    pub reference: Option<LineRef>,
    pub asked: Result<bulk::Line, Failure>,
}

impl ReadLine {
    pub fn of(line: &lines::Line, caller: &Authorized<WriteOrDelete>, found: &mut Unrecognized) -> Self {
        let lines::Line { number, bytes, is_too_long } = line;
        let inspected = if *is_too_long { Err(Failure::LineTooLong) } else { ObjectText::of(bytes) };
        match inspected {
            Ok(inspected) => Self::of_object(*number, inspected, caller, found),
            Err(failure) => Self { number: *number, reference: reference_in(bytes), asked: Err(failure) },
        }
    }

    fn of_object(
        number: u32,
        inspected: ObjectText<'_>,
        caller: &Authorized<WriteOrDelete>,
        found: &mut Unrecognized,
    ) -> Self {
        // A name twice is told with all else that is wrong with the text.
        let head: LineHead = serde_json::from_str(inspected.text).unwrap_or_default();
        let reference = head.reference.as_option().cloned();
        let asked = match head.operation {
            Field::Value(LineKind::Store) => as_store(inspected, &head, caller, found),
            Field::Value(LineKind::Update) => as_update(inspected, &head, caller, found),
            Field::Value(LineKind::Delete) => as_delete(inspected, &head, caller, found),
            Field::Absent | Field::Null | Field::Invalid(_) => {
                inspected.into_object::<LineHead>().and_then(|head| Err(field_errors(&head).into()))
            }
        };
        Self { number, reference, asked }
    }
}

fn as_store(
    inspected: ObjectText<'_>,
    head: &LineHead,
    caller: &Authorized<WriteOrDelete>,
    found: &mut Unrecognized,
) -> Result<bulk::Line, Failure> {
    let request: StoreCustomerRequest = object(inspected, Scope::CustomerWrite, caller, found)?;
    let new = request.into_new_customer(&caller.tenant.required, Ok(IfMatch(Precondition::None)));
    let NewCustomer { profile, guard, if_taken, .. } = head.and(new.map_err(Failure::from))?;
    Ok(bulk::Line::Store { profile: Arc::new(profile), guard, if_taken })
}

fn as_update(
    inspected: ObjectText<'_>,
    head: &LineHead,
    caller: &Authorized<WriteOrDelete>,
    found: &mut Unrecognized,
) -> Result<bulk::Line, Failure> {
    let request: UpdateCustomerRequest = object(inspected, Scope::CustomerWrite, caller, found)?;
    let (guard, _) = request.guard();
    let (customer, change) = head.and(request.into_change())?;
    Ok(bulk::Line::Update { customer, guard, change: Box::new(change) })
}

fn as_delete(
    inspected: ObjectText<'_>,
    head: &LineHead,
    caller: &Authorized<WriteOrDelete>,
    found: &mut Unrecognized,
) -> Result<bulk::Line, Failure> {
    let request: DeleteCustomerRequest = object(inspected, Scope::CustomerDelete, caller, found)?;
    Ok(bulk::Line::Delete { customer: head.and(request.into_target())? })
}

/// What a call of its own would have as its body, if the caller may make that call.
fn object<T: RequestObject>(
    inspected: ObjectText<'_>,
    scope: Scope,
    caller: &Authorized<WriteOrDelete>,
    found: &mut Unrecognized,
) -> Result<T, Failure> {
    if !caller.may(scope) {
        return Err(Failure::Forbidden);
    }
    T::unrecognized(inspected.text, found);
    found.forget(&BESIDE);
    inspected.into_object()
}

impl LineHead {
    /// What was read, unless something is wrong with it or with this: then all of that.
    fn and<T>(&self, read: Result<T, Failure>) -> Result<T, Failure> {
        let mut errors = field_errors(self);
        match read {
            Err(Failure::Invalid(others)) => errors.append(others),
            Err(failure) => return Err(failure),
            Ok(read) if errors.is_empty() => return Ok(read),
            Ok(_) => {}
        }
        Err(errors.into())
    }
}

/// Of a line that is no JSON object, or not all of one: as far as it can be read.
fn reference_in(line: &Bytes) -> Option<LineRef> {
    let mut found = None;
    let mut parser = serde_json::Deserializer::from_slice(line);
    parser.deserialize_map(Reference(&mut found)).ok();
    found
}

struct Reference<'a>(&'a mut Option<LineRef>);

impl<'de> Visitor<'de> for Reference<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if key == "ref" {
                *self.0 = LineRef::parse(&map.next_value::<String>()?).ok();
                break;
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_told_as_far_as_a_line_can_be_read() {
        for (line, expected) in [
            (&br#"{"ref":"r-1","customer":{"#[..], Some("r-1")),
            (br#"{"customer":{"a":[1]},"ref":"r-1" nonsense"#, Some("r-1")),
            (b"{\"ref\":\"r-1\",\"x\":\"\xff\"}", Some("r-1")),
            (b"{\"x\":\"\xff\",\"ref\":\"r-1\"}", Some("r-1")),
            (br#"{"ref":1}"#, None),
            (br#"{"ref":""}"#, None),
            (br#"["ref","r-1"]"#, None),
            (b"nonsense", None),
        ] {
            let found = reference_in(&Bytes::copy_from_slice(line));
            assert_eq!(found.as_ref().map(LineRef::as_str), expected, "{line:?}");
        }
    }
}
