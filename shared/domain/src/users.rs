//! What an operator says of single users: left out, taken back in, known to be without a profile.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    database::{Database, Limit},
    error::Error,
    locked::or_holders,
    run::{self, Stop},
    unnamed::Unnamed,
    words::{kept, moment},
};

/// Whom an exclusion is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// These users, whether they are in `auth.users` or not.
    Named(Vec<Uuid>),
    /// Everybody whose profile this undo of a backfill removed.
    RemovedBy(Uuid),
}

/// What was done, and what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// How many different users were named.
    pub named: i64,
    /// For how many of them something is other than before.
    pub changed: i64,
    /// How many of them are in `auth.users`.
    pub known: i64,
    /// How many of them have a live profile.
    pub with_profile: i64,
    /// What follows.
    pub next_step: String,
}

/// Leaves users out: nothing of Rollcall's makes them a profile any more.
pub async fn exclude(database: &Database, whom: &Whom, reason: Option<&str>) -> Result<Told, Stop> {
    const DOING: &str = "excluding users";
    let (users, removed_by) = match whom {
        Whom::Named(users) => (Some(named(users)?), None),
        Whom::RemovedBy(run_id) => {
            refuse_unless_undo(database, *run_id).await?;
            (None, Some(*run_id))
        }
    };
    let row = database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query!(
                r#"
                select
                    named as "named!", changed as "changed!", known as "known!",
                    with_profile as "with_profile!"
                from rollcall.exclude($1, $2, $3)
                "#,
                users,
                removed_by,
                kept(reason)
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await;
    let row = or_holders(database, row).await?;
    let mut steps =
        vec!["nothing of Rollcall's gives them a profile until they are included again".to_owned()];
    if row.with_profile > 0 {
        steps.push(format!(
            "{} of them have a profile, which stays as it is and is counted as leftover: to stamp \
             it, rollcall repair profiles plan",
            row.with_profile
        ));
    }
    if row.known < row.named {
        steps.push(format!(
            "{} are not in auth.users now, and are left out should they come",
            row.named - row.known
        ));
    }
    Ok(Told {
        named: row.named,
        changed: row.changed,
        known: row.known,
        with_profile: row.with_profile,
        next_step: steps.join("; "),
    })
}

/// Takes exclusions away.
pub async fn include(database: &Database, users: &[Uuid]) -> Result<Told, Stop> {
    const DOING: &str = "including users";
    let users = named(users)?;
    let row = database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query!(
                r#"
                select
                    named as "named!", changed as "changed!", known as "known!",
                    with_profile as "with_profile!"
                from rollcall.include($1)
                "#,
                users
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await;
    let row = or_holders(database, row).await?;
    let next_step = if row.known > row.with_profile {
        "whoever is eligible and without a profile is a ghost now: the next check gives them one, if \
         there are no more than heal_limit; at once: rollcall backfill --run"
    } else {
        "nobody of them is without a profile: nothing follows"
    };
    Ok(Told {
        named: row.named,
        changed: row.changed,
        known: row.known,
        with_profile: row.with_profile,
        next_step: next_step.to_owned(),
    })
}

/// Has ghosts counted and shown, and nobody paged for them, until a time to come.
pub async fn acknowledge(
    database: &Database,
    users: &[Uuid],
    until: DateTime<Utc>,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Told, Stop> {
    const DOING: &str = "acknowledging users";
    let users = named(users)?;
    if until <= now {
        return Err(Stop::BadRequest(format!(
            "until is {}, which has passed: name a time to come",
            moment(until)
        )));
    }
    let told = database
        .transaction(Limit::Batch, DOING, async |connection| {
            let changed = sqlx::query_scalar!(
                r#"select rollcall.acknowledge($1, $2, $3) as "changed!""#,
                users,
                until,
                kept(reason)
            )
            .fetch_one(Unnamed(&mut *connection))
            .await
            .map_err(|error| Error::new(DOING, error))?;
            let row = sqlx::query!(
                r#"
                select named as "named!", known as "known!", with_profile as "with_profile!"
                from rollcall.who_they_are($1)
                "#,
                users
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))?;
            Ok((changed, row))
        })
        .await;
    let (changed, row) = or_holders(database, told).await?;
    Ok(Told {
        named: row.named,
        changed,
        known: row.known,
        with_profile: row.with_profile,
        next_step: format!(
            "whoever of them is without a profile is counted and shown until {}, and pages nobody: \
             rollcall check",
            moment(until)
        ),
    })
}

/// A list that names somebody.
pub(crate) fn named(users: &[Uuid]) -> Result<&[Uuid], Stop> {
    if users.is_empty() {
        return Err(Stop::BadRequest(
            "user_ids names nobody: name at least one user".to_owned(),
        ));
    }
    if users.iter().any(Uuid::is_nil) {
        return Err(Stop::BadRequest(
            "user_ids holds the nil id, which is nobody's: take it out".to_owned(),
        ));
    }
    Ok(users)
}

async fn refuse_unless_undo(database: &Database, run_id: Uuid) -> Result<(), Stop> {
    let kind = run::find(database, run_id).await?.map(|run| run.kind);
    match kind.as_deref() {
        Some("undo") => Ok(()),
        Some(kind) => Err(Stop::BadRequest(format!(
            "run {run_id} is of the kind {kind}: give the id of an undo, whose removed users are to \
             be excluded, or name users"
        ))),
        None => Err(Stop::BadRequest(format!("there is no run {run_id}"))),
    }
}
