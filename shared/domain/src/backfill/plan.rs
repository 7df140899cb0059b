//! Whom a run is for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use super::Order;
use crate::{
    configuration,
    database::{Database, Limit},
    error::Error,
    run::{Progress, Run, Stop},
    unnamed::Unnamed,
    words,
};

/// Whom a backfill is for: everybody, if nothing is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Only these users, if given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_ids: Option<Vec<Uuid>>,
    /// Only users created at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<DateTime<Utc>>,
    /// Only users created before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_before: Option<DateTime<Utc>>,
    /// At most so many users, those who came first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_users: Option<i64>,
}

pub(super) fn is_backfill(run: &Run, run_id: Uuid) -> Result<(), Stop> {
    if run.kind == "backfill" {
        return Ok(());
    }
    Err(Stop::BadRequest(format!(
        "run {run_id} is of the kind {}, not a backfill; give the id of a backfill",
        run.kind
    )))
}

/// Whether a run that is there may be carried out as ordered.
pub(super) async fn check(
    run: &Run,
    run_id: Uuid,
    order: &Order,
    database: &Database,
) -> Result<(), Stop> {
    is_backfill(run, run_id)?;
    // The same call again, because its answer was lost, is no contradiction.
    let is_new = order.scope != Scope::default();
    if is_new
        && serde_json::from_value::<Scope>(run.scope.clone())
            .ok()
            .as_ref()
            != Some(&order.scope)
    {
        return Err(Stop::BadRequest(format!(
            "run {run_id} has its users already; leave out user_ids, created_after, \
             created_before and max_users, or the run_id"
        )));
    }
    if run.state == "cancelled" {
        return Err(Stop::Rejected(format!(
            "run {run_id} was cancelled; leave out run_id and preview again"
        )));
    }
    let installed = database
        .transaction(
            Limit::Interactive,
            "reading the configuration",
            async |connection| configuration::read(connection).await,
        )
        .await?;
    if run.state == "planned" && installed.digest != run.configuration {
        return Err(Stop::Rejected(format!(
            "run {run_id} was planned under another configuration; leave out run_id and \
             preview again"
        )));
    }
    Ok(())
}

/// Stores the set of users as a run of this id.
pub(super) async fn plan(
    database: &Database,
    run_id: Uuid,
    order: &Order,
) -> Result<Progress, Stop> {
    const DOING: &str = "planning the backfill";
    let scope = &order.scope;
    let planned = database
        .transaction(Limit::Survey, DOING, async |connection| {
            sqlx::query_scalar!(
                r#"
                select planned as "planned!"
                from rollcall.plan_backfill($1, $2, $3, $4, $5, $6, $7)
                "#,
                run_id,
                Json(scope) as _,
                words::kept(order.reason.as_deref()),
                scope.user_ids.as_deref(),
                scope.created_after,
                scope.created_before,
                scope.max_users
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    Ok(Progress::new(planned, 0, 0, 0, 0))
}
