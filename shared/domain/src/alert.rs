//! What people are told, and how it leaves: through an outbox, one row for each channel.
//!
//! A message is written in the transaction that opens, escalates or resolves its incident, and
//! sent afterwards by whoever comes first: the same run, or the next pulse. A crash between the
//! two loses none; a crash between sending and noting it may send one twice.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::severity::Severity;

/// Whom a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Whoever is on call: P0 and P1.
    Incidents,
    /// Whoever looks after the data in working hours: P2, and what healed by itself.
    DataQuality,
}

impl Topic {
    /// Its name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Incidents => "incidents",
            Self::DataQuality => "data_quality",
        }
    }

    /// The topic of a name that the database holds. Its table accepts no others.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "data_quality" => Self::DataQuality,
            _ => Self::Incidents,
        }
    }
}

/// What has become of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// It has begun.
    Opened,
    /// It has got worse.
    Escalated,
    /// It is over, and a full check has proved it.
    Resolved,
    /// It was found, healed and proved in one check.
    Healed,
}

/// What a message says. It holds ids and counts, never an e-mail address or metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The incident that it tells of.
    pub incident_id: Uuid,
    /// What has become of it.
    pub news: News,
    /// How grave it is now; of a resolved one, how grave it was.
    pub severity: Severity,
    /// One line, at most 100 characters: who is affected, and by what.
    pub headline: String,
    /// Since when, as far as the evidence goes.
    pub since: DateTime<Utc>,
    /// When the check looked.
    pub checked_at: DateTime<Utc>,
    /// Why, as far as the evidence goes.
    pub cause: String,
    /// What was counted, in the order in which to read it: a name and a number.
    pub counts: Vec<(String, i64)>,
    /// At most ten of the users.
    pub samples: Vec<Uuid>,
    /// The next call, if there is anything to do.
    pub next_step: Option<String>,
    /// The command that writes the whole report.
    pub report: String,
    /// Where the report of when it was sent is to be read, if there is one. It is made for the
    /// sending, so the outbox does not hold it.
    #[serde(skip)]
    pub link: Option<String>,
}

/// A message on its way to one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Names it for good, also to a receiver that sees it twice.
    pub alert_id: Uuid,
    /// The channel's name, as in [`Sent::channel`].
    pub channel: String,
    /// Whom it is for.
    pub topic: Topic,
    /// What it says.
    pub message: Message,
}

/// What became of one alert, as every run reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// `sns` or `slack`.
    pub channel: String,
    /// Whether the channel took it.
    pub sent: bool,
    /// Why not, in one sentence without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
