//! A request as the event that a Function URL makes of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hyper::HeaderMap;
use hyper::header::{COOKIE, HOST, USER_AGENT};
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

const DOMAIN: &str = "local.lambda-url.us-east-1.on.aws";

/// Makes the event of a request that has just arrived.
#[expect(
    clippy::disallowed_methods,
    reason = "the event says when the request arrived"
)]
pub(super) fn from_request(head: &Parts, body: &[u8]) -> Value {
    at(Utc::now(), head, body)
}

fn at(now: DateTime<Utc>, head: &Parts, body: &[u8]) -> Value {
    let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
    let headers = headers(&head.headers);
    let user_agent = header(&head.headers, &USER_AGENT);
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": header(&head.headers, &HOST).unwrap_or_else(|| DOMAIN.to_owned()),
            "domainPrefix": "local",
            "http": {
                "method": head.method.as_str(),
                "path": path,
                "protocol": format!("{:?}", head.version),
                "sourceIp": "127.0.0.1",
                "userAgent": user_agent.unwrap_or_default(),
            },
            "requestId": uuid::Uuid::new_v4().to_string(),
            "routeKey": "$default",
            "stage": "$default",
            "time": now.format("%d/%b/%Y:%H:%M:%S %z").to_string(),
            "timeEpoch": now.timestamp_millis(),
        },
        "isBase64Encoded": false,
    });
    let mut set = |name: &str, value: Value| event[name] = value;
    let cookies: Vec<String> = cookies(&head.headers);
    if !cookies.is_empty() {
        set("cookies", cookies.into());
    }
    if !query.is_empty() {
        set("queryStringParameters", Value::Object(parameters(query)));
    }
    match str::from_utf8(body) {
        Ok("") => {}
        Ok(text) => set("body", text.into()),
        Err(_) => {
            set("body", STANDARD.encode(body).into());
            set("isBase64Encoded", true.into());
        }
    }
    event
}

/// Headers by lower-case name, several of one name joined by a comma; cookies have their own place.
fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let mut joined = Map::new();
    for name in headers.keys().filter(|name| **name != COOKIE) {
        if let Some(value) = header(headers, name) {
            joined.insert(name.as_str().to_owned(), value.into());
        }
    }
    joined.insert("x-forwarded-for".to_owned(), "127.0.0.1".into());
    joined.insert("x-forwarded-proto".to_owned(), "http".into());
    joined
}

fn header(headers: &HeaderMap, name: &hyper::header::HeaderName) -> Option<String> {
    let values: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .map(|cookie| cookie.trim().to_owned())
        .collect()
}

/// Query parameters, decoded; several of one name are joined by a comma.
fn parameters(query: &str) -> Map<String, Value> {
    let mut parameters = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decode(value);
        match parameters.entry(decode(name)).or_insert(Value::Null) {
            Value::String(earlier) => {
                earlier.push(',');
                earlier.push_str(&value);
            }
            first => *first = value.into(),
        }
    }
    parameters
}

/// Decodes `%41` and `+`; what is no escape stands for itself.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let escaped = others
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        rest = if escaped.is_some() {
            &others[2..]
        } else {
            others
        };
        bytes.push(escaped.unwrap_or(if *first == b'+' { b' ' } else { *first }));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn event(request: Request<()>, body: &[u8]) -> Value {
        let at_noon = DateTime::from_timestamp(1_795_176_000, 0).unwrap();
        at(at_noon, &request.into_parts().0, body)
    }

    #[test]
    fn a_request_keeps_its_path_query_headers_and_body() {
        let request = Request::post("/hooks/a%20b?x=1&y=%C3%BC+z&x=2&flag")
            .header("Host", "127.0.0.1:9000")
            .header("User-Agent", "pg_net/0.14")
            .header("X-One", "1")
            .header("x-one", "2")
            .header("Cookie", "a=1; b=2")
            .body(())
            .unwrap();
        let event = event(request, "{\"ü\": 1}".as_bytes());
        assert_eq!(event["version"], "2.0");
        assert_eq!(event["rawPath"], "/hooks/a%20b");
        assert_eq!(event["rawQueryString"], "x=1&y=%C3%BC+z&x=2&flag");
        let parameters = json!({"x": "1,2", "y": "ü z", "flag": ""});
        assert_eq!(event["queryStringParameters"], parameters);
        assert_eq!(event["headers"]["x-one"], "1,2");
        assert_eq!(event["headers"].get("cookie"), None);
        assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
        assert_eq!(event["body"], "{\"ü\": 1}");
        assert_eq!(event["isBase64Encoded"], false);
        let context = &event["requestContext"];
        assert_eq!(context["http"]["method"], "POST");
        assert_eq!(context["http"]["path"], "/hooks/a%20b");
        assert_eq!(context["http"]["protocol"], "HTTP/1.1");
        assert_eq!(context["http"]["userAgent"], "pg_net/0.14");
        assert_eq!(context["domainName"], "127.0.0.1:9000");
        assert_eq!(context["time"], "20/Nov/2026:12:00:00 +0000");
        assert_eq!(context["timeEpoch"], 1_795_176_000_000_i64);
    }

    #[test]
    fn a_body_that_is_no_text_is_encoded() {
        let event = event(Request::post("/").body(()).unwrap(), b"\xff\x00");
        assert_eq!(event["body"], "/wA=");
        assert_eq!(event["isBase64Encoded"], true);
    }

    #[test]
    fn what_a_request_does_not_have_is_not_in_the_event() {
        let event = event(Request::get("/").body(()).unwrap(), b"");
        for name in ["body", "cookies", "queryStringParameters"] {
            assert_eq!(event.get(name), None, "{name}");
        }
    }

    #[test]
    fn what_is_no_escape_stands_for_itself() {
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%4"), "%zz%4");
        assert_eq!(decode("%41%ff"), "A\u{fffd}");
    }
}
