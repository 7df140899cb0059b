//! Metrics in CloudWatch's embedded metric format: one line of JSON on standard output.
//!
//! CloudWatch makes metrics of such a line by itself: no call, no permission, nothing to fail. It
//! has to be the whole line, so it does not go through the log. The set is fixed, and so are
//! names and units: alarms and dashboards are built on them.

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use rollcall_domain::{heal::Healed, roll::Counts, severity::Status};
use serde_json::{Map, Value, json};

const NAMESPACE: &str = "Rollcall";
const DIMENSION: &str = "Function";

/// What one run measured. What it did not is `None`, and is left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Metrics {
    /// How many there are of each class.
    pub counts: Counts,
    /// How many ghosts there are as far as the run knows, after it healed what it may.
    pub unhealed_ghosts: Option<i64>,
    /// How long the oldest ghost has been one.
    pub oldest_ghost_seconds: Option<i64>,
    /// How long the run took.
    pub duration_ms: Option<u64>,
    /// What healing did.
    pub healed: Option<Healed>,
    /// The state of the whole.
    pub status: Option<Status>,
    /// How many alerts, or reports for them, could not be handed on.
    pub alerts_unsent: Option<usize>,
    /// Whether the database could not be reached, or gave no answer in time.
    pub database_unreachable: Option<bool>,
    /// Whether a function that runs on a schedule has looked. An alarm misses it when it does not
    /// come.
    pub heartbeat: bool,
}

/// What CloudWatch calls its units.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Count,
    Seconds,
    Milliseconds,
    None,
}

impl Metrics {
    /// Writes the line and flushes it, before Lambda freezes the process. `function` is its
    /// name where it runs, and `out` is standard output.
    ///
    /// A line that cannot be written is noted in the log: no run fails for it.
    pub fn write(&self, function: &str, now: DateTime<Utc>, out: &mut impl Write) {
        if let Err(error) = write_line(out, &self.line(function, now)) {
            tracing::warn!(error = %error, "the metrics could not be written");
        }
    }

    fn line(&self, function: &str, now: DateTime<Utc>) -> Value {
        let values: Vec<_> = self
            .all()
            .into_iter()
            .filter_map(|(name, unit, value)| Some((name, unit, value?)))
            .collect();
        let named: Vec<_> = values
            .iter()
            .map(|(name, unit, _)| json!({"Name": name, "Unit": format!("{unit:?}")}))
            .collect();
        let mut line = Map::new();
        line.insert(
            "_aws".to_owned(),
            json!({
                "Timestamp": now.timestamp_millis(),
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [[DIMENSION]],
                    "Metrics": named,
                }],
            }),
        );
        line.insert(DIMENSION.to_owned(), function.into());
        line.extend(
            values
                .iter()
                .map(|(name, _, value)| ((*name).to_owned(), (*value).into())),
        );
        Value::Object(line)
    }

    /// The whole set.
    fn all(&self) -> [(&'static str, Unit, Option<i64>); 22] {
        use Unit::{Count, Milliseconds, None as Plain, Seconds};
        let counts = self.counts;
        let duration = self
            .duration_ms
            .map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        let unsent = self
            .alerts_unsent
            .map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        [
            ("AuthUsers", Count, counts.auth_users),
            ("Eligible", Count, counts.eligible),
            ("Profiles", Count, counts.profiles),
            ("Live", Count, counts.live),
            ("Ghosts", Count, counts.ghosts),
            ("GhostsOld", Count, counts.ghosts_old),
            ("Refused", Count, counts.refused),
            ("Retired", Count, counts.retired),
            ("OrphanedProfiles", Count, counts.orphaned_profiles),
            ("Leftover", Count, counts.leftover),
            ("Excluded", Count, counts.excluded),
            ("Drifted", Count, counts.drifted),
            ("OrphanedChildRows", Count, counts.orphaned_child_rows),
            ("UnhealedGhosts", Count, self.unhealed_ghosts),
            ("OldestGhost", Seconds, self.oldest_ghost_seconds),
            ("Duration", Milliseconds, duration),
            ("Healed", Count, self.healed.map(|healed| healed.created)),
            (
                "HealRefused",
                Count,
                self.healed.map(|healed| healed.refused),
            ),
            ("AlertsUnsent", Count, unsent),
            ("Status", Plain, self.status.map(as_number)),
            (
                "DatabaseUnreachable",
                Count,
                self.database_unreachable.map(i64::from),
            ),
            ("Heartbeat", Count, self.heartbeat.then_some(1)),
        ]
    }
}

/// Worse is greater, and not to know is worst.
fn as_number(status: Status) -> i64 {
    match status {
        Status::Healthy => 0,
        Status::Warning => 1,
        Status::Critical => 2,
        Status::Unknown => 3,
    }
}

/// In one piece: the log writes to the same stream.
fn write_line(out: &mut impl Write, line: &Value) -> io::Result<()> {
    out.write_all(format!("{line}\n").as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests;
