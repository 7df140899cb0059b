//! Planning which profiles to stamp.

use serde::Deserialize;
use uuid::Uuid;

use super::answer;
use crate::{
    configuration,
    database::{Database, Limit},
    error::Error,
    locked::or_holders,
    repair::{Answer, nobody_seen},
    run::{self, Run, Stop},
    unnamed::Unnamed,
    words::{counted, grouped, kept},
};

/// More than a tenth of the profiles is not what is left over in the course of things.
const PLAUSIBLE_SHARE: i64 = 10;

/// What a plan saw.
#[derive(Debug, Deserialize)]
pub(super) struct Scope {
    /// Profiles whose key is no id of a user.
    pub(super) no_ids: i64,
    auth_users: i64,
    profiles: i64,
}

impl Scope {
    pub(super) fn of(run: &Run) -> Result<Self, Error> {
        serde_json::from_value(run.scope.clone()).map_err(|_unreadable| Error::Unknown {
            what: "what the plan saw",
            answer: run.scope.to_string(),
        })
    }

    /// Why so many cannot be meant, if they cannot.
    pub(super) fn doubt(&self, planned: i64) -> Option<String> {
        if planned == 0 {
            None
        } else if self.auth_users == 0 {
            Some(nobody_seen(&format!(
                "{} would be stamped",
                counted(planned, "profile")
            )))
        } else if planned * PLAUSIBLE_SHARE > self.profiles {
            Some(format!(
                "{} of {} would be stamped, which is more than a tenth",
                grouped(planned),
                counted(self.profiles, "profile")
            ))
        } else {
            None
        }
    }
}

/// Stores which profiles ought to be stamped, as a run of this id, and touches none.
pub async fn plan(
    database: &Database,
    run_id: Uuid,
    reason: Option<&str>,
    elapsed_ms: impl Fn() -> u64,
) -> Result<Answer, Stop> {
    const DOING: &str = "planning which profiles to stamp";
    let is_configured = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query_scalar!(
                r#"select count(*) = 1 as "is_configured!" from rollcall.read_removal()"#
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    if !is_configured {
        return Err(Stop::Rejected(
            "no column says of a profile that it is deleted, so there is nothing to stamp; give the \
             table one (a timestamp that may be null), name it as soft_delete under \
             [profile.removal] in rollcall.toml, and apply the output of `rollcall sql`"
                .to_owned(),
        ));
    }
    let planned = database
        .transaction(Limit::Survey, DOING, async |connection| {
            sqlx::query!(
                "select rollcall.plan_profiles($1, $2)",
                run_id,
                kept(reason)
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await;
    or_holders(database, planned).await?;
    let answer = answer::read(database, run_id, &elapsed_ms).await?;
    run::keep_effects(database, run_id, &answer.side_effects).await?;
    Ok(answer)
}

/// A plan of another configuration speaks of other columns.
pub(super) async fn refuse_if_altered(
    database: &Database,
    run_id: Uuid,
    run: &Run,
) -> Result<(), Stop> {
    const DOING: &str = "reading the configuration";
    let digest = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            Ok(configuration::read(connection).await?.digest)
        })
        .await?;
    if digest == run.configuration {
        return Ok(());
    }
    if run.state == "running" {
        return Err(Stop::altered(run_id));
    }
    run::cancel(database, run_id).await?;
    Err(Stop::Rejected(format!(
        "run {run_id} was planned under another configuration, and is cancelled; plan again: \
         rollcall repair profiles plan"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_tenth_is_doubted_and_just_a_tenth_is_not() {
        let scope = |auth_users, profiles| Scope {
            no_ids: 0,
            auth_users,
            profiles,
        };
        assert_eq!(scope(90, 100).doubt(10), None);
        assert!(scope(90, 100).doubt(11).unwrap().contains("11 of 100"));
        assert!(scope(0, 100).doubt(1).unwrap().contains("not a single"));
        assert_eq!(scope(0, 0).doubt(0), None);
    }
}
