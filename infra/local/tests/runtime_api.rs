//! A true function process under the emulated Runtime API: good events, bad ones, and the end.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use rollcall_local::runtime_api::{Function, FunctionSpec, InvokeError, StartError};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::{example, is_running, kill_9, read_line, wait_until};

fn spec() -> FunctionSpec {
    FunctionSpec::new("stand-in", example("stand_in"))
}

async fn start(spec: FunctionSpec) -> Function {
    Function::start(spec).await.unwrap()
}

#[tokio::test]
async fn an_event_comes_back_as_the_answer() {
    let function = start(spec()).await;
    let event = json!({"text": "ü\n\"", "list": [1, 2.5, null]});
    assert_eq!(function.invoke(event.clone()).await.unwrap(), event);
    assert_eq!(function.invoke(event.clone()).await.unwrap(), event);
    assert!(function.init_duration().is_some());
    #[cfg(target_os = "linux")]
    assert!(function.peak_memory_kb().unwrap() > 100);
}

#[tokio::test]
async fn the_environment_is_what_lambda_sets_and_what_the_spec_says() {
    let mut spec = spec();
    spec.memory_mb = 256;
    spec.environment
        .push(("DATABASE_URL".to_owned(), "postgres://x".to_owned()));
    let environment = start(spec)
        .await
        .invoke(json!({"do": "environment"}))
        .await
        .unwrap();
    assert_eq!(environment["DATABASE_URL"], "postgres://x");
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "stand-in");
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "256");
    assert_eq!(environment["AWS_LAMBDA_LOG_FORMAT"], "JSON");
    assert_eq!(environment["TZ"], ":UTC");
    for ours in ["HOME", "CARGO", "USER"] {
        assert_eq!(environment[ours], Value::Null, "{ours}");
    }
}

#[tokio::test]
async fn the_deadline_is_a_true_one() {
    let mut spec = spec();
    spec.timeout = Duration::from_secs(9);
    let context = start(spec)
        .await
        .invoke(json!({"do": "context"}))
        .await
        .unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "the function is told a time of the wall clock"
    )]
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let left = u128::from(context["deadline"].as_u64().unwrap()).saturating_sub(now);
    assert!((7_000..=9_000).contains(&left), "{left} ms left");
    assert_eq!(
        context["arn"],
        "arn:aws:lambda:us-east-1:000000000000:function:stand-in"
    );
}

#[tokio::test]
async fn an_error_is_reported_with_its_type_and_the_process_goes_on() {
    let function = start(spec()).await;
    let pid = function.invoke(json!({"do": "pid"})).await.unwrap();
    let error = function.invoke(json!({"do": "fail"})).await.unwrap_err();
    let InvokeError::Function {
        error_type,
        error_message,
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(
        (&*error_type, &*error_message),
        ("Busy", "another run holds the lease")
    );
    let error = function.invoke(json!({"do": "panic"})).await.unwrap_err();
    assert!(error.to_string().contains("as told"), "{error}");
    assert_eq!(function.invoke(json!({"do": "pid"})).await.unwrap(), pid);
}

#[tokio::test]
async fn a_process_beyond_its_deadline_is_killed_and_replaced() {
    let mut spec = spec();
    spec.timeout = Duration::from_millis(1500);
    let function = start(spec).await;
    let pid = function.invoke(json!({"do": "pid"})).await.unwrap();
    let begin = Instant::now();
    let error = function.invoke(json!({"do": "hang"})).await.unwrap_err();
    assert!(matches!(error, InvokeError::TimedOut), "{error:?}");
    assert!(begin.elapsed() >= Duration::from_millis(1500));
    assert!(!is_running(&pid.to_string()));
    let other = function.invoke(json!({"do": "pid"})).await.unwrap();
    assert_ne!(other, pid);
}

#[tokio::test]
async fn a_process_that_leaves_is_told_of_with_its_last_words_and_replaced() {
    let function = start(spec()).await;
    let error = function.invoke(json!({"do": "exit"})).await.unwrap_err();
    let InvokeError::Crashed { status, output } = error else {
        panic!("{error:?}");
    };
    assert!(status.contains('3'), "{status}");
    assert!(output.ends_with("leaving"), "{output}");
    assert_eq!(function.invoke(json!(1)).await.unwrap(), json!(1));
}

#[tokio::test]
async fn a_process_that_was_killed_in_its_sleep_is_replaced() {
    let function = start(spec()).await;
    let pid = function
        .invoke(json!({"do": "pid"}))
        .await
        .unwrap()
        .to_string();
    kill_9(&pid);
    wait_until("the process is gone", || !is_running(&pid));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(function.invoke(json!(1)).await.unwrap(), json!(1));
}

#[tokio::test]
async fn a_function_that_cannot_start_says_why() {
    let at_init = |what: &str| {
        let mut spec = spec();
        spec.environment
            .push(("AT_INIT".to_owned(), what.to_owned()));
        spec
    };
    let error = Function::start(at_init("fail")).await.unwrap_err();
    let StartError::Exited { status, output, .. } = error else {
        panic!("{error:?}");
    };
    assert!(status.contains('1'), "{status}");
    assert!(
        output.contains("starting") && output.contains("DATABASE_URL is not set"),
        "{output}"
    );

    let error = Function::start(at_init("exit")).await.unwrap_err();
    assert!(
        matches!(&error, StartError::Exited { status, .. } if status.contains('7')),
        "{error}"
    );

    let error = Function::start(at_init("report")).await.unwrap_err();
    let StartError::Reported {
        error_type,
        error_message,
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(
        (&*error_type, &*error_message),
        ("Misconfigured", "WEBHOOK_SECRETS is not set")
    );

    let error = Function::start(FunctionSpec::new("none", "/no/such/binary"))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("/no/such/binary; build it first"),
        "{error}"
    );
}

#[tokio::test]
async fn events_beyond_the_concurrency_wait_their_turn() {
    let mut spec = spec();
    spec.concurrency = 2;
    let function = Arc::new(start(spec).await);
    let begin = Instant::now();
    let events: Vec<_> = (0..4)
        .map(|_| {
            let function = Arc::clone(&function);
            tokio::spawn(async move { function.invoke(json!({"do": "sleep", "ms": 400})).await })
        })
        .collect();
    let mut pids = Vec::new();
    for event in events {
        pids.push(event.await.unwrap().unwrap().to_string());
    }
    assert!(begin.elapsed() >= Duration::from_millis(800));
    pids.sort();
    pids.dedup();
    assert_eq!(pids.len(), 2);
}

#[tokio::test]
async fn an_event_that_nobody_waits_for_any_more_ends_its_process() {
    let function = start(spec()).await;
    let pid = function.invoke(json!({"do": "pid"})).await.unwrap();
    let hanging = function.invoke(json!({"do": "hang"}));
    assert!(
        tokio::time::timeout(Duration::from_millis(200), hanging)
            .await
            .is_err()
    );
    assert_ne!(function.invoke(json!({"do": "pid"})).await.unwrap(), pid);
}

#[tokio::test]
async fn what_is_too_large_for_lambda_is_refused_in_both_directions() {
    let function = start(spec()).await;
    let event = Value::String("x".repeat(7 * 1024 * 1024));
    let error = function.invoke(event).await.unwrap_err();
    assert!(matches!(error, InvokeError::TooLarge { .. }), "{error:?}");
    let error = function.invoke(json!({"do": "large"})).await.unwrap_err();
    assert!(
        error.to_string().contains("Function.ResponseSizeTooLarge"),
        "{error}"
    );
}

#[tokio::test]
async fn both_outputs_are_in_the_log() {
    let function = start(spec()).await;
    function.invoke(json!({"do": "print"})).await.unwrap();
    for _ in 0..100 {
        let logs = function.logs();
        if ["to standard output", "to standard error"]
            .iter()
            .all(|line| logs.iter().any(|logged| logged == line))
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", function.logs());
}

#[tokio::test]
async fn dropping_the_function_ends_its_processes() {
    let function = start(spec()).await;
    let pid = function
        .invoke(json!({"do": "pid"}))
        .await
        .unwrap()
        .to_string();
    drop(function);
    tokio::time::sleep(Duration::from_millis(50)).await;
    wait_until("the process is gone", || !is_running(&pid));
}

#[test]
fn a_process_that_hangs_does_not_outlive_us() {
    let mut host = std::process::Command::new(example("host"))
        .arg(example("stand_in"))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let pid = read_line(&mut host);
    // Enough for the event that hangs to arrive.
    std::thread::sleep(Duration::from_millis(200));
    assert!(is_running(&pid));
    host.kill().unwrap();
    host.wait().unwrap();
    wait_until("the function's process is gone", || !is_running(&pid));
}
