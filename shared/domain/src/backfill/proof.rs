//! The end of a run: it looks whether anybody is still missing, and shows one whom it helped.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Answer, Status};
use crate::{
    database::{Database, Limit},
    error::Error,
    incident::Touched,
    run,
    severity::{Severity, Status as Health},
    unnamed::Unnamed,
    watch::{self, Call},
};

/// What a full check found when the run was through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// How all is now.
    pub status: Health,
    /// How bad it is, if it is.
    pub severity: Option<Severity>,
    /// Users who still have no profile; nothing if nobody could count them.
    pub ghosts: Option<i64>,
    /// Of these, those whose row the database does not accept.
    pub refused: Option<i64>,
    /// The gravest incident that this check brought up to date.
    pub incident: Option<Touched>,
    /// What to do next, if anything is left.
    pub next_step: Option<String>,
    /// A user whom the run made a profile for.
    pub sample: Option<Sample>,
}

/// A user whom a run made a profile for, as they are now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The user.
    pub user_id: Uuid,
    /// Whether `auth.users` still has them.
    pub is_in_auth: bool,
    /// Whether the profile is there.
    pub has_profile: bool,
    /// The profile's columns that hold something.
    pub columns: Vec<String>,
}

/// Adds to the answer of a run that is through what a full check finds now, and brings the
/// incidents that are open up to date. The profiles are there, whatever comes of this.
pub async fn prove(database: &Database, answer: &mut Answer, call: &Call<'_>) {
    let is_through = matches!(answer.status, Status::Completed | Status::NothingToDo);
    if answer.mode != "run" || !is_through {
        return;
    }
    match Box::pin(look(database, answer, call)).await {
        Ok(proof) => answer.proof = Some(proof),
        Err(error) => tracing::warn!(error = %error, "the check after the run could not look"),
    }
}

async fn look(database: &Database, answer: &mut Answer, call: &Call<'_>) -> Result<Proof, Error> {
    let run_id = answer.run_id;
    let mut report = watch::after_repair(database, call).await?;
    let counts = &report.counts;
    let amiss = [counts.orphaned_profiles, counts.leftover, counts.drifted];
    // Perhaps whoever left or changed in the midst of a batch; perhaps others, from before.
    if answer.progress.created > 0
        && amiss
            .iter()
            .any(|count| count.is_some_and(|count| count > 0))
    {
        let settled = settle_leavers(database, run_id).await?;
        if settled > 0 {
            if let Some(run) = run::find(database, run_id).await? {
                answer.progress = run.progress;
            }
            let again = Call {
                run_id: (call.new_id)(),
                ..*call
            };
            report = watch::after_repair(database, &again).await?;
        }
    }
    Ok(Proof {
        status: report.status,
        severity: report.severity,
        ghosts: report.counts.ghosts,
        refused: report.counts.refused,
        incident: report.incident,
        next_step: report.next_step,
        sample: sample(database, run_id).await?,
    })
}

/// How many of those whom the run gave a profile had left or changed while it did.
async fn settle_leavers(database: &Database, run_id: Uuid) -> Result<i64, Error> {
    const DOING: &str = "looking for whoever left while the run was under way";
    let row = database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query!(
                "select taken_back, refreshed from rollcall.settle_leavers($1)",
                run_id
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    Ok(row.taken_back.unwrap_or_default() + row.refreshed.unwrap_or_default())
}

async fn sample(database: &Database, run_id: Uuid) -> Result<Option<Sample>, Error> {
    const DOING: &str = "looking at one of the new profiles";
    database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query_as!(
                Sample,
                r#"
                select
                    user_id as "user_id!", is_in_auth as "is_in_auth!",
                    has_profile as "has_profile!", columns as "columns!"
                from rollcall.sample_of_run($1)
                "#,
                run_id
            )
            .fetch_optional(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await
}
