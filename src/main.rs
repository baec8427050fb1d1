//! Reads `.env` and the arguments, runs the command, sets the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before any thread exists: it sets environment variables. A missing file is the usual case.
    dotenvy::dotenv().ok();
    azotte_customers::cli::run()
}
