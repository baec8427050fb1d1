//! An empty variable counts as unset: `AZOTTE_CELL=` in a unit file or a compose file means "the default".

use clap::{Command, builder::Resettable};

/// The command line without the empty variables of the environment.
pub fn without_empty_variables(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let is_empty = argument
            .get_env()
            .is_some_and(|name| std::env::var_os(name).is_some_and(|value| value.is_empty()));
        if is_empty { argument.env(Resettable::Reset) } else { argument }
    });
    command.mut_subcommands(without_empty_variables)
}
