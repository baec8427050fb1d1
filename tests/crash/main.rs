//! Crashes: the real server on a cluster of its own, killed at random moments under load.
//!
//! Every client writes down what it wants before it asks and what it was told after. At the end the histories are
//! joined with the database: what was acknowledged is there once, with its event, and what was refused is not.
//! A kill leaves the page cache alone, so nothing here proves that a disk keeps what `fsync` gave it.
//!
//! `AZOTTE_CRASH_CYCLES` says how many kills (12 unless set), `AZOTTE_CRASH_SEED` which ones.

mod checker;
mod control;
mod history;
mod http;
mod import;
mod kills;
mod load;
mod machine;
mod planted;
