//! The binary in a folder of its own, and what is needed to talk to it.

mod folder;
mod http;
mod poll;
mod program;
mod server;

pub use folder::Folder;
pub use http::Client;
pub use poll::{eventually, within};
pub use program::{Outcome, Program};
pub use server::{Server, signal};

/// The tenant and the key of the documents' samples, which every sandbox has.
pub const TENANT: &str = "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f";
pub const KEY: &str = "sk_dev_acme_sample_123456789";
