//! Reading a run's users.

use futures_util::TryStreamExt;
use uuid::Uuid;

use super::{Affected, Outcome};
use crate::{
    database::{Database, Limit},
    error::Error,
    unnamed::Unnamed,
};

/// Hands on the next users after the first `after`, one by one, as they come in.
pub(super) async fn page(
    database: &Database,
    run_id: Uuid,
    after: i64,
    at_most: i32,
    mut hand_on: impl FnMut(Affected),
) -> Result<(), Error> {
    const DOING: &str = "reading the run's users";
    database
        .transaction(Limit::Batch, DOING, async |connection| {
            let mut rows = sqlx::query!(
                r#"
                select
                    user_id as "user_id!", email, created_at, affected_until,
                    outcome as "outcome!", reason
                from rollcall.run_users($1, $2, $3)
                "#,
                run_id,
                after,
                at_most
            )
            .fetch(Unnamed(connection));
            while let Some(row) = rows
                .try_next()
                .await
                .map_err(|error| Error::new(DOING, error))?
            {
                hand_on(Affected {
                    user_id: row.user_id,
                    email: row.email,
                    created_at: row.created_at,
                    until: row.affected_until,
                    outcome: outcome(row.outcome)?,
                    reason: row.reason,
                });
            }
            Ok(())
        })
        .await
}

fn outcome(word: String) -> Result<Outcome, Error> {
    let known = [
        Outcome::Created,
        Outcome::Present,
        Outcome::Gone,
        Outcome::Refused,
        Outcome::NotReached,
        Outcome::Removed,
        Outcome::Stamped,
        Outcome::Restored,
        Outcome::Forgotten,
    ];
    let outcome = known.into_iter().find(|known| known.as_str() == word);
    outcome.ok_or(Error::Unknown {
        what: "the outcome of a user",
        answer: word,
    })
}
