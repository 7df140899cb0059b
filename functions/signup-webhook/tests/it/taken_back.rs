//! A secret or a token that was taken back: nobody refuses it, so it ends with its age.

use std::{
    cell::Cell,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use rollcall_lambda::Environment;
use serde_json::json;
use signup_webhook::{App, SECRETS};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
};

use crate::support::*;

const NEXT: &str = "another-token-of-enough-characters";
const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tokens-AbCdEf";

thread_local! {
    static LATER: Cell<i64> = const { Cell::new(0) };
}

fn clock() -> DateTime<Utc> {
    now() + chrono::TimeDelta::seconds(LATER.get())
}

/// Secrets Manager, with one secret in it; it hangs while there is none. It counts who asked.
struct Manager {
    held: Arc<Mutex<(Option<String>, usize)>>,
    url: String,
    _accepting: JoinSet<()>,
}

impl Manager {
    async fn holding(text: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let held = Arc::new(Mutex::new((Some(text.to_owned()), 0)));
        let mut accepting = JoinSet::new();
        let said = Arc::clone(&held);
        accepting.spawn(async move {
            let mut hanging = vec![];
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
                let text = {
                    let mut said = said.lock().unwrap();
                    said.1 += 1;
                    said.0.clone()
                };
                let Some(text) = text else {
                    hanging.push(stream);
                    continue;
                };
                let body = json!({ "SecretString": text }).to_string();
                let lines = format!("content-length: {}\r\nconnection: close", body.len());
                let answer = format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n{body}");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self {
            held,
            url,
            _accepting: accepting,
        }
    }

    fn hold(&self, text: Option<&str>) {
        self.held.lock().unwrap().0 = text.map(str::to_owned);
    }

    fn asked(&self) -> usize {
        self.held.lock().unwrap().1
    }

    /// The webhook whose tokens are here.
    async fn app(&self, database: &str) -> App {
        let mut environment = Environment::of([
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            ("AWS_ENDPOINT_URL", &self.url),
            ("DATABASE_URL", database),
            ("WEBHOOK_TOKENS", ARN),
        ]);
        environment.read_secrets(&SECRETS, clock).await.unwrap();
        App::from_environment(&environment).unwrap()
    }
}

/// What an event with [`TOKEN`] is answered with so many seconds later: 503 is authentic, because
/// there is no database.
async fn later(app: &App, seconds: i64) -> i64 {
    LATER.set(LATER.get() + seconds);
    send(app, &request(&insert().to_string())).await.0
}

#[tokio::test]
async fn a_token_that_was_taken_back_ends_within_five_minutes() {
    let manager = Manager::holding(&format!("{NEXT}|{TOKEN}")).await;
    let app = manager.app(NOBODY).await;
    manager.hold(Some(NEXT));
    assert_eq!(later(&app, 300).await, 503);
    assert_eq!(manager.asked(), 1);
    assert_eq!(later(&app, 1).await, 401);
    assert_eq!(manager.asked(), 2);
}

#[tokio::test]
async fn while_nobody_can_be_asked_the_old_one_stays_and_answers_are_in_time() {
    // Its backlog takes every connection; nobody ever reads from one.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let database = format!("postgres://rollcall:hunter2@127.0.0.1:{port}/app?sslmode=disable");
    let manager = Manager::holding(TOKEN).await;
    let app = manager.app(&database).await;
    manager.hold(None);
    for (event, status, limit) in [(hook("after-user-created"), 200, 3), (insert(), 503, 4)] {
        LATER.set(LATER.get() + 301);
        let asked = manager.asked();
        for _ in 0..2 {
            let begun = Instant::now();
            let answer = send(&app, &request(&event.to_string())).await;
            assert_eq!(answer.0, status, "{answer:?}");
            let elapsed = begun.elapsed();
            assert!(elapsed < Duration::from_secs(limit), "{elapsed:?}");
        }
        assert_eq!(manager.asked(), asked + 1);
    }
}
