//! The draft of a post-mortem: what is known is filled in, what only people know is asked.

use askama::Template;
use chrono::{DateTime, Utc};
use rollcall_domain::history::{PastRun, PostMortem};

use crate::words::{self, at, without_addresses};

#[derive(Debug, Template)]
#[template(path = "post_mortem.md", escape = "none")]
pub(crate) struct Draft {
    title: String,
    version: &'static str,
    read_at: String,
    id: String,
    severity: &'static str,
    began: String,
    found: String,
    found_after: String,
    resolved: Option<(String, String, String)>,
    open_for: String,
    affected: String,
    cause: String,
    timeline: Vec<(String, String)>,
    actions: Vec<String>,
}

impl Draft {
    pub(crate) fn of(post_mortem: &PostMortem) -> Self {
        let incident = &post_mortem.incident;
        let began = incident.began_at;
        Self {
            title: markdown(&incident.sentence),
            version: env!("CARGO_PKG_VERSION"),
            read_at: at(post_mortem.read_at),
            id: incident.incident_id.to_string(),
            severity: words::severity(incident.severity),
            began: at(began),
            found: at(incident.opened_at),
            found_after: words::span(incident.opened_at - began),
            resolved: incident.resolved_at.map(|resolved| {
                let after = words::span(resolved - began);
                (
                    at(resolved),
                    after,
                    words::span(resolved - incident.opened_at),
                )
            }),
            open_for: words::span(post_mortem.read_at - began),
            affected: words::counted(incident.most_affected, "user"),
            cause: markdown(&incident.cause),
            timeline: timeline(post_mortem),
            actions: actions(post_mortem),
        }
    }
}

/// What happened and what was done, in one order.
fn timeline(post_mortem: &PostMortem) -> Vec<(String, String)> {
    let incident = &post_mortem.incident;
    let mut lines: Vec<(DateTime<Utc>, String)> = vec![(
        incident.began_at,
        "began, as far as the evidence goes".to_owned(),
    )];
    lines.extend(incident.events.iter().map(|event| {
        let what = words::title(&event.what).to_lowercase();
        let (severity, sentence) = (markdown(&event.severity), markdown(&event.sentence));
        (
            event.happened_at,
            format!("{what} ({severity}): {sentence}"),
        )
    }));
    for run in &post_mortem.runs {
        let name = name(run);
        let planned = words::counted(run.planned, "user");
        lines.push((run.planned_at, format!("{name} planned: {planned}")));
        lines.extend(run.started_at.map(|begun| (begun, format!("{name} begun"))));
        lines.extend(
            run.finished_at
                .map(|ended| (ended, format!("{name} ended: {}", outcome(run)))),
        );
    }
    lines.sort_by_key(|(when, _)| *when);
    lines
        .into_iter()
        .map(|(when, what)| (at(when), what))
        .collect()
}

fn actions(post_mortem: &PostMortem) -> Vec<String> {
    let healed = post_mortem.incident.healed;
    let by_checks = (healed > 0).then(|| {
        format!(
            "Scheduled checks created {}.",
            words::counted(healed, "profile")
        )
    });
    let runs = post_mortem
        .runs
        .iter()
        .filter(|run| run.started_at.is_some());
    let runs = runs.map(|run| format!("The {}: {}.", name(run), outcome(run)));
    by_checks.into_iter().chain(runs).collect()
}

fn name(run: &PastRun) -> String {
    format!("{} `{}`", markdown(&run.kind), run.run_id)
}

fn outcome(run: &PastRun) -> String {
    if run.kind == "undo" {
        return format!(
            "{} removed, {} left as they are",
            words::counted(run.created, "profile"),
            words::grouped(run.refused)
        );
    }
    format!(
        "{} created, {} there already, {} refused, {} no longer eligible",
        words::counted(run.created, "profile"),
        words::grouped(run.present),
        words::grouped(run.refused),
        words::grouped(run.gone)
    )
}

/// A text that Markdown takes for nothing but a text, in one line.
fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in without_addresses(text).chars() {
        if c.is_control() {
            escaped.push(' ');
            continue;
        }
        if "\\`*_[]<>#|&~!".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
