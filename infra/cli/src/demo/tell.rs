//! Telling the story: for people as it happens, as JSON at the end.

use serde_json::{Value, json};

use crate::{demo::text, failure::Failure, output::Output};

/// A story in parts, each with what was seen.
pub(super) struct Story<'o> {
    output: &'o mut Output,
    parts: Vec<(String, Vec<String>)>,
}

impl<'o> Story<'o> {
    pub(super) fn new(output: &'o mut Output) -> Self {
        Self {
            output,
            parts: vec![],
        }
    }

    /// Begins a part.
    pub(super) fn heading(&mut self, text: &str) -> Result<(), Failure> {
        let number = self.parts.len() + 1;
        self.parts.push((text.to_owned(), vec![]));
        Ok(self.output.heading(format_args!("{number}. {text}"))?)
    }

    /// Tells one thing that happened.
    pub(super) fn say(&mut self, text: impl Into<String>) -> Result<(), Failure> {
        let text = text.into();
        self.output.line(&text)?;
        if let Some((_, lines)) = self.parts.last_mut() {
            lines.push(text);
        }
        Ok(())
    }

    /// Shows the checks of a report.
    pub(super) fn checks(&mut self, report: &Value) -> Result<(), Failure> {
        let checks = report["checks"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let rows = checks
            .iter()
            .map(|check| {
                let passed = if check["passed"] == true {
                    "ok"
                } else {
                    "FAIL"
                };
                [passed, text(&check["check_name"]), text(&check["message"])].map(str::to_owned)
            })
            .collect::<Vec<_>>();
        self.note(&rows);
        Ok(self.output.table(["", "check", "what it found"], &rows)?)
    }

    /// Shows the counts and the refusals of a backfill.
    pub(super) fn backfill(&mut self, answer: &Value) -> Result<(), Failure> {
        let parts = ["created", "present", "refused", "gone", "remaining"]
            .map(|count| format!("{} {count}", answer[count]));
        self.say(format!(
            "{} planned = {}",
            answer["planned"],
            parts.join(" + ")
        ))?;
        for refusal in answer["refusals"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
        {
            self.say(format!(
                "refused: user {}, {} (SQLSTATE {})",
                text(&refusal["user_id"]),
                text(&refusal["reason"]),
                text(&refusal["sqlstate"])
            ))?;
        }
        Ok(())
    }

    /// Shows people.
    pub(super) fn rows(&mut self, rows: &[[String; 4]]) -> Result<(), Failure> {
        self.note(rows);
        Ok(self
            .output
            .table(["user", "e-mail", "profile's name", "verified"], rows)?)
    }

    /// Prints the story as JSON, where that was asked for.
    pub(super) fn end(self) -> Result<(), Failure> {
        if self.output.is_json() {
            let parts = self
                .parts
                .iter()
                .map(|(heading, seen)| json!({ "heading": heading, "seen": seen }));
            self.output.json(&parts.collect::<Vec<_>>())?;
        }
        Ok(())
    }

    fn note<const N: usize>(&mut self, rows: &[[String; N]]) {
        if let Some((_, lines)) = self.parts.last_mut() {
            lines.extend(rows.iter().map(|row| row.join("  ").trim().to_owned()));
        }
    }
}

/// Fails the demo where the story depends on something that did not come out so.
pub(super) fn expect(held: bool, what: &str) -> Result<(), Failure> {
    if held {
        return Ok(());
    }
    Err(Failure::Unproven(format!(
        "the demo expected {what}, and that is not what happened; this is a bug in Rollcall"
    )))
}

/// How often each of some words was said, as in "19 × created, 1 × present".
pub(super) fn tally(words: &[String]) -> String {
    let mut counts: Vec<(&str, usize)> = vec![];
    for word in words {
        match counts.iter_mut().find(|(known, _)| known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    counts
        .iter()
        .map(|(word, count)| format!("{count} × {word}"))
        .collect::<Vec<_>>()
        .join(", ")
}
