//! What an operator can ask a backfill for.

use chrono::{DateTime, Utc};
use rollcall_domain::backfill::{BATCH_SIZE, Pace, Scope};
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
}

/// A request that can be carried out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) mode: Mode,
    pub(crate) run_id: Option<Uuid>,
    pub(crate) scope: Scope,
    pub(crate) pace: Pace,
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
    // Of the contract, but not in this version.
    accept_side_effects: Option<serde::de::IgnoredAny>,
    confirm_count: Option<serde::de::IgnoredAny>,
    export: Option<serde::de::IgnoredAny>,
}

impl Request {
    pub(crate) fn read(event: &RawValue) -> Result<Self, Failure> {
        let fields: Fields = payload::read(event)?;
        fields.refuse_what_is_not_there()?;
        let batch_size = fields.batch_size.unwrap_or(BATCH_SIZE);
        within("batch_size", i64::from(batch_size), 1..=10_000)?;
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
        if fields.mode == Mode::Preview && fields.run_id.is_some() {
            return Err(Failure::bad_request(
                "a preview makes a new run: leave out run_id, or set mode to \"run\"",
            ));
        }
        Ok(Self {
            mode: fields.mode,
            run_id: fields.run_id,
            scope: Scope {
                user_ids: fields.user_ids,
                created_after: fields.created_after,
                created_before: fields.created_before,
                max_users: fields.max_users,
                reason: fields.reason,
            },
            pace: Pace { batch_size },
        })
    }
}

impl Fields {
    /// An option that is not there yet must not look as if it had been obeyed.
    fn refuse_what_is_not_there(&self) -> Result<(), Failure> {
        for (option, given) in [
            ("accept_side_effects", &self.accept_side_effects),
            ("confirm_count", &self.confirm_count),
            ("export", &self.export),
        ] {
            if given.is_some() {
                return Err(Failure::bad_request(format!(
                    "{option} is not there in this version: leave it out"
                )));
            }
        }
        Ok(())
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
        assert_eq!(read("{}").unwrap().mode, Mode::Preview);
    }

    #[test]
    fn a_run_keeps_every_field() {
        let id = "0e8f9a60-1111-4222-8333-444455556666";
        let event = format!(
            r#"{{"mode":"run","user_ids":["{id}"],"created_after":"2026-11-01T00:00:00Z",
                "created_before":"2026-11-02T00:00:00+01:00","max_users":7,"batch_size":3,
                "reason":"drill"}}"#
        );
        let request = read(&event).unwrap();
        assert_eq!(request.scope.user_ids, Some(vec![id.parse().unwrap()]));
        assert_eq!(request.scope.max_users, Some(7));
        assert_eq!(request.pace.batch_size, 3);
        assert_eq!(request.scope.reason.as_deref(), Some("drill"));
        assert!(request.scope.created_after < request.scope.created_before);
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        for (event, word) in [
            (r#"{"export": true}"#, "export"),
            (r#"{"confirm_count": 3}"#, "confirm_count"),
            (r#"{"accept_side_effects": true}"#, "accept_side_effects"),
            (r#"{"batch_size": 0}"#, "batch_size"),
            (r#"{"batch_size": 10001}"#, "batch_size"),
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
