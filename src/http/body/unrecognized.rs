//! `Unrecognized-Properties`: a request's properties whose names mean nothing here. They are ignored; the header of the
//! answer, whatever it is, shows that one was misspelled.
//!
//! A name is the caller's text, and a header goes into logs of others: only what looks like a property's name is
//! repeated.

use std::{cell::Cell, collections::BTreeMap};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    response::Response,
};
use serde_json::value::RawValue;

use super::{elements::First, inspect::plain_name};

const HEADER: HeaderName = HeaderName::from_static("unrecognized-properties");

tokio::task_local! {
    static FOUND: Cell<Option<HeaderValue>>;
}

/// Names the properties that [`note`] finds in the request, on its answer.
pub async fn with_header<F: Future<Output = Response>>(
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let answered = async {
        let mut response = next(request).await;
        if let Some(paths) = FOUND.with(Cell::take) {
            response.headers_mut().insert(HEADER, paths);
        }
        response
    };
    FOUND.scope(Cell::default(), answered).await
}

/// Keeps what `look` finds in the request, for its answer.
pub fn note(look: impl FnOnce(&mut Unrecognized)) {
    let mut found = Unrecognized::default();
    look(&mut found);
    FOUND.try_with(|cell| cell.set(found.header())).ok();
}

/// Does `work` elsewhere than in the request, and returns what it noted beside its outcome: for [`tell`].
pub fn carried<T>(work: impl FnOnce() -> T) -> (T, Noted) {
    FOUND.sync_scope(Cell::default(), || {
        let outcome = work();
        (outcome, Noted(FOUND.with(Cell::take)))
    })
}

/// Keeps what was noted elsewhere for the answer of the request.
pub fn tell(Noted(header): Noted) {
    FOUND.try_with(|cell| cell.set(header)).ok();
}

/// Names that were found.
pub struct Noted(Option<HeaderValue>);

/// The paths found so far, and where the look is.
#[derive(Default)]
pub struct Unrecognized {
    path: String,
    found: Vec<String>,
}

impl Unrecognized {
    const MAX_PATHS: usize = 10;
    /// Of the header's value. Proxies take few KiB for all headers of an answer.
    const MAX_BYTES: usize = 1024;
    /// Of a list: what is longer is refused.
    const MAX_ITEMS: usize = 5000;
    /// Longer than every name of ours, shorter than keys and other secrets.
    const MAX_NAME: usize = 30;

    /// Passes each property of the object `json` to `look`, which says whether its name means something.
    pub fn in_object(&mut self, json: &str, look: impl Fn(&str, &str, &mut Self) -> bool) {
        for (name, value) in members(json) {
            self.below(&format!(".{}", shown(&name)), |inside| {
                if !look(&name, value.get(), inside) {
                    inside.add();
                }
            });
        }
    }

    /// Looks at each value of a dictionary, whose names are the caller's.
    pub fn in_dictionary(&mut self, json: &str, look: impl Fn(&str, &mut Self)) {
        for (key, value) in members(json) {
            self.below(&format!(".{}", plain_name(&key)), |inside| look(value.get(), inside));
        }
    }

    /// Looks at the first entries of a list.
    pub fn in_list(&mut self, json: &str, look: impl Fn(&str, &mut Self)) {
        let items: First<&RawValue, { Self::MAX_ITEMS }> = serde_json::from_str(json).unwrap_or_default();
        for (index, item) in items.entries.into_iter().enumerate() {
            self.below(&format!("[{index}]"), |inside| look(item.get(), inside));
        }
    }

    /// Adds these parameters of a query, which have no body beside them.
    pub fn in_query<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        names.for_each(|name| self.below(shown(name), Self::add));
    }

    /// Takes back what the request as a whole does know.
    pub fn forget(&mut self, paths: &[&str]) {
        self.found.retain(|found| !paths.contains(&found.as_str()));
    }

    fn below(&mut self, step: &str, look: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(step);
        look(self);
        self.path.truncate(length);
    }

    fn add(&mut self) {
        let path = self.path.trim_start_matches('.');
        if self.found.len() < Self::MAX_PATHS && !self.found.iter().any(|found| found == path) {
            self.found.push(path.to_owned());
        }
    }

    /// As many paths as there is room for.
    fn header(self) -> Option<HeaderValue> {
        let mut list = self.found.join(", ");
        while list.len() > Self::MAX_BYTES {
            list.truncate(list.rfind(", ").unwrap_or_default());
        }
        HeaderValue::try_from(list).ok().filter(|list| !list.is_empty())
    }
}

/// In alphabetical order; of what is no object, nothing.
fn members(json: &str) -> BTreeMap<String, &RawValue> {
    serde_json::from_str(json).unwrap_or_default()
}

/// A name as the header repeats it: `?` where it may be anything else, such as an address, a number or a key.
fn shown(name: &str) -> &str {
    let is_like_ours =
        name.len() <= Unrecognized::MAX_NAME && name.starts_with(|c: char| c.is_ascii_alphabetic());
    if is_like_ours { plain_name(name) } else { "?" }
}
