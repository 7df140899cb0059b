//! What leaves a check: alerts, and the report that they link to.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rollcall_domain::{Database, alert::Alert, history, outbox::Sender};
use uuid::Uuid;

use crate::{Environment, SettingsError, aws::s3::Bucket, channels::Channels};

/// What does not happen without a bucket.
pub(super) const NO_BUCKET: &str =
    "EXPORT_BUCKET is not set: alerts name the command that writes the report, and link to none";

/// How long the report may hold up the alerts: to be made, and to be put into the bucket. Together
/// it is what one channel may take.
const TO_MAKE: Duration = Duration::from_secs(2);
const TO_PUT: Duration = Duration::from_secs(3);

/// How many days the report looks back.
const DAYS: u16 = 30;

/// The channels, the bucket, and what a report is made from.
pub(super) struct Outgoing<'a, Clock> {
    pub(super) channels: &'a Channels,
    pub(super) bucket: Option<&'a Bucket>,
    pub(super) database: &'a Database,
    /// Names the report.
    pub(super) run_id: Uuid,
    pub(super) clock: Clock,
}

/// The bucket for reports, if one is configured.
pub(super) fn bucket(environment: &Environment) -> Result<Option<Bucket>, SettingsError> {
    Bucket::for_exports(environment, TO_PUT)
}

impl<Clock: Fn() -> DateTime<Utc>> Sender for Outgoing<'_, Clock> {
    async fn send(&self, alert: &Alert) -> Result<(), String> {
        self.channels.send(alert, (self.clock)()).await
    }

    async fn publish_report(&self) -> Result<Option<String>, String> {
        let Some(bucket) = self.bucket else {
            return Ok(None);
        };
        let page = tokio::time::timeout(TO_MAKE, self.page())
            .await
            .map_err(|_late| format!("the report was not made within {} s", TO_MAKE.as_secs()))??;
        let key = format!("reports/{}.html", self.run_id);
        bucket
            .put(&key, "text/html; charset=utf-8", page, (self.clock)())
            .await
            .map_err(|error| error.to_string())?;
        Ok(Some(bucket.link(&key)))
    }
}

impl<Clock: Fn() -> DateTime<Utc>> Outgoing<'_, Clock> {
    /// The page that `rollcall report` writes, as of now.
    async fn page(&self) -> Result<String, String> {
        let history = history::read(self.database, (self.clock)(), DAYS).await;
        let history = history.map_err(|error| format!("the report was not made: {error}"))?;
        rollcall_report::page(&history).map_err(|error| error.to_string())
    }
}
