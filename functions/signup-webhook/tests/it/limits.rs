//! How long an answer takes when there is no database to speak of.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signup_webhook::App;
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::support::*;

const HOOK: Duration = Duration::from_secs(3);
const DATABASE_WEBHOOK: Duration = Duration::from_secs(4);

fn app_on(port: u16, parameters: &str) -> App {
    let url = format!("postgres://rollcall:hunter2@127.0.0.1:{port}/app{parameters}");
    app(&[("WEBHOOK_TOKENS", TOKEN), ("DATABASE_URL", &url)]).unwrap()
}

async fn timed(app: &App, body: Value, limit: Duration) -> (i64, http::HeaderMap, Value) {
    let begun = Instant::now();
    let answer = send(app, &request(&body.to_string())).await;
    assert!(begun.elapsed() < limit, "{:?}", begun.elapsed());
    assert!(!answer.2.to_string().contains("hunter2"));
    answer
}

/// A new app for each request, because one app, like one sandbox, answers them one by one.
async fn assert_out_of_reach(app: impl Fn() -> App, reason: &str, cause: &str) {
    let deferred = async {
        let (status, _, body) = timed(&app(), hook("after-user-created"), HOOK).await;
        let deferred = json!({"user_id": ID, "outcome": "deferred", "reason": reason});
        assert_eq!((status, body), (200, deferred));
    };
    let unavailable = async |kind: &str| {
        let mut event = insert();
        event["type"] = json!(kind);
        let (status, headers, body) = timed(&app(), event, DATABASE_WEBHOOK).await;
        assert_eq!((status, &body["code"]), (503, &json!("unavailable")));
        assert_eq!(headers["retry-after"], "5");
        let message = body["message"].as_str().unwrap();
        assert!(message.contains(cause), "{message}");
    };
    tokio::join!(
        Box::pin(deferred),
        Box::pin(unavailable("INSERT")),
        Box::pin(unavailable("UPDATE")),
        Box::pin(unavailable("DELETE")),
    );
}

#[tokio::test]
async fn a_database_that_refuses_connections_is_named_at_once() {
    let begun = Instant::now();
    assert_out_of_reach(app_with_token, "database_unreachable", "refused").await;
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_database_that_accepts_and_never_answers_is_given_up_in_time() {
    // Its backlog takes every connection; nobody ever reads from one.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let cause = "did not answer within 2500 ms while connecting";
    // With and without a TLS handshake to wait for.
    for parameters in ["?sslmode=disable", "?sslmode=verify-full"] {
        let app = || app_on(port, parameters);
        assert_out_of_reach(app, "database_unreachable", cause).await;
    }
}

#[tokio::test]
async fn a_database_that_hangs_up_is_out_of_reach() {
    let rude = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = rude.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = rude.accept().await {
            let _ = stream.read(&mut [0; 64]).await;
        }
    });
    let app = || app_on(port, "?sslmode=disable");
    assert_out_of_reach(app, "database_unreachable", "cannot reach the database").await;
    server.abort();
}
