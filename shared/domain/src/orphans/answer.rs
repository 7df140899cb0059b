//! What a repair of child rows tells: what it did, what it left and why, and what follows.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    scope,
    told::{self, Key},
};
use crate::{
    database::{Database, Limit},
    error::Error,
    repair::{Answer, Reason, Refusal, Sample, Status, Table},
    run::{self, Run, Stop},
    side_effects::not_taken_back,
    undo::{self, Aftermath},
    unnamed::Unnamed,
    words::counted,
};

/// The answer, from the run as it stands now.
pub(super) async fn read(
    database: &Database,
    run_id: Uuid,
    elapsed_ms: &impl Fn() -> u64,
) -> Result<Answer, Stop> {
    const DOING: &str = "reading what the repair did";
    let run = run::find(database, run_id)
        .await?
        .ok_or_else(|| Stop::BadRequest(format!("there is no run {run_id}")))?;
    let undoes = undo::undone_by(database, run_id).await?;
    let is_planned = run.state == "planned";
    let tables = tables(database, run_id).await?;
    let effects = effects(database, run_id).await?;
    let mut side_effects = effects.all();
    match undoes {
        None => side_effects.extend(effects.warnings()),
        Some(undone) => {
            side_effects.extend(self::effects(database, undone).await?.not_taken_back());
        }
    }
    let aftermath = undo::aftermath(database, run_id).await?;
    let kept_by = if undoes.is_some() {
        &*effects.own_keys
    } else {
        &[]
    };
    let (refusals, reasons, samples) = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            Ok((
                refusals(&mut *connection, run_id).await?,
                reasons(&mut *connection, run_id, kept_by, &effects.code).await?,
                if is_planned {
                    samples(connection, run_id).await?
                } else {
                    vec![]
                },
            ))
        })
        .await?;
    let status = match Status::of(&run.progress) {
        Status::NothingToDo if refusals.is_empty() => Status::NothingToDo,
        _ if is_planned => Status::Planned,
        status => status,
    };
    Ok(Answer {
        run_id,
        undoes,
        status,
        next_step: next_step(run_id, undoes, &run, &tables, &aftermath),
        tables,
        refusals,
        samples,
        also_named: vec![],
        reasons,
        side_effects,
        digest: run.digest,
        duration_ms: elapsed_ms(),
    })
}

fn next_step(
    run_id: Uuid,
    undoes: Option<Uuid>,
    run: &Run,
    tables: &[Table],
    aftermath: &Aftermath,
) -> Option<String> {
    let quarantine = || tables.iter().filter(|table| table.policy == "quarantine");
    if run.state == "planned" {
        let rows = run.progress.remaining;
        let wanted = scope::doubt(run).map_or_else(
            || "to do just this".to_owned(),
            |doubt| format!("{doubt}: look which they are; if that is wanted"),
        );
        (undoes.is_none() && rows > 0)
            .then(|| format!("{wanted}: `rollcall repair apply {run_id} --confirm-count {rows}`"))
    } else if let Some(undone) = undoes {
        let stay: i64 = quarantine().map(|table| table.refused).sum();
        (stay > 0).then(|| {
            format!(
                "{} in quarantine, under run {undone}: mend what is in the way, then undo it again",
                stays(stay)
            )
        })
    } else {
        let held = aftermath.held;
        let waits = (held > 0).then(|| {
            format!(
                "{} in quarantine until put back, by `rollcall repair undo {run_id}`, or deleted for \
                 good, by `rollcall repair purge {run_id} --confirm-count {held}`",
                stays(held)
            )
        });
        let steps: Vec<_> = aftermath.sentence("row").into_iter().chain(waits).collect();
        (!steps.is_empty()).then(|| steps.join("; "))
    }
}

fn stays(rows: i64) -> String {
    let verb = if rows == 1 { "stays" } else { "stay" };
    format!("{} {verb}", counted(rows, "row"))
}

/// How far each table is.
pub(super) async fn tables(database: &Database, run_id: Uuid) -> Result<Vec<Table>, Error> {
    const DOING: &str = "reading how far the tables are";
    let rows = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query!(
                r#"
                select
                    table_name as "table_name!", column_name as "column_name!",
                    policy as "policy!", planned as "planned!", done as "done!",
                    refused as "refused!", gone as "gone!"
                from rollcall.read_parts($1)
                "#,
                run_id
            )
            .fetch_all(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    let tables = rows.into_iter().map(|row| Table {
        table: row.table_name,
        column: row.column_name,
        policy: row.policy,
        planned: row.planned,
        done: row.done,
        refused: row.refused,
        gone: row.gone,
        remaining: row.planned - row.done - row.refused - row.gone,
    });
    Ok(tables.collect())
}

/// What follows where rows are touched.
pub(super) struct Effects {
    /// The application's triggers that fire for each of them, and rules that apply to them.
    pub(super) code: Vec<String>,
    /// Foreign keys that refer to them.
    keys: Vec<String>,
    /// Foreign keys that would keep rows from coming back, or, of an undo, have kept them.
    own_keys: Vec<Key>,
    /// What checks of these tables have to say, in words.
    checks: Vec<String>,
}

impl Effects {
    /// All of that.
    pub(super) fn all(&self) -> Vec<String> {
        [&*self.code, &self.keys].concat()
    }

    fn warnings(&self) -> impl Iterator<Item = String> {
        let keys = self.own_keys.iter().map(Key::warning);
        keys.chain(self.checks.iter().cloned())
    }

    /// What its undo has to say of them.
    fn not_taken_back(&self) -> impl Iterator<Item = String> {
        self.code.iter().map(|code| not_taken_back(code))
    }
}

pub(super) async fn effects(database: &Database, run_id: Uuid) -> Result<Effects, Error> {
    const DOING: &str = "looking for what would follow";
    let (rows, rules, own_keys, checks) = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            let rows = sqlx::query!(
                r#"
                select is_trigger as "is_trigger!", effect as "effect!"
                from rollcall.part_effects($1)
                "#,
                run_id
            )
            .fetch_all(Unnamed(&mut *connection))
            .await
            .map_err(|error| Error::new(DOING, error))?;
            Ok((
                rows,
                told::rules(&mut *connection, run_id).await?,
                told::keys(&mut *connection, run_id).await?,
                told::checks(connection, run_id).await?,
            ))
        })
        .await?;
    let (triggers, keys): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.is_trigger);
    let triggers = triggers.into_iter().map(|row| row.effect);
    Ok(Effects {
        code: triggers.chain(rules).collect(),
        keys: keys.into_iter().map(|row| row.effect).collect(),
        own_keys,
        checks,
    })
}

async fn refusals(connection: &mut PgConnection, run_id: Uuid) -> Result<Vec<Refusal>, Error> {
    let rows = sqlx::query!(
        r#"
        select
            relation_name as "relation_name!", row_key, reason as "reason!", sqlstate, referrer
        from rollcall.left_rows($1)
        "#,
        run_id
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("reading which rows were left", error))?;
    let refusals = rows.into_iter().map(|row| Refusal {
        table: row.relation_name,
        // All that is left of the table.
        key: row.row_key.unwrap_or_else(|| "*".to_owned()),
        reason: row.reason,
        referred_by: row.referrer,
        sqlstate: row.sqlstate,
    });
    Ok(refusals.collect())
}

async fn reasons(
    connection: &mut PgConnection,
    run_id: Uuid,
    kept_by: &[Key],
    code: &[String],
) -> Result<Vec<Reason>, Error> {
    let rows = sqlx::query!(
        r#"select reason as "reason!", number as "number!" from rollcall.left_reasons($1)"#,
        run_id
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("counting the rows that were left", error))?;
    let reasons = rows.into_iter().map(|row| Reason {
        mend: told::mend(&row.reason, kept_by, code),
        reason: row.reason,
        rows: row.number,
    });
    Ok(reasons.collect())
}

async fn samples(connection: &mut PgConnection, run_id: Uuid) -> Result<Vec<Sample>, Error> {
    sqlx::query_as!(
        Sample,
        r#"
        select
            relation_name as "table!", row_key as "key!", user_id as "user_id!", policy as "policy!"
        from rollcall.sample_rows($1)
        "#,
        run_id
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("reading a few rows of the plan", error))
}
