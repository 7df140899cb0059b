//! Incidents in the database.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Change, Open, State};
use crate::{
    cause::Cause,
    database::{Database, Limit},
    error::Error,
    severity::Severity,
    unnamed::Unnamed,
    words::counted,
};

/// The open incidents, gravest first. They are this transaction's until it ends.
pub async fn hold(connection: &mut PgConnection) -> Result<Vec<Open>, Error> {
    let rows = sqlx::query!(
        r#"
        select
            incident_id as "incident_id!", cause as "cause!", sentence as "sentence!",
            severity as "severity!", began_at as "began_at!", opened_at as "opened_at!",
            most_affected as "most_affected!", healed as "healed!"
        from rollcall.open_incidents()
        "#
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("reading the open incidents", error))?;
    Ok(rows
        .into_iter()
        .map(|row| Open {
            incident_id: row.incident_id,
            cause: Cause::new(row.cause, row.sentence),
            severity: Severity::from_name(&row.severity),
            began_at: row.began_at,
            opened_at: row.opened_at,
            most_affected: row.most_affected,
            healed: row.healed,
        })
        .collect())
}

/// Whether an incident is open, and which channels have been told of those that are.
pub async fn told(database: &Database) -> Result<(bool, Vec<String>), Error> {
    const DOING: &str = "reading who was told of the open incidents";
    let row = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query!(
                r#"
                select is_open as "is_open!", channels as "channels!"
                from rollcall.told_of_open_incidents()
                "#
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    Ok((row.is_open, row.channels))
}

/// Writes what has become of an incident, with the lines of its story.
pub async fn write(
    connection: &mut PgConnection,
    change: &Change,
    seen_at: DateTime<Utc>,
    run_id: Uuid,
) -> Result<(), Error> {
    let incident = &change.incident;
    let is_over = change.state == State::Resolved;
    let row = json!({
        "incident_id": incident.incident_id,
        "cause": incident.cause.kind,
        "sentence": incident.cause.sentence,
        "severity": incident.severity,
        "began_at": incident.began_at,
        "opened_at": incident.opened_at,
        "last_seen_at": seen_at,
        "resolved_at": is_over.then_some(seen_at),
        "most_affected": incident.most_affected,
        "healed": incident.healed,
    });
    for (what, sentence) in story(change) {
        let event = json!({
            "incident_id": incident.incident_id,
            "happened_at": seen_at,
            "what": what,
            "severity": incident.severity,
            "run_id": run_id,
            "sentence": sentence,
        });
        write_row(connection, &row, Some(&event)).await?;
    }
    if story(change).is_empty() {
        write_row(connection, &row, None).await?;
    }
    Ok(())
}

/// What happened, line by line; nothing while an incident just goes on.
fn story(change: &Change) -> Vec<(&'static str, String)> {
    let incident = &change.incident;
    let sentence = &incident.cause.sentence;
    let mut lines = vec![];
    match change.state {
        State::Opened => lines.push(("opened", sentence.clone())),
        State::Escalated => lines.push(("escalated", sentence.clone())),
        // Opened and over in one check.
        State::Resolved
            if change
                .news
                .is_some_and(|(news, _)| news == crate::alert::News::Healed) =>
        {
            lines.push(("opened", sentence.clone()));
        }
        State::Ongoing if change.cause_found => lines.push(("cause_found", sentence.clone())),
        State::Ongoing | State::Resolved => {}
    }
    if change.healed > 0 {
        lines.push((
            "healed",
            format!("{} made", counted(change.healed, "profile")),
        ));
    }
    if change.state == State::Resolved {
        lines.push((
            "resolved",
            "a full check found nothing of it any more".to_owned(),
        ));
    }
    lines
}

async fn write_row(
    connection: &mut PgConnection,
    incident: &serde_json::Value,
    event: Option<&serde_json::Value>,
) -> Result<(), Error> {
    sqlx::query!("select rollcall.write_incident($1, $2)", incident, event)
        .execute(Unnamed(connection))
        .await
        .map(drop)
        .map_err(|error| Error::new("writing an incident", error))
}
