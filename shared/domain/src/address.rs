//! Where the database is: connection strings and certificates, read with care.

use std::path::Path;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::error::sqlstate;

/// What a connection string may say behind its question mark. The driver would only warn about
/// others, in a log that shows their value.
const PARAMETERS: [&str; 12] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "host",
    "port",
    "options",
];

/// Why a connection string cannot be used. Never holds the string: it has a password in it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no URL, or one of another kind.
    #[error(
        "is not of the form postgres://user:password@host:port/database, with special characters \
         in the password percent-encoded"
    )]
    NotAUrl,
    /// It leaves the host to the machine's defaults.
    #[error("names no host: write it as postgres://user:password@host:port/database")]
    NoHost,
    /// Its user or password has a character that ends it.
    #[error(
        "has a character in its user or password that ends it: percent-encode them (/ is %2F, ? is %3F, \
         # is %23, @ is %40)"
    )]
    NotEncoded,
    /// It has a parameter that would be ignored.
    #[error("has the parameter {0}, which is not known: leave it out")]
    Parameter(String),
    /// The certificate is neither PEM text nor a file that holds it.
    #[error("is neither PEM text nor the path of a PEM file that is there, as seen from here")]
    Certificate,
}

/// Reads a connection string; `application` is shown in `pg_stat_activity`.
///
/// Off the loopback interface and a local socket the server's certificate is verified in full,
/// unless the URL itself says otherwise with `sslmode`.
pub fn connect_options(url: &str, application: &str) -> Result<PgConnectOptions, AddressError> {
    let rest = url
        .strip_prefix("postgres://")
        .or_else(|| url.strip_prefix("postgresql://"))
        .ok_or(AddressError::NotAUrl)?;
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = place.split_once('/').unwrap_or((place, ""));
    // What looks like a parameter, or a host, is then half a password, and must not be shown.
    if [query, database].concat().contains('@') || rest.contains('#') {
        return Err(AddressError::NotEncoded);
    }
    let names = query
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .filter(|name| !name.is_empty())
        .collect::<Vec<_>>();
    if let Some(unknown) = names.iter().find(|name| !PARAMETERS.contains(name)) {
        return Err(AddressError::Parameter(unknown.escape_debug().to_string()));
    }
    let host = authority.rsplit('@').next().unwrap_or_default();
    if (host.is_empty() || host.starts_with(':')) && !names.contains(&"host") {
        return Err(AddressError::NoHost);
    }
    let options: PgConnectOptions = url.parse().map_err(|_| AddressError::NotAUrl)?;
    let options = options.application_name(application);
    let says_so = names
        .iter()
        .any(|name| matches!(*name, "sslmode" | "ssl-mode"));
    if says_so || is_local(&options) {
        Ok(options)
    } else {
        Ok(options.ssl_mode(PgSslMode::VerifyFull))
    }
}

/// Adds a certificate authority, given as PEM text or as the path of a file that holds it.
pub fn with_ca_cert(
    options: PgConnectOptions,
    ca_cert: &str,
) -> Result<PgConnectOptions, AddressError> {
    let pem = if Path::new(ca_cert).is_file() {
        std::fs::read_to_string(ca_cert).map_err(|_| AddressError::Certificate)?
    } else {
        ca_cert.to_owned()
    };
    if pem.contains("-----BEGIN CERTIFICATE-----") && pem.contains("-----END CERTIFICATE-----") {
        Ok(options.ssl_root_cert_from_pem(pem.into_bytes()))
    } else {
        Err(AddressError::Certificate)
    }
}

/// Whether the connection stays on this machine.
#[must_use]
pub fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some()
        || host.starts_with('/')
        || matches!(host, "localhost" | "::1" | "[::1]")
        || host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}

/// What to do about a connection that was not made. What TLS says of a certificate is its own error,
/// which the driver passes on as words.
pub(crate) fn mend(error: &sqlx::Error) -> &'static str {
    let said = error.to_string();
    if said.contains("not valid for name") {
        "name the server in the connection string as its certificate does"
    } else if said.contains("invalid peer certificate") {
        "set DATABASE_CA_CERT to the certificate of the authority that vouches for this server, \
         which a Supabase project's database settings offer under SSL configuration"
    } else if said.contains("Tenant or user not found") {
        "behind the pooler the user is the role's name, a dot and the project's reference, and the host \
         is the one that the project's Connect dialog shows"
    } else if sqlstate(error).is_some_and(|code| code.starts_with("28")) {
        "check the user and the password; what a URL cannot hold of them is percent-encoded"
    } else {
        "check its address and that it lets this machine in"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> PgSslMode {
        connect_options(url, "test").unwrap().get_ssl_mode()
    }

    #[test]
    fn off_the_machine_the_certificate_is_verified_unless_the_url_says_otherwise() {
        assert!(matches!(
            mode("postgres://a:b@db.example.com/c"),
            PgSslMode::VerifyFull
        ));
        assert!(matches!(
            mode("postgres://a:b@db.example.com/c?sslmode=require"),
            PgSslMode::Require
        ));
        for local in [
            "postgres://a:b@localhost:5432/c",
            "postgres://a:b@127.0.0.2/c",
            "postgres://a@localhost/c?host=/tmp/socket",
        ] {
            assert!(!matches!(mode(local), PgSslMode::VerifyFull), "{local}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_named_without_its_value() {
        for (url, error) in [
            ("db.example.com", AddressError::NotAUrl),
            ("mysql://a:b@db.example.com/c", AddressError::NotAUrl),
            ("postgres://a:b@/c", AddressError::NoHost),
            ("postgres:///c", AddressError::NoHost),
            ("postgres://a:b@:5432/c", AddressError::NoHost),
            ("postgres://a:b@h:port/c", AddressError::NotAUrl),
            ("postgres://a:b?hunter2@h/c", AddressError::NotEncoded),
            ("postgres://a:b/hunter2@h/c", AddressError::NotEncoded),
            ("postgres://a:b@d/hunter2@h/c", AddressError::NotEncoded),
            ("postgres://a:b#hunter2@h/c", AddressError::NotEncoded),
            (
                "postgres://a:b@h/c?pgbouncer=true",
                AddressError::Parameter("pgbouncer".to_owned()),
            ),
        ] {
            assert_eq!(connect_options(url, "test").err(), Some(error), "{url}");
        }
    }

    #[test]
    fn a_certificate_is_pem_text_or_a_file_of_it() {
        let options = || connect_options("postgres://a:b@db.example.com/c", "test").unwrap();
        for rubbish in ["", "/nowhere/ca.pem", "-----BEGIN CERTIFICATE-----"] {
            assert_eq!(
                with_ca_cert(options(), rubbish).err(),
                Some(AddressError::Certificate)
            );
        }
    }
}
