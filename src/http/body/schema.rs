//! What the documents say of single values: type, length, format, words, and a pattern that a person can read.
//!
//! What else is refused (blank text, forbidden characters, a country that does not exist) stands in sentences. As
//! patterns it would frighten readers and break generated clients. Patterns are ECMA 262 and mean the same in Python
//! and Rust, so they hold no `\d` and no `\s`.

use serde_json::Value;
use utoipa::openapi::{
    Object, ObjectBuilder, OneOfBuilder, Ref, RefOr, SchemaFormat, Type,
    schema::{AdditionalProperties, KnownFormat, Schema, SchemaType},
};

/// Schemas by name, as they are found.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// A string of which nothing is said.
pub fn plain() -> Object {
    Object::with_type(Type::String)
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

pub fn text(max: usize) -> Object {
    string().min_length(Some(1)).max_length(Some(max)).build()
}

/// Text, or nothing.
pub fn text_or_blank(max: usize) -> Object {
    string().max_length(Some(max)).build()
}

/// Sent as they are.
pub fn bytes() -> Object {
    formatted("binary").build()
}

pub fn uuid() -> Object {
    string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))).build()
}

pub fn pattern(pattern: &str) -> Object {
    string().pattern(Some(pattern)).build()
}

/// Exactly these words; or, in a request, in any case, which its description says.
pub fn one_of(words: &[&str]) -> Object {
    string().enum_values(Some(words.iter().copied())).build()
}

/// A code of two letters, in any case; which of them exist is what `format` names.
pub fn two_letters(format: &str) -> Object {
    formatted(format).min_length(Some(2)).max_length(Some(2)).pattern(Some("^[A-Za-z]{2}$")).build()
}

pub fn email(max: usize) -> Object {
    formatted("idn-email").max_length(Some(max)).build()
}

pub fn phone(max: usize) -> Object {
    formatted("phone").max_length(Some(max)).build()
}

/// A string that holds JSON.
pub fn json_in_string(max: usize) -> Object {
    let mut json = formatted("json").min_length(Some(1)).max_length(Some(max)).build();
    json.content_media_type = "application/json".to_owned();
    json
}

fn formatted(format: &str) -> ObjectBuilder {
    string().format(Some(SchemaFormat::Custom(format.to_owned())))
}

pub fn number(min: f64, max: f64) -> Object {
    ObjectBuilder::new().schema_type(Type::Number).minimum(Some(min)).maximum(Some(max)).build()
}

pub fn whole_number(min: usize, max: usize) -> Object {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(min)).maximum(Some(max)).build()
}

/// A whole number of 64 bits, from `min` on.
pub fn int64(min: usize) -> Object {
    let mut number = whole_number(min, usize::try_from(i64::MAX).unwrap_or(usize::MAX));
    number.format = Some(SchemaFormat::KnownFormat(KnownFormat::Int64));
    number
}

/// An object with these docs, still without properties.
pub fn object(docs: &[&str]) -> Object {
    let description = Some(sentence(docs)).filter(|description| !description.is_empty());
    ObjectBuilder::new().schema_type(Type::Object).description(description).build()
}

/// Any JSON object.
pub fn any_object() -> Object {
    keeping_additional(object(&[]))
}

/// `object`, whose properties that are not listed are kept, too.
pub fn keeping_additional(mut object: Object) -> Object {
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(true)));
    object
}

/// An object whose keys are the caller's.
pub fn dictionary(values: RefOr<Schema>) -> Object {
    ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(values)).build()
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
        RefOr::T(Schema::OneOf(one)) => one.description = Some(description),
        RefOr::T(_) => {}
    }
    schema
}

pub fn or_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.schema_type = with_null(object.schema_type);
            if let Some(words) = &mut object.enum_values {
                words.push(Value::Null);
            }
            object.into()
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = with_null(array.schema_type);
            RefOr::T(array.into())
        }
        other => OneOfBuilder::new().item(Object::with_type(Type::Null)).item(other).into(),
    }
}

fn with_null(schema_type: SchemaType) -> SchemaType {
    match schema_type {
        SchemaType::Type(one) => SchemaType::Array(vec![one, Type::Null]),
        other => other,
    }
}

/// The property of `object` is there and, if it may be, not `null`.
pub fn require(object: &mut Object, name: &str) {
    object.required.push(name.to_owned());
    forbid_null(object, name);
}

/// Takes back what [`or_null`] said of a property of `object`.
pub fn forbid_null(object: &mut Object, name: &str) {
    let Some(property) = object.properties.get_mut(name) else { return };
    match property {
        RefOr::T(Schema::Object(object)) => {
            if let SchemaType::Array(types) = &object.schema_type
                && let Some(first) = types.first()
            {
                object.schema_type = SchemaType::Type(first.clone());
            }
            if let Some(words) = &mut object.enum_values {
                words.retain(|word| !word.is_null());
            }
        }
        RefOr::T(Schema::OneOf(one)) => {
            let description = one.description.clone().unwrap_or_default();
            if let Some(inner) = one.items.pop() {
                *property = described(inner, &description);
            }
        }
        _ => {}
    }
}

/// `object`, silent about these properties: aliases, of which a sentence tells.
pub fn without(mut object: Object, names: &[&str]) -> Object {
    object.properties.retain(|name, _| !names.contains(&name.as_str()));
    object
}
