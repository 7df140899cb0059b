//! `rollcall repair references`: columns that refer to users.

mod constrain;
mod plan;
mod survey;

use crate::{
    connect::Access,
    failure::{Failure, Status},
    output::Output,
};

/// Looks at what refers to users, and mends it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Store what would become of orphaned rows, and change nothing else
    Plan(plan::Args),
    /// Find every column that refers to users, and count what is orphaned
    Survey(survey::Args),
    /// Add a foreign key to the profile table, beside the running application
    Constrain(constrain::Args),
}

impl Args {
    pub(super) fn is_constrain(&self) -> bool {
        matches!(self.action, Action::Constrain(_))
    }
}

pub(super) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    match args.action {
        Action::Plan(args) => plan::run(args, access, output).await,
        Action::Survey(args) => survey::run(args, access, output).await,
        Action::Constrain(args) => constrain::run(args, access, output).await,
    }
}
