//! The command line: one subcommand a file. Tables for people, `--json` for programs.

mod api;
mod arguments;
mod audit;
mod bar;
mod check;
mod completions;
mod doctor;
mod export;
mod failure;
mod feed;
mod health;
mod import;
mod key;
mod lifetime;
mod migrate;
mod notices;
mod openapi;
mod output;
mod provider_instance;
mod reseller;
mod serve;
mod table;
mod tenant;
mod token;
mod unknown_variables;
mod unset;
mod visible;

use std::{process::ExitCode, time::Duration};

use clap::{
    ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand,
    error::{ContextKind, ContextValue, ErrorKind},
    parser::ValueSource,
};

use crate::config::{Config, EnvironmentUnsaid, ServeConfig, demand_environment};
use output::Output;

/// The customer service of a subscription-commerce platform.
#[derive(Parser)]
#[command(name = "azotte-customers", version = env!("BUILD_VERSION"), after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    config: Config,

    /// Print JSON instead of tables
    #[arg(long, global = true)]
    json: bool,

    #[command(flatten)]
    serve: ServeConfig,

    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "Examples:
  azotte-customers                                   start the server (in the sandbox: with its own database)
  azotte-customers tenant create --name globex --domain globex.example.com
  azotte-customers key issue --tenant globex --name backend
  azotte-customers doctor                            what is wrong, and what to do";

#[derive(Subcommand)]
enum Command {
    /// Start the server (what happens without a command)
    Serve,
    /// Apply the migrations the database lacks
    Migrate,
    /// Create, list and change tenants
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// Issue, list, rotate and revoke API keys
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Issue tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Add and list resellers
    #[command(subcommand)]
    Reseller(reseller::ResellerCommand),
    /// Add, list and remove provider instances
    #[command(subcommand)]
    ProviderInstance(provider_instance::ProviderInstanceCommand),
    /// Expire the cursors of the change feed, after a restore
    #[command(subcommand)]
    Feed(feed::FeedCommand),
    /// Compare a tenant's own list of its customers with those that are here; exit code 1 where they differ
    Check(check::CheckArgs),
    /// Import customers from a CSV or NDJSON file; exit code 1 where a line failed
    Import(Box<import::ImportArgs>),
    /// Write all customers of a tenant to standard output
    Export(export::ExportArgs),
    /// Read the audit trail
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Print the OpenAPI document of a surface
    Openapi(openapi::OpenapiArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page, in the format of man
    Man,
    /// Say what is wrong with the set-up, and what to do
    Doctor,
    /// Ask the server that AZOTTE_LISTEN names whether it lives; exit code 0 if so
    Health(health::HealthArgs),
}

const FAILED: u8 = 1;
/// As of `diff`, whose 1 says that there are differences.
const CHECK_FAILED: u8 = 2;
const BLOCKING_WORK_AT_THE_END: Duration = Duration::from_secs(5);

/// The command line, with what belongs to each command in its help.
fn command() -> clap::Command {
    unset::without_empty_variables(visible::fitted(Cli::command()))
}

/// Runs what the arguments ask for. Errors are one sentence on standard error; the exit code is 1, or 2 for
/// arguments that cannot be read, and for a check that failed.
pub fn run() -> ExitCode {
    embedded_postgres::reset_child_signal();
    let parsed = command()
        .try_get_matches()
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, is_environment_said(&matches))));
    let (cli, is_said) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return explain(error),
    };
    let unsaid = if is_said { Ok(()) } else { cli.demand_environment() };
    match (&cli.command, unsaid) {
        // It tells this among the rest.
        (Some(Command::Doctor), _) | (_, Ok(())) => {}
        (_, Err(error)) => return refuse(&error),
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into(), FAILED),
    };
    let outcome = runtime.block_on(dispatch(cli, unsaid));
    // Work that blocks, such as waiting for an embedded database that does not come, must not hold up the end.
    runtime.shutdown_timeout(BLOCKING_WORK_AT_THE_END);
    outcome.unwrap_or_else(|error| fail(&error, FAILED))
}

async fn dispatch(cli: Cli, environment: Result<(), EnvironmentUnsaid>) -> anyhow::Result<ExitCode> {
    let Cli { config, json, serve, command: chosen } = cli;
    let output = Output { json };
    let chosen = chosen.unwrap_or(Command::Serve);
    if !matches!(chosen, Command::Serve) {
        notices::show();
    }
    match chosen {
        Command::Serve => serve::run(&config, &serve, &unknown_variables::find(&Cli::command())).await?,
        Command::Migrate => migrate::run(&config, output).await?,
        Command::Tenant(command) => tenant::run(&config, output, command).await?,
        Command::Key(command) => key::run(&config, output, command).await?,
        Command::Token(command) => token::run(&config, output, command).await?,
        Command::Reseller(command) => reseller::run(&config, output, command).await?,
        Command::ProviderInstance(command) => provider_instance::run(&config, output, command).await?,
        Command::Feed(command) => feed::run(&config, output, command).await?,
        Command::Check(arguments) => {
            let checked = check::run(&config, output, &arguments).await;
            return Ok(checked.map_or_else(|error| fail(&error, CHECK_FAILED), exit_code));
        }
        Command::Import(arguments) => {
            return import::run(&config, output, &arguments).await.map(exit_code);
        }
        Command::Export(arguments) => export::run(&config, &arguments).await?,
        Command::Audit(command) => audit::run(&config, output, command).await?,
        Command::Openapi(arguments) => openapi::run(&arguments)?,
        Command::Completions(arguments) => completions::completions(&arguments, command())?,
        Command::Man => completions::man(command())?,
        Command::Health(arguments) => health::run(&serve, output, &arguments)?,
        Command::Doctor => {
            let unknown_variables = unknown_variables::find(&Cli::command());
            let given = doctor::Given { environment, unknown_variables };
            return doctor::run(&config, &serve, &given, output).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Cli {
    /// Of a program that was not told its environment.
    fn demand_environment(&self) -> Result<(), EnvironmentUnsaid> {
        let has_database_url = self.config.database_url.is_some();
        match &self.command {
            None | Some(Command::Serve | Command::Doctor) => {
                demand_environment(has_database_url, Some(self.serve.listen))
            }
            // They ask a server.
            Some(Command::Check(arguments)) if arguments.target.server.url.is_some() => Ok(()),
            Some(Command::Import(arguments)) if arguments.target.server.url.is_some() => Ok(()),
            Some(Command::Export(arguments)) if arguments.target.server.url.is_some() => Ok(()),
            Some(Command::Openapi(_) | Command::Health(_) | Command::Completions(_) | Command::Man) => Ok(()),
            Some(
                Command::Migrate
                | Command::Tenant(_)
                | Command::Key(_)
                | Command::Token(_)
                | Command::Reseller(_)
                | Command::ProviderInstance(_)
                | Command::Feed(_)
                | Command::Check(_)
                | Command::Import(_)
                | Command::Export(_)
                | Command::Audit(_),
            ) => demand_environment(has_database_url, None),
        }
    }
}

fn is_environment_said(matches: &ArgMatches) -> bool {
    matches.value_source("environment") != Some(ValueSource::DefaultValue)
}

/// For settings that cannot be read.
pub fn refuse(error: &dyn std::error::Error) -> ExitCode {
    failure::say(&error.to_string());
    ExitCode::from(2)
}

fn fail(error: &anyhow::Error, code: u8) -> ExitCode {
    failure::say(&failure::sentence(error));
    ExitCode::from(code)
}

fn exit_code(is_well: bool) -> ExitCode {
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A wrong value is one sentence that names the setting. Other errors are printed by clap.
fn explain(mut error: clap::Error) -> ExitCode {
    if error.kind() == ErrorKind::ValueValidation
        && let (Some(setting), Some(source)) =
            (error.get(ContextKind::InvalidArg), std::error::Error::source(&error))
    {
        let setting = setting.to_string();
        let flag = setting.split_whitespace().next().unwrap_or(&setting);
        failure::say(&format!("{} {source}.", setting_name(flag)));
        return ExitCode::from(2);
    }
    // clap would name settings of the environment as if they had been asked for.
    error.insert(ContextKind::Usage, ContextValue::None);
    error.print().ok();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// `AZOTTE_CELL (--cell)`, or the flag alone where it has no environment variable.
fn setting_name(flag: &str) -> String {
    let command = Cli::command();
    let long = flag.trim_start_matches("--");
    let argument = command.get_arguments().find(|argument| argument.get_long() == Some(long));
    match argument.and_then(|argument| argument.get_env()) {
        Some(variable) => format!("{} ({flag})", variable.to_string_lossy()),
        None => flag.to_owned(),
    }
}
