//! What an operator can ask a repair for.

use std::collections::BTreeMap;

use rollcall_domain::{orphans, repair::Order};
use rollcall_lambda::{Failure, payload};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{trigger, users};

/// What can be carried out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Look at the triggers, bring them back, or try them.
    Trigger(trigger::Action),
    /// Say something of single users.
    Users(users::Action),
    /// Plan which profiles to stamp.
    PlanProfiles { reason: Option<String> },
    /// Store what would be done about orphaned child rows.
    PlanReferences(orphans::Order),
    /// Carry out what the run planned.
    Apply { run_id: Uuid, order: Order },
    /// Take back what the run did.
    Undo { run_id: Uuid, order: Order },
    /// Delete what the run put into quarantine, for good.
    Purge { run_id: Uuid, order: Order },
    /// List the users of the run.
    Export { run_id: Uuid },
    /// Look which columns refer to users.
    Survey,
}

/// The event's first question; the other fields depend on it.
#[derive(Debug, Deserialize)]
struct Action {
    action: String,
}

/// The fields of an action that takes none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoFields {
    #[serde(rename = "action")]
    _action: serde::de::IgnoredAny,
}

/// The fields of an apply, an undo and a purge, which are the contract's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(rename = "action")]
    _action: serde::de::IgnoredAny,
    run_id: Uuid,
    reason: Option<String>,
    confirm_count: Option<i64>,
}

/// The fields of a plan, which are the contract's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFields {
    #[serde(rename = "action")]
    _action: serde::de::IgnoredAny,
    reason: Option<String>,
}

/// The fields of a plan for child rows, which are the contract's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReferencesFields {
    #[serde(rename = "action")]
    _action: serde::de::IgnoredAny,
    policies: Option<BTreeMap<String, orphans::Policy>>,
    reason: Option<String>,
}

/// The fields of an export, which are the contract's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportFields {
    #[serde(rename = "action")]
    _action: serde::de::IgnoredAny,
    run_id: Uuid,
}

impl Fields {
    fn order(self) -> Order {
        Order {
            reason: self.reason,
            confirm_count: self.confirm_count,
        }
    }
}

impl Request {
    pub(crate) fn read(event: &RawValue) -> Result<Self, Failure> {
        let Action { action } = payload::read(event)?;
        if let Some(action) = trigger::Action::named(&action) {
            let _: NoFields = payload::read(event)?;
            return Ok(Self::Trigger(action));
        }
        if let Some(action) = users::Action::read(&action, event)? {
            return Ok(Self::Users(action));
        }
        match action.as_str() {
            "profiles.plan" => {
                let PlanFields { reason, .. } = payload::read(event)?;
                Ok(Self::PlanProfiles { reason })
            }
            "apply" => {
                let fields: Fields = payload::read(event)?;
                let (run_id, order) = (fields.run_id, fields.order());
                Ok(Self::Apply { run_id, order })
            }
            "undo" => {
                let fields: Fields = payload::read(event)?;
                let (run_id, order) = (fields.run_id, fields.order());
                Ok(Self::Undo { run_id, order })
            }
            "purge" => {
                let fields: Fields = payload::read(event)?;
                let (run_id, order) = (fields.run_id, fields.order());
                Ok(Self::Purge { run_id, order })
            }
            "references.plan" => {
                let fields: ReferencesFields = payload::read(event)?;
                Ok(Self::PlanReferences(orphans::Order {
                    policies: fields.policies.unwrap_or_default(),
                    reason: fields.reason,
                }))
            }
            "export" => {
                let ExportFields { run_id, .. } = payload::read(event)?;
                Ok(Self::Export { run_id })
            }
            "references.survey" => {
                let _: NoFields = payload::read(event)?;
                Ok(Self::Survey)
            }
            _ => Err(Failure::bad_request(
                "action is none that there is: trigger.status, trigger.install, trigger.canary, \
                 profiles.plan, references.survey, references.plan, apply, undo, purge, \
                 exclude, include, acknowledge, forget, export",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use rollcall_lambda::Kind;

    use super::*;

    const ID: &str = "0e8f9a60-1111-4222-8333-444455556666";

    fn read(event: &str) -> Result<Request, Failure> {
        Request::read(&RawValue::from_string(event.to_owned()).unwrap())
    }

    #[test]
    fn an_undo_keeps_every_field() {
        let event =
            format!(r#"{{"action":"undo","run_id":"{ID}","reason":"drill","confirm_count":3}}"#);
        let Request::Undo { run_id, order } = read(&event).unwrap() else {
            panic!("no undo");
        };
        assert_eq!(run_id.to_string(), ID);
        assert_eq!(order.reason.as_deref(), Some("drill"));
        assert_eq!(order.confirm_count, Some(3));
        let event = format!(r#"{{"action":"export","run_id":"{ID}"}}"#);
        let run_id = ID.parse().unwrap();
        assert_eq!(read(&event).unwrap(), Request::Export { run_id });
        let survey = read(r#"{"action":"references.survey"}"#).unwrap();
        assert_eq!(survey, Request::Survey);
    }

    #[test]
    fn an_action_that_there_is_not_is_told_what_there_is() {
        let sentence = read(r#"{"action":"undoo"}"#).unwrap_err().to_string();
        assert!(sentence.contains("none that there is"), "{sentence}");
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        for (event, word) in [
            ("{}", "action"),
            (r#"{"action":"trigger.install","force":true}"#, "force"),
            (r#"{"action":"undo"}"#, "run_id"),
            (
                r#"{"action":"profiles.plan","confirm_count":3}"#,
                "confirm_count",
            ),
            (r#"{"action":"exclude"}"#, "user_ids"),
            (r#"{"action":"include","user_ids":["7"]}"#, "user_ids"),
            (
                r#"{"action":"forget","user_ids":[],"reason":"x"}"#,
                "reason",
            ),
            (r#"{"action":"acknowledge","user_ids":[]}"#, "until"),
            (
                r#"{"action":"acknowledge","user_ids":[],"until":"Monday"}"#,
                "until",
            ),
            (
                r#"{"action":"exclude","user_ids":[],"run_id":"0e8f9a60-1111-4222-8333-444455556666"}"#,
                "run_id",
            ),
            (r#"{"action":"references.survey","run_id":"7"}"#, "run_id"),
            (r#"{"action":"undo","run_id":"7"}"#, "run_id"),
            (
                r#"{"action":"undo","run_id":"0e8f9a60-1111-4222-8333-444455556666","user_ids":[]}"#,
                "user_ids",
            ),
            (
                r#"{"action":"undo","run_id":"0e8f9a60-1111-4222-8333-444455556666","confirm_count":"3"}"#,
                "confirm_count",
            ),
        ] {
            let failure = read(event).unwrap_err();
            assert_eq!(failure.kind(), Kind::BadRequest, "{event}");
            assert!(failure.to_string().contains(word), "{event}: {failure}");
        }
    }
}
