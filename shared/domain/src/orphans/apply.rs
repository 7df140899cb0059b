//! Carrying a plan for child rows out.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{KIND, answer, scope};
use crate::{
    configuration,
    database::{Database, Limit},
    error::Error,
    repair::{Answer, Order, Table},
    run::{self, Batch, Lease, Progress, Run, Stop, Turn, work_through},
    unnamed::Unnamed,
    words::counted,
};

/// Carries out what is planned, as far as it has not been.
pub(crate) async fn apply(
    database: &Database,
    run_id: Uuid,
    run: Run,
    order: &Order,
    elapsed_ms: impl Fn() -> u64,
    go_on: impl FnMut(&Progress) -> bool,
) -> Result<Answer, Stop> {
    if run.state == "planned" {
        refuse_moved(database, run_id, &run).await?;
        let effects = answer::effects(database, run_id).await?;
        run::refuse_untold(database, run_id, KIND, &effects.all()).await?;
        let rows = run.progress.remaining;
        order.confirm_doubt(rows, scope::doubt(&run))?;
        let what = format!("{} of the plan would be dealt with", counted(rows, "row"));
        order.confirm(rows, &what, &effects.code)?;
        run::refuse_while_held(database).await?;
    }
    if matches!(run.state.as_str(), "planned" | "running") {
        let work = async {
            let lease = Lease::take(database, run_id, KIND).await?;
            // Before anything is touched, and once, whoever goes on.
            log(database, run_id).await?;
            work_through(&lease, run.progress, None, next, go_on).await
        };
        work.await.map_err(|stop| stop.within(KIND, run_id))?;
    }
    let answer = answer::read(database, run_id, &elapsed_ms).await;
    answer.map_err(|stop| stop.within(KIND, run_id))
}

/// A plan is about the tables as they were when it was made.
async fn refuse_moved(database: &Database, run_id: Uuid, run: &Run) -> Result<(), Stop> {
    const DOING: &str = "comparing the plan with the tables";
    let (digest, moved) = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            let installed = configuration::read(&mut *connection).await?;
            let moved = sqlx::query_scalar!(
                r#"select what as "what!" from rollcall.moved_parts($1) what"#,
                run_id
            )
            .fetch_all(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))?;
            Ok((installed.digest, moved))
        })
        .await?;
    if digest != run.configuration {
        return Err(Stop::Rejected(format!(
            "run {run_id} was planned under another configuration: plan again"
        )));
    }
    if !moved.is_empty() {
        return Err(Stop::Rejected(format!(
            "what run {run_id} was planned for is no longer as it was ({}): plan again",
            moved.join(", ")
        )));
    }
    Ok(())
}

/// A row in the error log for each table whose rows will be touched.
async fn log(database: &Database, run_id: Uuid) -> Result<(), Error> {
    const DOING: &str = "writing the error log";
    let tables = answer::tables(database, run_id).await?;
    database
        .transaction(Limit::Batch, DOING, async |connection| {
            for (table, rows) in touched(&tables) {
                sqlx::query!(
                    "select rollcall.log_orphans($1, $2, $3, $4, $5)",
                    run_id,
                    error_type(table),
                    table,
                    rows,
                    format!(
                        "{} of {table} {} without a profile",
                        counted(rows, "row"),
                        if rows == 1 {
                            "names a user"
                        } else {
                            "name users"
                        }
                    )
                )
                .fetch_one(Unnamed(&mut *connection))
                .await
                .map_err(|error| Error::new(DOING, error))?;
            }
            Ok(())
        })
        .await
}

/// How many rows of each table are to be moved or changed.
fn touched(tables: &[Table]) -> BTreeMap<&str, i64> {
    let mut rows = BTreeMap::new();
    for table in tables
        .iter()
        .filter(|table| table.policy != "create_profile")
    {
        *rows.entry(table.table.as_str()).or_default() += table.planned;
    }
    rows.retain(|_, rows| *rows > 0);
    rows
}

/// What the runbooks call such a find: the table's name in the singular.
fn error_type(table: &str) -> String {
    let name = table.split_once('.').map_or(table, |(_, name)| name);
    let singular = match name.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => name.strip_suffix('s').unwrap_or(name).to_owned(),
    };
    format!("ORPHANED_{}_DETECTED", singular.to_uppercase())
}

async fn next(lease: &Lease<'_>, size: i32) -> Result<Turn, Error> {
    const DOING: &str = "repairing a batch of rows";
    Batch::ask(lease, size, DOING, async |connection| {
        sqlx::query_as!(
            Batch,
            r#"
            select
                is_fenced as "is_fenced!", is_altered, is_locked, is_done, planned,
                done as created, 0::bigint as present, refused, gone
            from rollcall.references_batch($1, $2, $3)
            "#,
            lease.run_id,
            lease.fence,
            size
        )
        .fetch_one(Unnamed(connection))
        .await
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::error_type;

    #[test]
    fn an_error_names_the_table_in_the_singular() {
        for (table, word) in [
            ("public.orders", "ORPHANED_ORDER_DETECTED"),
            ("public.chat_messages", "ORPHANED_CHAT_MESSAGE_DETECTED"),
            ("app.deliveries", "ORPHANED_DELIVERY_DETECTED"),
            ("public.addresses", "ORPHANED_ADDRESSE_DETECTED"),
            ("public.Staff", "ORPHANED_STAFF_DETECTED"),
            ("a.b.class", "ORPHANED_B.CLAS_DETECTED"),
        ] {
            assert_eq!(error_type(table), word);
        }
    }
}
