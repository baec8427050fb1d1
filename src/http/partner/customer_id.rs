//! The `{id}` in the path of one customer.

use axum::extract::{Path, rejection::PathRejection};
use utoipa::{
    IntoParams,
    openapi::{
        Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

use crate::domain::partner::PartnerCustomerId;
use crate::http::{body::schema, failure::Failure};

/// The customer a path names; what is no id is no customer.
pub fn parse(path: Result<Path<String>, PathRejection>) -> Result<PartnerCustomerId, Failure> {
    let Path(id) = path.map_err(|_| Failure::CustomerNotFound)?;
    PartnerCustomerId::parse(&id).map_err(|_| Failure::CustomerNotFound)
}

/// The parameter, for the document.
pub struct CustomerId;

impl IntoParams for CustomerId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let id = ParameterBuilder::new().name("id").parameter_in(ParameterIn::Path).required(Required::True);
        vec![id.description(Some("The customer's id.")).schema(Some(schema::uuid())).build()]
    }
}
