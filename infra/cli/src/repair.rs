//! `rollcall repair`: the triggers; what is said of single users; planning, applying what was planned, taking back what a run did, and
//! listing whom it was for.

mod carry_out;
mod profiles;
mod references;
mod show;
mod trigger;
mod users;

use std::path::PathBuf;

use carry_out::Way;
use uuid::Uuid;

use crate::{
    connect::Access,
    export,
    failure::{Failure, Status},
    output::Output,
};

/// Brings the triggers back, applies what was planned, takes back what a run did, or lists whom it was for. Connect as a member of `rollcall_operator`, or as the owner.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Look at the triggers, bring them back, or try them
    Trigger(trigger::Args),
    /// Plan which profiles to stamp: orphaned ones, and those of users who ought to have none
    Profiles(profiles::Args),
    /// Carry out what a plan has stored, or go on with it
    Apply(ApplyArgs),
    /// Take back what a run did, where nobody has touched it or referred to it since
    Undo(UndoArgs),
    /// Leave users out: nothing of Rollcall's makes them a profile
    Exclude(users::ExcludeArgs),
    /// Take exclusions away
    Include(users::IncludeArgs),
    /// Have nobody paged for users without a profile, until a date
    Acknowledge(users::AcknowledgeArgs),
    /// Wipe every trace of erased people
    Forget(users::ForgetArgs),
    /// Delete for good what a run put into quarantine
    Purge(PurgeArgs),
    /// List the users of a finished run, for whoever writes to them
    Export(ExportArgs),
    /// Look at what refers to users, and mend it
    References(references::Args),
}

/// Carries out what a plan has stored, and nothing else.
///
/// What has changed since is left and counted. Ctrl-C ends it after the batch under way, and the
/// same command goes on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall repair apply 0e8f9a60-1111-4222-8333-444455556666\n  \
    rollcall repair apply 0e8f9a60-1111-4222-8333-444455556666 --confirm-count 1200")]
struct ApplyArgs {
    #[command(flatten)]
    args: carry_out::Args,
}

/// Takes back what a run did, where nobody has touched it or referred to it since.
///
/// The rest is listed, with the reason. Ctrl-C ends it after the batch under way, and the same
/// command goes on; so does the id of an undo that has not ended.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall repair undo 0e8f9a60-1111-4222-8333-444455556666\n  \
    rollcall repair undo 0e8f9a60-1111-4222-8333-444455556666 --confirm-count 1200")]
struct UndoArgs {
    #[command(flatten)]
    args: carry_out::Args,
}

/// Deletes for good what a run put into quarantine. No undo brings it back.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall repair purge 0e8f9a60-1111-4222-8333-444455556666 --confirm-count 1200")]
struct PurgeArgs {
    #[command(flatten)]
    args: carry_out::Args,
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

impl Args {
    /// Whether a deployed function can do it: adding a key takes the table owner's connection.
    pub(crate) fn is_a_functions(&self) -> bool {
        !matches!(&self.action, Action::References(args) if args.is_constrain())
    }
}

pub(crate) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    match args.action {
        Action::Trigger(args) => trigger::run(args, access, output).await,
        Action::Profiles(args) => profiles::run(args, access, output).await,
        Action::Exclude(args) => users::exclude(args, access, output).await,
        Action::Include(args) => users::include(args, access, output).await,
        Action::Acknowledge(args) => users::acknowledge(args, access, output).await,
        Action::Forget(args) => users::wipe(args, access, output).await,
        Action::Apply(args) => carry_out::run(Way::Apply, args.args, access, output).await,
        Action::Purge(args) => carry_out::run(Way::Purge, args.args, access, output).await,
        Action::Undo(args) => carry_out::run(Way::Undo, args.args, access, output).await,
        Action::Export(args) => export::run(args.run_id, args.output, access, output).await,
        Action::References(args) => references::run(args, access, output).await,
    }
}
