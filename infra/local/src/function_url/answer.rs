//! A function's answer as the response that a Function URL makes of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, SET_COOKIE};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

type Http = Response<Full<Bytes>>;

/// Makes the response; an answer that is none becomes a 502, as on AWS.
pub(super) fn to_response(payload: &[u8]) -> Http {
    serde_json::from_slice(payload)
        .ok()
        .and_then(|answer: Value| read(&answer))
        .unwrap_or_else(|| message(StatusCode::BAD_GATEWAY, "Internal Server Error"))
}

/// The response that AWS gives by itself, without or instead of the function's.
pub(super) fn message(status: StatusCode, text: &str) -> Http {
    let mut response = Response::new(Full::from(json!({ "Message": text }).to_string()));
    *response.status_mut() = status;
    set_json(&mut response);
    response
}

fn read(answer: &Value) -> Option<Http> {
    let Some(status) = answer.get("statusCode") else {
        // JSON without a status is a body of its own.
        let body = answer
            .as_str()
            .map_or_else(|| answer.to_string(), str::to_owned);
        let mut response = Response::new(Full::from(body));
        set_json(&mut response);
        return Some(response);
    };
    let status = StatusCode::from_u16(status.as_u64()?.try_into().ok()?).ok()?;
    let mut response = Response::new(Full::from(body(answer)?));
    *response.status_mut() = status;
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let name = HeaderName::try_from(name).ok()?;
        response
            .headers_mut()
            .append(name, HeaderValue::try_from(scalar(value)?).ok()?);
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        response
            .headers_mut()
            .append(SET_COOKIE, HeaderValue::try_from(cookie.as_str()?).ok()?);
    }
    if !response.headers().contains_key(CONTENT_TYPE) {
        set_json(&mut response);
    }
    Some(response)
}

fn body(answer: &Value) -> Option<Bytes> {
    let text = match &answer["body"] {
        Value::Null => return Some(Bytes::new()),
        body => scalar(body)?,
    };
    if answer["isBase64Encoded"] == true {
        return STANDARD.decode(text).ok().map(Bytes::from);
    }
    Some(Bytes::from(text))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn set_json(response: &mut Http) {
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn read_all(answer: &Value) -> (u16, Vec<(String, String)>, Vec<u8>) {
        let response = to_response(answer.to_string().as_bytes());
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        (
            status,
            headers,
            response
                .into_body()
                .collect()
                .await
                .unwrap()
                .to_bytes()
                .to_vec(),
        )
    }

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[tokio::test]
    async fn status_headers_cookies_and_body_arrive() {
        let answer = json!({
            "statusCode": 503,
            "headers": {"Retry-After": 5, "content-type": "text/plain"},
            "cookies": ["a=1", "b=2"],
            "body": "later",
        });
        let expected = headers(&[
            ("retry-after", "5"),
            ("content-type", "text/plain"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
        ]);
        assert_eq!(read_all(&answer).await, (503, expected, b"later".to_vec()));
    }

    #[tokio::test]
    async fn an_encoded_body_is_decoded() {
        let answer = json!({"statusCode": 200, "body": "/wA=", "isBase64Encoded": true});
        assert_eq!(read_all(&answer).await.2, b"\xff\x00");
    }

    #[tokio::test]
    async fn json_without_a_status_is_a_body_of_its_own() {
        let json = headers(&[("content-type", "application/json")]);
        let answer = json!({"outcome": "created"});
        let body = br#"{"outcome":"created"}"#.to_vec();
        assert_eq!(read_all(&answer).await, (200, json, body));
    }

    #[tokio::test]
    async fn an_answer_that_is_none_is_a_bad_gateway() {
        for answer in [
            json!({"statusCode": "200"}),
            json!({"statusCode": 9}),
            json!({"statusCode": 200, "headers": {"a b": "c"}}),
            json!({"statusCode": 200, "headers": {"a": "line\nbreak"}}),
            json!({"statusCode": 200, "body": {}}),
            json!({"statusCode": 200, "body": "?", "isBase64Encoded": true}),
        ] {
            assert_eq!(read_all(&answer).await.0, 502, "{answer}");
        }
        assert_eq!(to_response(b"no json").status(), StatusCode::BAD_GATEWAY);
    }
}
