//! An incident on the page.

use chrono::{DateTime, Utc};
use rollcall_domain::{history::Incident, severity::Severity};

use crate::words::{self, Moment, moment, without_addresses};

#[derive(Debug)]
pub(super) struct IncidentView {
    pub(super) id: String,
    pub(super) class: &'static str,
    pub(super) severity: &'static str,
    pub(super) sentence: String,
    pub(super) cause: String,
    pub(super) began: Moment,
    /// From the beginning until a check found it.
    pub(super) found_after: String,
    /// From the beginning until the proof, or until now.
    pub(super) lasted: String,
    pub(super) affected: String,
    pub(super) healed: Option<String>,
    pub(super) events: Vec<EventView>,
}

#[derive(Debug)]
pub(super) struct EventView {
    pub(super) at: Moment,
    pub(super) what: String,
    pub(super) severity: String,
    pub(super) sentence: String,
}

impl IncidentView {
    pub(super) fn of(incident: &Incident, now: DateTime<Utc>) -> Self {
        let end = incident.resolved_at.unwrap_or(now);
        let events = incident.events.iter().map(|event| EventView {
            at: moment(event.happened_at),
            what: words::title(&event.what),
            severity: without_addresses(&event.severity),
            sentence: without_addresses(&event.sentence),
        });
        Self {
            id: incident.incident_id.to_string(),
            class: match incident.severity {
                Severity::P0 | Severity::P1 => "critical",
                Severity::P2 => "warning",
            },
            severity: words::severity(incident.severity),
            sentence: words::sentence(&incident.sentence),
            cause: words::title(&incident.cause),
            began: moment(incident.began_at),
            found_after: words::span(incident.opened_at - incident.began_at),
            lasted: words::span(end - incident.began_at),
            affected: words::grouped(incident.most_affected),
            healed: (incident.healed > 0).then(|| words::grouped(incident.healed)),
            events: events.collect(),
        }
    }
}
