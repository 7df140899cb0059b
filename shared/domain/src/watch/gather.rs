//! Collects what a cause is found from, where there is anything to explain.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    check::Seen,
    database::{Database, Limit},
    error::Error,
    evidence::{self, Counters, Evidence, Explained},
    pulse::{self, Last},
    trigger::State,
};

/// How far from the first sign a migration is a neighbour.
const NEAR: TimeDelta = TimeDelta::hours(24);

/// The evidence; nothing where nobody is missing and the triggers do their work, because then
/// there is nothing to explain and no reason to read every user again.
pub(super) async fn evidence(
    database: &Database,
    seen: &Seen,
    counters: Option<&Counters>,
    now: DateTime<Utc>,
) -> Result<Option<Evidence>, Error> {
    let roll = seen.roll.seen();
    let Some(triggers) = seen.triggers.seen() else {
        return Ok(None);
    };
    let is_active = triggers.state == State::Active;
    if roll.is_none_or(|roll| roll.ghosts == 0) && is_active {
        return Ok(None);
    }
    let triggers_active_at = counters.and_then(|counters| counters.triggers_active_at);
    let gathered = database
        .transaction(Limit::Survey, "gathering evidence", async |connection| {
            let ghosts = evidence::ghosts(&mut *connection).await?;
            let reasons = evidence::reasons(&mut *connection).await?;
            let last = pulse::last(&mut *connection).await?;
            let clean_at = last.as_ref().and_then(|last| last.clean_at);
            // What broke a trigger came after it was last seen working, and what broke profiles
            // not long before the first of them failed.
            let earliest = triggers_active_at
                .filter(|_| !is_active)
                .or_else(|| reasons.first().map(|reason| reason.first_failed_at - NEAR))
                .or(clean_at);
            let migrations = match earliest {
                Some(earliest) => evidence::migrations(&mut *connection, earliest, now).await?,
                None => vec![],
            };
            Ok((ghosts, reasons, last, migrations))
        })
        .await;
    let (ghosts, reasons, last, migrations) = match gathered {
        // What broke the check may break this, too; the triggers' state is evidence without it.
        Err(error) if !error.is_unreachable() => {
            tracing::warn!(error = %error, "the evidence could not be gathered");
            Default::default()
        }
        gathered => gathered?,
    };
    Ok(Some(Evidence {
        triggers: triggers.clone(),
        triggers_active_at,
        watches: seen.configuration.mode == "watch",
        profiles: roll.map(|roll| roll.profiles),
        ghosts,
        reasons,
        moved: counters.and_then(Counters::moved),
        moved_since: counters.and_then(|counters| counters.taken_at),
        clean_at: last.as_ref().and_then(|last| last.clean_at),
        before: last.and_then(before),
        migrations,
    }))
}

/// What the last full check explained.
fn before(last: Last) -> Option<Explained> {
    Some(Explained {
        cause: last.cause?,
        ghosts: last.ghosts?,
    })
}
