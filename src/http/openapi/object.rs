//! The schema of a request object: its fields as they are declared, so that a limit is written once.
//!
//! `null` is taken where a field is not required, and is then in its type.

use utoipa::openapi::{
    AllOfBuilder, ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Ref, RefOr, Type,
    schema::{AnyOfBuilder, Schema, SchemaType},
};

use super::{Schemas, value};
use crate::http::{
    field::{Field, Wire},
    validation::camel_case,
};

/// A struct whose fields are all [`Field`]s: what it looks like on the wire.
pub trait Fields {
    /// Its schema; those of the objects inside it go into `schemas`.
    fn object(schemas: &mut Schemas) -> Object;
}

/// A schema for what stands in a struct's field.
pub trait FieldSchema {
    const IS_REQUIRED: bool;

    fn schema(schemas: &mut Schemas) -> RefOr<Schema>;
}

impl<T: Wire, const REQUIRED: bool> FieldSchema for Field<T, REQUIRED> {
    const IS_REQUIRED: bool = REQUIRED;

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        let schema = T::schema(schemas);
        if REQUIRED { schema } else { or_null(schema) }
    }
}

/// Adds the field that Rust calls `name`.
pub fn add<F: FieldSchema>(object: &mut Object, name: &str, docs: &[&str], schemas: &mut Schemas) {
    let name = camel_case(name);
    if F::IS_REQUIRED {
        object.required.push(name.clone());
    }
    object.properties.insert(name, described(F::schema(schemas), &sentence(docs)));
}

/// Declares a request object: all its fields are read, checked and documented by their types. Wants
/// `validator::Validate` in scope.
///
/// `between` is a function that adds what holds between fields; `besides` a field that is not on the wire.
macro_rules! request_object {
    (
        $(#[doc = $doc:literal])*
        $vis:vis struct $name:ident {
            $(
                $(#[doc = $field_doc:literal])*
                $(#[serde($($serde:tt)*)])?
                $field_vis:vis $field:ident: $type:ty,
            )*
        }
        $(besides $rest:ident: $rest_type:ty;)?
        $(between $between:expr)?
    ) => {
        $(#[doc = $doc])*
        #[derive(Default, serde::Deserialize, validator::Validate)]
        #[serde(rename_all = "camelCase", default)]
        $vis struct $name {
            $(
                $(#[doc = $field_doc])*
                $(#[serde($($serde)*)])?
                #[validate(nested)]
                $field_vis $field: $type,
            )*
            $(#[serde(skip)] $rest: $rest_type,)?
        }

        impl $crate::http::openapi::object::Fields for $name {
            fn object(schemas: &mut $crate::http::openapi::Schemas) -> utoipa::openapi::Object {
                let mut object = $crate::http::openapi::object::open(&[$($doc),*], schemas);
                $($crate::http::openapi::object::add::<$type>(
                    &mut object, stringify!($field), &[$($field_doc),*], schemas,
                );)*
                object
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let object = <Self as $crate::http::openapi::object::Fields>::object(&mut Vec::new());
                $(let object = ($between)(object);)?
                object.into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schemas(schemas: &mut $crate::http::openapi::Schemas) {
                <Self as $crate::http::openapi::object::Fields>::object(schemas);
            }
        }
    };
}

pub(crate) use request_object;

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
    object.property_names(Some(value::unforbidden())).additional_properties(Some(further)).build()
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
    AnyOfBuilder::new().item(value::unforbidden()).item(ObjectBuilder::new().schema_type(others))
}

fn sentence(docs: &[&str]) -> String {
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

fn or_null(schema: RefOr<Schema>) -> RefOr<Schema> {
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
        any.item(
            ObjectBuilder::new().schema_type(Type::Object).property(*name, value::plain()).required(*name),
        )
    });
    AllOfBuilder::new().item(object).item(alternatives).build().into()
}
