//! The contracts between the edges and the database: what each call must return, and every way it can fail.

pub mod compare;
pub mod credentials;
pub mod customers;
pub mod feed;
pub mod health;
pub mod idempotency;
pub mod news;
pub mod partners;
pub mod storage_error;
