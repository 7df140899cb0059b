//! The command `rollcall`: parses the arguments, hands them to a command, and turns what comes
//! back into an exit status.

mod backfill;
mod check;
mod clock;
mod config_file;
mod connect;
mod demo;
mod deployed;
mod diagnose;
mod doctor;
mod environment;
mod export;
mod failure;
mod fix;
mod init;
mod output;
mod people;
mod repair;
mod report;
mod sql;
mod stack;
mod up;
mod whole_file;

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use connect::Access;
use failure::{Failure, Status};
use output::Output;

/// Keeps Supabase's auth.users and your profile table in step.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_STATUS)]
struct Cli {
    #[command(flatten)]
    access: Access,

    /// Print JSON instead of text
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

const EXIT_STATUS: &str = "Exit status: 0 all well or done; 1 something was found or refused; \
     2 usage or configuration; 3 could not look.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell a whole incident on a local PostgreSQL, from signup to proof; this is the default
    Demo(demo::Args),
    /// Run the local stack until Ctrl-C: database, functions, webhook, schedule
    Up(up::Args),
    /// Find the profile table and write a first rollcall.toml
    Init(init::Args),
    /// Render the migration that installs Rollcall, or the one that takes it out
    Sql(sql::Args),
    /// Report on a database, read-only, with a configuration or without
    Doctor(doctor::Args),
    /// Look at every user and every trigger
    Check(check::Args),
    /// Preview or create the profiles that are missing
    Backfill(backfill::Args),
    /// Mend triggers, profiles and child rows by plans, and take back what a run did
    Repair(repair::Args),
    /// Mend it all: triggers, missing profiles, proof, list and report; asks once
    Fix(fix::Args),
    /// Say what a violated foreign key, or one user, is about, and the call that mends it
    Diagnose(diagnose::Args),
    /// Write the report as one HTML page, or draft the post-mortem of an incident
    Report(report::Args),
}

impl Command {
    /// Whether a deployed function can do it.
    fn is_a_functions(&self) -> bool {
        match self {
            Self::Check(_) | Self::Backfill(_) | Self::Diagnose(_) => true,
            Self::Repair(args) => args.is_a_functions(),
            _ => false,
        }
    }

    async fn run(self, access: &Access, output: &mut Output) -> Result<Status, Failure> {
        match self {
            Self::Demo(args) => demo::run(args, output).await,
            Self::Up(args) => up::run(args, output).await,
            Self::Init(args) => init::run(args, access, output).await,
            Self::Sql(args) => sql::run(args, access, output).await,
            Self::Doctor(args) => doctor::run(args, access, output).await,
            Self::Check(args) => check::run(args, access, output).await,
            Self::Backfill(args) => backfill::run(args, access, output).await,
            Self::Repair(args) => repair::run(args, access, output).await,
            Self::Fix(args) => fix::run(args, access, output).await,
            Self::Diagnose(args) => diagnose::run(args, access, output).await,
            Self::Report(args) => report::run(args, access, output).await,
        }
    }
}

async fn run(cli: Cli, matches: &ArgMatches, output: &mut Output) -> Result<Status, Failure> {
    let command = cli.command.unwrap_or(Command::Demo(demo::Args {}));
    cli.access.refuse_both(matches)?;
    if cli.access.deployed().is_some() && !command.is_a_functions() {
        return Err(Failure::Usage(
            "no function does that: --deployed works with check, backfill, diagnose, and repair but \
             for references constrain; leave it out, and give --database-url"
                .to_owned(),
        ));
    }
    command.run(&cli.access, output).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let mut output = Output::new(cli.json, cli.access.deployed());
    let status = match run(cli, &matches, &mut output).await {
        Ok(status) => status,
        Err(failure) => failure.report(&mut output),
    };
    status.into()
}
