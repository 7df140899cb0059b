//! Writes down what was found: the history, the incidents and the messages, in one transaction.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

use super::{Call, tell, trouble::Findings};
use crate::{
    alert::Alert,
    check::{Report, Seen},
    database::{Database, Limit},
    error::Error,
    evidence::{self, Counters},
    incident::{self, Open, Touched},
    outbox,
    trigger::State,
    unnamed::Unnamed,
};

/// What goes along with what was found.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    /// The counters to compare with the next time, where they could be read.
    pub(super) counters: Option<&'a Counters>,
    /// Nothing is written if another check has settled since.
    pub(super) unless_settled_since: Option<DateTime<Utc>>,
    /// `full`, or `pulse` if that called it.
    pub(super) called_by: &'static str,
}

/// What became of it.
pub(super) enum Settled {
    /// It is written, and the incident is the gravest that was touched.
    Done(Option<Touched>),
    /// Another check has settled meanwhile, and nothing was written.
    Stale,
}

pub(super) async fn settle(
    database: &Database,
    call: &Call<'_>,
    written: Written<'_>,
    seen: &Seen,
    findings: &Findings,
    report: &Report,
) -> Result<Settled, Error> {
    database
        .transaction(Limit::Batch, "writing down the check", async |connection| {
            // Whoever comes second waits here, and then sees what the first has written.
            let open = incident::hold(&mut *connection).await?;
            if let Some(since) = written.unless_settled_since
                && evidence::settled_since(&mut *connection, since).await?
            {
                return Ok(Settled::Stale);
            }
            let touched = if call.alert {
                incidents(&mut *connection, call, &open, findings, report).await?
            } else {
                None
            };
            write_check(&mut *connection, report, written.called_by).await?;
            if let Some(counters) = written.counters {
                let triggers = seen.triggers.seen();
                let active = triggers.is_some_and(|triggers| triggers.state == State::Active);
                evidence::keep(&mut *connection, counters, active).await?;
            }
            Ok(Settled::Done(touched))
        })
        .await
}

async fn incidents(
    connection: &mut PgConnection,
    call: &Call<'_>,
    open: &[Open],
    findings: &Findings,
    report: &Report,
) -> Result<Option<Touched>, Error> {
    let changes = incident::settle(
        open,
        &findings.troubles(),
        findings.reach(),
        call.now,
        || (call.new_id)(),
    );
    for change in &changes {
        incident::write(&mut *connection, change, call.now, call.run_id).await?;
        let Some((news, topic)) = change.news else {
            continue;
        };
        let message = tell::message(change, news, report);
        for channel in call.channels {
            let alert = Alert {
                alert_id: (call.new_id)(),
                channel: channel.clone(),
                topic,
                message: message.clone(),
            };
            outbox::queue(&mut *connection, &alert).await?;
        }
    }
    Ok(incident::gravest(&changes))
}

async fn write_check(
    connection: &mut PgConnection,
    report: &Report,
    kind: &str,
) -> Result<(), Error> {
    let row = json!({
        "run_id": report.run_id,
        "kind": kind,
        "checked_at": report.checked_at,
        "duration_ms": report.duration_ms,
        "configuration": report.configuration,
        "status": report.status,
        "severity": report.severity,
        "counts": report.counts,
        "checks": report.checks,
        "trigger_state": report.trigger.as_ref().map(|trigger| trigger.state),
        "trigger_detail": report.trigger.as_ref().map(|trigger| &trigger.detail),
        "cause": report.cause.as_ref().map(|cause| &cause.kind),
        "sentence": report.cause.as_ref().map(|cause| &cause.sentence),
        "healed": report.healed.created,
        "refused": report.healed.refused,
    });
    sqlx::query!("select rollcall.write_check($1)", row)
        .execute(Unnamed(connection))
        .await
        .map(drop)
        .map_err(|error| Error::new("writing down the check", error))
}
