//! When it goes on, and when it stops: every answer and every error, without a database.

use super::*;

/// What the function would answer.
fn answer(status: &str, remaining: i64) -> Value {
    json!({"run_id": RUN, "status": status, "remaining": remaining})
}

/// An execution in which the function says these things, one after the other.
async fn told(input: Value, said: Vec<Result<Value, TaskError>>) -> Execution {
    let mut said = said.into_iter();
    let execution = execute(input, 0.5, async |_, _| {
        said.next().expect("it is called once too often")
    })
    .await;
    assert_eq!(said.next(), None, "not heard any more");
    execution
}

/// How often it calls a function that throws nothing but this, and how long it waits.
async fn patience(with: &str, jitter: f64) -> (usize, Duration) {
    let execution = execute(json!({"mode": "run"}), jitter, async |_, _| {
        Err(error(with))
    })
    .await;
    assert_eq!(execution.outcome, Err(error(with)));
    (execution.calls.len(), execution.waited)
}

#[tokio::test]
async fn the_last_answer_is_its_output() {
    for status in ["planned", "completed", "nothing_to_do"] {
        let last = answer(status, 0);
        let execution = told(json!({}), vec![Ok(last.clone())]).await;
        assert_eq!(execution.outcome, Ok(last));
    }
}

#[tokio::test]
async fn a_run_is_named_before_the_first_call_and_nothing_else_is() {
    let named = "0e8f9a60-1111-4222-8333-000000000001";
    for (input, run_id) in [
        (json!({"mode": "run"}), json!(RUN)),
        (json!({"mode": "run", "run_id": null}), json!(RUN)),
        (json!({"mode": "run", "run_id": named}), json!(named)),
        // The function says what is wrong with these.
        (json!({"mode": "run", "run_id": 7}), json!(7)),
        (json!({"mode": 7}), json!(null)),
        // A preview makes a run of its own.
        (json!({}), json!(null)),
        (json!({"mode": "preview"}), json!(null)),
    ] {
        let execution = told(input.clone(), vec![Ok(answer("completed", 0))]).await;
        assert_eq!(execution.calls[0]["run_id"], run_id, "{input}");
    }
}

#[tokio::test]
async fn later_calls_say_what_matters_to_each_and_no_more() {
    let input = json!({
        "mode": "run", "user_ids": [RUN], "created_after": "2026-11-01T00:00:00Z", "max_users": 7,
        "reason": "INC-7", "batch_size": 3, "accept_side_effects": true, "confirm_count": 5,
        "export": true
    });
    let said = ["partial", "partial", "completed"]
        .into_iter()
        .zip([9, 5, 0]);
    let said = said.map(|(status, remaining)| Ok(answer(status, remaining)));
    let execution = told(input.clone(), said.collect()).await;
    let mut first = input;
    first["run_id"] = json!(RUN);
    let later = json!({
        "mode": "run", "run_id": RUN, "batch_size": 3, "accept_side_effects": true,
        "confirm_count": 5, "export": true
    });
    assert_eq!(execution.calls, [first, later.clone(), later]);
}

#[tokio::test]
async fn calls_that_serve_nobody_come_to_an_end() {
    let stuck = |times| vec![Ok(answer("partial", 3)); times];
    let execution = told(json!({"mode": "run"}), stuck(6)).await;
    let thrown = execution.outcome.unwrap_err();
    assert_eq!(thrown.error, "NoProgress");
    assert!(thrown.cause.contains(RUN), "{}", thrown.cause);

    // Whoever gets somewhere has all the patience again.
    let mut said = stuck(5);
    said.extend(vec![Ok(answer("partial", 2)); 5]);
    said.push(Ok(answer("completed", 0)));
    let execution = told(json!({"mode": "run"}), said).await;
    assert_eq!(execution.outcome, Ok(answer("completed", 0)));
}

#[tokio::test]
async fn a_status_it_does_not_know_ends_it() {
    let execution = told(json!({}), vec![Ok(answer("paused", 3))]).await;
    let thrown = execution.outcome.unwrap_err();
    assert_eq!(thrown.error, "UnknownStatus");
    assert!(thrown.cause.contains("paused"), "{}", thrown.cause);
}

#[tokio::test]
async fn what_no_retry_can_mend_stops_it_at_once() {
    for with in [
        "BadRequest",
        "Rejected",
        "Misconfigured",
        "Internal",
        "Runtime.Panic",
    ] {
        assert_eq!(patience(with, 1.0).await, (1, Duration::ZERO), "{with}");
    }
}

#[tokio::test]
async fn what_passes_by_itself_is_waited_for_as_long_as_a_failover_takes() {
    for with in [
        "Unavailable",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ClientExecutionTimeoutException",
        // One call that goes on unheard keeps the next one out for at most a quarter of an hour.
        "Lambda.TooManyRequestsException",
    ] {
        let (calls, waited) = patience(with, 0.5).await;
        assert_eq!(calls, 46, "{with}");
        let minutes = Duration::from_mins(15)..Duration::from_mins(30);
        assert!(minutes.contains(&waited), "{with}: {waited:?}");
    }
}

#[tokio::test]
async fn whoever_holds_the_run_is_waited_for_longer_than_a_call_lasts() {
    for jitter in [0.0, 1.0] {
        let (calls, waited) = patience("Busy", jitter).await;
        assert_eq!((calls, waited), (17, Duration::from_mins(16)));
    }
}

#[tokio::test]
async fn a_function_that_dies_is_tried_again_a_few_times() {
    for with in [
        "Sandbox.Timedout",
        "Runtime.ExitError",
        "Lambda.Unknown",
        "States.Timeout",
    ] {
        assert_eq!(
            patience(with, 0.5).await,
            (4, Duration::from_secs(35)),
            "{with}"
        );
    }
}

#[tokio::test]
async fn each_call_that_was_answered_gives_all_retries_back() {
    let unavailable = || vec![Err(error("Unavailable")); 45];
    let mut said = unavailable();
    said.push(Ok(answer("partial", 3)));
    said.extend(unavailable());
    said.push(Ok(answer("completed", 0)));
    let execution = told(json!({"mode": "run"}), said).await;
    assert_eq!(execution.outcome, Ok(answer("completed", 0)));
}
