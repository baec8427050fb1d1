# Short names for daily commands; each is one line that works without just.

# List them
default:
    @just --list

# Start the server, with its own database in the sandbox
run *arguments:
    cargo run -- {{ arguments }}

# All tests, or those that match
test *arguments:
    cargo test {{ arguments }}

# What a commit must pass before CI looks at it
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings

# Licences, banned crates and sources of what the program is made of; needs cargo-deny
deny:
    cargo deny check licenses bans sources

# Renew .sqlx after a change of a query or a migration
sqlx:
    scripts/sqlx-prepare

# Everything CI runs
ci:
    .ci/run
