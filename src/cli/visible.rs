//! Which settings the help of a command shows. Every command reads all of them, because they are given once for all in
//! the environment; its help names those that it has a use for.

use clap::Command;

/// The groups of settings, by the headings of `config`.
const SERVER: &str = "Server";
const TOKENS: &str = "Tokens";
const DATABASE_LIMITS: &str = "Database limits";

/// Commands that work without the database and the settings.
const ALONE: [&str; 4] = ["openapi", "completions", "man", "health"];

/// The command line with all but the fitting settings hidden below each command.
pub fn fitted(mut command: Command) -> Command {
    // Settings are handed down to the commands by this.
    command.build();
    command.mut_subcommands(|subcommand| {
        let name = subcommand.get_name().to_owned();
        fit(&name, subcommand)
    })
}

fn fit(name: &str, command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let is_setting = argument.get_env().is_some();
        let hide = is_setting && !is_shown(name, argument.get_id().as_str(), argument.get_help_heading());
        if hide { argument.hide(true) } else { argument }
    });
    command.mut_subcommands(|below| fit(name, below))
}

fn is_shown(command: &str, setting: &str, heading: Option<&str>) -> bool {
    match (command, setting, heading) {
        ("serve", "allow_unsafe_database", _) => false,
        ("serve", _, _) | ("doctor" | "health", "listen", _) => true,
        (_, "cell", _) => matches!(command, "audit" | "check" | "doctor"),
        (_, _, Some(TOKENS)) => matches!(command, "token" | "doctor"),
        (_, "log_format", _) | (_, _, Some(SERVER | DATABASE_LIMITS)) => false,
        _ => !ALONE.contains(&command),
    }
}
