//! Taking back what was done about child rows.

use uuid::Uuid;

use super::answer;
use crate::{
    database::{Database, Limit},
    error::Error,
    repair::{Answer, Order},
    run::{Batch, Lease, Progress, Stop, Turn, refuse_untold, work_through},
    undo::{KIND, Undo},
    unnamed::Unnamed,
    words::{counted, kept},
};

/// Takes back what the run `run_id` did, or goes on with the undo that was found.
pub(crate) async fn undo(
    database: &Database,
    run_id: Uuid,
    found: Undo,
    new_id: Uuid,
    order: &Order,
    elapsed_ms: impl Fn() -> u64,
    go_on: impl FnMut(&Progress) -> bool,
) -> Result<Answer, Stop> {
    let (undo_id, begin, state) = match found {
        Undo::Found(undo_id, undo) => (undo_id, undo.progress, undo.state),
        Undo::ToPlan => {
            let planned = plan(database, new_id, run_id, order.reason.as_deref()).await?;
            (new_id, planned, "planned".to_owned())
        }
    };
    if state == "planned" {
        let effects = answer::effects(database, undo_id).await?;
        refuse_untold(database, undo_id, KIND, &effects.all()).await?;
        let what = format!("{} would be taken back", counted(begin.planned, "row"));
        order.confirm(begin.planned, &what, &effects.code)?;
    }
    if matches!(state.as_str(), "planned" | "running") {
        let work = async {
            let lease = Lease::take(database, undo_id, KIND).await?;
            work_through(&lease, begin, None, next, go_on).await
        };
        work.await.map_err(|stop| stop.within(KIND, undo_id))?;
    }
    let answer = answer::read(database, undo_id, &elapsed_ms).await;
    answer.map_err(|stop| stop.within(KIND, undo_id))
}

async fn plan(
    database: &Database,
    undo_id: Uuid,
    undone: Uuid,
    reason: Option<&str>,
) -> Result<Progress, Error> {
    const DOING: &str = "planning the undo";
    let planned = database
        .transaction(Limit::Survey, DOING, async |connection| {
            sqlx::query_scalar!(
                r#"select planned as "planned!" from rollcall.plan_references_undo($1, $2, $3)"#,
                undo_id,
                undone,
                kept(reason)
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    Ok(Progress::new(planned, 0, 0, 0, 0))
}

async fn next(lease: &Lease<'_>, size: i32) -> Result<Turn, Error> {
    const DOING: &str = "taking back a batch of rows";
    Batch::ask(lease, size, DOING, async |connection| {
        sqlx::query_as!(
            Batch,
            r#"
            select
                is_fenced as "is_fenced!", false as is_altered, is_locked, is_done, planned,
                done as created, 0::bigint as present, refused, gone
            from rollcall.references_undo_batch($1, $2, $3)
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
