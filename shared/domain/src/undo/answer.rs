//! What an undo tells: what it removed, what it left and why, and what follows.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{plan, reason::mend};
use crate::{
    configuration,
    database::{Database, Limit},
    error::Error,
    run::{self, Progress, Stop},
    unnamed::Unnamed,
};

/// How far an undo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every profile of the set has been dealt with.
    Completed,
    /// Some are left; the same call goes on.
    Partial,
    /// The run created nobody's profile, or all of them are gone.
    NothingToDo,
}

/// What became of the profiles. Always `planned = done + refused + gone + remaining`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the contract's §5 defines each field")]
pub struct Table {
    pub table: String,
    pub column: String,
    pub policy: &'static str,
    pub planned: i64,
    pub done: i64,
    pub refused: i64,
    /// Profiles that somebody else had removed before (docs/decisions/0017).
    pub gone: i64,
    pub remaining: i64,
}

/// A profile that was left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The profile table.
    pub table: String,
    /// The profile's key.
    pub key: Uuid,
    /// Why, as a code.
    pub reason: String,
    /// The table in which a row refers to the profile.
    pub referred_by: Option<String>,
    /// The SQLSTATE, if the database gave one.
    pub sqlstate: Option<String>,
}

/// How many profiles were left for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The code.
    pub reason: String,
    /// How many.
    pub profiles: i64,
    /// What an operator does about it.
    pub mend: &'static str,
}

/// The answer to an undo; the fields are the contract's, and more (docs/decisions/0017).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the contract's §5 defines each field")]
pub struct Answer {
    pub run_id: Uuid,
    /// The run that was undone.
    pub undoes: Option<Uuid>,
    pub status: Status,
    pub tables: Vec<Table>,
    pub refusals: Vec<Refusal>,
    pub reasons: Vec<Reason>,
    pub side_effects: Vec<String>,
    pub digest: String,
    /// What follows, and how to keep it from following.
    pub next_step: Option<String>,
    pub duration_ms: u64,
}

impl Answer {
    /// Counts of the profile table.
    #[must_use]
    pub fn total(&self) -> Progress {
        self.tables.first().map_or_else(Progress::default, |table| {
            Progress::new(table.planned, table.done, 0, table.refused, table.gone)
        })
    }
}

/// The answer, from the undo as it stands now.
pub(super) async fn read(
    database: &Database,
    run_id: Uuid,
    elapsed_ms: &impl Fn() -> u64,
) -> Result<Answer, Stop> {
    const DOING: &str = "reading what the undo left";
    let run = run::find(database, run_id)
        .await?
        .ok_or_else(|| Stop::BadRequest(format!("there is no run {run_id}")))?;
    let (undoes, _) = plan::relations(database, run_id).await?;
    let side_effects = side_effects(database).await?;
    let (refusals, reasons, (table, column), heal_limit) = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            let place = place(&mut *connection).await?;
            Ok((
                refusals(&mut *connection, run_id, &place.0).await?,
                reasons(&mut *connection, run_id).await?,
                place,
                configuration::read(&mut *connection).await?.heal_limit,
            ))
        })
        .await?;
    let progress = run.progress;
    let status = match (progress.planned, progress.remaining) {
        (0, _) => Status::NothingToDo,
        (_, 0) => Status::Completed,
        _ => Status::Partial,
    };
    Ok(Answer {
        run_id,
        undoes,
        status,
        tables: vec![Table {
            table,
            column,
            policy: "remove",
            planned: progress.planned,
            done: progress.created,
            refused: progress.refused,
            gone: progress.gone,
            remaining: progress.remaining,
        }],
        refusals,
        reasons,
        side_effects,
        digest: run.digest,
        next_step: (progress.created > 0).then(|| ghosts_again(run_id, heal_limit)),
        duration_ms: elapsed_ms(),
    })
}

/// Whoever is without a profile now is what every check looks for.
fn ghosts_again(run_id: Uuid, heal_limit: i64) -> String {
    let healed = if heal_limit == 0 {
        "the next check reports them".to_owned()
    } else {
        format!("the next check gives them a profile again, if there are no more than {heal_limit}")
    };
    format!(
        "whoever is eligible and was removed from the profile table is a ghost again, and {healed}; \
         to keep them out, as the owner: insert into rollcall.exclusions (user_id, reason) select \
         u, 'undo' from rollcall.run_batches, unnest(created) u where run_id = '{run_id}' on \
         conflict do nothing"
    )
}

async fn place(connection: &mut PgConnection) -> Result<(String, String), Error> {
    let row = sqlx::query!(
        r#"
        select table_name as "table_name!", key_name as "key_name!" from rollcall.profile_table()
        "#
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("asking for the profile table", error))?;
    Ok((row.table_name, row.key_name))
}

async fn refusals(
    connection: &mut PgConnection,
    run_id: Uuid,
    table: &str,
) -> Result<Vec<Refusal>, Error> {
    let rows = sqlx::query!(
        r#"
        select user_id as "user_id!", reason as "reason!", sqlstate, referrer
        from rollcall.left_profiles($1)
        "#,
        run_id
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("reading which profiles were left", error))?;
    let refusals = rows.into_iter().map(|row| Refusal {
        table: table.to_owned(),
        key: row.user_id,
        reason: row.reason,
        referred_by: row.referrer,
        sqlstate: row.sqlstate,
    });
    Ok(refusals.collect())
}

async fn reasons(connection: &mut PgConnection, run_id: Uuid) -> Result<Vec<Reason>, Error> {
    let counts = run::reasons(connection, run_id).await?;
    let reasons = counts.into_iter().map(|(reason, profiles)| Reason {
        mend: mend(&reason),
        reason,
        profiles,
    });
    Ok(reasons.collect())
}

/// The application's own triggers that fire for each profile that is removed.
pub(super) async fn side_effects(database: &Database) -> Result<Vec<String>, Error> {
    const DOING: &str = "looking for the application's triggers";
    database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query_scalar!(
                r#"select effect as "effect!" from rollcall.removal_side_effects() effect"#
            )
            .fetch_all(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await
}
