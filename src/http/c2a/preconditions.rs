//! `If-Match` and `If-None-Match` of C2A requests.

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, header, request::Parts},
};

use super::error::C2aError;
use crate::domain::{precondition::Precondition, problem::Problem};
use crate::http::{
    entity_tags::{self, Tags},
    failure::Failure,
};

/// `If-Match`: the versions a change is meant for. Weak tags match none.
pub struct IfMatch(pub Precondition);

/// `If-None-Match`: the versions the caller has.
pub struct IfNoneMatch(Option<Tags>);

impl IfNoneMatch {
    /// Whether the caller has this version.
    pub fn has(&self, version: i64) -> bool {
        match &self.0 {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::These(tags)) => tags.iter().any(|tag| tag.version == Some(version)),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = C2aError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, C2aError> {
        Ok(Self(match tags(parts, &header::IF_MATCH, "If-Match")? {
            None => Precondition::None,
            Some(Tags::Any) => Precondition::Any,
            Some(Tags::These(tags)) => {
                let strong = tags.into_iter().filter(|tag| !tag.is_weak);
                Precondition::Versions(strong.filter_map(|tag| tag.version).collect())
            }
        }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = C2aError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, C2aError> {
        tags(parts, &header::IF_NONE_MATCH, "If-None-Match").map(Self)
    }
}

/// `spelled`: how an answer names the header.
fn tags(parts: &Parts, name: &HeaderName, spelled: &str) -> Result<Option<Tags>, C2aError> {
    let tags = entity_tags::tags(&parts.headers, name);
    tags.map_err(|_| Failure::invalid(spelled, Problem::InvalidVersion).into())
}
