//! The actions on the triggers.

use rollcall_domain::{
    Database,
    trigger::{Flown, Installed, Status, fly_canary, install, status},
};
use rollcall_lambda::Failure;
use serde::Serialize;
use uuid::Uuid;

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// How they are.
    Status,
    /// As they were reviewed.
    Install,
    /// Whether a signup gets its profile.
    Canary,
}

impl Action {
    pub(crate) fn named(word: &str) -> Option<Self> {
        match word {
            "trigger.status" => Some(Self::Status),
            "trigger.install" => Some(Self::Install),
            "trigger.canary" => Some(Self::Canary),
            _ => None,
        }
    }
}

/// What each is answered with.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// How they are.
    Status(Status),
    /// What was made anew, and how they are now.
    Installed(Installed),
    /// What came of a synthetic signup.
    Flown(Flown),
}

/// Carries an action out; a canary gets `new_id`.
pub(crate) async fn answer(
    database: &Database,
    action: Action,
    new_id: Uuid,
) -> Result<Answer, Failure> {
    Ok(match action {
        Action::Status => Answer::Status(status(database).await?),
        Action::Install => {
            let installed = install(database).await?;
            let made = installed.made.iter().map(|made| &*made.object);
            tracing::info!(
                made = made.collect::<Vec<_>>().join(", "),
                state = installed.status.triggers.state.name(),
                "triggers installed"
            );
            Answer::Installed(installed)
        }
        Action::Canary => Answer::Flown(fly_canary(database, new_id).await?),
    })
}
