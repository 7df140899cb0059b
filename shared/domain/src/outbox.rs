//! Messages on their way: written with the incident they tell of, sent by whoever comes first.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    alert::{Alert, Message, Sent, Topic},
    database::{Database, Limit},
    error::Error,
    unnamed::Unnamed,
};

/// How many messages one run sends at most; the next pulse is a minute away.
const AT_MOST: i32 = 20;

/// Puts a message into the outbox of a channel.
pub async fn queue(connection: &mut PgConnection, alert: &Alert) -> Result<(), Error> {
    let message = serde_json::to_value(&alert.message).unwrap_or_default();
    sqlx::query!(
        "select rollcall.queue_alert($1, $2, $3, $4, $5)",
        alert.alert_id,
        alert.message.incident_id,
        alert.channel,
        alert.topic.name(),
        message
    )
    .execute(Unnamed(connection))
    .await
    .map(drop)
    .map_err(|error| Error::new("queueing an alert", error))
}

/// What sending asks of whoever sends.
pub trait Sender {
    /// Sends one alert; if it could not, why, in a sentence without secrets.
    fn send(&self, alert: &Alert) -> impl Future<Output = Result<(), String>>;

    /// Makes the report of this moment and says where it is to be read, if there is a place for
    /// it. Asked once, before the first alert leaves, and only if one is due.
    fn publish_report(&self) -> impl Future<Output = Result<Option<String>, String>>;
}

/// Sends nothing: for whoever looks by hand, and is told by what they see.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Sender for Nobody {
    async fn send(&self, _alert: &Alert) -> Result<(), String> {
        Err("nobody is told".to_owned())
    }

    async fn publish_report(&self) -> Result<Option<String>, String> {
        Ok(None)
    }
}

/// What became of the report appears under this name next to the channels.
const REPORT: &str = "report";

/// Sends whatever is due for these channels, each on its own: one that fails stops no other, and
/// what it did not take stays in the outbox. `has_time_for` is asked before each step, with how
/// many of them there are at least; and there is no second try of a channel that has failed.
pub async fn deliver(
    database: &Database,
    channels: &[String],
    has_time_for: impl Fn(u32) -> bool,
    sender: &impl Sender,
) -> Result<Vec<Sent>, Error> {
    if channels.is_empty() {
        return Ok(vec![]);
    }
    let due = database
        .transaction(
            Limit::Interactive,
            "taking alerts from the outbox",
            async |connection| take(connection, channels).await,
        )
        .await?;
    if due.is_empty() {
        return Ok(vec![]);
    }
    let report = if has_time_for(2) {
        sender.publish_report().await
    } else {
        Err("there was no time left for the report".to_owned())
    };
    let mut answers = vec![];
    for (alert_id, channel, mut alert) in due {
        let has_failed = answers
            .iter()
            .any(|answer: &Sent| answer.channel == channel && !answer.sent);
        if let (Some(alert), Ok(link)) = (&mut alert, &report) {
            alert.message.link.clone_from(link);
        }
        let outcome = match &alert {
            _ if has_failed => Err("not tried, because the one before it failed".to_owned()),
            _ if !has_time_for(1) => Err("there was no time left; the next pulse tries".to_owned()),
            Some(alert) => sender.send(alert).await,
            None => Err("the message in the outbox cannot be read".to_owned()),
        };
        let error = outcome.err();
        let settled = database
            .transaction(
                Limit::Interactive,
                "noting what became of an alert",
                async |connection| settle(connection, alert_id, error.as_deref()).await,
            )
            .await;
        if let Err(problem) = settled {
            // It has left; at worst it leaves twice. The check's own result matters more.
            tracing::warn!(%alert_id, error = %problem, "an alert's outcome could not be noted");
        }
        answers.push(Sent {
            channel,
            sent: error.is_none(),
            error,
        });
    }
    answers.extend(report.err().map(|error| Sent {
        channel: REPORT.to_owned(),
        sent: false,
        error: Some(error),
    }));
    Ok(answers)
}

async fn take(
    connection: &mut PgConnection,
    channels: &[String],
) -> Result<Vec<(Uuid, String, Option<Alert>)>, Error> {
    let rows = sqlx::query!(
        r#"
        select
            alert_id as "alert_id!", channel as "channel!", topic as "topic!",
            message as "message!"
        from rollcall.take_alerts($1, $2)
        "#,
        channels,
        AT_MOST
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("taking alerts from the outbox", error))?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let message = serde_json::from_value::<Message>(row.message).ok();
            let alert = message.map(|message| Alert {
                alert_id: row.alert_id,
                channel: row.channel.clone(),
                topic: Topic::from_name(&row.topic),
                message,
            });
            (row.alert_id, row.channel, alert)
        })
        .collect())
}

async fn settle(
    connection: &mut PgConnection,
    alert_id: Uuid,
    error: Option<&str>,
) -> Result<(), Error> {
    sqlx::query!("select rollcall.settle_alert($1, $2)", alert_id, error)
        .execute(Unnamed(connection))
        .await
        .map(drop)
        .map_err(|error| Error::new("noting what became of an alert", error))
}
