//! Sends webhooks as a Supabase project does: signed as the Standard Webhooks say.

use std::{fmt, time::Duration};

use base64::{Engine, alphabet, engine};
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use sha2::Sha256;

/// Base64 that may lack its padding, as a webhook secret may.
const LENIENT: engine::GeneralPurpose = engine::GeneralPurpose::new(
    &alphabet::STANDARD,
    engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent),
);

/// How long an answer is waited for, as in a project's settings.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why a webhook was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The secret is not of the form that Supabase makes.
    #[error("the webhook secret is not of the form v1,whsec_<base64>")]
    Secret,
    /// Nobody answered, or not with JSON.
    #[error("the webhook got no answer from {url}: {problem}")]
    Unanswered {
        /// Where it went.
        url: String,
        /// What went wrong.
        problem: String,
    },
}

/// Whoever sends a project's webhooks.
pub struct Sender {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
    key: Vec<u8>,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Sender {
    /// Sends to `url`, signed with `secret` (`v1,whsec_…`).
    pub fn new(url: impl Into<String>, secret: &str) -> Result<Self, Error> {
        let encoded = secret.strip_prefix("v1,whsec_").ok_or(Error::Secret)?;
        let key = LENIENT.decode(encoded).map_err(|_| Error::Secret)?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self {
            client,
            url: url.into(),
            key,
        })
    }

    /// Sends one event, and returns the status and the body of the answer.
    pub async fn send(
        &self,
        id: &str,
        timestamp: i64,
        event: &Value,
    ) -> Result<(u16, Value), Error> {
        let body = event.to_string();
        let unanswered = |problem: String| Error::Unanswered {
            url: self.url.clone(),
            problem,
        };
        let request = Request::post(&self.url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header(
                "webhook-signature",
                self.signature(id, timestamp, body.as_bytes()),
            )
            .body(Full::from(body))
            .map_err(|error| unanswered(error.to_string()))?;
        let exchange = async {
            let response = self
                .client
                .request(request)
                .await
                .map_err(|e| e.to_string())?;
            let status = response.status().as_u16();
            let body = response
                .into_body()
                .collect()
                .await
                .map_err(|e| e.to_string())?;
            let answer = serde_json::from_slice(&body.to_bytes()).map_err(|e| e.to_string())?;
            Ok((status, answer))
        };
        match tokio::time::timeout(TIMEOUT, exchange).await {
            Ok(answer) => answer.map_err(unanswered),
            Err(_elapsed) => Err(unanswered(format!("none within {} s", TIMEOUT.as_secs()))),
        }
    }

    fn signature(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        // HMAC takes a key of any length, so there is nothing that could fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            return String::new();
        };
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", LENIENT.encode(mac.finalize().into_bytes()))
    }
}
