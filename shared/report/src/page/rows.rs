//! The rows of the page's tables.

use rollcall_domain::history::{History, NamedCheck, PastCheck, PastRun, Refusals};

use crate::{
    strip::{self, Strip},
    words::{self, Moment, moment, without_addresses},
};

#[derive(Debug)]
pub(super) struct Figure {
    pub(super) number: String,
    pub(super) noun: &'static str,
    pub(super) explained: &'static str,
}

#[derive(Debug)]
pub(super) struct CheckRow {
    pub(super) name: String,
    pub(super) code: String,
    pub(super) class: &'static str,
    /// How grave a failure of it is.
    pub(super) level: &'static str,
    pub(super) word: &'static str,
    pub(super) message: String,
    pub(super) examined: Option<String>,
    pub(super) strip: Strip,
}

#[derive(Debug)]
pub(super) struct TriggerView {
    pub(super) class: &'static str,
    pub(super) word: String,
    pub(super) detail: String,
    pub(super) last_active: Option<Moment>,
}

#[derive(Debug)]
pub(super) struct RunRow {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) planned: String,
    pub(super) created: String,
    pub(super) others: String,
    pub(super) begun: Moment,
    pub(super) took: String,
}

#[derive(Debug)]
pub(super) struct RefusalRow {
    pub(super) code: String,
    pub(super) explained: String,
    pub(super) sqlstate: String,
    pub(super) in_ledger: String,
    pub(super) in_runs: String,
    pub(super) oldest: Option<Moment>,
}

pub(super) fn figures(latest: &PastCheck) -> Vec<Figure> {
    [
        ("auth_users", "auth users", "rows of auth.users"),
        ("live", "live profiles", "that are not soft-deleted"),
        (
            "ghosts",
            "ghosts",
            "auth users without the profile they ought to have",
        ),
        (
            "orphaned_profiles",
            "orphaned profiles",
            "live, without an auth user",
        ),
    ]
    .map(|(name, noun, explained)| Figure {
        number: latest
            .count(name)
            .map_or_else(|| "not counted".to_owned(), words::grouped),
        noun,
        explained,
    })
    .into()
}

pub(super) fn check_row(history: &History, check: &NamedCheck) -> CheckRow {
    let level = if check.severity == "critical" {
        "critical"
    } else {
        "warning"
    };
    let (class, word) = match check.passed {
        Some(true) => ("healthy", "Passed"),
        Some(false) => (level, "Failed"),
        None => ("unknown", "Could not look"),
    };
    CheckRow {
        name: words::title(&check.check_name),
        code: without_addresses(&check.check_name),
        class,
        level,
        word,
        message: without_addresses(&check.message),
        examined: check.examined.map(words::grouped),
        strip: strip::strip(history, &check.check_name),
    }
}

pub(super) fn trigger(history: &History, latest: &PastCheck) -> TriggerView {
    let is_active = latest.trigger_state.as_deref() == Some("active");
    let active = history
        .checks
        .iter()
        .rev()
        .find(|check| check.trigger_state.as_deref() == Some("active"));
    TriggerView {
        class: match latest.trigger_state {
            Some(_) if is_active => "healthy",
            Some(_) => "critical",
            None => "unknown",
        },
        word: words::title(latest.trigger_state.as_deref().unwrap_or("not looked at")),
        detail: without_addresses(latest.trigger_detail.as_deref().unwrap_or_default()),
        last_active: active
            .filter(|_| !is_active)
            .map(|check| moment(check.checked_at)),
    }
}

pub(super) fn run_row(run: &PastRun) -> RunRow {
    let remaining = run.planned - run.created - run.present - run.refused - run.gone;
    let others = [
        (run.present, "there already"),
        (run.refused, "refused"),
        (run.gone, "no longer eligible"),
        (remaining, "remaining"),
    ];
    let others: Vec<String> = others
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, words)| format!("{} {words}", words::grouped(*number)))
        .collect();
    RunRow {
        id: run.run_id.to_string(),
        kind: words::title(&run.kind),
        state: words::title(&run.state),
        planned: words::grouped(run.planned),
        created: match run.kind.as_str() {
            "undo" => format!("{} removed", words::grouped(run.created)),
            _ => words::grouped(run.created),
        },
        others: if others.is_empty() {
            "none".to_owned()
        } else {
            others.join(", ")
        },
        begun: moment(run.started_at.unwrap_or(run.planned_at)),
        took: match (run.started_at, run.finished_at) {
            (Some(from), Some(until)) => words::span(until - from),
            (Some(_), None) => "not ended".to_owned(),
            (None, _) => "not begun".to_owned(),
        },
    }
}

pub(super) fn refusal_row(refusals: &Refusals) -> RefusalRow {
    RefusalRow {
        code: without_addresses(&refusals.reason),
        explained: words::reason(&refusals.reason),
        sqlstate: refusals
            .sqlstate
            .as_deref()
            .map_or_else(|| "none".to_owned(), without_addresses),
        in_ledger: words::grouped(refusals.in_ledger),
        in_runs: words::grouped(refusals.in_runs),
        oldest: refusals.oldest_at.map(moment),
    }
}
