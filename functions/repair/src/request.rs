//! What an operator can ask a repair for.

use rollcall_domain::undo::Order;
use rollcall_lambda::{Failure, payload};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// What the contract has, and this version has not.
const NOT_THERE: [&str; 13] = [
    "trigger.status",
    "trigger.install",
    "trigger.canary",
    "profiles.plan",
    "references.survey",
    "references.plan",
    "apply",
    "purge",
    "exclude",
    "include",
    "acknowledge",
    "export",
    "forget",
];

/// An undo that can be carried out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) run_id: Uuid,
    pub(crate) order: Order,
}

/// The event's first question; the other fields depend on it.
#[derive(Debug, Deserialize)]
struct Action {
    action: String,
}

/// The fields of an undo, which are the contract's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(rename = "action")]
    _action: serde::de::IgnoredAny,
    run_id: Uuid,
    reason: Option<String>,
    confirm_count: Option<i64>,
}

impl Request {
    pub(crate) fn read(event: &RawValue) -> Result<Self, Failure> {
        let Action { action } = payload::read(event)?;
        if NOT_THERE.contains(&action.as_str()) {
            return Err(Failure::bad_request(format!(
                "the action {action} is not there in this version: it knows undo"
            )));
        }
        if action != "undo" {
            return Err(Failure::bad_request(
                "action is none that there is: set it to \"undo\", and run_id to the backfill's",
            ));
        }
        let fields: Fields = payload::read(event)?;
        Ok(Self {
            run_id: fields.run_id,
            order: Order {
                reason: fields.reason,
                confirm_count: fields.confirm_count,
            },
        })
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
        let request = read(&event).unwrap();
        assert_eq!(request.run_id.to_string(), ID);
        assert_eq!(request.order.reason.as_deref(), Some("drill"));
        assert_eq!(request.order.confirm_count, Some(3));
    }

    #[test]
    fn what_is_not_there_is_told_from_what_there_is_not() {
        for action in NOT_THERE {
            let event = format!(r#"{{"action":"{action}","policies":{{}}}}"#);
            let failure = read(&event).unwrap_err();
            assert_eq!(failure.kind(), Kind::BadRequest);
            let sentence = failure.to_string();
            assert!(sentence.contains(action) && sentence.contains("not there in this version"));
        }
        let sentence = read(r#"{"action":"undoo"}"#).unwrap_err().to_string();
        assert!(sentence.contains("none that there is"), "{sentence}");
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        for (event, word) in [
            ("{}", "action"),
            (r#"{"action":"undo"}"#, "run_id"),
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
