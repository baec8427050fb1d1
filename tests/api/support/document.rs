//! An OpenAPI document to walk through: its operations, and schemas that judge.

use std::collections::BTreeMap;

use azotte_customers::domain::{country::CountryCode, language::LanguageCode};
use jsonschema::Validator;
use serde_json::{Value, json};

pub const C2A: &str = include_str!("../../../openapi/c2a.json");
pub const PARTNER: &str = include_str!("../../../openapi/partner.json");

pub struct Document {
    pub json: Value,
}

/// One operation of a document.
#[derive(Clone)]
pub struct Operation {
    pub method: String,
    pub path: String,
    pub json: Value,
}

impl Document {
    pub fn c2a() -> Self {
        Self { json: serde_json::from_str(C2A).unwrap() }
    }

    pub fn partner() -> Self {
        Self { json: serde_json::from_str(PARTNER).unwrap() }
    }

    /// Every path, and the methods it has.
    pub fn methods(&self) -> BTreeMap<String, Vec<String>> {
        let mut methods = BTreeMap::<_, Vec<_>>::new();
        for operation in self.operations() {
            methods.entry(operation.path).or_default().push(operation.method);
        }
        methods
    }

    pub fn operations(&self) -> Vec<Operation> {
        let paths = self.json["paths"].as_object().unwrap();
        let all = paths.iter().flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(|(method, json)| Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                json: json.clone(),
            })
        });
        all.collect()
    }

    /// Judges by `schema`, wherever in this document it stands. Of e-mails, phone numbers and JSON the formats
    /// refuse only what can be none.
    pub fn judge(&self, schema: &Value) -> Validator {
        let mut whole = schema.clone();
        whole["components"] = self.json["components"].clone();
        let options = jsonschema::options().should_validate_formats(true);
        let options = options.with_format("country-code", |code: &str| CountryCode::parse(code).is_ok());
        let options = options.with_format("language-code", |code: &str| LanguageCode::parse(code).is_ok());
        let options = options.with_format("idn-email", |email: &str| email.contains('@'));
        let options = options.with_format("phone", |phone: &str| phone.trim().starts_with('+'));
        let options = options.with_format("json", |json: &str| serde_json::from_str::<Value>(json).is_ok());
        options.build(&whole).unwrap()
    }

    /// The schema itself, where `schema` only points at it.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => self.json.pointer(reference.trim_start_matches('#')).unwrap(),
            None => schema,
        }
    }

    /// Some value that `schema` takes: for an object, what is required of it.
    pub fn sample(&self, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        let judge = self.judge(schema);
        let simple = [json!("x"), json!("DE"), json!("cu.00.482"), json!(UUID), json!("+49 170 1234567")];
        let further =
            [json!("jane.doe@example.com"), json!("{}"), json!("Markup"), json!(1), json!(true), json!([])];
        let digest = json!("0".repeat(32));
        let mut candidates = simple.into_iter().chain([digest]).chain(further);
        candidates.find(|candidate| judge.is_valid(candidate)).unwrap_or_else(|| {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let properties = required.iter().map(|name| {
                let name = name.as_str().unwrap().to_owned();
                let value = self.sample(&schema["properties"][&name]);
                (name, value)
            });
            Value::Object(properties.collect())
        })
    }
}

/// Where a reseller or a provider instance is called for, this is one.
pub const UUID: &str = "cb3cd15b-1d6e-45be-b493-c71549cbfd87";
