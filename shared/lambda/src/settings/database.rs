//! `DATABASE_URL` and `DATABASE_CA_CERT`: how this function reaches the database.

use rollcall_domain::{
    Database,
    address::{connect_options, with_ca_cert},
    database::{Renewal, Renewed, Renewing},
};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::account::Account;
use crate::{Environment, Secret, SettingsError, secrets::Rotating};

pub(super) const URL: &str = "DATABASE_URL";
const CA_CERT: &str = "DATABASE_CA_CERT";

/// What may be named by the ARN of a secret.
pub const SECRETS: [&str; 2] = [URL, CA_CERT];

impl Environment {
    /// The database, for `application` in `pg_stat_activity`; connects when first used. Whenever it
    /// lets nobody in, the secret is read again that `DATABASE_URL` names, if it names one.
    pub fn database(&self, application: &str) -> Result<Database, SettingsError> {
        let (ways, first) = self.ways(application)?;
        let database = Database::new(first);
        Ok(if ways.can_change() {
            database.renewed_by(ways)
        } else {
            database
        })
    }

    /// Every way to come, and the first.
    fn ways(
        &self,
        application: &str,
    ) -> Result<(Rotating<PgConnectOptions>, PgConnectOptions), SettingsError> {
        let ca_cert = self.secret(CA_CERT)?;
        let application = application.to_owned();
        let read = move |text: &str| options(text, ca_cert.as_ref(), &application);
        let ways = Rotating::from_environment(self, URL, read)?;
        ways.and_then(|ways| {
            let first = PgConnectOptions::clone(&*ways.current()?);
            Some((ways, first))
        })
        .ok_or_else(|| {
            SettingsError::new(
                URL,
                "is not set: set it to postgres://user:password@host:port/database, to JSON with \
                 username, password, host, port and dbname, or to the ARN of a secret that holds one",
            )
        })
    }
}

impl Renewal for Rotating<PgConnectOptions> {
    fn renew(&self) -> Renewing<'_> {
        Box::pin(async {
            Ok(Renewed {
                options: PgConnectOptions::clone(&*self.renew().await?),
                if_refused: self.refused_again(),
            })
        })
    }
}

fn options(
    text: &str,
    ca_cert: Option<&Secret>,
    application: &str,
) -> Result<PgConnectOptions, SettingsError> {
    let url = if text.starts_with('{') {
        Account::read(text)?.url()
    } else {
        text.to_owned()
    };
    let options = connect_options(&url, application)
        .map_err(|error| SettingsError::new(URL, error.to_string()))?;
    match ca_cert {
        None => Ok(options),
        Some(ca_cert) if verifies(&options) => with_ca_cert(options, ca_cert.expose())
            .map_err(|error| SettingsError::new(CA_CERT, error.to_string())),
        // The driver would ignore the certificate, and nobody would know.
        Some(_) => Err(SettingsError::new(
            CA_CERT,
            "is set, but the connection that DATABASE_URL names does not verify the server: unset \
             it, or have sslmode=verify-full in DATABASE_URL",
        )),
    }
}

fn verifies(options: &PgConnectOptions) -> bool {
    matches!(
        options.get_ssl_mode(),
        PgSslMode::VerifyCa | PgSslMode::VerifyFull
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: &str) -> Result<PgConnectOptions, SettingsError> {
        at(&Environment::of([(URL, url)]))
    }

    fn at(environment: &Environment) -> Result<PgConnectOptions, SettingsError> {
        Ok(environment.ways("rollcall")?.1)
    }

    fn problem(url: &str) -> String {
        options(url).unwrap_err().to_string()
    }

    #[test]
    fn a_url_and_the_same_account_as_json_are_the_same_connection() {
        let url =
            options("postgres://rollcall:p%40ss%2F%3F%23w%22ord@db.example.com:6543/app").unwrap();
        for port in ["6543", r#""6543""#] {
            let json = format!(
                r#"{{"engine": "postgres", "username": "rollcall", "password": "p@ss/?#w\"ord",
                    "host": "db.example.com", "port": {port}, "dbname": "app"}}"#
            );
            // Debug shows everything, the password too.
            assert_eq!(format!("{:?}", options(&json).unwrap()), format!("{url:?}"));
        }
        assert_eq!(url.get_ssl_mode() as u8, PgSslMode::VerifyFull as u8);
    }

    #[test]
    fn json_takes_an_ipv6_address_and_a_socket_and_leaves_out_the_port() {
        let account = |host| {
            options(&format!(
                r#"{{"username": "u", "password": "p", "host": "{host}", "dbname": "d"}}"#
            ))
            .unwrap()
        };
        assert_eq!(account("::1").get_host(), "[::1]");
        assert!(account("/var/run/postgresql").get_socket().is_some());
    }

    #[test]
    fn a_bad_url_is_named_and_its_password_is_not() {
        assert!(problem("").starts_with("DATABASE_URL is not set: set it to postgres://"));
        for url in [
            "mysql://u:hunter2@host/db",
            "hunter2",
            r#"{"username": "u", "password": "hunter2", "dbname": "d"}"#,
            r#"{"username": "u", "password": "hunter2", "host": "", "dbname": "d"}"#,
            r#"{"username": "u", "password": "hunter2", "host": "h", "port": "hunter2", "dbname": "d"}"#,
            r#"{"username": "u", "password": "hunter2", "host": "h", "port": -1, "dbname": "d"}"#,
            r#"{"username": "u", "password": ["hunter2"]}"#,
            r#"{"hunter2"#,
        ] {
            let said = problem(url);
            assert!(said.starts_with("DATABASE_URL is "), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
        let missing = r#"{"username": "u", "password": "", "host": "", "engine": "postgres"}"#;
        assert_eq!(
            problem(missing),
            "DATABASE_URL is JSON without host, dbname: it takes username, password, host, dbname, \
             and port unless it is 5432"
        );
    }

    #[test]
    fn a_certificate_that_would_be_ignored_is_refused() {
        let with = |url, ca_cert| at(&Environment::of([(URL, url), (CA_CERT, ca_cert)]));
        let pem = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----";
        assert!(with("postgres://u:p@db.example.com/app", pem).is_ok());
        assert!(with("postgres://u:p@localhost/app?sslmode=verify-ca", pem).is_ok());
        for url in [
            "postgres://u:p@db.example.com/app?sslmode=require",
            "postgres://u:p@localhost/app",
        ] {
            let said = with(url, pem).unwrap_err().to_string();
            assert!(said.starts_with("DATABASE_CA_CERT is set, but"), "{said}");
        }
        let said = with("postgres://u:p@db.example.com/app", "/no/such/file").unwrap_err();
        assert!(
            said.to_string()
                .starts_with("DATABASE_CA_CERT is neither PEM"),
            "{said}"
        );
    }
}
