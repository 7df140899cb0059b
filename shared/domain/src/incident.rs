//! Incidents: what is wrong, from the first check that found it to the full check that proves it
//! mended. One message when it opens, one when it gets worse, one when it is over.
//!
//! [`settle`] decides, from the incidents that are open and what a check found; the rest of this
//! module reads and writes them. Both happen in one transaction that holds all open incidents, so
//! two checks at once open the same one once.

mod stored;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    alert::{News, Topic},
    cause::{Cause, UNKNOWN},
    severity::Severity,
};
pub use stored::{hold, told, write};

/// Something that a check found, as far as an incident is about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Why; its kind tells incidents apart.
    pub cause: Cause,
    /// How grave it was when it was found.
    pub severity: Severity,
    /// How many are affected.
    pub affected: i64,
    /// Since when, as far as the evidence goes.
    pub began_at: DateTime<Utc>,
    /// How many profiles this check made for it.
    pub healed: i64,
    /// Whether it is mended, as this very check has proved.
    pub is_over: bool,
    /// Whether nobody needs to be woken although it was grave: few, and all healed.
    pub is_small: bool,
}

impl Trouble {
    fn is_grave(&self) -> bool {
        self.severity > Severity::P2
    }
}

/// An incident that is not resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Names it for good.
    pub incident_id: Uuid,
    /// Its cause, as known so far.
    pub cause: Cause,
    /// The worst that it was.
    pub severity: Severity,
    /// Since when, as far as the evidence goes.
    pub began_at: DateTime<Utc>,
    /// When it was noticed.
    pub opened_at: DateTime<Utc>,
    /// The most that one check saw affected.
    pub most_affected: i64,
    /// How many profiles were made for it so far.
    pub healed: i64,
}

impl Open {
    fn is_grave(&self) -> bool {
        self.severity > Severity::P2
    }
}

/// What has become of an incident, as every run reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// This check found it first.
    Opened,
    /// It goes on as before; nobody is told again.
    Ongoing,
    /// It got worse.
    Escalated,
    /// It is over.
    Resolved,
}

/// An incident as a run reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the contract's §5 defines each field")]
pub struct Touched {
    pub id: Uuid,
    pub state: State,
}

/// One incident as it stands after a check, and whom to tell what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The incident as it now stands.
    pub incident: Open,
    /// What has become of it.
    pub state: State,
    /// How many profiles this check made for it.
    pub healed: i64,
    /// Whether its cause has only now been found.
    pub cause_found: bool,
    /// What to tell, and whom; nothing for one that goes on as before.
    pub news: Option<(News, Topic)>,
}

/// How far a check looked: what it may conclude from finding nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It looked at a part, and resolves nothing.
    Part,
    /// It looked at everything, and what it did not find is over.
    Whole,
}

/// Decides what becomes of each incident.
///
/// Grave incidents are one at a time unless their causes are known and differ: a cause that was
/// not found may be that of the open incident, and one found later is that of the incident that
/// was opened without. `new_id` names what is opened.
pub fn settle(
    open: &[Open],
    found: &[Trouble],
    reach: Reach,
    seen_at: DateTime<Utc>,
    mut new_id: impl FnMut() -> Uuid,
) -> Vec<Change> {
    let mut changes: Vec<Change> = vec![];
    for trouble in found {
        let same = open
            .iter()
            .filter(|open| {
                changes
                    .iter()
                    .all(|c| c.incident.incident_id != open.incident_id)
            })
            .filter(|open| is_same(open, trouble))
            // The exact cause before one that is not known.
            .min_by_key(|open| open.cause.kind != trouble.cause.kind);
        changes.push(match same {
            None => begin(trouble, seen_at, new_id()),
            Some(open) => go_on(open, trouble, reach),
        });
    }
    if reach == Reach::Whole {
        let grave = found
            .iter()
            .any(|trouble| trouble.is_grave() && !trouble.is_over);
        for open in open {
            let is_touched = changes
                .iter()
                .any(|change| change.incident.incident_id == open.incident_id);
            // While anything grave is found, it is not proved that another grave one is over.
            let may_go_on = open.is_grave() && grave;
            if !is_touched && !may_go_on {
                changes.push(Change {
                    incident: open.clone(),
                    state: State::Resolved,
                    healed: 0,
                    cause_found: false,
                    news: Some((News::Resolved, topic(open.severity))),
                });
            }
        }
    }
    changes
}

/// The gravest of what was touched; of equals the one that there is most to say of.
#[must_use]
pub fn gravest(changes: &[Change]) -> Option<Touched> {
    changes
        .iter()
        .max_by_key(|change| (change.incident.severity, change.news.is_some()))
        .map(|change| Touched {
            id: change.incident.incident_id,
            state: change.state,
        })
}

fn is_same(open: &Open, trouble: &Trouble) -> bool {
    open.cause.kind == trouble.cause.kind
        || (open.is_grave()
            && trouble.is_grave()
            && (open.cause.is_unknown() || trouble.cause.is_unknown()))
}

fn begin(trouble: &Trouble, seen_at: DateTime<Utc>, incident_id: Uuid) -> Change {
    let topic = if trouble.is_over && trouble.is_small {
        Topic::DataQuality
    } else {
        topic(trouble.severity)
    };
    let (state, news) = if trouble.is_over {
        (State::Resolved, News::Healed)
    } else {
        (State::Opened, News::Opened)
    };
    Change {
        incident: Open {
            incident_id,
            cause: trouble.cause.clone(),
            severity: trouble.severity,
            began_at: trouble.began_at,
            opened_at: seen_at,
            most_affected: trouble.affected,
            healed: trouble.healed,
        },
        state,
        healed: trouble.healed,
        cause_found: false,
        news: Some((news, topic)),
    }
}

fn go_on(open: &Open, trouble: &Trouble, reach: Reach) -> Change {
    let cause_found = open.cause.is_unknown() && !trouble.cause.is_unknown();
    let is_worse = trouble.severity > open.severity;
    let severity = trouble.severity.max(open.severity);
    let (state, news) = if trouble.is_over && reach == Reach::Whole {
        // To whoever was told that it began.
        (
            State::Resolved,
            Some((News::Resolved, topic(open.severity))),
        )
    } else if is_worse {
        (State::Escalated, Some((News::Escalated, topic(severity))))
    } else {
        (State::Ongoing, None)
    };
    Change {
        incident: Open {
            // The sentence of the same cause may say more now; that the cause is not known any
            // more says less.
            cause: if trouble.cause.kind == UNKNOWN {
                open.cause.clone()
            } else {
                trouble.cause.clone()
            },
            severity,
            most_affected: open.most_affected.max(trouble.affected),
            healed: open.healed + trouble.healed,
            ..open.clone()
        },
        state,
        healed: trouble.healed,
        cause_found,
        news,
    }
}

/// Whom an incident of this severity concerns.
#[must_use]
pub fn topic(severity: Severity) -> Topic {
    if severity > Severity::P2 {
        Topic::Incidents
    } else {
        Topic::DataQuality
    }
}

#[cfg(test)]
mod tests;
