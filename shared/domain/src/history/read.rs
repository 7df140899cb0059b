//! Reading the history, in one snapshot.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::{Event, History, Incident, NamedCheck, PastCheck, PastRun, PostMortem, Refusals};
use crate::{
    database::{Database, Limit, looked},
    error::Error,
    severity::{Severity, Status},
    unnamed::Unnamed,
};

/// More checks than this are too many to draw; the latest are kept.
const MOST_CHECKS: i32 = 5000;

/// More runs than this are too many to read.
const MOST_RUNS: i32 = 100;

/// Reads the last days before `now`.
pub async fn read(database: &Database, now: DateTime<Utc>, days: u16) -> Result<History, Error> {
    let from = now - TimeDelta::days(days.into());
    database
        .transaction(Limit::Survey, "reading the history", async |connection| {
            let latest = latest(&mut *connection).await?;
            let this = latest.as_ref().map(|latest| latest.run_id);
            let mut checks = checks(&mut *connection, from, this).await?;
            let known = checks.iter().find(|check| Some(check.run_id) == this);
            let known = known.cloned();
            checks.retain(|check| check.checked_at >= from);
            // A ledger that is gone must not cost the rest of the report.
            let counted = looked(connection, Limit::Survey.patience(), async |connection| {
                refusals(connection, from).await
            })
            .await?;
            Ok(History {
                read_at: now,
                from,
                latest: known,
                since: latest.as_ref().and_then(|latest| latest.since),
                full_at: latest.and_then(|latest| latest.full_at),
                checks,
                incidents: incidents(&mut *connection, from, None).await?,
                runs: runs(&mut *connection, from).await?,
                refusals: counted.into_seen(),
            })
        })
        .await
}

/// Reads one incident and what was done meanwhile, if there is one of this id.
pub async fn post_mortem(
    database: &Database,
    now: DateTime<Utc>,
    incident_id: Uuid,
) -> Result<Option<PostMortem>, Error> {
    database
        .transaction(Limit::Survey, "reading an incident", async |connection| {
            let found = incidents(&mut *connection, now, Some(incident_id)).await?;
            let Some(incident) = found.into_iter().next() else {
                return Ok(None);
            };
            let until = incident.resolved_at.unwrap_or(now);
            let mut runs = runs(&mut *connection, incident.began_at).await?;
            runs.retain(|run| run.planned_at <= until);
            runs.reverse();
            Ok(Some(PostMortem {
                read_at: now,
                incident,
                runs,
            }))
        })
        .await
}

struct Latest {
    run_id: Uuid,
    since: Option<DateTime<Utc>>,
    full_at: Option<DateTime<Utc>>,
}

async fn latest(connection: &mut PgConnection) -> Result<Option<Latest>, Error> {
    sqlx::query_as!(
        Latest,
        r#"select run_id as "run_id!", since, full_at from rollcall.latest_check()"#
    )
    .fetch_optional(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking for the latest check", error))
}

async fn checks(
    connection: &mut PgConnection,
    from: DateTime<Utc>,
    and_this: Option<Uuid>,
) -> Result<Vec<PastCheck>, Error> {
    let rows = sqlx::query!(
        r#"
        select
            run_id as "run_id!", kind as "kind!", checked_at as "checked_at!",
            duration_ms as "duration_ms!", configuration as "configuration!",
            status as "status!", severity,
            counts as "counts!: Json<BTreeMap<String, Option<i64>>>",
            checks as "checks!: Json<Vec<NamedCheck>>", trigger_state,
            trigger_detail, cause, sentence, healed as "healed!",
            refused as "refused!"
        from rollcall.read_checks($1, $2, $3)
        "#,
        from,
        and_this,
        MOST_CHECKS
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("reading the checks", error))?;
    rows.into_iter()
        .map(|row| {
            Ok(PastCheck {
                run_id: row.run_id,
                is_full: row.kind == "full",
                checked_at: row.checked_at,
                duration_ms: row.duration_ms,
                configuration: row.configuration,
                status: status(row.status)?,
                severity: row.severity.as_deref().map(Severity::from_name),
                counts: row.counts.0,
                checks: row.checks.0,
                trigger_state: row.trigger_state,
                trigger_detail: row.trigger_detail,
                cause: row.cause,
                sentence: row.sentence,
                healed: row.healed,
                refused: row.refused,
            })
        })
        .collect()
}

async fn incidents(
    connection: &mut PgConnection,
    from: DateTime<Utc>,
    only_this: Option<Uuid>,
) -> Result<Vec<Incident>, Error> {
    let rows = sqlx::query!(
        r#"
        select
            incident_id as "incident_id!", cause as "cause!", sentence as "sentence!",
            severity as "severity!", began_at as "began_at!", opened_at as "opened_at!",
            last_seen_at as "last_seen_at!", resolved_at, most_affected as "most_affected!",
            healed as "healed!", events as "events!: Json<Vec<Event>>"
        from rollcall.read_incidents($1, $2)
        "#,
        from,
        only_this
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("reading the incidents", error))?;
    rows.into_iter()
        .map(|row| {
            Ok(Incident {
                incident_id: row.incident_id,
                cause: row.cause,
                sentence: row.sentence,
                severity: Severity::from_name(&row.severity),
                began_at: row.began_at,
                opened_at: row.opened_at,
                last_seen_at: row.last_seen_at,
                resolved_at: row.resolved_at,
                most_affected: row.most_affected,
                healed: row.healed,
                events: row.events.0,
            })
        })
        .collect()
}

async fn runs(connection: &mut PgConnection, from: DateTime<Utc>) -> Result<Vec<PastRun>, Error> {
    sqlx::query_as!(
        PastRun,
        r#"
        select
            run_id as "run_id!", kind as "kind!", state as "state!", planned as "planned!",
            created as "created!", present as "present!", refused as "refused!", gone as "gone!",
            planned_at as "planned_at!", started_at, finished_at
        from rollcall.read_runs($1, $2)
        "#,
        from,
        MOST_RUNS
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("reading the runs", error))
}

async fn refusals(
    connection: &mut PgConnection,
    from: DateTime<Utc>,
) -> Result<Vec<Refusals>, Error> {
    sqlx::query_as!(
        Refusals,
        r#"
        select
            reason as "reason!", sqlstate, in_ledger as "in_ledger!", in_runs as "in_runs!",
            oldest_at
        from rollcall.count_refusals($1)
        "#,
        from
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("counting the refusals", error))
}

fn status(word: String) -> Result<Status, Error> {
    match &*word {
        "healthy" => Ok(Status::Healthy),
        "warning" => Ok(Status::Warning),
        "critical" => Ok(Status::Critical),
        "unknown" => Ok(Status::Unknown),
        _ => Err(Error::Unknown {
            what: "a status",
            answer: word,
        }),
    }
}
