//! The HTTP request, as a function URL or an HTTP API passes it on (payload format 2.0).
//!
//! `aws_lambda_events` has a type for it, which fails on an event that lacks any of several keys
//! that do not matter here; a sender's test would then get a server error. This one takes what it
//! reads and lets everything else be absent.

use std::{borrow::Cow, collections::HashMap};

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use rollcall_lambda::{Failure, payload};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The largest body, decoded, that is read.
pub(crate) const LARGEST_BODY: usize = 5 * 1024 * 1024;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The part of the request that is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    headers: Option<HashMap<String, Option<String>>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
    #[serde(rename = "requestContext")]
    context: Option<Context>,
}

#[derive(Deserialize)]
struct Context {
    http: Option<Http>,
}

#[derive(Deserialize)]
struct Http {
    method: Option<String>,
}

/// Why there are no bytes to look at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// More than [`LARGEST_BODY`].
    TooLarge,
    /// Said to be base64, and is not.
    NotBase64,
}

impl Request {
    pub(crate) fn read(event: &RawValue) -> Result<Self, Failure> {
        payload::read(event)
    }

    /// A request that does not say its method goes on: it still has to be authentic.
    pub(crate) fn is_post(&self) -> bool {
        let http = self
            .context
            .as_ref()
            .and_then(|context| context.http.as_ref());
        http.and_then(|http| http.method.as_deref())
            .is_none_or(|method| method == "POST")
    }

    /// Every value of the header. Names are compared without regard to case; several lines of one
    /// name come as one value, joined by commas.
    pub(crate) fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .flatten()
            .filter(move |(given, _)| given.eq_ignore_ascii_case(name))
            .filter_map(|(_, value)| value.as_deref())
    }

    /// The header's value, if there is exactly one.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.header_values(name);
        values.next().filter(|_| values.next().is_none())
    }

    pub(crate) fn body(&self) -> Result<Cow<'_, [u8]>, Unreadable> {
        let text = self.body.as_deref().unwrap_or_default();
        let body = if self.is_base64_encoded == Some(true) {
            let body = BASE64.decode(text).map_err(|_| Unreadable::NotBase64)?;
            Cow::Owned(body)
        } else {
            Cow::Borrowed(text.as_bytes())
        };
        if body.len() > LARGEST_BODY {
            return Err(Unreadable::TooLarge);
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlRequest;

    use super::*;

    fn request(event: &str) -> Request {
        Request::read(&RawValue::from_string(event.to_owned()).unwrap()).unwrap()
    }

    #[test]
    fn a_full_event_says_what_the_events_crate_reads_from_it() {
        let event = r#"{
            "version": "2.0", "routeKey": "$default", "rawPath": "/hook", "rawQueryString": "a=b",
            "cookies": ["c=d"],
            "headers": {"content-type": "application/json", "x-rollcall-token": "t"},
            "queryStringParameters": {"a": "b"},
            "requestContext": {
                "accountId": "123456789012", "apiId": "url", "domainName": "url.example.com",
                "http": {"method": "POST", "path": "/hook", "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1", "userAgent": "pg_net/0.20.4"},
                "requestId": "7", "time": "20/Nov/2026:08:20:22 +0000", "timeEpoch": 1795162822000},
            "body": "e30=", "isBase64Encoded": true}"#;
        let theirs: LambdaFunctionUrlRequest = serde_json::from_str(event).unwrap();
        let ours = request(event);
        assert_eq!(theirs.request_context.http.method.as_deref(), Some("POST"));
        assert!(ours.is_post());
        assert_eq!(ours.header("X-Rollcall-Token"), Some("t"));
        assert_eq!(
            ours.header("X-Rollcall-Token").unwrap(),
            theirs.headers["x-rollcall-token"]
        );
        assert_eq!(ours.body, theirs.body);
        assert_eq!(*ours.body().unwrap(), *b"{}");
    }

    #[test]
    fn a_minimal_event_is_read_where_the_events_crate_fails() {
        let event = r#"{"headers": {"a": "b"}, "body": "{}"}"#;
        assert!(serde_json::from_str::<LambdaFunctionUrlRequest>(event).is_err());
        assert!(request(event).is_post());
        assert_eq!(*request(event).body().unwrap(), *b"{}");
        assert!(request("{}").body().unwrap().is_empty());
        let nulls = r#"{"headers": null, "body": null, "isBase64Encoded": null,
            "requestContext": {"http": {"method": null}}}"#;
        assert!(request(nulls).header("a").is_none());
    }

    #[test]
    fn a_header_in_two_spellings_is_two_values_and_therefore_none() {
        let request = request(r#"{"headers": {"A": "1", "a": "2", "B": "3", "c": null}}"#);
        assert_eq!(request.header("a"), None);
        assert_eq!(request.header_values("a").count(), 2);
        assert_eq!(request.header("b"), Some("3"));
        assert_eq!(request.header("c"), None);
    }

    #[test]
    fn an_event_that_is_no_request_is_a_bad_request() {
        for event in ["7", "[]", r#"{"body": {}}"#, r#"{"headers": {"a": ["b"]}}"#] {
            let event = RawValue::from_string(event.to_owned()).unwrap();
            let failure = Request::read(&event).err().unwrap();
            assert_eq!(failure.kind(), rollcall_lambda::Kind::BadRequest);
        }
    }

    #[test]
    fn a_body_is_measured_after_decoding() {
        let body = |length| Request {
            body: Some(BASE64.encode(vec![b' '; length])),
            is_base64_encoded: Some(true),
            headers: None,
            context: None,
        };
        assert_eq!(body(LARGEST_BODY).body().unwrap().len(), LARGEST_BODY);
        assert_eq!(
            body(LARGEST_BODY + 1).body().unwrap_err(),
            Unreadable::TooLarge
        );
    }
}
