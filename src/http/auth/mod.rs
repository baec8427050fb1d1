//! Who calls. Whatever is wrong with credentials, the answer is the same 401 without a body.

pub mod api_key;
mod last_used;
pub mod scope;
