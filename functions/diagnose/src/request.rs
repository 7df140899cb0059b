//! What can be asked of a diagnosis.

use rollcall_domain::diagnose::Question;
use rollcall_lambda::{Failure, payload};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// The event's fields, which are the contract's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    error: Option<String>,
    user_id: Option<Uuid>,
}

pub(crate) fn read(event: &RawValue) -> Result<Question, Failure> {
    let fields: Fields = payload::read(event)?;
    match (fields.error, fields.user_id) {
        (Some(text), None) if !text.trim().is_empty() => Ok(Question::Error(text)),
        (Some(_), None) => Err(Failure::bad_request(
            "error is empty; set it to the text of the error, all of it",
        )),
        (None, Some(user_id)) => Ok(Question::User(user_id)),
        (Some(_), Some(_)) => Err(Failure::bad_request(
            "error and user_id are two questions; set one of them",
        )),
        (None, None) => Err(Failure::bad_request(
            "nothing is asked; set error to the text of the error, or user_id to a user's id",
        )),
    }
}

#[cfg(test)]
mod tests {
    use rollcall_lambda::Kind;

    use super::*;

    fn asked(event: &str) -> Result<Question, Failure> {
        read(&RawValue::from_string(event.to_owned()).unwrap())
    }

    #[test]
    fn either_a_text_or_a_user() {
        let text = asked(r#"{"error":"23503","user_id":null}"#).unwrap();
        assert_eq!(text, Question::Error("23503".to_owned()));
        let id = "0e8f9a60-1111-4222-8333-444455556666";
        let user = asked(&format!(r#"{{"user_id":"{id}"}}"#)).unwrap();
        assert_eq!(user, Question::User(id.parse().unwrap()));
    }

    #[test]
    fn what_cannot_be_asked_is_refused_by_name_and_not_repeated() {
        let id = "0e8f9a60-1111-4222-8333-444455556666";
        for (event, word) in [
            ("{}", "error"),
            (r#"{"error":" "}"#, "error"),
            (r#"{"error":7}"#, "error"),
            (r#"{"user_id":"canary@example.com"}"#, "user_id"),
            (r#"{"user":"x"}"#, "user"),
            (
                &format!(r#"{{"error":"x","user_id":"{id}"}}"#),
                "one of them",
            ),
        ] {
            let failure = asked(event).unwrap_err();
            assert_eq!(failure.kind(), Kind::BadRequest, "{event}");
            let sentence = failure.to_string();
            assert!(sentence.contains(word), "{event}: {sentence}");
            assert!(!sentence.contains("canary"), "{sentence}");
        }
    }
}
