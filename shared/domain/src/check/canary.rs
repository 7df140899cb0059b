//! The canary: a synthetic signup that is always rolled back.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{error::Error, unnamed::Unnamed};

/// What came of the canary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Canary {
    /// It did not fly: the configuration says no, or it would have fired a trigger of the
    /// application's.
    LeftOut,
    /// A profile came of it.
    Returned,
    /// No profile came of it.
    Lost {
        /// The ledger's word for why; `signup_failed` if the signup itself did; nothing if the
        /// trigger left no trace.
        reason: Option<String>,
        /// The SQLSTATE of the failure, if there was one.
        sqlstate: Option<String>,
    },
}

impl Canary {
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::LeftOut => "The canary did not fly".to_owned(),
            Self::Returned => "A synthetic signup got its profile".to_owned(),
            Self::Lost { reason, sqlstate } => format!(
                "A synthetic signup got no profile: {} (SQLSTATE {})",
                reason.as_deref().unwrap_or("the trigger left no trace"),
                sqlstate.as_deref().unwrap_or("none")
            ),
        }
    }
}

/// Has a user of this id sign up, and takes it all back.
pub async fn fly(connection: &mut PgConnection, id: Uuid) -> Result<Canary, Error> {
    let landed = sqlx::query!(
        r#"
        select has_flown as "has_flown!", has_profile, reason, state
        from rollcall.canary($1)
        "#,
        id
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("flying the canary", error))?;
    // Whoever is locked out has seen nothing of the triggers.
    if landed.has_profile != Some(true) && landed.state.as_deref() == Some("55P03") {
        return Err(Error::Locked {
            doing: "flying the canary",
            holders: String::new(),
        });
    }
    Ok(match (landed.has_flown, landed.has_profile) {
        (false, _) => Canary::LeftOut,
        (true, Some(true)) => Canary::Returned,
        (true, _) => Canary::Lost {
            reason: landed.reason,
            sqlstate: landed.state,
        },
    })
}
