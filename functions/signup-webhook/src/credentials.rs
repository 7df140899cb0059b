//! Who may call: whoever signs with one of the secrets, or knows one of the tokens.

use chrono::{DateTime, Utc};
use rollcall_lambda::{Environment, SettingsError, secrets::Rotating};

use crate::{
    request::Request,
    signature::{self, SigningSecrets},
    token::{self, Tokens},
};

pub(crate) const SECRETS: &str = "WEBHOOK_SECRETS";
pub(crate) const TOKENS: &str = "WEBHOOK_TOKENS";

/// The secrets and tokens that are accepted; there is at least one.
pub(crate) struct Credentials {
    secrets: Option<Rotating<SigningSecrets>>,
    tokens: Option<Rotating<Tokens>>,
}

/// Why a request is not authentic, in words for the log and never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Whatever the credentials are.
    Flawed(&'static str),
    /// With these credentials; others might fit.
    Unknown(&'static str),
}

impl Problem {
    fn why(self) -> &'static str {
        match self {
            Self::Flawed(why) | Self::Unknown(why) => why,
        }
    }
}

impl Credentials {
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, SettingsError> {
        let secrets = Rotating::from_environment(environment, SECRETS, |text| {
            SigningSecrets::parse(text).map_err(|problem| SettingsError::new(SECRETS, problem))
        })?;
        let tokens = Rotating::from_environment(environment, TOKENS, |text| {
            Tokens::parse(text).map_err(|problem| SettingsError::new(TOKENS, problem))
        })?;
        if !is_set(secrets.as_ref()) && !is_set(tokens.as_ref()) {
            return Err(SettingsError::new(
                SECRETS,
                format!(
                    "is not set, and {TOKENS} is not either: set one of them, or nobody could \
                     be told from anybody"
                ),
            ));
        }
        Ok(Self { secrets, tokens })
    }

    /// Whether the request is authentic; if not, why. Where nothing fits, somebody may have rotated
    /// what ought to fit, and then that counts. What fits may have been taken back.
    pub(crate) async fn check(
        &self,
        request: &Request,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), &'static str> {
        let (secrets, tokens) = self.used_by(request);
        tokio::join!(keep_fresh(secrets), keep_fresh(tokens));
        let Err(problem) = self.compare(request, body, now) else {
            return Ok(());
        };
        if matches!(problem, Problem::Unknown(_)) && self.renew(request).await {
            return self.compare(request, body, now).map_err(Problem::why);
        }
        Err(problem.why())
    }

    fn compare(&self, request: &Request, body: &[u8], now: DateTime<Utc>) -> Result<(), Problem> {
        let given = request.header_values(token::HEADER);
        let tokens = self.tokens.as_ref().and_then(Rotating::current);
        if tokens.is_some_and(|tokens| tokens.accept(given)) {
            return Ok(());
        }
        let token = has(request, token::HEADER);
        match &self.secrets {
            Some(secrets) if has(request, signature::SIGNATURE) => {
                let verified = match secrets.current() {
                    Some(secrets) => secrets.verify(request, body, now),
                    None => Err(Problem::Unknown("signed, but no secret is set yet")),
                };
                match verified {
                    // The token may be a new one, if the signature is not.
                    Err(Problem::Flawed(why)) if token && self.tokens.is_some() => {
                        Err(Problem::Unknown(why))
                    }
                    verified => verified,
                }
            }
            None if has(request, signature::SIGNATURE) => {
                Err(Problem::Flawed("signed, but WEBHOOK_SECRETS is not set"))
            }
            _ if token && self.tokens.is_none() => {
                Err(Problem::Flawed("a token, but WEBHOOK_TOKENS is not set"))
            }
            _ if token => Err(Problem::Unknown("unknown token")),
            _ => Err(Problem::Flawed("neither signature nor token")),
        }
    }

    /// Reads again what the request makes use of; says whether any of it is new.
    async fn renew(&self, request: &Request) -> bool {
        let (secrets, tokens) = self.used_by(request);
        let (secrets, tokens) = tokio::join!(is_new(secrets), is_new(tokens));
        secrets || tokens
    }

    fn used_by(
        &self,
        request: &Request,
    ) -> (Option<&Rotating<SigningSecrets>>, Option<&Rotating<Tokens>>) {
        let signed = has(request, signature::SIGNATURE);
        let token = has(request, token::HEADER);
        (
            self.secrets.as_ref().filter(|_| signed),
            self.tokens.as_ref().filter(|_| token),
        )
    }
}

async fn keep_fresh<T>(setting: Option<&Rotating<T>>) {
    if let Some(setting) = setting {
        setting.keep_fresh().await;
    }
}

async fn is_new<T>(setting: Option<&Rotating<T>>) -> bool {
    match setting {
        Some(setting) => setting.renew().await.is_ok(),
        None => false,
    }
}

/// Whether there is anything to compare with. A secret that nobody has put a value into may still
/// get one.
fn is_set<T>(setting: Option<&Rotating<T>>) -> bool {
    setting.is_some_and(|setting| setting.current().is_some())
}

fn has(request: &Request, header: &str) -> bool {
    request.header_values(header).next().is_some()
}
