//! Runs as the database has them: planned, found again, unfinished.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Progress, Scope, Stop};
use crate::{
    configuration,
    database::{Database, Limit},
    error::Error,
    unnamed::Unnamed,
};

/// A run as it stands.
pub(super) struct Run {
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) configuration: String,
    pub(super) digest: String,
    pub(super) progress: Progress,
}

impl Run {
    /// Whether everybody in it has been dealt with.
    pub(super) fn is_over(&self) -> bool {
        self.state == "completed"
    }

    /// How far the run is, if it may be carried out as asked.
    pub(super) async fn check(
        self,
        run_id: Uuid,
        scope: &Scope,
        database: &Database,
    ) -> Result<Progress, Stop> {
        if self.kind != "backfill" {
            return Err(Stop::BadRequest(format!(
                "run {run_id} is a {}, not a backfill; give the id of a backfill",
                self.kind
            )));
        }
        let of_its_own = Scope {
            reason: scope.reason.clone(),
            ..Scope::default()
        };
        if *scope != of_its_own {
            return Err(Stop::BadRequest(format!(
                "run {run_id} has its users already; leave out user_ids, created_after, \
                 created_before and max_users, or the run_id"
            )));
        }
        let installed = database
            .transaction(
                Limit::Interactive,
                "reading the configuration",
                async |connection| configuration::read(connection).await,
            )
            .await?;
        if self.state == "planned" && installed.digest != self.configuration {
            return Err(Stop::Rejected(format!(
                "run {run_id} was planned under another configuration; leave out run_id and \
                 preview again"
            )));
        }
        Ok(self.progress)
    }
}

/// The run of this id, if there is one.
pub(super) async fn find(database: &Database, run_id: Uuid) -> Result<Option<Run>, Error> {
    const DOING: &str = "looking for the run";
    let row = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query!(
                r#"
                select
                    kind as "kind!", state as "state!", configuration as "configuration!",
                    digest as "digest!", planned as "planned!", created as "created!",
                    present as "present!", refused as "refused!", gone as "gone!"
                from rollcall.find_run($1)
                "#,
                run_id
            )
            .fetch_optional(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    Ok(row.map(|row| Run {
        progress: Progress::new(row.planned, row.created, row.present, row.refused, row.gone),
        kind: row.kind,
        state: row.state,
        configuration: row.configuration,
        digest: row.digest,
    }))
}

/// Stores the set of users as a run of this id.
pub(super) async fn plan(
    database: &Database,
    run_id: Uuid,
    scope: &Scope,
) -> Result<Progress, Stop> {
    const DOING: &str = "planning the backfill";
    let planned = database
        .transaction(Limit::Survey, DOING, async |connection| {
            sqlx::query_scalar!(
                r#"
                select planned as "planned!"
                from rollcall.plan_backfill($1, $2, $3, $4, $5, $6)
                "#,
                run_id,
                scope.reason.as_deref(),
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

/// A run that was begun and not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfinished {
    /// Its id, by which it can go on.
    pub run_id: Uuid,
    /// Until when somebody holds its lease; nothing if nobody does.
    pub held_until: Option<DateTime<Utc>>,
}

/// Every backfill that was begun and not ended, oldest first.
pub async fn unfinished(connection: &mut PgConnection) -> Result<Vec<Unfinished>, Error> {
    sqlx::query_as!(
        Unfinished,
        r#"
        select
            run_id as "run_id!",
            case when lease_until > clock_timestamp() then lease_until end as held_until
        from rollcall.unfinished_runs()
        "#
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking for unfinished runs", error))
}

/// Says who holds the lease, before anything is done in vain.
pub(super) async fn refuse_while_held(database: &Database) -> Result<(), Stop> {
    let runs = database
        .transaction(
            Limit::Interactive,
            "looking for unfinished runs",
            async |connection| unfinished(connection).await,
        )
        .await?;
    for Unfinished { run_id, held_until } in runs {
        if let Some(held_until) = held_until {
            return Err(Stop::Busy { run_id, held_until });
        }
    }
    Ok(())
}
