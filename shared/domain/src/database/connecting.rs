//! From the way to the database to a connection with a transaction begun.

use std::{
    fmt,
    pin::{Pin, pin},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::time::timeout;

use super::Limit;
use crate::error::Error;

/// How long silence may last before something is done about it. A kept connection that died under
/// a sandbox that was frozen says nothing, and neither does a database that has moved; either would
/// otherwise use up the patience of whoever waits.
const SILENCE: Duration = Duration::from_millis(700);

/// Somebody who knows the way when it leads nowhere any more: passwords are changed.
pub trait Renewal: fmt::Debug + Send + Sync {
    /// Another way than the last one, or a clause that says why there is none.
    fn renew(&self) -> Renewing<'_>;
}

/// What a [`Renewal`] is about to answer.
pub type Renewing<'a> = Pin<Box<dyn Future<Output = Result<Renewed, String>> + Send + 'a>>;

/// Another way to the database.
pub struct Renewed {
    /// The way.
    pub options: PgConnectOptions,
    /// What to say should it be refused, too: a clause.
    pub if_refused: String,
}

impl fmt::Debug for Renewed {
    /// Without the options, which hold the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewed").finish_non_exhaustive()
    }
}

/// How to reach the database, as far as it is known.
pub(super) struct Way {
    options: Mutex<PgConnectOptions>,
    renewal: Option<Box<dyn Renewal>>,
}

impl Way {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self {
            options: Mutex::new(fit(options)),
            renewal: None,
        }
    }

    pub(super) fn renewed_by(self, renewal: Box<dyn Renewal>) -> Self {
        Self {
            renewal: Some(renewal),
            ..self
        }
    }

    pub(super) fn host(&self) -> String {
        self.options().get_host().to_owned()
    }

    fn options(&self) -> MutexGuard<'_, PgConnectOptions> {
        self.options.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection with a transaction begun: the kept one, or a new one when there is none or it
    /// turns out to be dead. Nothing has been asked yet, so beginning twice is harmless.
    pub(super) async fn begin(
        &self,
        kept: Option<PgConnection>,
        limit: Limit,
    ) -> Result<PgConnection, Error> {
        if let Some(mut connection) = kept {
            let begun = sqlx::raw_sql(limit.begin()).execute(&mut connection);
            if let Ok(Ok(_)) = timeout(SILENCE, begun).await {
                return Ok(connection);
            }
        }
        let options = self.options().clone();
        let mut opening = pin!(open(&options, limit));
        let Some(renewal) = &self.renewal else {
            return opening.await;
        };
        let refused = match timeout(SILENCE, opening.as_mut()).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => Some(error),
            Err(_silent) => None,
        };
        match renewal.renew().await {
            Ok(renewed) => self.change(renewed, limit).await,
            Err(why) => {
                let opened = match refused {
                    Some(error) => Err(error),
                    // It may only be far away.
                    None => opening.await,
                };
                opened.map_err(|error| error.turned_away(why))
            }
        }
    }

    /// Goes the other way from now on, whether or not it leads anywhere: the last did not.
    async fn change(&self, renewed: Renewed, limit: Limit) -> Result<PgConnection, Error> {
        let options = fit(renewed.options);
        self.options().clone_from(&options);
        let opened = open(&options, limit).await;
        opened.map_err(|error| error.turned_away(renewed.if_refused))
    }
}

/// The statement cache is of no use to unnamed statements, and a stock pgbouncer turns away
/// whoever asks for `extra_float_digits`.
fn fit(options: PgConnectOptions) -> PgConnectOptions {
    options.statement_cache_capacity(0).extra_float_digits(None)
}

/// Nothing is asked of the database to begin, so whatever goes wrong is somebody's on the way: a
/// pooler takes connections for a database that it cannot reach, and says so in its own words.
async fn open(options: &PgConnectOptions, limit: Limit) -> Result<PgConnection, Error> {
    let unreachable = |source| Error::Unreachable { source };
    let mut connection = PgConnection::connect_with(options)
        .await
        .map_err(unreachable)?;
    sqlx::raw_sql(limit.begin())
        .execute(&mut connection)
        .await
        .map_err(unreachable)?;
    Ok(connection)
}
