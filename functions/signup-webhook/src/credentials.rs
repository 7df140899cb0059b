//! Who may call: whoever signs with one of the secrets, or knows one of the tokens.

use chrono::{DateTime, Utc};
use rollcall_lambda::{Environment, SettingsError};

use crate::{
    request::Request,
    signature::{self, SigningSecrets},
    token::{self, Tokens},
};

const SECRETS: &str = "WEBHOOK_SECRETS";
const TOKENS: &str = "WEBHOOK_TOKENS";

/// The secrets and tokens that are accepted; there is at least one.
pub(crate) struct Credentials {
    secrets: Option<SigningSecrets>,
    tokens: Option<Tokens>,
}

impl Credentials {
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, SettingsError> {
        let secrets = environment.secret(SECRETS)?;
        let tokens = environment.secret(TOKENS)?;
        if secrets.is_none() && tokens.is_none() {
            return Err(SettingsError::new(
                SECRETS,
                format!(
                    "is not set, and {TOKENS} is not either: set one of them, or nobody could \
                     be told from anybody"
                ),
            ));
        }
        Ok(Self {
            secrets: secrets
                .map(|secrets| SigningSecrets::parse(secrets.expose()))
                .transpose()
                .map_err(|problem| SettingsError::new(SECRETS, problem))?,
            tokens: tokens
                .map(|tokens| Tokens::parse(tokens.expose()))
                .transpose()
                .map_err(|problem| SettingsError::new(TOKENS, problem))?,
        })
    }

    /// Whether the request is authentic; if not, why, in words for the log and never for the
    /// caller.
    pub(crate) fn check(
        &self,
        request: &Request,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), &'static str> {
        let given = request.header_values(token::HEADER);
        if self
            .tokens
            .as_ref()
            .is_some_and(|tokens| tokens.accept(given))
        {
            return Ok(());
        }
        let signed = request.header_values(signature::SIGNATURE).next().is_some();
        let token = request.header_values(token::HEADER).next().is_some();
        match &self.secrets {
            Some(secrets) if signed => secrets.verify(request, body, now),
            None if signed => Err("signed, but WEBHOOK_SECRETS is not set"),
            _ if token && self.tokens.is_none() => Err("a token, but WEBHOOK_TOKENS is not set"),
            _ if token => Err("unknown token"),
            _ => Err("neither signature nor token"),
        }
    }
}
