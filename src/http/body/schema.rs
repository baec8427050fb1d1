//! What the documents say of single values: what their `parse` enforces, as a schema that refuses and accepts
//! the same.
//!
//! Patterns are ECMA 262 and keep to what Python and Rust read alike, so no `\d` or `\s`, whose meaning differs.

use utoipa::openapi::{
    AllOfBuilder, ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Ref, RefOr, SchemaFormat, Type,
    schema::{AnyOfBuilder, KnownFormat, Schema, SchemaType},
};

/// Schemas by name, as they are found.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// What no string holds: control characters and noncharacters. Those beyond the Basic Multilingual Plane are
/// refused too, but cannot be written so that every dialect reads them.
macro_rules! forbidden {
    () => {
        r"\u0000-\u001F\u007F-\u009F\uFDD0-\uFDEF\uFFFE\uFFFF"
    };
}

/// White space that is no control character: Unicode's `White_Space`.
macro_rules! white {
    () => {
        r" \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
    };
}

/// Something that is not white space, and nothing that is forbidden.
const TEXT: &str = concat!("^[", white!(), "]*[^", forbidden!(), white!(), "][^", forbidden!(), "]*$");
/// The same, with no white space at either end.
const TRIMMED: &str =
    concat!("^[^", forbidden!(), white!(), "](?:[^", forbidden!(), "]*[^", forbidden!(), white!(), "])?$");
const UNFORBIDDEN: &str = concat!("^[^", forbidden!(), "]*$");
const UUID: &str = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$";

/// A string of which nothing is said.
pub fn plain() -> Object {
    Object::with_type(Type::String)
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// Whatever text may stand in a request.
pub fn unforbidden() -> Object {
    pattern(UNFORBIDDEN)
}

/// Text, or nothing.
pub fn text_or_blank(max: usize) -> Object {
    string().max_length(Some(max)).pattern(Some(UNFORBIDDEN)).build()
}

pub fn text(max: usize) -> Object {
    string().min_length(Some(1)).max_length(Some(max)).pattern(Some(TEXT)).build()
}

/// Text without white space at its ends.
pub fn trimmed_text(max: usize) -> Object {
    string().min_length(Some(1)).max_length(Some(max)).pattern(Some(TRIMMED)).build()
}

pub fn uuid() -> Object {
    string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))).pattern(Some(UUID)).build()
}

pub fn pattern(pattern: &str) -> Object {
    string().pattern(Some(pattern)).build()
}

pub fn pattern_or_null(pattern: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .pattern(Some(pattern))
        .build()
}

/// Exactly these words.
pub fn one_of(words: &[&str]) -> Object {
    string().enum_values(Some(words.iter().copied())).build()
}

/// What can be told of an address by its shape. Surrounding spaces are dropped, and do not count.
pub fn email(max: usize) -> Object {
    string()
        .format(Some(SchemaFormat::Custom("idn-email".to_owned())))
        .max_length(Some(max))
        .pattern(Some(r"^ *[^ @]{1,64}@[^ @]+[.\u3002\uFF0E\uFF61][^ @]+ *$"))
        .build()
}

/// What can be told of a number by its shape; whether its length is one of its country is not.
pub fn phone(max: usize) -> Object {
    string()
        .format(Some(SchemaFormat::Custom("phone".to_owned())))
        .max_length(Some(max))
        .pattern(Some(r"^ *\+[0-9](?:[0-9 .()-]*[0-9])? *$"))
        .build()
}

/// A string that holds JSON.
pub fn json_in_string(max: usize) -> Object {
    let format = SchemaFormat::Custom("json".to_owned());
    let mut json = string().format(Some(format)).min_length(Some(1)).max_length(Some(max)).build();
    json.content_media_type = "application/json".to_owned();
    json
}

pub fn number(min: f64, max: f64) -> Object {
    ObjectBuilder::new().schema_type(Type::Number).minimum(Some(min)).maximum(Some(max)).build()
}

pub fn whole_number(min: usize, max: usize) -> Object {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(min)).maximum(Some(max)).build()
}

/// Any JSON object.
pub fn any_object() -> Object {
    ObjectBuilder::new().schema_type(Type::Object).build()
}

/// These words, and the same in any other case.
pub fn any_case(words: &[&str]) -> Schema {
    AnyOfBuilder::new()
        .item(one_of(words))
        .item(
            string().pattern(Some(any_case_pattern(words))).description(Some("The same in any other case.")),
        )
        .build()
        .into()
}

pub fn any_case_pattern(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| word.chars().map(both_cases).collect()).collect();
    format!("^(?:{})$", words.join("|"))
}

fn both_cases(c: char) -> String {
    if c.is_ascii_alphabetic() {
        return format!("[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase());
    }
    if c == '.' { r"\.".to_owned() } else { c.to_string() }
}

/// The two-letter codes that `is_code` takes, in any case.
pub fn code(is_code: impl Fn(&str) -> bool) -> Object {
    let groups: Vec<String> = ('A'..='Z').filter_map(|first| group(first, &is_code)).collect();
    let pattern = format!("^(?:{})$", groups.join("|"));
    string().min_length(Some(2)).max_length(Some(2)).pattern(Some(pattern)).build()
}

/// `[Dd][EJKMOZejkmoz]`, for the codes that begin with `first`.
fn group(first: char, is_code: impl Fn(&str) -> bool) -> Option<String> {
    let second: String = ('A'..='Z').filter(|second| is_code(&format!("{first}{second}"))).collect();
    let lower = second.to_ascii_lowercase();
    (!second.is_empty()).then(|| format!("{}[{second}{lower}]", both_cases(first)))
}

/// An object that also takes properties nobody has heard of.
pub fn open(docs: &[&str], schemas: &mut Schemas) -> Object {
    with_further(docs, anything(schemas))
}

/// The same, where its further properties are kept and may be nested this deep, the object being the first level.
pub fn kept(docs: &[&str], max_levels: usize, schemas: &mut Schemas) -> Object {
    with_further(docs, nested(max_levels - 1, schemas))
}

fn with_further(docs: &[&str], further: RefOr<Schema>) -> Object {
    let description = sentence(docs);
    let description = (!description.is_empty()).then_some(description);
    let object = ObjectBuilder::new().schema_type(Type::Object).description(description);
    object.property_names(Some(unforbidden())).additional_properties(Some(further)).build()
}

/// Any JSON whose strings hold nothing forbidden.
fn anything(schemas: &mut Schemas) -> RefOr<Schema> {
    const NAME: &str = "Anything";
    let any = json_of(Ref::from_schema_name(NAME).into());
    named(
        NAME,
        any.description(Some("Any JSON without control characters and Unicode noncharacters.")),
        schemas,
    )
}

/// The same, nested at most this deep.
fn nested(levels: usize, schemas: &mut Schemas) -> RefOr<Schema> {
    if levels == 0 {
        return named("Scalar", scalar().description(Some("JSON that holds no other.")), schemas);
    }
    let inner = nested(levels - 1, schemas);
    let description = format!("Any JSON of at most {levels} levels.");
    named(&format!("Levels{levels}"), json_of(inner).description(Some(description)), schemas)
}

fn json_of(inner: RefOr<Schema>) -> AnyOfBuilder {
    scalar().item(ArrayBuilder::new().items(inner.clone())).item(with_further(&[], inner))
}

fn scalar() -> AnyOfBuilder {
    let others = SchemaType::from_iter([Type::Number, Type::Boolean, Type::Null]);
    AnyOfBuilder::new().item(unforbidden()).item(ObjectBuilder::new().schema_type(others))
}

pub fn sentence(docs: &[&str]) -> String {
    docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// Puts `object` among the named schemas, and points at it.
pub fn named(name: &str, object: impl Into<RefOr<Schema>>, schemas: &mut Schemas) -> RefOr<Schema> {
    schemas.push((name.to_owned(), object.into()));
    Ref::from_schema_name(name).into()
}

pub fn described(mut schema: RefOr<Schema>, description: &str) -> RefOr<Schema> {
    if description.is_empty() {
        return schema;
    }
    let description = description.to_owned();
    match &mut schema {
        RefOr::Ref(reference) => reference.description = description,
        RefOr::T(Schema::Object(object)) => object.description = Some(description),
        RefOr::T(Schema::Array(array)) => array.description = Some(description),
        RefOr::T(Schema::AnyOf(any)) => any.description = Some(description),
        RefOr::T(Schema::OneOf(one)) => one.description = Some(description),
        RefOr::T(_) => {}
    }
    schema
}

pub fn or_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.schema_type = with_null(object.schema_type);
            object.into()
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = with_null(array.schema_type);
            RefOr::T(array.into())
        }
        RefOr::T(Schema::AnyOf(mut any)) => {
            any.items.push(null());
            RefOr::T(any.into())
        }
        other => OneOfBuilder::new().item(null()).item(other).into(),
    }
}

fn with_null(schema_type: SchemaType) -> SchemaType {
    match schema_type {
        SchemaType::Type(one) => SchemaType::Array(vec![one, Type::Null]),
        other => other,
    }
}

fn null() -> RefOr<Schema> {
    Object::with_type(Type::Null).into()
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null))
}

/// The property of `object` is there and, if it may be, not `null`.
pub fn require(object: &mut Object, name: &str) {
    object.required.push(name.to_owned());
    forbid_null(object, name);
}

/// The property of `object` is not `null`.
pub fn forbid_null(object: &mut Object, name: &str) {
    let Some(property) = object.properties.get_mut(name) else { return };
    match property {
        RefOr::T(Schema::Object(object)) => {
            if let SchemaType::Array(types) = &object.schema_type
                && let Some(first) = types.first()
            {
                object.schema_type = SchemaType::Type(first.clone());
            }
        }
        RefOr::T(Schema::AnyOf(any)) => any.items.retain(|item| !is_null(item)),
        RefOr::T(Schema::OneOf(one)) => {
            let description = one.description.clone().unwrap_or_default();
            let inner = one.items.iter().find(|item| !is_null(item)).cloned();
            if let Some(inner) = inner {
                *property = described(inner, &description);
            }
        }
        _ => {}
    }
}

/// `object`, with a string in at least one of these properties.
pub fn naming_one_of(object: Object, names: &[&str]) -> Schema {
    let alternatives = names.iter().fold(AnyOfBuilder::new(), |any, name| {
        any.item(ObjectBuilder::new().schema_type(Type::Object).property(*name, plain()).required(*name))
    });
    AllOfBuilder::new().item(object).item(alternatives).build().into()
}
