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
    alert::Sent,
    check::{self, Check, Limits, Report},
    database::{Database, Limit},
    error::Error,
    evidence::{self, Counters},
    forget,
    heal::{self, Healed},
    incident::{self, Touched},
    outbox::{self, Sender},
    pulse, roll,
};
use settle::{Settled, Written, settle};
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
const FOR_TELLING: Duration = Duration::from_secs(20);

/// What one alert, or the report before it, may take: the limit of a call, and a little for
/// noting it.
const FOR_ONE_ALERT: Duration = Duration::from_secs(6);

/// How many users of each kind a pulse lists.
const AT_MOST: i32 = 200;

/// How often a check looks, at most, because others settle at the same time.
const TRIES: u8 = 3;

/// Who wants the full check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    Check,
    Pulse,
    Repair,
}

impl Caller {
    /// As the history keeps it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Check | Self::Repair => "full",
            Self::Pulse => "pulse",
        }
    }
}

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
    sender: &impl Sender,
) -> Result<Report, Error> {
    let (report, _) = look_and_settle(database, call, None, Caller::Check).await?;
    let report = tell(database, call, report, sender).await;
    let is_guarded =
        |check: &Check| check.check_name == "guard_check" && check.passed == Some(true);
    if call.heal && report.checks.iter().any(is_guarded) {
        // Not while users seem to be lost: they may come back, and what is known of them is needed.
        let stamped = heal::stamp_due(database, || call.may_go_on()).await;
        noted("the stamps that are due", stamped);
        let forgotten = forget::all(database, || call.may_go_on()).await;
        noted("whoever was deleted", forgotten);
    }
    Ok(report)
}

/// The full check after a repair. What it finds of incidents that are open is written down, and the
/// next pulse tells whoever was told of them; where none is open it opens none.
pub async fn after_repair(database: &Database, call: &Call<'_>) -> Result<Report, Error> {
    let (is_open, channels) = incident::told(database).await?;
    let call = Call {
        alert: is_open,
        channels: &channels,
        ..*call
    };
    let (report, _) = look_and_settle(database, &call, None, Caller::Repair).await?;
    Ok(report)
}

/// The check of every minute.
pub async fn pulse(
    database: &Database,
    call: &Call<'_>,
    sender: &impl Sender,
) -> Result<Report, Error> {
    let report = match pulse::look(database, AT_MOST).await {
        Ok(seen) if !seen.calls_full_check() => {
            noted("the pulse", pulse::keep(database, &seen).await);
            check::of_pulse(&seen, call.run_id, call.now, (call.elapsed_ms)())
        }
        Ok(seen) => {
            let counters = Some(seen.counters.clone());
            let (report, helped) = look_and_settle(database, call, counters, Caller::Pulse).await?;
            // The first check ever is called by nothing but its being the first.
            let was_in_vain = !helped && seen.last.is_some();
            let quiet = if was_in_vain {
                seen.quiet_after_vain()
            } else {
                0
            };
            noted("the quiet", be_quiet(database, quiet).await);
            report
        }
        Err(error) if error.is_retryable() => return Err(error),
        // What keeps the pulse from looking is for the full check to tell.
        Err(error) => {
            tracing::warn!(error = %error, "the pulse could not look");
            look_and_settle(database, call, None, Caller::Pulse)
                .await?
                .0
        }
    };
    let report = tell(database, call, report, sender).await;
    if call.heal {
        // Before anybody is forgotten: the ledger knows whose they are.
        let stamped = heal::stamp_due(database, || call.may_go_on()).await;
        noted("the stamps that are due", stamped);
        let forgotten = forget::noted(database).await.map(drop);
        noted("whoever was deleted", forgotten);
    }
    Ok(report)
}

async fn be_quiet(database: &Database, seconds: i64) -> Result<(), Error> {
    database
        .transaction(
            Limit::Interactive,
            "noting the full check",
            async |connection| pulse::be_quiet(connection, seconds).await,
        )
        .await
}

/// What cannot be noted must not cost the result.
fn noted(what: &'static str, outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        tracing::warn!(error = %error, "{what} could not be noted");
    }
}

/// The counters; nothing where they cannot be read, which costs the cause some evidence.
async fn counters(database: &Database) -> Result<Option<Counters>, Error> {
    let read = database
        .transaction(
            Limit::Interactive,
            "reading the insert counters",
            async |connection| evidence::counters(connection).await,
        )
        .await;
    match read {
        Ok(counters) => Ok(Some(counters)),
        Err(error) if error.is_retryable() => Err(error),
        Err(error) => {
            tracing::warn!(error = %error, "the insert counters could not be read");
            Ok(None)
        }
    }
}

/// Looks at everything, heals, and writes down what was found. Answers, too, whether that changed
/// anything or found nothing to change: if not, doing it again at once would not, either.
///
/// Where another check has written down what it found meanwhile, this one looks again: what it saw
/// may have been healed under its hands.
async fn look_and_settle(
    database: &Database,
    call: &Call<'_>,
    mut seen_by_pulse: Option<Counters>,
    caller: Caller,
) -> Result<(Report, bool), Error> {
    for tries_left in (0..TRIES).rev() {
        let counters = match seen_by_pulse.take() {
            Some(counters) => Some(counters),
            None => counters(database).await?,
        };
        let limits = Limits {
            on_one_core: caller == Caller::Repair,
            ..call.limits()
        };
        let seen = check::look(database, (call.new_id)(), limits).await?;
        let evidence = gather::evidence(database, &seen, counters.as_ref(), call.now).await?;
        let mut findings = Findings::of(&seen, evidence.as_ref(), call.now);
        let limit = seen.configuration.heal_limit;
        let heals = call.heal && findings.may_heal() && findings.ghosts() <= limit;
        let mut healed = Healed::default();
        if heals {
            healed = heal::heal(database, findings.ghosts(), limit, || call.may_go_on()).await?;
            // Also where it made nothing: another check may have been faster.
            findings.look_again(healed, &remaining(database).await?);
        }
        let mut report = check::report(&seen, call.run_id, call.now, (call.elapsed_ms)());
        report.cause = findings.cause().cloned();
        report.healed = healed;
        report.unhealed_ghosts = findings.unhealed();
        let since = counters.as_ref().filter(|_| tries_left > 0);
        let written = Written {
            counters: counters.as_ref(),
            unless_settled_since: since.map(|counters| counters.read_at),
            called_by: caller.as_str(),
        };
        match settle(database, call, written, &seen, &findings, &report).await {
            Ok(Settled::Stale) => continue,
            Ok(Settled::Done(incident)) => report.incident = incident,
            Err(error) if error.is_unreachable() => return Err(error),
            // The result is what matters, and the metrics tell it, too.
            Err(error) => {
                tracing::error!(error = %error, "what was found could not be written down");
                report.alerts.push(Sent {
                    channel: "outbox".to_owned(),
                    sent: false,
                    error: Some(format!("what was found could not be written down: {error}")),
                });
            }
        }
        let helped = healed.created > 0 || findings.ghosts() > 0 && findings.is_over();
        return Ok((report, helped));
    }
    unreachable!("the last try settles in any case")
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
    sender: &impl Sender,
) -> Report {
    if !call.alert {
        return report;
    }
    let has_time_for = |steps| (call.remaining)().is_none_or(|left| left > FOR_ONE_ALERT * steps);
    match outbox::deliver(database, call.channels, has_time_for, sender).await {
        Ok(alerts) => report.alerts.extend(alerts),
        // The result is what matters; the outbox keeps what was to be told.
        Err(error) => {
            tracing::warn!(error = %error, "the outbox could not be read");
            report.alerts.push(Sent {
                channel: "outbox".to_owned(),
                sent: false,
                error: Some(format!("nothing could be sent: {error}")),
            });
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
    report
}
