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

/// Sends whatever is due for these channels, each on its own: one that fails stops no other, and
/// what it did not take stays in the outbox. `send` answers why it could not, in a sentence without
/// secrets; `go_on` is asked before each, and there is no second try of a channel that has failed.
pub async fn deliver(
    database: &Database,
    channels: &[String],
    go_on: impl Fn() -> bool,
    send: impl AsyncFn(&Alert) -> Result<(), String>,
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
    let mut answers = vec![];
    for (alert_id, channel, alert) in due {
        let has_failed = answers
            .iter()
            .any(|answer: &Sent| answer.channel == channel && !answer.sent);
        let outcome = match &alert {
            _ if has_failed => Err("not tried, because the one before it failed".to_owned()),
            _ if !go_on() => Err("there was no time left; the next pulse tries".to_owned()),
            Some(alert) => send(alert).await,
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
