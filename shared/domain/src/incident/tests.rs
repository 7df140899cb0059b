use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
}

fn trouble(kind: &str, severity: Severity) -> Trouble {
    Trouble {
        cause: Cause::new(kind, format!("it is {kind}")),
        severity,
        affected: 3,
        began_at: at(0),
        healed: 0,
        is_over: false,
        is_small: false,
    }
}

/// One check after the other; answers the incidents still open and what the last one told.
struct Watch {
    open: Vec<Open>,
    told: Vec<(News, Topic)>,
    ids: u128,
}

impl Watch {
    fn new() -> Self {
        Self {
            open: vec![],
            told: vec![],
            ids: 0,
        }
    }

    fn check(&mut self, found: &[Trouble], reach: Reach) -> Vec<Change> {
        let ids = &mut self.ids;
        let changes = settle(&self.open, found, reach, at(1), || {
            *ids += 1;
            Uuid::from_u128(*ids)
        });
        for change in &changes {
            self.open
                .retain(|open| open.incident_id != change.incident.incident_id);
            if change.state != State::Resolved {
                self.open.push(change.incident.clone());
            }
        }
        self.told = changes.iter().filter_map(|change| change.news).collect();
        changes
    }
}

#[test]
fn a_page_when_it_opens_silence_while_it_lasts_and_word_when_it_is_over() {
    let mut watch = Watch::new();
    let found = [trouble("trigger_disabled", Severity::P1)];
    watch.check(&found, Reach::Whole);
    assert_eq!(watch.told, [(News::Opened, Topic::Incidents)]);
    watch.check(&found, Reach::Whole);
    assert_eq!(watch.told, []);
    watch.check(&[trouble("trigger_disabled", Severity::P0)], Reach::Whole);
    assert_eq!(watch.told, [(News::Escalated, Topic::Incidents)]);
    watch.check(&found, Reach::Whole);
    assert_eq!(watch.told, [], "milder again is no news");
    watch.check(&[], Reach::Part);
    assert_eq!(watch.told, [], "a part proves nothing");
    watch.check(&[], Reach::Whole);
    assert_eq!(watch.told, [(News::Resolved, Topic::Incidents)]);
    assert!(watch.open.is_empty());
}

#[test]
fn a_cause_found_later_is_no_second_page() {
    let mut watch = Watch::new();
    watch.check(&[trouble(UNKNOWN, Severity::P1)], Reach::Part);
    let changes = watch.check(&[trouble("refused_not_null", Severity::P1)], Reach::Whole);
    assert_eq!(watch.told, []);
    assert!(changes[0].cause_found);
    assert_eq!(watch.open.len(), 1);
    assert_eq!(watch.open[0].cause.kind, "refused_not_null");
    watch.check(&[trouble(UNKNOWN, Severity::P1)], Reach::Whole);
    assert_eq!(watch.told, []);
    assert_eq!(
        watch.open[0].cause.kind, "refused_not_null",
        "what was known stays known"
    );
}

#[test]
fn another_known_cause_is_another_incident_and_both_end_together() {
    let mut watch = Watch::new();
    watch.check(&[trouble("trigger_missing", Severity::P1)], Reach::Whole);
    watch.check(&[trouble("refused_cast", Severity::P0)], Reach::Whole);
    assert_eq!(watch.told, [(News::Opened, Topic::Incidents)]);
    assert_eq!(watch.open.len(), 2);
    watch.check(&[], Reach::Whole);
    assert_eq!(watch.told.len(), 2);
    assert!(watch.open.is_empty());
}

#[test]
fn few_and_healed_is_one_message_that_wakes_nobody() {
    let mut watch = Watch::new();
    let healed = Trouble {
        healed: 3,
        is_over: true,
        is_small: true,
        ..trouble("trigger_bypassed", Severity::P1)
    };
    let changes = watch.check(std::slice::from_ref(&healed), Reach::Whole);
    assert_eq!(watch.told, [(News::Healed, Topic::DataQuality)]);
    assert_eq!(
        gravest(&changes).map(|touched| touched.state),
        Some(State::Resolved)
    );
    assert!(watch.open.is_empty());
    let many = Trouble {
        is_small: false,
        severity: Severity::P0,
        ..healed
    };
    watch.check(&[many], Reach::Whole);
    assert_eq!(watch.told, [(News::Healed, Topic::Incidents)]);
}

#[test]
fn whoever_was_paged_hears_of_the_end() {
    let mut watch = Watch::new();
    watch.check(&[trouble("trigger_bypassed", Severity::P0)], Reach::Whole);
    let over = Trouble {
        healed: 3,
        is_over: true,
        is_small: true,
        ..trouble("trigger_bypassed", Severity::P1)
    };
    watch.check(&[over], Reach::Whole);
    assert_eq!(watch.told, [(News::Resolved, Topic::Incidents)]);
}

#[test]
fn lesser_things_keep_to_themselves() {
    let mut watch = Watch::new();
    let lesser = trouble("orphaned_profiles", Severity::P2);
    watch.check(std::slice::from_ref(&lesser), Reach::Whole);
    assert_eq!(watch.told, [(News::Opened, Topic::DataQuality)]);
    watch.check(&[trouble(UNKNOWN, Severity::P1), lesser], Reach::Whole);
    assert_eq!(watch.told, [(News::Opened, Topic::Incidents)]);
    watch.check(&[trouble(UNKNOWN, Severity::P1)], Reach::Whole);
    assert_eq!(
        watch.told,
        [(News::Resolved, Topic::DataQuality)],
        "a grave one does not keep a lesser one open"
    );
}
