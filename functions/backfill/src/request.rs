//! What an operator can ask a backfill for.

use chrono::{DateTime, Utc};
use rollcall_domain::backfill::{LARGEST_BATCH, Order, Scope};
use rollcall_lambda::{Failure, payload};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Store the set, touch nobody.
    #[default]
    Preview,
    /// Create the profiles.
    Run,
    /// End a run where it is, for good.
    Cancel,
}

/// A request that can be carried out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) mode: Mode,
    pub(crate) run_id: Option<Uuid>,
    pub(crate) order: Order,
    /// Whether the list of the run's users is to be written once it has ended.
    pub(crate) export: bool,
}

/// The event's fields, which are the contract's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(default)]
    mode: Mode,
    run_id: Option<Uuid>,
    user_ids: Option<Vec<Uuid>>,
    created_after: Option<DateTime<Utc>>,
    created_before: Option<DateTime<Utc>>,
    max_users: Option<i64>,
    batch_size: Option<i32>,
    reason: Option<String>,
    accept_side_effects: Option<bool>,
    confirm_count: Option<i64>,
    export: Option<bool>,
}

impl Request {
    pub(crate) fn read(event: &RawValue) -> Result<Self, Failure> {
        let fields: Fields = payload::read(event)?;
        if let Some(batch_size) = fields.batch_size {
            within("batch_size", batch_size.into(), 1..=LARGEST_BATCH.into())?;
        }
        if let Some(max_users) = fields.max_users {
            within("max_users", max_users, 1..=i64::MAX)?;
        }
        if let (Some(after), Some(before)) = (fields.created_after, fields.created_before)
            && before <= after
        {
            return Err(Failure::bad_request(
                "created_before is not later than created_after, so nobody is between them",
            ));
        }
        if fields.mode == Mode::Cancel && fields.run_id.is_none() {
            return Err(Failure::bad_request("to cancel a run, give its run_id"));
        }
        if fields.mode == Mode::Preview && fields.run_id.is_some() {
            return Err(Failure::bad_request(
                "a preview makes a new run: leave out run_id, or set mode to \"run\"",
            ));
        }
        Ok(Self {
            mode: fields.mode,
            run_id: fields.run_id,
            order: Order {
                scope: Scope {
                    user_ids: fields.user_ids,
                    created_after: fields.created_after,
                    created_before: fields.created_before,
                    max_users: fields.max_users,
                },
                reason: fields.reason,
                batch_size: fields.batch_size,
                accept_side_effects: fields.accept_side_effects == Some(true),
                confirm_count: fields.confirm_count,
            },
            export: fields.export.unwrap_or_default(),
        })
    }
}

fn within(field: &str, value: i64, range: std::ops::RangeInclusive<i64>) -> Result<(), Failure> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(Failure::bad_request(if *range.end() == i64::MAX {
        format!(
            "{field} is {value}, and has to be at least {}",
            range.start()
        )
    } else {
        format!(
            "{field} is {value}, and has to be from {} to {}",
            range.start(),
            range.end()
        )
    }))
}

#[cfg(test)]
mod tests {
    use rollcall_lambda::Kind;

    use super::*;

    fn read(event: &str) -> Result<Request, Failure> {
        Request::read(&RawValue::from_string(event.to_owned()).unwrap())
    }

    #[test]
    fn without_a_word_it_is_a_preview() {
        let request = read("{}").unwrap();
        assert_eq!((request.mode, request.export), (Mode::Preview, false));
    }

    #[test]
    fn a_run_keeps_every_field() {
        let id = "0e8f9a60-1111-4222-8333-444455556666";
        let event = format!(
            r#"{{"mode":"run","user_ids":["{id}"],"created_after":"2026-11-01T00:00:00Z",
                "created_before":"2026-11-02T00:00:00+01:00","max_users":7,"batch_size":3,
                "reason":"drill","accept_side_effects":true,"confirm_count":1,"export":true}}"#
        );
        let request = read(&event).unwrap();
        assert!(request.export);
        let order = request.order;
        assert_eq!(order.scope.user_ids, Some(vec![id.parse().unwrap()]));
        assert_eq!(order.scope.max_users, Some(7));
        assert_eq!(order.batch_size, Some(3));
        assert_eq!(order.reason.as_deref(), Some("drill"));
        assert!(order.scope.created_after < order.scope.created_before);
        assert!(order.accept_side_effects);
        assert_eq!(order.confirm_count, Some(1));
    }

    #[test]
    fn null_is_as_good_as_nothing() {
        let event = r#"{"run_id":null,"accept_side_effects":null,"confirm_count":null,
            "batch_size":null,"export":null,"max_users":null}"#;
        assert_eq!(read(event).unwrap(), read("{}").unwrap());
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        for (event, word) in [
            (r#"{"export": "s3://lists"}"#, "export"),
            (r#"{"confirm_count": "3"}"#, "confirm_count"),
            (r#"{"accept_side_effects": "yes"}"#, "accept_side_effects"),
            (r#"{"mode": "cancel"}"#, "run_id"),
            (r#"{"batch_size": 0}"#, "batch_size"),
            (r#"{"batch_size": 20001}"#, "batch_size"),
            (r#"{"max_users": 0}"#, "max_users"),
            (
                r#"{"created_after": "2026-11-02T00:00:00Z", "created_before": "2026-11-02T00:00:00Z"}"#,
                "created_before",
            ),
            (r#"{"mode": "undo"}"#, "mode"),
            (r#"{"user_ids": ["ada@example.com"]}"#, "user_ids"),
            (
                r#"{"run_id": "0e8f9a60-1111-4222-8333-444455556666"}"#,
                "run_id",
            ),
            (r#"{"usr_ids": []}"#, "usr_ids"),
        ] {
            let failure = read(event).unwrap_err();
            assert_eq!(failure.kind(), Kind::BadRequest, "{event}");
            assert!(failure.to_string().contains(word), "{event}: {failure}");
        }
    }
}
