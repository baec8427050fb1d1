//! Request objects: declared once, they are read, checked and documented.

use serde::de::DeserializeOwned;
use utoipa::openapi::{Object, RefOr, schema::Schema};

use super::{
    field::Field,
    schema::{Schemas, described, or_null, sentence},
    unrecognized::Unrecognized,
    validation::Nested,
    value::Value,
};

/// The most a body may hold, unless its object says otherwise.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// A struct whose fields are all [`Field`]s.
pub trait RequestObject: DeserializeOwned + Nested + Send + 'static {
    /// The most a body may hold that is one.
    const MAX_BYTES: usize = MAX_BODY_BYTES;

    /// Its schema; those of the objects inside it go into `schemas`.
    fn object(schemas: &mut Schemas) -> Object;

    /// What callers call the field that Rust calls `name`.
    fn wire_name(name: &str) -> Option<&'static str>;

    /// Whether the field of this wire name was sent, rightly or wrongly.
    fn is_given(&self, wire_name: &str) -> bool;

    /// Forgets what its endpoint ignores.
    fn settle(&mut self);
}

/// Declares a request object. Each field says its rules to `validator`, whose trait `Validate` must be in scope:
///
/// - `custom(function = parses)`: a scalar, by the `parse` of its type;
/// - `nested`: an object, a dictionary or a list, by the rules inside;
/// - `required` before one of these: neither absent nor `null`.
///
/// A field without a rule, or with the wrong one of the first two, does not compile. A name of several words is
/// spelled for the wire by `#[serde(rename = "…")]`: it is the name in errors and in the document, too.
///
/// Then, in this order and only where it is needed:
///
/// - `extra`: a field that is not on the wire, for further properties, which the object keeps;
/// - `ignored`: names that mean something and are not read;
/// - `settled`: a function that forgets what the endpoint ignores in this request, before anything is checked;
/// - `between`: a function that adds the errors of what holds between fields;
/// - `constraints`: a function that adds the same to the schema;
/// - `at_most`: the bytes of a body, where they are not [`MAX_BODY_BYTES`].
macro_rules! request_object {
    (
        $(#[doc = $doc:literal])*
        $vis:vis struct $name:ident {
            $(
                $(#[doc = $field_doc:literal])*
                $(#[serde(rename = $wire:literal $(, alias = $alias:literal)?)])?
                #[validate($($rule:tt)*)]
                $field_vis:vis $field:ident: $type:ty,
            )*
        }
        $(extra $extra:ident: $extra_type:ty;)?
        $(ignored $($ignored:literal),+;)?
        $(settled $settled:expr;)?
        $(between $between:expr;)?
        $(constraints $constraints:expr;)?
        $(at_most $max_bytes:expr;)?
    ) => {
        $(#[doc = $doc])*
        #[derive(Default, serde::Deserialize, validator::Validate)]
        #[serde(default)]
        $vis struct $name {
            $(
                $(#[doc = $field_doc])*
                $(#[serde(rename = $wire $(, alias = $alias)?)])?
                #[validate($($rule)*)]
                $field_vis $field: $type,
            )*
            $(#[serde(skip)] $extra: $extra_type,)?
        }

        $(const _: () =
            $crate::http::body::object::assert_spelled($crate::http::body::object::wire_name!($field $($wire)?));)*

        impl $crate::http::body::object::RequestObject for $name {
            $(const MAX_BYTES: usize = $max_bytes;)?

            fn object(schemas: &mut $crate::http::body::schema::Schemas) -> utoipa::openapi::Object {
                let mut object = $crate::http::body::schema::object(&[$($doc),*]);
                $(<$type as $crate::http::body::object::Property>::add(
                    &mut object,
                    $crate::http::body::object::wire_name!($field $($wire)?),
                    &[$($field_doc),*],
                    $crate::http::body::object::says_required!($($rule)*),
                    schemas,
                );)*
                object
            }

            fn wire_name(name: &str) -> Option<&'static str> {
                match name {
                    $(stringify!($field) => Some($crate::http::body::object::wire_name!($field $($wire)?)),)*
                    _ => None,
                }
            }

            fn is_given(&self, wire_name: &str) -> bool {
                $((wire_name == $crate::http::body::object::wire_name!($field $($wire)?) && self.$field.is_given()))||*
            }

            fn settle(&mut self) {
                $(($settled)(self);)?
            }
        }

        impl $crate::http::body::validation::Nested for $name {
            fn check(&self) -> Result<(), validator::ValidationErrors> {
                let name = <Self as $crate::http::body::object::RequestObject>::wire_name;
                let checked = validator::Validate::validate(self)
                    .map_err(|errors| $crate::http::body::validation::renamed(errors, name));
                $(let checked = $crate::http::body::validation::and(checked, ($between)(self));)?
                checked
            }

            fn unrecognized(json: &str, found: &mut $crate::http::body::unrecognized::Unrecognized) {
                const KEEPS_ALL: &[&str] = &[$(stringify!($extra))?];
                const IGNORED: &[&str] = &[$($($ignored),+)?];
                if !KEEPS_ALL.is_empty() {
                    return;
                }
                found.in_object(json, |name, _value, _found| {
                    $(if name == $crate::http::body::object::wire_name!($field $($wire)?) $($(|| name == $alias)?)? {
                        $crate::http::body::object::look_inside!($type, _value, _found; $($rule)*);
                        return true;
                    })*
                    IGNORED.contains(&name)
                });
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let object = <Self as $crate::http::body::object::RequestObject>::object(&mut Vec::new());
                $(let object = ($constraints)(object);)?
                object.into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schemas(schemas: &mut $crate::http::body::schema::Schemas) {
                <Self as $crate::http::body::object::RequestObject>::object(schemas);
            }
        }
    };
}

/// Reads request objects as values of fields; their schemas go by their names.
macro_rules! object_values {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::http::body::value::Value for $type {
            fn from_json(json: &str) -> Result<Self, $crate::domain::problem::Problem> {
                $crate::http::body::value::object(json)
            }

            fn schema(
                schemas: &mut $crate::http::body::schema::Schemas,
            ) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let object = <$type as $crate::http::body::object::RequestObject>::object(schemas);
                $crate::http::body::schema::named(stringify!($type), object, schemas)
            }
        }
    )+};
}

/// The name of a field on the wire: as it is spelled out, or Rust's own.
macro_rules! wire_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $wire:literal) => {
        $wire
    };
}

/// Looks for unrecognized properties in a field, where it has properties.
macro_rules! look_inside {
    ($type:ty, $json:ident, $found:ident; nested) => {
        <$type>::unrecognized($json, $found)
    };
    ($type:ty, $json:ident, $found:ident; required, nested) => {
        <$type>::unrecognized($json, $found)
    };
    ($type:ty, $json:ident, $found:ident; $($rule:tt)*) => {};
}

/// Whether the rules of a field begin with `required`.
macro_rules! says_required {
    (required $($rule:tt)*) => {
        true
    };
    ($($rule:tt)*) => {
        false
    };
}

pub(crate) use {look_inside, object_values, request_object, says_required, wire_name};

/// A name of several words has to be spelled for the wire: Rust's own does not compile.
pub const fn assert_spelled(wire_name: &str) {
    let (bytes, mut at) = (wire_name.as_bytes(), 0);
    while at < bytes.len() {
        assert!(bytes[at] != b'_', "spell this name for the wire: #[serde(rename = \"…\")]");
        at += 1;
    }
}

/// A field as a property of its object's schema.
pub trait Property {
    fn add(object: &mut Object, name: &str, docs: &[&str], is_required: bool, schemas: &mut Schemas);
}

impl<T: Nested> Field<T> {
    /// As in [`Nested`].
    pub fn unrecognized(json: &str, found: &mut Unrecognized) {
        T::unrecognized(json, found);
    }
}

impl<T: Value> Property for Field<T> {
    fn add(object: &mut Object, name: &str, docs: &[&str], is_required: bool, schemas: &mut Schemas) {
        let schema: RefOr<Schema> = T::schema(schemas);
        let schema = if is_required { schema } else { or_null(schema) };
        if is_required {
            object.required.push(name.to_owned());
        }
        object.properties.insert(name.to_owned(), described(schema, &sentence(docs)));
    }
}
