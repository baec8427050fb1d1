//! `customerAssociations`: further resellers of a customer, each once.

use utoipa::openapi::{ArrayBuilder, RefOr, schema::Schema};
use validator::{Validate, ValidationErrors};

use crate::domain::{partner::ResellerId, problem::Problem, text::Text};
use crate::http::body::{
    field::{Field, parses},
    object::{object_values, request_object},
    schema::Schemas,
    unrecognized::Unrecognized,
    validation::Nested,
    value::Value,
};

#[derive(Default)]
pub struct AssociationsDto(Vec<Field<AssociationDto>>);

request_object! {
    pub struct AssociationDto {
        #[serde(rename = "resellerId")]
        #[validate(required, custom(function = parses))]
        reseller_id: Field<ResellerId>,
        #[validate(custom(function = parses))]
        name: Field<Text<255>>,
    }
}

object_values!(AssociationDto);

impl Value for AssociationsDto {
    fn from_json(json: &str) -> Result<Self, Problem> {
        let sent: Vec<Field<AssociationDto>> =
            serde_json::from_str(json).map_err(|_| Problem::WrongType { expected: "an array" })?;
        let mut seen = Vec::new();
        let entries = sent.into_iter().map(|field| match field {
            Field::Value(association) => match association.reseller_id.as_option() {
                Some(id) if seen.contains(id) => Field::Invalid(Problem::Duplicate),
                id => {
                    seen.extend(id.copied());
                    Field::Value(association)
                }
            },
            Field::Absent | Field::Null => Field::Invalid(Problem::Required),
            Field::Invalid(problem) => Field::Invalid(problem),
        });
        Ok(Self(entries.collect()))
    }

    fn schema(schemas: &mut Schemas) -> RefOr<Schema> {
        ArrayBuilder::new().items(<AssociationDto as Value>::schema(schemas)).into()
    }
}

impl Nested for AssociationsDto {
    fn check(&self) -> Result<(), ValidationErrors> {
        self.0.validate()
    }

    fn unrecognized(json: &str, found: &mut Unrecognized) {
        found.in_list(json, AssociationDto::unrecognized);
    }
}

impl AssociationsDto {
    pub fn into_domain(self) -> Vec<(ResellerId, Option<Text<255>>)> {
        self.0.into_iter().filter_map(|association| association.into_option()?.into_domain()).collect()
    }
}

impl AssociationDto {
    fn into_domain(self) -> Option<(ResellerId, Option<Text<255>>)> {
        let Self { reseller_id, name } = self;
        Some((reseller_id.into_option()?, name.into_option()))
    }
}
