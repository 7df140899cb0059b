//! One auth user's profile: brought to where it ought to be, or told why it cannot.
//!
//! Trigger, webhook, backfill and the RPC read the same view. [`ensure`] takes no word about what
//! changed, only an id, and reads the rest itself: payloads are hints.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{error::Error, unnamed::Unnamed};

/// What became of one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The profile was missing and is there now.
    Created,
    /// The profile was there, as it ought to be.
    Present,
    /// Kept columns were brought up to date.
    Updated,
    /// The database does not accept the row; the ledger has the reason.
    Refused,
    /// The user ought to have no profile, and has none to remove.
    Excluded,
    /// Neither an auth user nor a profile of this id exists.
    UnknownUser,
    /// The auth user is gone or deleted, and the profile is stamped so.
    Removed,
    /// The auth user is gone or deleted; the configuration leaves profiles alone.
    LeftAlone,
}

impl Outcome {
    fn parse(word: &str) -> Result<Self, Error> {
        Ok(match word {
            "created" => Self::Created,
            "present" => Self::Present,
            "updated" => Self::Updated,
            "refused" => Self::Refused,
            "excluded" => Self::Excluded,
            "unknown_user" => Self::UnknownUser,
            "removed" => Self::Removed,
            "left_alone" => Self::LeftAlone,
            other => {
                return Err(Error::Unknown {
                    what: "the outcome of ensuring a profile",
                    answer: other.to_owned(),
                });
            }
        })
    }
}

/// One user's outcome, as told to whoever asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ensured {
    /// The auth user's id.
    pub user_id: Uuid,
    /// What became of the user.
    pub outcome: Outcome,
    /// Why, where the outcome alone does not say: a refusal's reason code, or `degraded`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Brings one user's profile to where it ought to be.
pub async fn ensure(connection: &mut PgConnection, user_id: Uuid) -> Result<Ensured, Error> {
    let row = sqlx::query!(
        r#"select outcome as "outcome!", reason from rollcall.ensure_profile($1)"#,
        user_id
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("ensuring a profile", error))?;
    Ok(Ensured {
        user_id,
        outcome: Outcome::parse(&row.outcome)?,
        reason: row.reason,
    })
}

/// Stamps the profile of a user who is said to be gone; if the user still exists, the same as
/// [`ensure`].
pub async fn remove(connection: &mut PgConnection, user_id: Uuid) -> Result<Ensured, Error> {
    let row = sqlx::query!(
        r#"select outcome as "outcome!", reason from rollcall.remove_profile($1)"#,
        user_id
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("removing a profile", error))?;
    Ok(Ensured {
        user_id,
        outcome: Outcome::parse(&row.outcome)?,
        reason: row.reason,
    })
}
