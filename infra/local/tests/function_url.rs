//! Requests over a true connection, through the event, to a function and back.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use rollcall_local::function_url::Endpoint;
use rollcall_local::runtime_api::{Function, FunctionSpec};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;
use support::example;

async fn endpoint() -> Endpoint {
    let mut spec = FunctionSpec::new("stand-in", example("stand_in"));
    spec.timeout = Duration::from_secs(20);
    Endpoint::serve(Arc::new(Function::start(spec).await.unwrap()), 0)
        .await
        .unwrap()
}

/// Sends a request as it is and reads the whole answer: its first line, and its body.
async fn send(endpoint: &Endpoint, request: Vec<u8>) -> (String, String) {
    let address = endpoint.url().strip_prefix("http://").unwrap().to_owned();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        // The server may refuse a large body before it has read all of it.
        let _ = stream.write_all(&request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    })
    .await
    .unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (
        head.lines().next().unwrap_or_default().to_owned(),
        body.to_owned(),
    )
}

fn post(body: &[u8]) -> Vec<u8> {
    let head = "POST /hooks/signup?try=1 HTTP/1.1\r\nhost: local\r\nconnection: close";
    [
        format!("{head}\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes(),
        body,
    ]
    .concat()
}

#[tokio::test]
async fn the_function_sees_the_request_and_its_answer_is_the_response() {
    let endpoint = endpoint().await;
    // The stand-in answers with the event itself: JSON without a status, so 200.
    let (status, body) = send(&endpoint, post(b"{\"a\": 1}")).await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(event["rawPath"], "/hooks/signup");
    assert_eq!(event["queryStringParameters"], json!({"try": "1"}));
    assert_eq!(event["body"], "{\"a\": 1}");
    assert_eq!(event["isBase64Encoded"], false);
    let (_, body) = send(&endpoint, post(b"\xff")).await;
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&event["body"], &event["isBase64Encoded"]),
        (&json!("/w=="), &json!(true))
    );
}

#[tokio::test]
async fn a_body_over_six_megabytes_is_refused() {
    let endpoint = endpoint().await;
    let (status, _) = send(&endpoint, post(&vec![b' '; 6 * 1024 * 1024 + 1])).await;
    assert_eq!(status, "HTTP/1.1 413 Payload Too Large");
    // Small enough as a body, and too large once it is a string in an event.
    let (status, _) = send(&endpoint, post(&vec![b'"'; 4 * 1024 * 1024])).await;
    assert_eq!(status, "HTTP/1.1 413 Payload Too Large");
}

#[tokio::test]
async fn what_goes_wrong_inside_is_a_bad_gateway_without_details() {
    let endpoint = endpoint().await;
    for told in [
        r#"{"do": "fail"}"#,
        r#"{"do": "panic"}"#,
        r#"{"do": "exit"}"#,
    ] {
        let (status, body) = send(&endpoint, post(told.as_bytes())).await;
        assert_eq!(status, "HTTP/1.1 502 Bad Gateway", "{told}");
        assert_eq!(body, r#"{"Message":"Internal Server Error"}"#, "{told}");
    }
}

#[tokio::test]
async fn a_function_goes_on_when_its_caller_hangs_up() {
    let spec = FunctionSpec::new("stand-in", example("stand_in"));
    let function = Arc::new(Function::start(spec).await.unwrap());
    let endpoint = Endpoint::serve(Arc::clone(&function), 0).await.unwrap();
    let address = endpoint.url().strip_prefix("http://").unwrap().to_owned();
    let mut caller = TcpStream::connect(address).unwrap();
    caller
        .write_all(&post(br#"{"do": "sleep", "ms": 300}"#))
        .unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(caller);
    for _ in 0..100 {
        if function.logs().iter().any(|line| line == "awake again") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", function.logs());
}

#[tokio::test]
async fn dropping_the_endpoint_frees_its_port() {
    let endpoint = endpoint().await;
    let port = endpoint.url().rsplit(':').next().unwrap().parse().unwrap();
    let spec = FunctionSpec::new("stand-in", example("stand_in"));
    let function = Arc::new(Function::start(spec).await.unwrap());
    let error = Endpoint::serve(Arc::clone(&function), port)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains(&format!("127.0.0.1:{port}")),
        "{error}"
    );
    drop(endpoint);
    tokio::time::sleep(Duration::from_millis(50)).await;
    Endpoint::serve(function, port).await.unwrap();
}
