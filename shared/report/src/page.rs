//! What stands on the page: every text in full, so that the template only places it.

mod incident;

use askama::Template;
use rollcall_domain::{
    history::{History, NamedCheck, PastCheck, PastRun, Refusals},
    severity::Status,
};

use crate::{
    chart::{self, Chart},
    next::{self, Step},
    strip::{self, Strip},
    words::{self, Moment, moment, without_addresses},
};
use incident::IncidentView;

#[derive(Debug, Template)]
#[template(path = "page.html")]
pub(crate) struct Page {
    verdict: Verdict,
    step: Option<Step>,
    figures: Vec<Figure>,
    checks: Vec<CheckRow>,
    charts: Vec<Chart>,
    trigger: Option<TriggerView>,
    open: Vec<IncidentView>,
    past: Vec<IncidentView>,
    runs: Vec<RunRow>,
    refusals: Vec<RefusalRow>,
    days: String,
    read_at: Moment,
    configuration: Option<String>,
    version: &'static str,
    width: i32,
    height: i32,
}

/// The state of the whole, in words.
#[derive(Debug)]
struct Verdict {
    class: &'static str,
    word: &'static str,
    severity: Option<&'static str>,
    sentence: String,
    cause: Option<String>,
    since: Option<Since>,
    checked: Option<Moment>,
}

#[derive(Debug)]
struct Since {
    moment: Moment,
    length: String,
}

#[derive(Debug)]
struct Figure {
    number: String,
    noun: &'static str,
    explained: &'static str,
}

#[derive(Debug)]
struct CheckRow {
    name: String,
    code: String,
    class: &'static str,
    /// How grave a failure of it is.
    level: &'static str,
    word: &'static str,
    message: String,
    examined: Option<String>,
    strip: Strip,
}

#[derive(Debug)]
struct TriggerView {
    class: &'static str,
    word: String,
    detail: String,
    last_active: Option<Moment>,
}

#[derive(Debug)]
struct RunRow {
    id: String,
    kind: String,
    state: String,
    planned: String,
    created: String,
    others: String,
    begun: Moment,
    took: String,
}

#[derive(Debug)]
struct RefusalRow {
    code: String,
    explained: String,
    sqlstate: String,
    in_ledger: String,
    in_runs: String,
    oldest: Option<Moment>,
}

impl Page {
    pub(crate) fn of(history: &History) -> Self {
        let latest = history.latest.as_ref();
        let incidents = history.incidents.iter();
        let views = |open: bool| {
            let chosen = incidents
                .clone()
                .filter(|incident| incident.resolved_at.is_none() == open);
            chosen
                .map(|incident| IncidentView::of(incident, history.read_at))
                .collect()
        };
        Self {
            verdict: verdict(history),
            step: next::step(history),
            figures: latest.map(figures).unwrap_or_default(),
            checks: latest
                .map(|latest| {
                    latest
                        .checks
                        .iter()
                        .map(|check| check_row(history, check))
                        .collect()
                })
                .unwrap_or_default(),
            charts: chart::charts(history),
            trigger: latest.map(|latest| trigger(history, latest)),
            open: views(true),
            past: views(false),
            runs: history.runs.iter().map(run_row).collect(),
            refusals: history.refusals.iter().map(refusal_row).collect(),
            days: words::counted((history.read_at - history.from).num_days(), "day"),
            read_at: moment(history.read_at),
            configuration: latest.map(|latest| without_addresses(&latest.configuration)),
            version: env!("CARGO_PKG_VERSION"),
            width: chart::WIDTH,
            height: chart::HEIGHT,
        }
    }
}

fn verdict(history: &History) -> Verdict {
    let status = history.status();
    let latest = history.latest.as_ref();
    let current = latest.filter(|_| !history.is_stale());
    Verdict {
        class: class(status),
        word: words::status(status),
        severity: current
            .and_then(|check| check.severity)
            .map(words::severity),
        sentence: sentence(history),
        cause: current
            .and_then(|check| check.sentence.as_deref())
            .map(without_addresses),
        since: since(history).map(|from| Since {
            moment: moment(from),
            length: words::span(history.read_at - from),
        }),
        checked: latest.map(|check| moment(check.checked_at)),
    }
}

/// Since when it is as it is: since the evidence says an open incident began, or else since each
/// check has said the same.
fn since(history: &History) -> Option<chrono::DateTime<chrono::Utc>> {
    if history.is_stale() {
        let latest = history.latest.as_ref()?;
        return Some(latest.checked_at + rollcall_domain::history::FRESH);
    }
    let open = history
        .incidents
        .iter()
        .filter(|incident| incident.resolved_at.is_none());
    let gravest =
        open.max_by_key(|incident| (incident.severity, std::cmp::Reverse(incident.began_at)));
    match (history.status(), gravest) {
        (Status::Healthy, _) | (_, None) => history.since,
        (_, Some(incident)) => Some(incident.began_at),
    }
}

fn sentence(history: &History) -> String {
    let Some(latest) = history.latest.as_ref() else {
        return "No full check has been made yet, so nothing is known.".to_owned();
    };
    if history.is_stale() {
        return "The last full check is more than 26 hours old, so nothing is known of now."
            .to_owned();
    }
    let ghosts = latest.count("ghosts").unwrap_or(0);
    match latest.status {
        Status::Healthy => "Everybody who ought to have a profile has one.".to_owned(),
        Status::Warning => "Nobody is kept out, but something is off.".to_owned(),
        Status::Critical if ghosts == 1 => "1 user can sign in and has no profile.".to_owned(),
        Status::Critical if ghosts > 0 => {
            format!(
                "{} users can sign in and have no profile.",
                words::grouped(ghosts)
            )
        }
        Status::Critical => "Nobody is missing yet, but signups are not looked after.".to_owned(),
        Status::Unknown => "The last check could not see whether all is well.".to_owned(),
    }
}

fn class(status: Status) -> &'static str {
    match status {
        Status::Healthy => "healthy",
        Status::Warning => "warning",
        Status::Critical => "critical",
        Status::Unknown => "unknown",
    }
}

fn figures(latest: &PastCheck) -> Vec<Figure> {
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

fn check_row(history: &History, check: &NamedCheck) -> CheckRow {
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

fn trigger(history: &History, latest: &PastCheck) -> TriggerView {
    let is_active = latest.trigger_state == "active";
    let active = history
        .checks
        .iter()
        .rev()
        .find(|check| check.trigger_state == "active");
    TriggerView {
        class: if is_active { "healthy" } else { "critical" },
        word: words::title(&latest.trigger_state),
        detail: without_addresses(&latest.trigger_detail),
        last_active: active
            .filter(|_| !is_active)
            .map(|check| moment(check.checked_at)),
    }
}

fn run_row(run: &PastRun) -> RunRow {
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
        created: words::grouped(run.created),
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

fn refusal_row(refusals: &Refusals) -> RefusalRow {
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
