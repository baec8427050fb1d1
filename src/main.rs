//! Reads `.env` and the arguments, runs the command, sets the exit code.

use std::process::ExitCode;

use azotte_customers::{cli, config::env_file};
use mimalloc::MiMalloc;

/// A request is many small boxes: with the C library's allocator they are a sixth of its processor time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // Before any thread exists: it sets environment variables.
    match env_file::load() {
        Ok(()) => cli::run(),
        Err(unreadable) => cli::refuse(&unreadable),
    }
}
