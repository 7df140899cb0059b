//! `DATABASE_URL` as JSON.

use std::fmt::Write;

use serde::Deserialize;

use super::database::URL;
use crate::{SettingsError, json};

/// The form in which Secrets Manager keeps a database account. It has further keys, which
/// describe the server and do not change how to reach it.
#[derive(Deserialize)]
pub(super) struct Account {
    #[serde(default)]
    username: String,
    // It may be empty where the server asks for none.
    password: Option<String>,
    #[serde(default)]
    host: String,
    port: Option<Port>,
    #[serde(default)]
    dbname: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Port {
    Number(u16),
    Text(String),
}

impl Account {
    pub(super) fn read(text: &str) -> Result<Self, SettingsError> {
        let account: Self = json::read(text).map_err(|problem| {
            SettingsError::new(
                URL,
                format!("is JSON, but not a database account: {problem}"),
            )
        })?;
        let fields = [
            ("username", account.username.is_empty()),
            ("password", account.password.is_none()),
            ("host", account.host.is_empty()),
            ("dbname", account.dbname.is_empty()),
        ];
        let missing = fields.iter().filter(|(_, is_missing)| *is_missing);
        let missing = missing.map(|(field, _)| *field).collect::<Vec<_>>();
        if missing.is_empty() {
            return Ok(account);
        }
        Err(SettingsError::new(
            URL,
            format!(
                "is JSON without {}: it takes username, password, host, dbname, and port unless it \
                 is 5432",
                missing.join(", ")
            ),
        ))
    }

    /// The same as a URL, so that there is one rule about TLS, and it is the URL's.
    pub(super) fn url(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host.trim_matches(['[', ']']))
        } else {
            encode(&self.host)
        };
        let port = match &self.port {
            None => String::new(),
            Some(Port::Number(port)) => format!(":{port}"),
            Some(Port::Text(port)) => format!(":{port}"),
        };
        format!(
            "postgres://{}:{}@{host}{port}/{}",
            encode(&self.username),
            encode(self.password.as_deref().unwrap_or_default()),
            encode(&self.dbname)
        )
    }
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
