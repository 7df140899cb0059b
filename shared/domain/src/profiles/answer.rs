//! What a plan, an apply or an undo on profiles tells.

use sqlx::PgConnection;
use uuid::Uuid;

use super::plan::Scope;
use crate::{
    database::{Database, Limit},
    error::Error,
    repair::{Answer, Reason, Sample, Status, Table},
    run::{self, Run, Stop},
    side_effects::{self, Event, not_taken_back},
    undo::{self, Aftermath},
    unnamed::Unnamed,
    words::counted,
};

/// So many profiles of each class are shown.
const SAMPLES: i32 = 5;

/// The answer, from the run as it stands now.
pub(super) async fn read(
    database: &Database,
    run_id: Uuid,
    elapsed_ms: &impl Fn() -> u64,
) -> Result<Answer, Stop> {
    const DOING: &str = "reading what became of the profiles";
    let run = run::find(database, run_id)
        .await?
        .ok_or_else(|| Stop::BadRequest(format!("there is no run {run_id}")))?;
    let undoes = undo::undone_by(database, run_id).await?;
    let mut side_effects = side_effects::of(database, Event::Update).await?;
    if undoes.is_some() {
        let again = side_effects.iter().map(|code| not_taken_back(code));
        side_effects.extend(again.collect::<Vec<_>>());
    }
    let is_planned = run.state == "planned";
    let aftermath = undo::aftermath(database, run_id).await?;
    let (place, refusals, reasons, tables, samples) = database
        .transaction(Limit::Batch, DOING, async |connection| {
            let place = undo::place(&mut *connection).await?;
            let tables = match undoes {
                None => classes(&mut *connection, run_id, &place).await?,
                Some(_) => vec![whole(&run, &place)],
            };
            let samples = if is_planned && undoes.is_none() {
                samples(&mut *connection, run_id, &tables).await?
            } else {
                vec![]
            };
            Ok((
                place.clone(),
                undo::refusals(&mut *connection, run_id, &place.0).await?,
                run::reasons(&mut *connection, run_id).await?,
                tables,
                samples,
            ))
        })
        .await?;
    let tables = if tables.is_empty() {
        vec![whole(&run, &place)]
    } else {
        tables
    };
    let reasons = reasons.into_iter().map(|(reason, rows)| Reason {
        mend: mend(&reason).to_owned(),
        reason,
        rows,
    });
    Ok(Answer {
        run_id,
        undoes,
        status: match Status::of(&run.progress) {
            Status::Partial if is_planned => Status::Planned,
            status => status,
        },
        tables,
        refusals,
        samples,
        also_named: vec![],
        reasons: reasons.collect(),
        side_effects,
        next_step: next_step(&run, run_id, undoes, &aftermath)?,
        digest: run.digest,
        duration_ms: elapsed_ms(),
    })
}

fn next_step(
    run: &Run,
    run_id: Uuid,
    undoes: Option<Uuid>,
    aftermath: &Aftermath,
) -> Result<Option<String>, Error> {
    let mut steps = vec![];
    if undoes.is_some() {
        if run.progress.created > 0 {
            steps.push(
                "the profiles that were put back are live again, and counted as orphaned or leftover: \
                 rollcall check"
                    .to_owned(),
            );
        }
        return Ok(steps.pop());
    }
    let scope = Scope::of(run)?;
    let planned = run.progress.planned;
    match (run.state.as_str(), scope.doubt(planned)) {
        _ if planned == 0 => {}
        ("planned", Some(doubt)) => steps.push(format!(
            "{doubt}: look which they are; if that is wanted, rollcall repair apply {run_id} \
             --confirm-count {planned}"
        )),
        ("planned", None) => steps.push(format!(
            "nothing has been touched; to stamp them: rollcall repair apply {run_id}"
        )),
        _ => {
            steps.extend(aftermath.sentence("profile"));
            if run.progress.created > aftermath.taken_back {
                steps.push(format!(
                    "to give the stamped profiles back what they had: rollcall repair undo {run_id}"
                ));
            }
        }
    }
    if scope.no_ids > 0 {
        steps.push(format!(
            "{} no id of a user in the key, and no run can name them: look at them by hand",
            match scope.no_ids {
                1 => "1 profile has".to_owned(),
                more => format!("{} have", counted(more, "profile")),
            }
        ));
    }
    Ok((!steps.is_empty()).then(|| steps.join("; ")))
}

/// Counts of an undo, which knows no classes.
fn whole(run: &Run, (table, column): &(String, String)) -> Table {
    let progress = run.progress;
    Table {
        table: table.clone(),
        column: column.clone(),
        policy: if run.kind == undo::KIND {
            "restore".to_owned()
        } else {
            "stamp".to_owned()
        },
        planned: progress.planned,
        done: progress.created,
        refused: progress.refused,
        gone: progress.gone,
        remaining: progress.remaining,
    }
}

async fn classes(
    connection: &mut PgConnection,
    run_id: Uuid,
    (table, column): &(String, String),
) -> Result<Vec<Table>, Error> {
    let rows = sqlx::query!(
        r#"
        select
            class as "class!", planned as "planned!", done as "done!", refused as "refused!",
            gone as "gone!"
        from rollcall.profile_classes($1)
        "#,
        run_id
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("counting the profiles", error))?;
    let tables = rows.into_iter().map(|row| Table {
        table: table.clone(),
        column: column.clone(),
        policy: format!("stamp_{}", row.class),
        planned: row.planned,
        done: row.done,
        refused: row.refused,
        gone: row.gone,
        remaining: row.planned - row.done - row.refused - row.gone,
    });
    Ok(tables.collect())
}

/// The first few of each class, which lie one behind the other.
async fn samples(
    connection: &mut PgConnection,
    run_id: Uuid,
    tables: &[Table],
) -> Result<Vec<Sample>, Error> {
    let mut samples = vec![];
    let mut begins_at = 0;
    for table in tables {
        let at_most = table.planned.min(i64::from(SAMPLES));
        let users = sqlx::query_scalar!(
            r#"select user_id as "user_id!" from rollcall.first_planned($1, $2, $3) user_id"#,
            run_id,
            begins_at,
            i32::try_from(at_most).unwrap_or(SAMPLES)
        )
        .fetch_all(Unnamed(&mut *connection))
        .await
        .map_err(|error| Error::new("looking at the plan", error))?;
        samples.extend(users.into_iter().map(|user| Sample {
            table: table.table.clone(),
            key: user.to_string(),
            user_id: user.to_string(),
            policy: table.policy.clone(),
        }));
        begins_at += table.planned;
    }
    Ok(samples)
}

/// What an operator does about a reason code.
fn mend(reason: &str) -> &'static str {
    match reason {
        "changed_since" => {
            "the profile is no longer as the run left it: look at it, and change it by hand if the \
             stamp is to go"
        }
        "lock_timeout" => {
            "somebody was at work on the profile: do the same again when that has ended"
        }
        "no_row" => {
            "a trigger of the application on the profile table kept the row as it was: change or \
             disable it, then do the same again"
        }
        "not_null" => {
            "a column under release may not be null: let it be null, or take it out of release in \
             rollcall.toml and apply the output of `rollcall sql`"
        }
        "unique_held" => {
            "another profile holds the unique value by now: look which, and change one of the two"
        }
        "check" | "foreign_key" => {
            "a constraint of the profile table forbids it: look which, mend that, then do the same \
             again"
        }
        "permission" => {
            "a trigger or a policy lacks a right: grant it to the role that owns the schema rollcall, \
             then do the same again"
        }
        _ => {
            "the database did not take the change: look the SQLSTATE up, mend what it is about, then \
             do the same again"
        }
    }
}
