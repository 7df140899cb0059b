//! A message in Slack's Block Kit.

use rollcall_domain::{alert::Message, words::grouped};
use serde_json::{Value, json};

use crate::channels::words;

// Slack counts characters; bytes are never fewer.
const HEADER: usize = 150;
const SECTION: usize = 3000;
const FIELD: usize = 2000;
const CONTEXT: usize = 2000;

/// Fields in one section, and sections of them: together with the rest far below fifty blocks.
const FIELDS: usize = 10;
const SECTIONS: usize = 4;

/// What is posted: blocks, and a line for whoever cannot show them.
pub(super) fn payload(message: &Message) -> Value {
    let title = words::title(message);
    let mut blocks = vec![
        json!({"type": "header", "text": {"type": "plain_text", "text": escaped(&title, HEADER)}}),
        section(&format!(
            "*Cause:* {}\n{}",
            escaped(&words::on_one_line(&message.cause), SECTION - 500),
            escaped(&words::when(message), 400)
        )),
    ];
    blocks.extend(counts(message));
    if let Some(call) = &message.next_step {
        blocks.push(section(&format!("*Next:*\n```{}```", code(call))));
    }
    let samples = words::samples(message);
    if !samples.is_empty() {
        blocks.push(section(&format!("```{}```", samples.join("\n"))));
    }
    let link = message.link.as_deref();
    blocks.extend(link.map(|link| section(&format!("*Page:* {}", page(link)))));
    let command = code(&words::on_one_line(&message.report));
    blocks.push(section(&format!("*Report:* `{command}`")));
    blocks.push(context(message));
    json!({
        "text": escaped(&title, SECTION),
        "blocks": blocks,
        "unfurl_links": false,
    })
}

fn counts(message: &Message) -> impl Iterator<Item = Value> {
    message.counts.chunks(FIELDS).take(SECTIONS).map(|counts| {
        let fields: Vec<_> = counts
            .iter()
            .map(|(name, count)| {
                let name = escaped(&words::on_one_line(name), FIELD / 2);
                text(&format!("*{name}:* {}", grouped(*count)))
            })
            .collect();
        json!({"type": "section", "fields": fields})
    })
}

fn context(message: &Message) -> Value {
    let line = format!(
        "{} since {}, looked at {}, incident `{}`",
        words::severity(message.severity),
        words::time(message.since),
        words::time(message.checked_at),
        message.incident_id
    );
    json!({"type": "context", "elements": [text(&escaped(&line, CONTEXT))]})
}

/// The link, if it is one that Slack can show, else its text.
fn page(link: &str) -> String {
    let is_link = ["https://", "http://"]
        .iter()
        .any(|scheme| link.starts_with(scheme));
    // These would end the link.
    if is_link && !link.contains(['|', '>', '<']) && link.len() <= SECTION / 2 {
        format!("<{}|the report as of now>", escaped(link, SECTION - 100))
    } else {
        format!("`{}`", code(&words::on_one_line(link)))
    }
}

/// Text inside of backticks: one of its own would end them.
fn code(text: &str) -> String {
    escaped(&text.replace('`', "'"), SECTION - 100)
}

fn section(markdown: &str) -> Value {
    json!({"type": "section", "text": text(markdown)})
}

/// Text in Slack's markup that makes no links or mentions of its own.
fn text(markdown: &str) -> Value {
    json!({"type": "mrkdwn", "text": markdown, "verbatim": true})
}

/// The text with Slack's three special characters escaped, in at most `limit` bytes.
fn escaped(text: &str, limit: usize) -> String {
    const CUT: char = '…';
    let mut escaped = String::new();
    let mut fits = 0;
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            character => escaped.push(character),
        }
        if escaped.len() > limit {
            escaped.truncate(fits);
            escaped.push(CUT);
            return escaped;
        }
        if escaped.len() + CUT.len_utf8() <= limit {
            fits = escaped.len();
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
