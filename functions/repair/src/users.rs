//! The actions on single users.

use chrono::{DateTime, Utc};
use rollcall_domain::{
    Database,
    forget::{self, Forgotten},
    users::{self, Told, Whom},
    words::read_moment,
};
use rollcall_lambda::{Failure, payload};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// What can be asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Leave them out.
    Exclude { whom: Whom, reason: Option<String> },
    /// Take them back in.
    Include { users: Vec<Uuid> },
    /// Have nobody paged for them.
    Acknowledge {
        users: Vec<Uuid>,
        until: DateTime<Utc>,
        reason: Option<String>,
    },
    /// Wipe their traces.
    Forget { users: Vec<Uuid> },
}

/// The fields of these actions, which are the contract's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(rename = "action")]
    _action: serde::de::IgnoredAny,
    user_ids: Option<Vec<Uuid>>,
    run_id: Option<Uuid>,
    until: Option<String>,
    reason: Option<String>,
}

/// What each is answered with.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// What was done, and what follows.
    Told(Told),
    /// What was wiped.
    Forgotten(Forgotten),
}

impl Action {
    /// The action of this name, if it is one of these.
    pub(crate) fn read(action: &str, event: &RawValue) -> Result<Option<Self>, Failure> {
        if !matches!(action, "exclude" | "include" | "acknowledge" | "forget") {
            return Ok(None);
        }
        let fields: Fields = payload::read(event)?;
        let refuse = |is_given: bool, field: &str| {
            if !is_given {
                return Ok(());
            }
            Err(Failure::bad_request(format!(
                "{field} means nothing to {action} here: leave it out"
            )))
        };
        if action != "exclude" {
            refuse(fields.run_id.is_some(), "run_id")?;
        }
        if action != "acknowledge" {
            refuse(fields.until.is_some(), "until")?;
        }
        if !matches!(action, "exclude" | "acknowledge") {
            refuse(fields.reason.is_some(), "reason")?;
        }
        let missing = || Failure::bad_request(format!("user_ids is missing: {action} whom?"));
        Ok(Some(match action {
            "exclude" => Self::Exclude {
                whom: match (fields.user_ids, fields.run_id) {
                    (Some(users), None) => Whom::Named(users),
                    (None, Some(run_id)) => Whom::RemovedBy(run_id),
                    (None, None) => return Err(missing()),
                    (Some(_), Some(_)) => {
                        return Err(Failure::bad_request(
                            "give user_ids or the run_id of an undo, not both",
                        ));
                    }
                },
                reason: fields.reason,
            },
            "include" => Self::Include {
                users: fields.user_ids.ok_or_else(missing)?,
            },
            "acknowledge" => Self::Acknowledge {
                users: fields.user_ids.ok_or_else(missing)?,
                until: until(fields.until)?,
                reason: fields.reason,
            },
            _ => Self::Forget {
                users: fields.user_ids.ok_or_else(missing)?,
            },
        }))
    }
}

fn until(words: Option<String>) -> Result<DateTime<Utc>, Failure> {
    let words = words.ok_or_else(|| {
        Failure::bad_request("until is missing: a date, or a time as 2026-11-23T08:00:00Z")
    })?;
    read_moment(&words).map_err(|mend| Failure::bad_request(format!("until is {words:?}: {mend}")))
}

/// Carries an action out.
pub(crate) async fn answer(
    database: &Database,
    action: Action,
    now: DateTime<Utc>,
) -> Result<Answer, Failure> {
    let (what, told) = match action {
        Action::Exclude { whom, reason } => {
            let told = users::exclude(database, &whom, reason.as_deref()).await?;
            ("excluded", told)
        }
        Action::Include { users } => ("included", users::include(database, &users).await?),
        Action::Acknowledge {
            users,
            until,
            reason,
        } => {
            let reason = reason.as_deref();
            let told = users::acknowledge(database, &users, until, reason, now).await?;
            ("acknowledged", told)
        }
        // Nobody of them is named: the log would be a trace.
        Action::Forget { users } => {
            let forgotten = forget::forget(database, &users).await?;
            tracing::info!(users = forgotten.named, "forgotten");
            return Ok(Answer::Forgotten(forgotten));
        }
    };
    tracing::info!(named = told.named, changed = told.changed, "{what}");
    Ok(Answer::Told(told))
}
