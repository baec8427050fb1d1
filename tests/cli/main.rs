//! The real binary, as an operator meets it: started, stopped, killed, asked, misconfigured.
//!
//! Every test has a folder and an embedded database of its own, whatever the environment of the tests says. Most get a
//! copy of a migrated database; those about the first start and about migrations begin with an empty folder.

mod support;

mod bulk_memory;
mod check;
mod commands;
mod crash;
mod doctor;
mod doctor_findings;
mod durability;
mod first_start;
mod full_disk;
mod health;
mod import;
mod log;
mod ordinary_user;
mod output;
mod privacy;
mod settings;
mod silent_database;
mod slow_client;
mod stop;
mod surroundings;
#[cfg(feature = "otel")]
mod traces;
