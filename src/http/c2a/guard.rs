//! `sourceVersion` and `onStale` of a request.

use crate::domain::{
    source_version::SourceVersion,
    upsert::{Guard, OnStale},
};
use crate::http::body::field::Field;

/// `null` is as good as absent.
pub fn guard(source_version: &Field<SourceVersion>, on_stale: &Field<OnStale>) -> Guard {
    Guard {
        source_version: source_version.as_option().copied(),
        on_stale: on_stale.as_option().copied().unwrap_or_default(),
    }
}
