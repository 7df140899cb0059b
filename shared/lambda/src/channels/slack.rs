//! Slack, by an incoming webhook.

mod blocks;

use std::{net::IpAddr, time::Duration};

use http::{Request, Response, Uri, header::CONTENT_TYPE, uri::Scheme};
use hyper::body::Bytes;
use rollcall_domain::alert::Message;

use crate::{
    Environment, SettingsError,
    https::{self, Https, NoAnswer},
    secrets::Rotating,
};

/// The channel's name in the outbox.
pub(super) const NAME: &str = "slack";

/// What does not happen without it.
pub(super) const MISSING: &str = "SLACK_WEBHOOK_URL is not set: nothing is posted to Slack";

pub(crate) const URL: &str = "SLACK_WEBHOOK_URL";

/// The webhook; whoever knows its address can post.
#[derive(Debug)]
pub(super) struct Slack {
    url: Rotating<Uri>,
    https: Https,
}

impl Slack {
    pub(super) fn from_environment(
        environment: &Environment,
        limit: Duration,
    ) -> Result<Option<Self>, SettingsError> {
        let url = Rotating::from_environment(environment, URL, |text| {
            https::address(text).filter(is_private).ok_or_else(|| {
                let mend = "is not an https:// address, such as https://hooks.slack.com/services/…";
                SettingsError::new(URL, mend)
            })
        })?;
        let https = Https::new(limit);
        Ok(url.map(|url| Self { url, https }))
    }

    /// Whether anybody has put the address into its secret.
    pub(super) fn is_configured(&self) -> bool {
        self.url.current().is_some()
    }

    /// Looks whether somebody has, unless that was done in the last minute.
    pub(super) async fn look_for_address(&self) {
        if !self.is_configured() {
            // Whatever is wrong with it, the log has.
            let _ = self.url.renew().await;
        }
    }

    pub(super) async fn post(&self, message: &Message) -> Result<(), String> {
        let url = self.url.current().ok_or(MISSING)?;
        let mut answer = self.post_to(&url, message).await;
        if answer.as_ref().is_ok_and(is_unknown) {
            // Somebody has made another address, and taken this one back.
            if let Ok(url) = self.url.renew().await {
                answer = self.post_to(&url, message).await;
            }
        }
        match answer {
            Ok(answer) if is_taken(&answer) => Ok(()),
            Ok(answer) => Err(refusal(&answer)),
            Err(problem) => Err(format!("Slack {problem}")),
        }
    }

    async fn post_to(&self, url: &Uri, message: &Message) -> Result<Response<Bytes>, NoAnswer> {
        let request = Request::post(url)
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .body(Bytes::from(blocks::payload(message).to_string()))
            .map_err(|error| NoAnswer::Unasked(error.to_string()))?;
        self.https.exchange(request).await
    }
}

/// Whether nobody on the way can read the address: it is the secret.
fn is_private(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback = host.eq_ignore_ascii_case("localhost")
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback());
    uri.scheme() == Some(&Scheme::HTTPS) || is_loopback
}

/// Whether the address is none, or none any more.
fn is_unknown(answer: &Response<Bytes>) -> bool {
    matches!(answer.status().as_u16(), 401 | 403 | 404 | 410)
}

fn is_taken(answer: &Response<Bytes>) -> bool {
    answer.status() == 200 && answer.body().trim_ascii() == b"ok"
}

/// Slack says why in a word, such as `invalid_blocks`. Anything else may be anything.
fn refusal(answer: &Response<Bytes>) -> String {
    let status = answer.status().as_u16();
    let word = std::str::from_utf8(answer.body()).map_or("", str::trim);
    let known = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if (1..=40).contains(&word.len()) && word.bytes().all(known) {
        format!("Slack refused the message: {word} (HTTP {status})")
    } else if answer.status().is_success() {
        format!("Slack answered HTTP {status}, but not that it took the message")
    } else {
        format!("Slack refused the message: HTTP {status}")
    }
}

#[cfg(test)]
mod tests;
