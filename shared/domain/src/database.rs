//! One connection to the customer's database, and transactions that end in time.
//!
//! A Lambda sandbox serves one event at a time, so a pool would only hide why a connection
//! cannot be made. The connection is opened when it is first needed and again when it is found
//! broken: a sandbox that was frozen wakes up with dead sockets.

mod connecting;

use std::{fmt, time::Duration};

use sqlx::{AssertSqlSafe, PgConnection, postgres::PgConnectOptions};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

use crate::error::Error;
use connecting::Way;
pub use connecting::{Renewal, Renewed, Renewing};

/// How long a transaction may take, on the server and, a little longer, on this side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Somebody waits for the answer: a webhook.
    Interactive,
    /// A batch of rows.
    Batch,
    /// A question about all users.
    Survey,
}

impl Limit {
    /// The transaction's first words. `set local` ends with the transaction, so a pooler's
    /// next client does not inherit it. What the catalog says is compared with what it said before,
    /// so it is always asked in the same spelling. To compile a query costs more than any of these
    /// runs, and the first time in a session the compiler has to be loaded, too.
    const fn begin(self) -> &'static str {
        match self {
            Self::Interactive => {
                "begin; set local quote_all_identifiers = off; set local jit = off; \
                 set local statement_timeout = '2000ms'; set local lock_timeout = '1000ms'"
            }
            // The server notices within a second when this side is gone, so that a batch whose
            // caller was killed holds its locks no longer than that.
            Self::Batch => {
                "begin; set local quote_all_identifiers = off; set local jit = off; \
                 set local statement_timeout = '30s'; set local lock_timeout = '5s'; \
                 set local client_connection_check_interval = '1s'"
            }
            // What several questions find has to fit together.
            Self::Survey => {
                "begin isolation level repeatable read; set local quote_all_identifiers = off; set local jit = off; \
                 set local statement_timeout = '10min'; set local lock_timeout = '5s'; \
                 set local client_connection_check_interval = '1s'"
            }
        }
    }

    /// How long this side waits for all of it, the connection included.
    #[must_use]
    pub const fn patience(self) -> Duration {
        match self {
            Self::Interactive => Duration::from_millis(2500),
            Self::Batch => Duration::from_secs(35),
            Self::Survey => Duration::from_secs(610),
        }
    }
}

/// How long a new connection may take, even where the work may take longer: a database that is
/// away is told as such, while there is still somebody to tell.
const CONNECT: Duration = Duration::from_secs(10);

/// The customer's database, over one connection.
pub struct Database {
    way: Way,
    connection: Mutex<Option<PgConnection>>,
}

impl fmt::Debug for Database {
    /// Names no more than the host: the options hold the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("host", &self.way.host())
            .finish_non_exhaustive()
    }
}

impl Database {
    /// Names the database; connects when first used.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        Self {
            way: Way::new(options),
            connection: Mutex::new(None),
        }
    }

    /// Whoever knows the way when it leads nowhere any more, as after a change of the password.
    #[must_use]
    pub fn renewed_by(mut self, renewal: impl Renewal + 'static) -> Self {
        self.way = self.way.renewed_by(Box::new(renewal));
        self
    }

    /// Runs `work` in one transaction that commits when it succeeds.
    ///
    /// `doing` completes the sentence of an error, as in "ensuring a profile".
    pub async fn transaction<T>(
        &self,
        limit: Limit,
        doing: &'static str,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let begun = Instant::now();
        let patience = limit.patience();
        let mut slot = within(
            begun,
            patience,
            "waiting for a turn",
            self.connection.lock(),
        )
        .await?;
        // Taken out, and put back only when whole: whatever cancels this future (the limit, a
        // dropped caller) leaves no half-spoken connection behind.
        let kept = slot.take();
        // Large, and part of every transaction otherwise.
        let connect = Box::pin(self.way.begin(kept, limit));
        let to_connect = patience.min(CONNECT);
        let mut connection = timeout_at(begun + to_connect, connect)
            .await
            .map_err(|_elapsed| Error::no_connection(to_connect))??;
        let ended = within(begun, patience, doing, async {
            let answer = work(&mut connection).await;
            let end = if answer.is_ok() { "commit" } else { "rollback" };
            (answer, sqlx::raw_sql(end).execute(&mut connection).await)
        });
        match ended.await? {
            (Ok(_), Err(error)) => Err(Error::new(doing, error)),
            (answer, Ok(_)) => {
                *slot = Some(connection);
                answer
            }
            (answer @ Err(_), Err(_)) => answer,
        }
    }
}

impl Database {
    /// How long the database takes to answer a question that costs it nothing.
    pub async fn answer_time(&self) -> Result<Duration, Error> {
        const DOING: &str = "asking how fast the database answers";
        self.transaction(Limit::Interactive, DOING, async |connection| {
            let begun = Instant::now();
            sqlx::raw_sql("select")
                .execute(connection)
                .await
                .map_err(|error| Error::new(DOING, error))?;
            Ok(begun.elapsed())
        })
        .await
    }
}

/// The answer to one question of several, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked<T> {
    /// It was answered.
    Seen(T),
    /// It took too long, or something that it needs is gone: in a sentence, without data.
    CutOff {
        /// The sentence.
        why: String,
    },
}

impl<T> Looked<T> {
    /// The answer, if there is one.
    pub const fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::CutOff { .. } => None,
        }
    }

    /// The answer, if there is one.
    pub fn into_seen(self) -> Option<T> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::CutOff { .. } => None,
        }
    }

    /// Whether there is none.
    pub const fn is_cut_off(&self) -> bool {
        matches!(self, Self::CutOff { .. })
    }

    pub(crate) fn out_of_time() -> Self {
        Self::CutOff {
            why: "no time was left to look".to_owned(),
        }
    }
}

/// Asks one question of several in a transaction. If it fails, the transaction goes on as it was
/// before; only a connection that is lost is an error.
pub async fn looked<T>(
    connection: &mut PgConnection,
    limit: Duration,
    work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, Error>,
) -> Result<Looked<T>, Error> {
    const DOING: &str = "beginning to look";
    // Zero would mean no limit.
    let Some(limit_ms) = u64::try_from(limit.as_millis()).ok().filter(|ms| *ms > 0) else {
        return Ok(Looked::out_of_time());
    };
    let limit_ms = limit_ms.min(i32::MAX.unsigned_abs().into());
    let begin = format!("savepoint look; set local statement_timeout = '{limit_ms}ms'");
    sqlx::raw_sql(AssertSqlSafe(begin))
        .execute(&mut *connection)
        .await
        .map_err(|error| Error::new(DOING, error))?;
    let (answer, end) = match work(&mut *connection).await {
        Ok(seen) => (Looked::Seen(seen), "release savepoint look"),
        Err(error) if error.is_unreachable() => return Err(error),
        Err(error) => {
            let why = error.to_string();
            let back = "rollback to savepoint look; release savepoint look";
            (Looked::CutOff { why }, back)
        }
    };
    sqlx::raw_sql(end)
        .execute(connection)
        .await
        .map_err(|error| Error::new(DOING, error))?;
    Ok(answer)
}

/// What comes of `work`, if it comes while the limit, counted from `begun`, has not passed.
async fn within<T>(
    begun: Instant,
    limit: Duration,
    doing: &'static str,
    work: impl Future<Output = T>,
) -> Result<T, Error> {
    timeout_at(begun + limit, work)
        .await
        .map_err(|_elapsed| Error::too_slow(doing, limit))
}
