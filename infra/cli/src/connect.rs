//! The database or the stack a command is for.

use std::time::Duration;

use clap::{ArgMatches, Args, parser::ValueSource};
use rollcall_domain::{
    Database, Error,
    address::{connect_options, with_ca_cert},
};
use rollcall_install::catalog::{Catalog, CatalogError};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use crate::{deployed::Stack, failure::Failure};

/// How long a database may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a command works on: a database, or a stack whose functions do so.
#[derive(Debug)]
pub(crate) enum Place {
    Database(Box<Database>),
    Stack(Stack),
}

/// The settings that say which database, or which stack.
#[derive(Debug, Clone, Args)]
pub(crate) struct Access {
    /// The database, as postgres://user:password@host:port/database
    // The values stay hidden: the URL has a password in it.
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    database_url: Option<String>,

    /// The certificate authority of its server, as PEM text or a path
    #[arg(
        long,
        global = true,
        env = "DATABASE_CA_CERT",
        hide_env_values = true,
        value_name = "PEM"
    )]
    database_ca_cert: Option<String>,

    /// Have the functions of this `CloudFormation` stack do it: check, backfill, repair, diagnose
    #[arg(long, global = true, value_name = "STACK")]
    deployed: Option<String>,
}

impl Access {
    /// The stack that was named, if one was.
    pub(crate) fn deployed(&self) -> Option<&str> {
        self.deployed.as_deref()
    }

    /// Refuses a database beside a stack. One of the environment is not meant by whoever names a
    /// stack.
    pub(crate) fn refuse_both(&self, matches: &ArgMatches) -> Result<(), Failure> {
        let typed = ["database_url", "database_ca_cert"]
            .into_iter()
            .find(|id| matches.value_source(id) == Some(ValueSource::CommandLine));
        match (&self.deployed, typed) {
            (Some(_), Some(id)) => Err(Failure::Usage(format!(
                "--deployed and --{} are two places: give one of them",
                id.replace('_', "-")
            ))),
            _ => Ok(()),
        }
    }

    /// Where to work; refuses what cannot be used, in one sentence.
    pub(crate) fn place(&self) -> Result<Place, Failure> {
        match &self.deployed {
            Some(name) => Stack::new(name).map(Place::Stack),
            None => Ok(Place::Database(Box::new(Database::new(self.options()?)))),
        }
    }

    /// How to connect; refuses what cannot be used, in one sentence.
    pub(crate) fn options(&self) -> Result<PgConnectOptions, Failure> {
        let Some(url) = self.database_url.as_deref().filter(|url| !url.is_empty()) else {
            return Err(Failure::Usage(
                "no database is named; give --database-url or set DATABASE_URL".to_owned(),
            ));
        };
        let wrong = |name: &str, error| Failure::Usage(format!("{name} {error}; correct it"));
        let options =
            connect_options(url, "rollcall").map_err(|error| wrong("DATABASE_URL", error))?;
        let options = match self
            .database_ca_cert
            .as_deref()
            .filter(|cert| !cert.is_empty())
        {
            Some(cert) => {
                with_ca_cert(options, cert).map_err(|error| wrong("DATABASE_CA_CERT", error))?
            }
            None => options,
        };
        // The statement cache is of no use to unnamed statements, and a pooler may send away whoever asks
        // for extra_float_digits.
        Ok(options.statement_cache_capacity(0).extra_float_digits(None))
    }

    /// Connects.
    pub(crate) async fn connect(&self) -> Result<PgConnection, Failure> {
        let options = self.options()?;
        match tokio::time::timeout(PATIENCE, PgConnection::connect_with(&options)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(source)) => Err(Failure::Blind(Error::Unreachable { source })),
            Err(_elapsed) => Err(Failure::Blind(Error::no_connection(PATIENCE))),
        }
    }

    /// Connects and reads the catalog.
    pub(crate) async fn catalog(&self) -> Result<(Catalog, PgConnection), Failure> {
        let mut connection = self.connect().await?;
        let catalog = Catalog::read(&mut connection).await.map_err(unread)?;
        Ok((catalog, connection))
    }
}

/// A catalog that could not be read, as the command tells it.
pub(crate) fn unread(error: CatalogError) -> Failure {
    Failure::Blind(Error::new(error.doing(), error.into_cause()))
}
