//! How alerts leave: by SNS and by Slack, each on its own.
//!
//! Nothing is tried again here. The outbox keeps what was not sent, and the next run sends it.

mod guard;
mod slack;
mod sns;
mod words;

use std::time::Duration;

use chrono::{DateTime, Utc};
use rollcall_domain::alert::Alert;

use crate::{Environment, SettingsError};
use slack::Slack;
pub(crate) use slack::URL as SECRET;
use sns::Sns;

/// How long one alert may take, from looking up the name to the last byte of the answer.
const LIMIT: Duration = Duration::from_secs(5);

/// The channels that are configured.
#[derive(Debug)]
pub struct Channels {
    sns: Sns,
    slack: Option<Slack>,
}

impl Channels {
    /// Reads which channels there are; calls none yet. A variable that is malformed is an error,
    /// one that is not set is not.
    pub fn from_environment(environment: &Environment) -> Result<Self, SettingsError> {
        Self::with_limit(environment, LIMIT)
    }

    fn with_limit(environment: &Environment, limit: Duration) -> Result<Self, SettingsError> {
        Ok(Self {
            sns: Sns::from_environment(environment, limit)?,
            slack: Slack::from_environment(environment, limit)?,
        })
    }

    /// Looks whether a channel that nobody had an address for has one by now.
    pub async fn look_for_addresses(&self) {
        if let Some(slack) = &self.slack {
            slack.look_for_address().await;
        }
    }

    /// The names of the channels that an alert can be written for.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let sns = self.sns.is_configured().then_some(sns::NAME);
        let slack = self.has_slack().then_some(slack::NAME);
        sns.into_iter().chain(slack).collect()
    }

    fn has_slack(&self) -> bool {
        self.slack.as_ref().is_some_and(Slack::is_configured)
    }

    /// A sentence for each variable that is not set, which says what does not happen.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let slack = (!self.has_slack()).then(|| slack::MISSING.to_owned());
        self.sns.missing().into_iter().chain(slack).collect()
    }

    /// Sends one alert, once. The error is one sentence without secrets or addresses.
    pub async fn send(&self, alert: &Alert, now: DateTime<Utc>) -> Result<(), String> {
        let message = guard::without_addresses(&alert.message);
        match alert.channel.as_str() {
            sns::NAME => self.sns.publish(alert, &message, now).await,
            slack::NAME => match &self.slack {
                Some(slack) => slack.post(&message).await,
                None => Err(slack::MISSING.to_owned()),
            },
            // A name that this version does not know may be anything, so it is not repeated.
            _ => Err("the alert names a channel that this version does not have".to_owned()),
        }
    }
}

#[cfg(test)]
mod example;
#[cfg(test)]
mod tests;
