//! Why a secret could not be read, and what to do about it.

use http::{Response, StatusCode};
use hyper::body::Bytes;
use serde::Deserialize;

use super::Name;
use crate::{Failure, aws::NoAnswer};

/// Why there is no value. Its words go on after the secret's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("which is not there: create it, or correct the ARN")]
    NotThere,
    #[error("which has no value yet: put one there")]
    NoValue,
    #[error("which is empty: put the value there")]
    Empty,
    #[error("which is binary: store its value as text")]
    Binary,
    #[error("which is being deleted: restore it, or name another")]
    Deleted,
    #[error(
        "which this function may not read: allow its role secretsmanager:GetSecretValue on the secret"
    )]
    Denied,
    #[error("which this function may not decrypt: allow its role kms:Decrypt on the secret's key")]
    Locked,
    #[error("but Secrets Manager is asked too often ({0}): try again in a moment")]
    Throttled(String),
    #[error("but Secrets Manager failed ({0}): try again in a moment")]
    Broken(String),
    #[error("but Secrets Manager refused to give it: {0}")]
    Refused(String),
    #[error(
        "but Secrets Manager {0}; a function in a VPC needs a NAT or an endpoint to reach it, and \
         AWS_ENDPOINT_URL has to be right where it is set"
    )]
    Unanswered(NoAnswer),
    #[error("but what Secrets Manager answered is no secret: look where AWS_ENDPOINT_URL leads")]
    Unintelligible,
}

/// What the service answers instead of a secret. The message is only looked at: it quotes the
/// account.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(rename = "__type", default)]
    kind: String,
    #[serde(alias = "Message", default)]
    message: String,
}

impl Fault {
    pub(super) fn of(answer: &Response<Bytes>) -> Self {
        let status = answer.status();
        let refusal: Refusal = serde_json::from_slice(answer.body()).unwrap_or_default();
        // A namespace may stand before it.
        let code = refusal.kind.rsplit('#').next().unwrap_or_default();
        let says = |word: &str| refusal.message.contains(word);
        let told = told(code, status);
        match code {
            "ResourceNotFoundException" if says("staging label") => Self::NoValue,
            "ResourceNotFoundException" => Self::NotThere,
            "InvalidRequestException" if says("delet") => Self::Deleted,
            "AccessDeniedException" if says("KMS") || says("kms:") => Self::Locked,
            "AccessDeniedException" => Self::Denied,
            "DecryptionFailure" => Self::Locked,
            _ if code.starts_with("Throttl") || code.ends_with("LimitExceeded") => {
                Self::Throttled(told)
            }
            _ if code.starts_with("TooManyRequests") || status == 429 => Self::Throttled(told),
            _ if code == "InternalServiceError" || status.is_server_error() => Self::Broken(told),
            _ => Self::Refused(told),
        }
    }

    /// Whether asking again may help without anybody doing anything.
    pub(super) fn passes(&self) -> bool {
        match self {
            Self::Throttled(_) | Self::Broken(_) => true,
            Self::Unanswered(why) => !matches!(why, NoAnswer::Unasked(_)),
            _ => false,
        }
    }

    /// What stops a function from starting.
    pub(super) fn failure(&self, variable: &str, name: &Name) -> Failure {
        let sentence = format!("{variable} names the secret {name}, {self}");
        if self.passes() {
            Failure::unavailable(sentence)
        } else {
            Failure::misconfigured(sentence)
        }
    }
}

/// The service's word, if it is one, and the status.
fn told(code: &str, status: StatusCode) -> String {
    let status = status.as_u16();
    let is_word =
        (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_word {
        format!("{code}, HTTP {status}")
    } else {
        format!("HTTP {status}")
    }
}
