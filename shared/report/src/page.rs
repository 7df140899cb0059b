//! What stands on the page: every text in full, so that the template only places it.

mod incident;
mod rows;
mod verdict;

use askama::Template;
use rollcall_domain::history::History;

use crate::{
    chart::{self, Chart},
    next::{self, Step},
    words::{self, Moment, moment, without_addresses},
};
use incident::IncidentView;
use rows::{
    CheckRow, Figure, RefusalRow, RunRow, TriggerView, check_row, figures, refusal_row, run_row,
    trigger,
};
use verdict::Verdict;

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
    refusals: Option<Vec<RefusalRow>>,
    days: String,
    read_at: Moment,
    configuration: Option<String>,
    version: &'static str,
    width: i32,
    height: i32,
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
            verdict: Verdict::of(history),
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
            refusals: history
                .refusals
                .as_ref()
                .map(|refusals| refusals.iter().map(refusal_row).collect()),
            days: words::counted((history.read_at - history.from).num_days(), "day"),
            read_at: moment(history.read_at),
            configuration: latest.map(|latest| without_addresses(&latest.configuration)),
            version: env!("CARGO_PKG_VERSION"),
            width: chart::WIDTH,
            height: chart::HEIGHT,
        }
    }
}
