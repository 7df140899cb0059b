//! From the way to the database to a connection with a transaction begun.

use std::{
    fmt,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use super::Limit;
use crate::error::{Error, is_unreachable};

/// How long a kept connection may take to begin. One that died silently, as under a sandbox that
/// was frozen, would otherwise use up the patience of whoever waits.
const WAKE: Duration = Duration::from_millis(700);

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
        doing: &'static str,
    ) -> Result<PgConnection, Error> {
        if let Some(mut connection) = kept {
            let begun = sqlx::raw_sql(limit.begin()).execute(&mut connection);
            match tokio::time::timeout(WAKE, begun).await {
                Ok(Ok(_)) => return Ok(connection),
                Ok(Err(error)) if !is_unreachable(&error) => return Err(Error::new(doing, error)),
                // Dead, or as good as dead.
                Ok(Err(_)) | Err(_) => {}
            }
        }
        let options = self.options().clone();
        match (open(&options, limit, doing).await, &self.renewal) {
            (Err(Error::Unreachable { source }), Some(renewal)) => match renewal.renew().await {
                Ok(renewed) => self.change(renewed, limit, doing).await,
                Err(why) => Err(Error::turned_away(source, why)),
            },
            (opened, _) => opened,
        }
    }

    /// Goes the other way from now on, whether or not it leads anywhere: the last did not.
    async fn change(
        &self,
        renewed: Renewed,
        limit: Limit,
        doing: &'static str,
    ) -> Result<PgConnection, Error> {
        let options = fit(renewed.options);
        self.options().clone_from(&options);
        match open(&options, limit, doing).await {
            Err(Error::Unreachable { source }) => {
                Err(Error::turned_away(source, renewed.if_refused))
            }
            opened => opened,
        }
    }
}

/// The statement cache is of no use to unnamed statements, and a stock pgbouncer turns away
/// whoever asks for `extra_float_digits`.
fn fit(options: PgConnectOptions) -> PgConnectOptions {
    options.statement_cache_capacity(0).extra_float_digits(None)
}

async fn open(
    options: &PgConnectOptions,
    limit: Limit,
    doing: &'static str,
) -> Result<PgConnection, Error> {
    let mut connection = PgConnection::connect_with(options)
        .await
        .map_err(|source| Error::Unreachable { source })?;
    sqlx::raw_sql(limit.begin())
        .execute(&mut connection)
        .await
        .map_err(|error| Error::new(doing, error))?;
    Ok(connection)
}
