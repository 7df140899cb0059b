//! What an undo tells: what it removed, what it left and why, and what follows.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{plan, reason::mend};
use crate::{
    configuration,
    database::{Database, Limit},
    error::Error,
    repair::{Answer, Reason, Refusal, Status, Table},
    run::{self, Stop},
    side_effects::{self, Event, not_taken_back},
    unnamed::Unnamed,
};

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
    let mut side_effects = side_effects::of(database, Event::Delete).await?;
    let fired = side_effects::of(database, Event::Insert).await?;
    side_effects.extend(fired.iter().map(|code| not_taken_back(code)));
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
    Ok(Answer {
        run_id,
        undoes,
        status: Status::of(&progress),
        tables: vec![Table {
            table,
            column,
            policy: "remove".to_owned(),
            planned: progress.planned,
            done: progress.created,
            refused: progress.refused,
            gone: progress.gone,
            remaining: progress.remaining,
        }],
        refusals,
        samples: vec![],
        also_named: vec![],
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
         to keep them out: rollcall repair exclude --run {run_id} --reason undo"
    )
}

pub(crate) async fn place(connection: &mut PgConnection) -> Result<(String, String), Error> {
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

pub(crate) async fn refusals(
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
        key: row.user_id.to_string(),
        reason: row.reason,
        referred_by: row.referrer,
        sqlstate: row.sqlstate,
    });
    Ok(refusals.collect())
}

async fn reasons(connection: &mut PgConnection, run_id: Uuid) -> Result<Vec<Reason>, Error> {
    let counts = run::reasons(connection, run_id).await?;
    let reasons = counts.into_iter().map(|(reason, rows)| Reason {
        mend: mend(&reason).to_owned(),
        reason,
        rows,
    });
    Ok(reasons.collect())
}
