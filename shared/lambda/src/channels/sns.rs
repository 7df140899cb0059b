//! SNS: two topics, one for whoever is on call and one for whoever looks after the data.

use std::time::Duration;

use chrono::{DateTime, Utc};
use form_urlencoded::Serializer;
use http::{Request, Response, header::CONTENT_TYPE};
use hyper::body::Bytes;
use rollcall_domain::alert::{Alert, Message, Topic};

use super::words;
use crate::{
    Environment, SettingsError,
    aws::{self, Arn, Client, answer},
};

/// The channel's name in the outbox.
pub(super) const NAME: &str = "sns";

const INCIDENTS: &str = "INCIDENTS_TOPIC_ARN";
const DATA_QUALITY: &str = "DATA_QUALITY_TOPIC_ARN";

/// How the name of a topic ends that keeps its messages in order.
const FIFO: &str = ".fifo";

/// One less than the documented limit, which one page calls exclusive and another inclusive.
const MAX_SUBJECT: usize = 99;

/// A quarter of what SNS takes, and more than anybody reads.
const MAX_MESSAGE: usize = 64 * 1024;

/// The topics that are configured.
#[derive(Debug)]
pub(super) struct Sns {
    incidents: Option<Destination>,
    data_quality: Option<Destination>,
}

/// A topic, and how to reach the service in its region.
#[derive(Debug)]
struct Destination {
    arn: String,
    client: Client,
}

impl Sns {
    pub(super) fn from_environment(
        environment: &Environment,
        limit: Duration,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            incidents: Destination::read(environment, INCIDENTS, limit)?,
            data_quality: Destination::read(environment, DATA_QUALITY, limit)?,
        })
    }

    pub(super) fn is_configured(&self) -> bool {
        self.incidents.is_some() || self.data_quality.is_some()
    }

    pub(super) fn missing(&self) -> Vec<String> {
        [Topic::Incidents, Topic::DataQuality]
            .into_iter()
            .filter(|topic| self.destination(*topic).is_none())
            .map(missing)
            .collect()
    }

    /// Publishes `message`, which is the alert's after the guard has looked at it.
    pub(super) async fn publish(
        &self,
        alert: &Alert,
        message: &Message,
        now: DateTime<Utc>,
    ) -> Result<(), String> {
        let Some(destination) = self.destination(alert.topic) else {
            return Err(missing(alert.topic));
        };
        let request = Request::post("/")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form(&destination.arn, alert, message)))
            .map_err(|error| error.to_string())?;
        let sentence = match destination.client.send(request, now).await {
            Ok(answer) if is_taken(&answer) => return Ok(()),
            Ok(answer) => refusal(&answer),
            Err(problem) => problem.to_string(),
        };
        Err(format!(
            "SNS, for the topic of {}, {sentence}",
            variable(alert.topic)
        ))
    }

    fn destination(&self, topic: Topic) -> Option<&Destination> {
        match topic {
            Topic::Incidents => self.incidents.as_ref(),
            Topic::DataQuality => self.data_quality.as_ref(),
        }
    }
}

impl Destination {
    fn read(
        environment: &Environment,
        variable: &'static str,
        limit: Duration,
    ) -> Result<Option<Self>, SettingsError> {
        let Some(arn) = environment.optional(variable)? else {
            return Ok(None);
        };
        let topic = Arn::parse(&arn).filter(is_topic).ok_or_else(|| {
            let mend = "is not the ARN of an SNS topic, such as \
                        arn:aws:sns:eu-central-1:123456789012:on-call";
            SettingsError::new(variable, mend)
        })?;
        let client = Client::from_environment(environment, aws::SNS, Some(topic.region), limit)?;
        Ok(Some(Self { arn, client }))
    }
}

/// A subscription's ARN has a colon more, and would be refused only when somebody has to know.
fn is_topic(arn: &Arn<'_>) -> bool {
    let name = arn.resource.strip_suffix(FIFO).unwrap_or(arn.resource);
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    arn.service == "sns" && !name.is_empty() && name.bytes().all(known)
}

fn variable(topic: Topic) -> &'static str {
    match topic {
        Topic::Incidents => INCIDENTS,
        Topic::DataQuality => DATA_QUALITY,
    }
}

fn missing(topic: Topic) -> String {
    let what = match topic {
        Topic::Incidents => "P0 and P1 go",
        Topic::DataQuality => "P2 and what healed by itself go",
    };
    format!("{} is not set: {what} to nobody by SNS", variable(topic))
}

/// The action `Publish`, in the form in which SNS takes it.
fn form(arn: &str, alert: &Alert, message: &Message) -> String {
    let text = words::plain(message);
    let text = &text[..text.floor_char_boundary(MAX_MESSAGE)];
    let mut form = Serializer::new(String::new());
    form.append_pair("Action", "Publish")
        .append_pair("Version", "2010-03-31")
        .append_pair("TopicArn", arn)
        .append_pair("Subject", &subject(message))
        .append_pair("Message", text);
    let attributes = [
        ("severity", words::severity(message.severity)),
        ("news", words::news(message.news)),
    ];
    for (number, (name, value)) in (1..).zip(attributes) {
        let entry = format!("MessageAttributes.entry.{number}");
        form.append_pair(&format!("{entry}.Name"), name)
            .append_pair(&format!("{entry}.Value.DataType"), "String")
            .append_pair(&format!("{entry}.Value.StringValue"), value);
    }
    if arn.ends_with(FIFO) {
        // In order within an incident; the same alert sent twice within five minutes arrives once.
        form.append_pair("MessageGroupId", &message.incident_id.to_string())
            .append_pair("MessageDeduplicationId", &alert.alert_id.to_string());
    }
    form.finish()
}

/// The title as SNS takes it: ASCII on one line, and not too long.
fn subject(message: &Message) -> String {
    let title = words::title(message);
    let ascii: String = title
        .chars()
        .map(|character| match character {
            '’' | '‘' => '\'',
            '“' | '”' | '„' => '"',
            '–' | '—' | '−' => '-',
            ' '..='~' => character,
            _ => '?',
        })
        .collect();
    if ascii.len() <= MAX_SUBJECT {
        return ascii;
    }
    format!("{}...", &ascii[..MAX_SUBJECT - 3])
}

fn is_taken(answer: &Response<Bytes>) -> bool {
    answer.status().is_success()
        && std::str::from_utf8(answer.body())
            .is_ok_and(|body| answer::element(body, "MessageId").is_some())
}

/// Why the message was not taken. The service's own message is left out: it quotes the account.
fn refusal(answer: &Response<Bytes>) -> String {
    let status = answer.status().as_u16();
    match answer::code(answer) {
        Some(code) => format!("refused the message: {code} (HTTP {status})"),
        None if answer.status().is_success() => {
            format!("answered HTTP {status}, but not that it took the message")
        }
        None => format!("refused the message: HTTP {status}"),
    }
}

#[cfg(test)]
mod tests;
