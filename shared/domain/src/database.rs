//! One connection to the customer's database, and transactions that end in time.
//!
//! A Lambda sandbox serves one event at a time, so a pool would only hide why a connection
//! cannot be made. The connection is opened when it is first needed and again when it is found
//! broken: a sandbox that was frozen wakes up with dead sockets.

use std::{path::Path, time::Duration};

use sqlx::{
    Connection, PgConnection,
    postgres::{PgConnectOptions, PgSslMode},
};
use tokio::sync::Mutex;

use crate::error::{Error, is_unreachable};

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
    /// next client does not inherit it.
    const fn begin(self) -> &'static str {
        match self {
            Self::Interactive => {
                "begin; set local statement_timeout = '2000ms'; set local lock_timeout = '1000ms'"
            }
            Self::Batch => {
                "begin; set local statement_timeout = '30s'; set local lock_timeout = '5s'"
            }
            Self::Survey => {
                "begin; set local statement_timeout = '10min'; set local lock_timeout = '5s'"
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

/// The customer's database, over one connection.
#[derive(Debug)]
pub struct Database {
    options: PgConnectOptions,
    connection: Mutex<Option<PgConnection>>,
}

impl Database {
    /// Names the database; connects when first used.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        Self {
            // The statement cache is of no use to unnamed statements.
            options: options.statement_cache_capacity(0),
            connection: Mutex::new(None),
        }
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
        let mut slot = self.connection.lock().await;
        // Taken out, and put back only when whole: whatever cancels this future (a deadline, a
        // dropped caller) leaves no half-spoken connection behind.
        let kept = slot.take();
        let attempt = async {
            let mut connection = begin(&self.options, kept, limit, doing).await?;
            let answer = work(&mut connection).await;
            let end = if answer.is_ok() { "commit" } else { "rollback" };
            let ended = sqlx::raw_sql(end).execute(&mut connection).await;
            match (answer, ended) {
                (answer, Ok(_)) => Ok((answer, Some(connection))),
                (Ok(_), Err(error)) => Err(Error::new(doing, error)),
                (answer @ Err(_), Err(_)) => Ok((answer, None)),
            }
        };
        let patience = limit.patience();
        match tokio::time::timeout(patience, attempt).await {
            Ok(Ok((answer, connection))) => {
                *slot = connection;
                answer
            }
            Ok(Err(error)) => Err(error),
            Err(_elapsed) => Err(Error::TooSlow {
                doing,
                limit_ms: u64::try_from(patience.as_millis()).unwrap_or(u64::MAX),
            }),
        }
    }
}

/// A connection with a transaction begun: the kept one, or a new one when there is none or it
/// turns out to be dead. Nothing has been asked yet, so beginning twice is harmless.
async fn begin(
    options: &PgConnectOptions,
    kept: Option<PgConnection>,
    limit: Limit,
    doing: &'static str,
) -> Result<PgConnection, Error> {
    if let Some(mut connection) = kept {
        match sqlx::raw_sql(limit.begin()).execute(&mut connection).await {
            Ok(_) => return Ok(connection),
            Err(error) if is_unreachable(&error) => {}
            Err(error) => return Err(Error::new(doing, error)),
        }
    }
    let mut connection = PgConnection::connect_with(options)
        .await
        .map_err(|source| Error::Unreachable { source })?;
    sqlx::raw_sql(limit.begin())
        .execute(&mut connection)
        .await
        .map_err(|error| Error::new(doing, error))?;
    Ok(connection)
}

/// Why a connection string cannot be used. Never holds the string: it has a password in it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no URL, or one of another kind.
    #[error("is not of the form postgres://user:password@host:port/database")]
    NotAUrl,
    /// It names the environment's default host by leaving it out.
    #[error("names no host")]
    NoHost,
    /// The certificate is neither PEM text nor a file.
    #[error("is neither PEM text nor the path of a readable file")]
    Certificate,
}

/// Reads a connection string.
///
/// Off the loopback interface and a local socket the server's certificate is verified in full,
/// unless the URL itself says otherwise with `sslmode`. `ca_cert` is PEM text or a path.
pub fn connect_options(
    url: &str,
    application: &str,
) -> Result<PgConnectOptions, AddressError> {
    if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        return Err(AddressError::NotAUrl);
    }
    let options: PgConnectOptions = url.parse().map_err(|_| AddressError::NotAUrl)?;
    let options = options.application_name(application);
    let says_so = url
        .split_once('?')
        .is_some_and(|(_, query)| query.contains("sslmode=") || query.contains("ssl-mode="));
    if says_so || is_local(&options) {
        Ok(options)
    } else {
        Ok(options.ssl_mode(PgSslMode::VerifyFull))
    }
}

/// Adds a certificate authority, given as PEM text or as a path.
pub fn with_ca_cert(
    options: PgConnectOptions,
    ca_cert: &str,
) -> Result<PgConnectOptions, AddressError> {
    if ca_cert.contains("-----BEGIN CERTIFICATE-----") {
        Ok(options.ssl_root_cert_from_pem(ca_cert.as_bytes().to_vec()))
    } else if Path::new(ca_cert).is_file() {
        Ok(options.ssl_root_cert(ca_cert))
    } else {
        Err(AddressError::Certificate)
    }
}

fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host == "::1"
        || host == "[::1]"
        || host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}
