//! What follows where a run writes, by the application's own code and keys: told once, and held to.

use uuid::Uuid;

use super::{Stop, cancel};
use crate::{
    database::{Database, Limit},
    error::Error,
    undo,
    unnamed::Unnamed,
};

/// Keeps with a plan what it tells to follow.
pub(crate) async fn keep(
    database: &Database,
    run_id: Uuid,
    effects: &[String],
) -> Result<(), Error> {
    hold_to(database, run_id, effects).await.map(drop)
}

/// Stops a run that has not begun where something would follow that was not told: it came since.
pub(crate) async fn refuse_untold(
    database: &Database,
    run_id: Uuid,
    kind: &str,
    effects: &[String],
) -> Result<(), Stop> {
    let untold = hold_to(database, run_id, effects).await?;
    if untold.is_empty() {
        return Ok(());
    }
    let again = if kind == undo::KIND {
        // It would be found again and again.
        cancel(database, run_id).await?;
        "it is cancelled: undo again, which plans it anew"
    } else {
        "plan again"
    };
    Err(Stop::Rejected(format!(
        "run {run_id} was planned before this would follow: {}; look at that; {again}",
        untold.join(", ")
    )))
}

/// What was not told of these, once something was.
async fn hold_to(
    database: &Database,
    run_id: Uuid,
    effects: &[String],
) -> Result<Vec<String>, Error> {
    const DOING: &str = "comparing what would follow with what was told";
    database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query_scalar!(
                r#"select untold as "untold!" from rollcall.hold_to_effects($1, $2) untold"#,
                run_id,
                effects
            )
            .fetch_all(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await
}
