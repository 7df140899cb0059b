//! The watch: what the two scheduled functions do with what they see.
//!
//! A check looks, finds the cause, heals what it may, looks again, settles the incidents, and
//! tells people. The pulse looks at less, and calls a check at once when it sees that something
//! may be wrong. What is settled and what is to be told is one transaction; the telling comes
//! after it, and can fail without hiding the result.

mod gather;
mod settle;
mod tell;
mod trouble;

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    alert::{Alert, Sent},
    check::{self, Limits, Report},
    database::{Database, Limit},
    error::Error,
    evidence::{self, Counters},
    heal::{self, Healed},
    incident::{self, Touched},
    outbox, pulse, roll,
};
use settle::settle;
use trouble::Findings;

/// One call of a scheduled function, or of an operator who does the same by hand.
pub struct Call<'a> {
    /// Names this run.
    pub run_id: Uuid,
    /// When it was called.
    pub now: DateTime<Utc>,
    /// Whether it may make profiles for the ghosts that it finds, if they are few.
    pub heal: bool,
    /// Whether it settles incidents and tells people.
    pub alert: bool,
    /// The channels that are configured.
    pub channels: &'a [String],
    /// New ids for what it writes.
    pub new_id: &'a dyn Fn() -> Uuid,
    /// Milliseconds since the call began.
    pub elapsed_ms: &'a dyn Fn() -> u64,
    /// How long there is to answer, from now; nothing where nobody waits.
    pub remaining: &'a dyn Fn() -> Option<Duration>,
}

impl std::fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("run_id", &self.run_id)
            .finish_non_exhaustive()
    }
}

/// What is kept back from looking and healing, to write down what was found and to tell it: a
/// quarter of the time that is left, and no more than this.
const FOR_TELLING: Duration = Duration::from_secs(15);

impl Call<'_> {
    fn may_go_on(&self) -> bool {
        (self.remaining)().is_none_or(|left| left > FOR_TELLING / 2)
    }

    /// How long looking may take.
    fn limits(&self) -> Limits {
        (self.remaining)().map_or_else(Limits::default, |left| {
            Limits::within(left.saturating_sub(FOR_TELLING.min(left / 4)))
        })
    }
}

/// The full check.
pub async fn check(
    database: &Database,
    call: &Call<'_>,
    send: impl AsyncFn(&Alert) -> Result<(), String>,
) -> Result<Report, Error> {
    let counters = counters(database).await?;
    let (report, _) = look_and_settle(database, call, &counters, "full").await?;
    tell(database, call, report, send).await
}

/// The check of every minute.
pub async fn pulse(
    database: &Database,
    call: &Call<'_>,
    send: impl AsyncFn(&Alert) -> Result<(), String>,
) -> Result<Report, Error> {
    let at_most = 200;
    let seen = pulse::look(database, at_most).await?;
    let report = if seen.calls_full_check() {
        let (report, helped) = look_and_settle(database, call, &seen.counters, "pulse").await?;
        // The first check ever is called by nothing but its being the first.
        let was_in_vain = !helped && seen.last.is_some();
        let quiet = if was_in_vain {
            seen.quiet_after_vain()
        } else {
            0
        };
        database
            .transaction(
                Limit::Interactive,
                "noting the full check",
                async |connection| pulse::be_quiet(connection, quiet).await,
            )
            .await?;
        report
    } else {
        pulse::keep(database, &seen).await?;
        check::of_pulse(&seen, call.run_id, call.now, (call.elapsed_ms)())
    };
    tell(database, call, report, send).await
}

async fn counters(database: &Database) -> Result<Counters, Error> {
    database
        .transaction(
            Limit::Interactive,
            "reading the insert counters",
            async |connection| evidence::counters(connection).await,
        )
        .await
}

/// Looks at everything, heals, and writes down what was found. Answers, too, whether that changed
/// anything or found nothing to change: if not, doing it again at once would not, either.
async fn look_and_settle(
    database: &Database,
    call: &Call<'_>,
    counters: &Counters,
    called_by: &'static str,
) -> Result<(Report, bool), Error> {
    let seen = check::look(database, (call.new_id)(), call.limits()).await?;
    let evidence = gather::evidence(database, &seen, counters, call.now).await?;
    let mut findings = Findings::of(&seen, evidence.as_ref(), call.now);
    let healed = if call.heal && findings.may_heal() {
        let limit = seen.configuration.heal_limit;
        heal::heal(database, findings.ghosts(), limit, || call.may_go_on()).await?
    } else {
        Healed::default()
    };
    if healed.created > 0 {
        findings.look_again(healed, &remaining(database).await?);
    }
    let mut report = check::report(&seen, call.run_id, call.now, (call.elapsed_ms)());
    report.cause = findings.cause().cloned();
    report.healed = healed;
    report.incident = settle(
        database, call, counters, &seen, &findings, &report, called_by,
    )
    .await?;
    let helped = healed.created > 0 || findings.ghosts() > 0 && findings.is_over();
    Ok((report, helped))
}

/// Who is missing after healing.
async fn remaining(database: &Database) -> Result<roll::Roll, Error> {
    database
        .transaction(
            Limit::Survey,
            "looking again after healing",
            async |connection| roll::take(connection).await,
        )
        .await
}

/// Sends what is due, and adds to the report what became of it.
async fn tell(
    database: &Database,
    call: &Call<'_>,
    mut report: Report,
    send: impl AsyncFn(&Alert) -> Result<(), String>,
) -> Result<Report, Error> {
    if !call.alert {
        return Ok(report);
    }
    match outbox::deliver(database, call.channels, send).await {
        Ok(alerts) => report.alerts = alerts,
        // The result is what matters; the outbox keeps what was to be told.
        Err(error) => {
            tracing::warn!(error = %error, "the outbox could not be read");
            report.alerts = call
                .channels
                .iter()
                .map(|channel| Sent {
                    channel: channel.clone(),
                    sent: false,
                    error: Some("the outbox could not be read; the next pulse tries".to_owned()),
                })
                .collect();
        }
    }
    let is_news = |touched: Touched| touched.state != incident::State::Ongoing;
    if call.channels.is_empty() && report.incident.is_some_and(is_news) {
        report.alerts.push(Sent {
            channel: "none".to_owned(),
            sent: false,
            error: Some("no channel is configured, so nobody was told".to_owned()),
        });
    }
    report.duration_ms = (call.elapsed_ms)();
    Ok(report)
}
