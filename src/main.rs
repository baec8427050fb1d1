//! Reads `.env` and the arguments, runs the command, sets the exit code.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request is many small boxes: with the C library's allocator they are a sixth of its processor time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // Before any thread exists: it sets environment variables. Only of the working folder: a folder above,
    // such as /tmp, may be anybody's.
    match dotenvy::from_path(".env") {
        Err(error) if !error.not_found() => {
            // The error quotes the line, which may hold a password.
            eprintln!(
                "azotte-customers: .env cannot be read; it takes lines such as NAME=value or NAME='a value'."
            );
            ExitCode::from(2)
        }
        _ => azotte_customers::cli::run(),
    }
}
