//! Whole executions: the real function and the real database, whatever happens meanwhile.

use rollcall_tests::{Line, World, shapes};

use super::*;
use interrupted::{assert_exact, slow_world, until_created};

const RUNS: &str = "select count(*) || ' ' || min(run_id::text) from rollcall.runs";

/// The last answer of an execution that came to a good end.
fn output(execution: Execution) -> Value {
    execution.outcome.unwrap()
}

async fn fails_with(function: &Function, input: Value, kind: &str, word: &str) {
    let execution = execute(input, 1.0, async |_, event| call(function, event).await).await;
    let thrown = execution.outcome.unwrap_err();
    assert_eq!((thrown.error.as_str(), execution.calls.len()), (kind, 1));
    assert!(thrown.cause.contains(word), "{}", thrown.cause);
}

#[tokio::test]
async fn a_run_of_thousands_is_done_by_several_calls() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 4000).await;
    before_insert(&world, "perform pg_sleep(0.0005);").await;
    let url = world.url("rollcall_operator");
    let function = Deployed::as_said("backfill", &url, &[], |spec| {
        // A second of work, and the margin.
        spec.timeout = Duration::from_secs(6);
    })
    .await;
    let input = json!({"mode": "run", "accept_side_effects": true, "batch_size": 300});
    let execution = execute(input, 1.0, async |_, event| call(&function, event).await).await;
    assert!(execution.calls.len() > 1, "{:?}", execution.calls);
    let last = output(execution);
    assert_eq!(
        (&last["status"], counts(&last)),
        (&json!("completed"), [4000, 4000, 0, 0, 0, 0])
    );
    assert_eq!(world.ask(RUNS).await, format!("1 {RUN}"));
    assert_exact(&world, 4000).await;
}

#[tokio::test]
async fn a_preview_and_a_run_for_nobody_end_it() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let function = backfill(&world).await;
    for (input, status) in [
        (json!({}), "nothing_to_do"),
        (json!({"mode": "run"}), "nothing_to_do"),
    ] {
        let execution = execute(input, 1.0, async |_, event| call(&function, event).await).await;
        assert_eq!(output(execution)["status"], status);
    }
    ghosts(&world, 1, 3).await;
    let preview = async |_, event| call(&function, event).await;
    let plan = output(execute(json!({}), 1.0, preview).await);
    assert_eq!(
        (&plan["status"], profiles(&world).await.as_str()),
        (&json!("planned"), "0")
    );
    let input = json!({"mode": "run", "run_id": plan["run_id"]});
    let run = output(execute(input, 1.0, preview).await);
    assert_eq!(counts(&run), [3, 3, 0, 0, 0, 0]);
    assert_eq!(run["run_id"], plan["run_id"]);
}

#[tokio::test]
async fn a_function_killed_in_a_call_is_called_again_for_the_same_run() {
    let world = slow_world(300).await;
    let function = backfill(&world).await;
    let mut kill_at = [40, 90, 150].into_iter();
    let input = json!({"mode": "run", "accept_side_effects": true, "batch_size": 10});
    let execution = execute(input, 1.0, async |_, event| {
        let Some(number) = kill_at.next() else {
            return call(&function, event).await;
        };
        tokio::select! {
            // Given up, the process is killed with whatever it was doing.
            () = until_created(&world, number) => Err(error("Runtime.ExitError")),
            answer = function.invoke(event) => panic!("too fast: {answer:?}"),
        }
    })
    .await;
    assert_eq!(execution.calls.len(), 4);
    assert_eq!(counts(&output(execution)), [300, 300, 0, 0, 0, 0]);
    assert_eq!(world.ask(RUNS).await, format!("1 {RUN}"));
    assert_exact(&world, 300).await;
}

#[tokio::test]
async fn a_database_that_is_away_for_minutes_costs_nobody() {
    let world = slow_world(200).await;
    let line = Line::open().await;
    let url = line.url("rollcall_operator", &world);
    let function = Deployed::with_url("backfill", &url, &[]).await;
    let back_at = Duration::from_mins(5);
    let mut unavailable = 0;
    let input = json!({"mode": "run", "accept_side_effects": true, "batch_size": 10});
    let execution = execute(input, 1.0, async |waited, event| {
        if waited >= back_at {
            line.mend().await;
        }
        let cut = async {
            if waited.is_zero() {
                until_created(&world, 50).await;
                line.cut().await;
            }
        };
        let (outcome, ()) = tokio::join!(call(&function, event), cut);
        if let Err(thrown) = &outcome {
            assert_eq!(thrown.error, "Unavailable", "{}", thrown.cause);
            unavailable += 1;
        }
        outcome
    })
    .await;
    assert!(unavailable > 5, "{unavailable}");
    assert!(execution.waited >= back_at);
    assert_eq!(counts(&output(execution)), [200, 200, 0, 0, 0, 0]);
    assert_eq!(world.ask(RUNS).await, format!("1 {RUN}"));
    assert_exact(&world, 200).await;
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_said_at_once() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let function = backfill(&world).await;
    ghosts(&world, 1, 2).await;
    fails_with(&function, json!({"usr_ids": []}), "BadRequest", "usr_ids").await;
    let plan = answer(&function, json!({})).await;
    world.install(&toml.replace("\"meta.name\", ", "")).await;
    let input = json!({"mode": "run", "run_id": plan["run_id"]});
    fails_with(&function, input, "Rejected", "another configuration").await;
    assert_eq!(profiles(&world).await, "0");
}

#[tokio::test]
async fn the_lease_of_a_run_that_was_killed_is_waited_for() {
    const OTHER: &str = "0e8f9a60-1111-4222-8333-000000000001";
    let world = slow_world(200).await;
    let killed = backfill(&world).await;
    let event =
        json!({"mode": "run", "run_id": OTHER, "accept_side_effects": true, "batch_size": 1});
    tokio::select! {
        () = until_created(&world, 20) => {}
        answer = killed.invoke(event) => panic!("too fast: {answer:?}"),
    }
    let function = backfill(&world).await;
    let mut thrown = Vec::new();
    let execution = execute(
        json!({"mode": "run", "accept_side_effects": true}),
        1.0,
        async |waited, event| {
            // In the database, as much time goes by as here.
            let seconds = waited.as_secs();
            let pass = format!(
                "update rollcall.runs set lease_until = lease_until - interval '{seconds} s'
             where run_id = '{OTHER}'"
            );
            quietly(&world, &pass).await;
            let outcome = call(&function, event).await;
            thrown.extend(outcome.as_ref().err().cloned());
            outcome
        },
    )
    .await;
    let [busy] = thrown.as_slice() else {
        panic!("{thrown:?}")
    };
    assert_eq!(busy.error, "Busy");
    assert!(busy.cause.contains(OTHER), "{}", busy.cause);
    let run = output(execution);
    assert_eq!(
        (&run["status"], &run["unfinished_run"]),
        (&json!("completed"), &json!(OTHER))
    );
    assert_exact(&world, 200).await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_no_second_run() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 50).await;
    let function = backfill(&world).await;
    let input = json!({
        "mode": "run", "max_users": 30, "created_after": "2026-11-03T00:00:00Z", "reason": "INC-7",
        "user_ids": (1..=40).map(id).collect::<Vec<_>>()
    });
    let mut lost = false;
    let execution = execute(input, 1.0, async |_, event| {
        let answer = call(&function, event).await?;
        if std::mem::replace(&mut lost, true) {
            return Ok(answer);
        }
        Err(error("Lambda.SdkClientException"))
    })
    .await;
    assert_eq!(execution.calls[0], execution.calls[1]);
    let run = output(execution);
    assert_eq!(
        (&run["status"], counts(&run)),
        (&json!("completed"), [30, 30, 0, 0, 0, 0])
    );
    assert_eq!(world.ask(RUNS).await, format!("1 {RUN}"));
    assert_exact(&world, 30).await;
}
