//! The look of every minute: cheap however many users there are, and enough to know whether a full
//! check has to be made at once.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    cause::Cause,
    configuration::{self, Configuration},
    database::{Database, Limit},
    error::Error,
    evidence::{self, Counters},
    severity::Severity,
    trigger::{self, State, Triggers},
    unnamed::Unnamed,
};

/// How long the pulse waits, in seconds, before it calls a full check again after one in vain. The
/// first time it does not: only what goes on makes it quiet.
const QUIET: std::ops::RangeInclusive<i64> = 60..=900;
const NOT_YET_QUIET: i64 = 1;

/// What a pulse saw.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The reviewed configuration.
    pub configuration: Configuration,
    /// The triggers' state in the catalog.
    pub triggers: Triggers,
    /// Rows of the ledger that wait for a better time, at most a thousand.
    pub ledger_entries: i64,
    /// Ghosts of the ledger whose next attempt is due.
    pub due_ghosts: Vec<Uuid>,
    /// Users whose session moved in the last minutes.
    pub moved_users: i64,
    /// Those of them who are ghosts that nobody knows of yet.
    pub moved_ghosts: Vec<Uuid>,
    /// Ghosts that an operator acknowledged, at most a thousand.
    pub acknowledged_ghosts: i64,
    /// The insert counters, now and at the last look.
    pub counters: Counters,
    /// What the last full check saw.
    pub last: Option<Last>,
}

/// The last full check, as far as a pulse asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// When it looked.
    pub checked_at: DateTime<Utc>,
    /// The triggers' state, in the contract's word.
    pub trigger_state: String,
    /// How many ghosts it left; nothing if it could not count them.
    pub ghosts: Option<i64>,
    /// Why, as far as it knew.
    pub cause: Option<Cause>,
    /// When a full check last left none.
    pub clean_at: Option<DateTime<Utc>>,
    /// The severity of the gravest incident that is open, if one of P0 or P1 is.
    pub open: Option<Severity>,
}

impl Seen {
    /// Whether the full check has to be made at once.
    ///
    /// While it is quiet, after a full check that could not help, only what is new calls the next:
    /// a ledger row whose time has come, a trigger in another state, a ghost where there was none,
    /// or a gap, unless the like of it has just been explained. (Where anonymous users are left
    /// out, each of them is a gap that a full check explains.)
    #[must_use]
    pub fn calls_full_check(&self) -> bool {
        let is_active = self.is_active();
        let is_gap = self.is_gap();
        let Some(last) = &self.last else {
            return true;
        };
        let all_was_well = last.ghosts == Some(0);
        let is_new = !self.due_ghosts.is_empty()
            || last.trigger_state != self.triggers.state.name()
            || (!self.moved_ghosts.is_empty() && all_was_well)
            || (is_gap && !(is_active && all_was_well));
        is_new || !(self.is_calm() || self.counters.is_quiet)
    }

    /// Whether there is nothing to follow up. That an open incident is over, only a full check can
    /// prove.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.is_active()
            && self.open().is_none()
            && !self.is_gap()
            && self.due_ghosts.is_empty()
            && self.moved_ghosts.is_empty()
    }

    /// The severity of the gravest incident that is open, if it is a grave one.
    #[must_use]
    pub fn open(&self) -> Option<Severity> {
        self.last.as_ref().and_then(|last| last.open)
    }

    /// How many ghosts it knows of whom nothing has healed: those it saw, and those whom the last
    /// full check left, without the acknowledged.
    ///
    /// With no grave incident open, whoever that check left is acknowledged, and may have a profile
    /// by now that no full check has seen yet.
    #[must_use]
    pub fn unhealed_ghosts(&self) -> i64 {
        let left = self.last.as_ref().filter(|last| last.open.is_some());
        let left = left.and_then(|last| last.ghosts).unwrap_or(0) - self.acknowledged_ghosts;
        left.max(i64::try_from(self.moved_ghosts.len()).unwrap_or(i64::MAX))
    }

    fn is_active(&self) -> bool {
        self.triggers.state == State::Active
    }

    fn is_gap(&self) -> bool {
        self.counters.moved().is_none_or(|moved| moved.is_gap())
    }

    /// How many seconds to be quiet after a full check in vain: twice as long each time.
    #[must_use]
    pub fn quiet_after_vain(&self) -> i64 {
        match self.counters.quiet_seconds.unwrap_or(0) {
            ..NOT_YET_QUIET => NOT_YET_QUIET,
            seconds => seconds
                .saturating_mul(2)
                .clamp(*QUIET.start(), *QUIET.end()),
        }
    }
}

/// Takes the pulse. `at_most` bounds the lists of users.
pub async fn look(database: &Database, at_most: i32) -> Result<Seen, Error> {
    database
        .transaction(Limit::Interactive, "taking the pulse", async |connection| {
            let configuration = configuration::read(&mut *connection).await?;
            let triggers = trigger::look(&mut *connection).await?;
            let counters = evidence::counters(&mut *connection).await?;
            let last = last(&mut *connection).await?;
            let row = sqlx::query!(
                r#"
                select
                    ledger_entries as "ledger_entries!", due_ghosts as "due_ghosts!",
                    moved_users as "moved_users!", moved_ghosts as "moved_ghosts!",
                    acknowledged_ghosts as "acknowledged_ghosts!"
                from rollcall.take_pulse($1)
                "#,
                at_most
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new("taking the pulse", error))?;
            Ok(Seen {
                configuration,
                triggers,
                ledger_entries: row.ledger_entries,
                due_ghosts: row.due_ghosts,
                moved_users: row.moved_users,
                moved_ghosts: row.moved_ghosts,
                acknowledged_ghosts: row.acknowledged_ghosts,
                counters,
                last,
            })
        })
        .await
}

/// Notes a pulse that called no full check. A gap stays for the next one to see; a calm pulse ends
/// the quiet.
pub async fn keep(database: &Database, seen: &Seen) -> Result<(), Error> {
    database
        .transaction(Limit::Interactive, "noting the pulse", async |connection| {
            if !seen.is_gap() {
                evidence::keep(&mut *connection, &seen.counters, seen.is_active()).await?;
            }
            if seen.is_calm() && seen.counters.quiet_seconds.unwrap_or(0) > 0 {
                be_quiet(connection, 0).await?;
            }
            Ok(())
        })
        .await
}

/// Waits so many seconds before the pulse calls the next full check.
pub async fn be_quiet(connection: &mut PgConnection, seconds: i64) -> Result<(), Error> {
    let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
    sqlx::query!("select rollcall.be_quiet($1)", seconds)
        .execute(Unnamed(connection))
        .await
        .map(drop)
        .map_err(|error| Error::new("noting a full check in vain", error))
}

/// What the last full check saw.
pub async fn last(connection: &mut PgConnection) -> Result<Option<Last>, Error> {
    let row = sqlx::query!(
        "select checked_at, trigger_state, ghosts, cause, sentence, clean_at, open_severity
        from rollcall.last_full_check()"
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("reading the last full check", error))?;
    Ok(row.checked_at.map(|checked_at| Last {
        checked_at,
        trigger_state: row.trigger_state.unwrap_or_default(),
        ghosts: row.ghosts,
        cause: row
            .cause
            .zip(row.sentence)
            .map(|(kind, sentence)| Cause { kind, sentence }),
        clean_at: row.clean_at,
        open: row.open_severity.as_deref().map(Severity::from_name),
    }))
}
