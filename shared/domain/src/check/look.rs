//! Looking: every question in one snapshot, each within its own time.

use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    canary::{self, Canary},
    evidence::{self, ChildRows, ChildTable, Deliveries, Drift, Ledger},
};
use crate::{
    configuration::{self, Configuration},
    database::{Database, Limit, Looked, looked},
    error::Error,
    roll::{self, Roll},
    run::{self, Unfinished},
    trigger::{self, Triggers},
};

/// How long a check may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All of it, on the server and on this side.
    pub whole: Duration,
    /// Each question.
    pub each: Duration,
    /// The database counts with one process and no more, so that whoever signs up meanwhile does
    /// not wait for a processor. It takes longer.
    pub on_one_core: bool,
}

impl Limits {
    /// Of a caller who has so much time left.
    #[must_use]
    pub fn within(remaining: Duration) -> Self {
        Self {
            whole: remaining,
            ..Self::default()
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            whole: Limit::Survey.patience(),
            each: Duration::from_mins(5),
            on_one_core: false,
        }
    }
}

/// What a check saw, before anything is made of it. All but the canary is of one snapshot.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is what its type says")]
pub struct Seen {
    pub configuration: Configuration,
    pub triggers: Looked<Triggers>,
    pub roll: Looked<Roll>,
    pub ledger: Looked<Ledger>,
    /// None where there is no `pg_net` that can be read.
    pub deliveries: Looked<Option<Deliveries>>,
    /// How many auth users the last full check counted.
    pub previous_auth_users: Looked<Option<i64>>,
    pub children: Looked<Vec<Child>>,
    pub drift: Looked<Drift>,
    pub canary: Looked<Canary>,
    /// At most ten ghosts, oldest first.
    pub samples: Vec<Uuid>,
    /// Runs that were begun and not ended.
    pub unfinished: Vec<Unfinished>,
}

/// One child table, and what was counted in it.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is what its type says")]
pub struct Child {
    pub table: ChildTable,
    pub rows: Looked<ChildRows>,
}

/// Asks everything. What is cheap comes first, so that a table too big for the time that is left
/// costs no more than itself. `canary_id` is the id of the user who signs up and never was.
pub async fn look(database: &Database, canary_id: Uuid, limits: Limits) -> Result<Seen, Error> {
    let clock = Clock::start(limits);
    let survey = database.transaction(Limit::Survey, "checking", async |connection| {
        if limits.on_one_core {
            use_one_core(connection).await?;
        }
        survey(connection, clock).await
    });
    let mut seen = tokio::time::timeout(limits.whole, survey)
        .await
        .map_err(|_elapsed| Error::too_slow("checking", limits.whole))??;
    seen.canary = fly(database, canary_id, clock).await?;
    Ok(seen)
}

async fn use_one_core(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::raw_sql("set local max_parallel_workers_per_gather = 0")
        .execute(connection)
        .await
        .map_err(|error| Error::new("beginning to look", error))?;
    Ok(())
}

/// When it is over.
#[derive(Clone, Copy)]
struct Clock {
    end: Instant,
    each: Duration,
}

impl Clock {
    fn start(limits: Limits) -> Self {
        Self {
            end: Instant::now() + limits.whole,
            each: limits.each,
        }
    }

    /// What the next question may take. The last tenth of a second is for the answer.
    fn next(self) -> Duration {
        let left = self.end.saturating_duration_since(Instant::now());
        self.each
            .min(left.saturating_sub(Duration::from_millis(100)))
    }
}

async fn survey(connection: &mut PgConnection, clock: Clock) -> Result<Seen, Error> {
    let configuration = configuration::read(&mut *connection).await?;
    let triggers = looked(connection, clock.next(), trigger::look).await?;
    let ledger = looked(connection, clock.next(), evidence::ledger).await?;
    let deliveries = looked(connection, clock.next(), evidence::deliveries).await?;
    let previous_auth_users =
        looked(connection, clock.next(), evidence::previous_auth_users).await?;
    let unfinished = looked(connection, clock.next(), run::unfinished).await?;
    let roll = looked(connection, clock.next(), roll::take).await?;
    let samples = roll.seen().map(|roll| roll.samples.clone());
    let children = children(connection, clock).await?;
    let drift = match roll.seen().and_then(Drift::of) {
        Some(drift) => Looked::Seen(drift),
        None => looked(connection, clock.next(), evidence::drift).await?,
    };
    Ok(Seen {
        configuration,
        triggers,
        roll,
        ledger,
        deliveries,
        previous_auth_users,
        children,
        drift,
        canary: Looked::Seen(Canary::LeftOut),
        samples: samples.unwrap_or_default(),
        unfinished: unfinished.into_seen().unwrap_or_default(),
    })
}

async fn children(
    connection: &mut PgConnection,
    clock: Clock,
) -> Result<Looked<Vec<Child>>, Error> {
    let tables = match looked(connection, clock.next(), evidence::child_tables).await? {
        Looked::Seen(tables) => tables,
        Looked::CutOff { why } => return Ok(Looked::CutOff { why }),
    };
    let mut children = vec![];
    for table in tables {
        let which = table.number;
        let rows = looked(connection, clock.next(), async |connection| {
            evidence::child_rows(connection, which).await
        });
        children.push(Child {
            rows: rows.await?,
            table,
        });
    }
    Ok(Looked::Seen(children))
}

/// In a transaction of its own, with the short limits of somebody who signs up.
async fn fly(database: &Database, id: Uuid, clock: Clock) -> Result<Looked<Canary>, Error> {
    let limit = clock.next();
    if limit.is_zero() {
        return Ok(Looked::out_of_time());
    }
    let flight = database.transaction(
        Limit::Interactive,
        "flying the canary",
        async |connection| canary::fly(connection, id).await,
    );
    match tokio::time::timeout(limit, flight).await {
        Ok(Ok(canary)) => Ok(Looked::Seen(canary)),
        Ok(Err(error)) if error.is_unreachable() => Err(error),
        Ok(Err(error)) => Ok(Looked::CutOff {
            why: error.to_string(),
        }),
        Err(_elapsed) => Ok(Looked::out_of_time()),
    }
}
