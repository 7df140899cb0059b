//! `rollcall repair`: takes back what a run did, and lists whom it was for.

mod show;
mod undo;

use std::path::PathBuf;

use uuid::Uuid;

use crate::{
    connect::Access,
    export,
    failure::{Failure, Status},
    output::Output,
};

/// Takes back what a run did, or lists whom it was for. Connect as a member of `rollcall_operator`, or as the owner.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Remove the profiles that a backfill created and nobody has touched or referred to since
    Undo(undo::Args),
    /// List the users of a finished run, for whoever writes to them
    Export(ExportArgs),
}

/// Lists the users of a finished run in a CSV file, with the draft of a message beside it.
///
/// It holds e-mail addresses, so nobody but its owner may read it. No other file is ever written
/// over.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall repair export 0e8f9a60-1111-4222-8333-444455556666\n  \
    rollcall repair export 0e8f9a60-1111-4222-8333-444455556666 -o affected.csv")]
struct ExportArgs {
    /// The run, completed or cancelled
    #[arg(value_name = "RUN")]
    run_id: Uuid,

    /// Where to; without it, rollcall-affected-<RUN>.csv
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    match args.action {
        Action::Undo(args) => undo::run(args, access, output).await,
        Action::Export(args) => export::run(args.run_id, args.output, access, output).await,
    }
}
