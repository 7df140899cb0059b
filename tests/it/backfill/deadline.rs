//! A call ends before Lambda ends it, and the next one goes on.

use std::time::Duration;

use rollcall_tests::{World, shapes};
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_short_call_is_partial_and_calls_of_it_come_to_an_end() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 40).await;
    before_insert(&world, "perform pg_sleep(0.05);").await;
    let url = world.url("rollcall_operator");
    let function = Deployed::as_said("backfill", &url, &[], |spec| {
        // A second of work, and the margin.
        spec.timeout = Duration::from_secs(6);
    })
    .await;
    let mut event = json!({"mode": "run", "accept_side_effects": true, "batch_size": 3});
    let mut last_created = 0;
    for call in 1.. {
        let run = answer(&function, event.clone()).await;
        let created = count(&run, "created");
        assert!(created > last_created, "call {call} did nothing: {run:#}");
        last_created = created;
        if run["status"] == "completed" {
            assert!(call > 1, "nothing was cut short");
            break;
        }
        assert_eq!(run["status"], "partial");
        event["run_id"] = run["run_id"].clone();
    }
    assert_eq!(profiles(&world).await, "40");
}

#[tokio::test]
async fn a_timeout_that_leaves_no_time_at_all_still_gets_somewhere() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 4).await;
    let url = world.url("rollcall_operator");
    let function = Deployed::as_said("backfill", &url, &[], |spec| {
        spec.timeout = Duration::from_secs(3);
    })
    .await;
    let first = answer(
        &function,
        json!({"mode": "run", "accept_side_effects": true, "batch_size": 3}),
    )
    .await;
    assert_eq!(
        (&first["status"], counts(&first)),
        (&json!("partial"), [4, 3, 0, 0, 0, 1])
    );
    let event = json!({"mode": "run", "accept_side_effects": true, "run_id": first["run_id"], "batch_size": 3});
    let second = answer(&function, event).await;
    assert_eq!(
        (&second["status"], counts(&second)),
        (&json!("completed"), [4, 4, 0, 0, 0, 0])
    );
}

#[tokio::test]
async fn a_partial_run_keeps_nobody_waiting() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 4).await;
    let url = world.url("rollcall_operator");
    let function = Deployed::as_said("backfill", &url, &[], |spec| {
        spec.timeout = Duration::from_secs(3);
    })
    .await;
    let partial = answer(
        &function,
        json!({"mode": "run", "accept_side_effects": true, "batch_size": 1}),
    )
    .await;
    let other = answer(
        &function,
        json!({"mode": "run", "accept_side_effects": true, "user_ids": [id(2)]}),
    )
    .await;
    assert_eq!(counts(&other), [1, 1, 0, 0, 0, 0]);
    assert_eq!(other["unfinished_run"], partial["run_id"]);
}

#[tokio::test]
async fn a_row_that_hangs_costs_its_own_user_and_no_other() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 50).await;
    let hang = "if new.email ~ '^u(13|37)@' then perform pg_sleep(600); end if;";
    before_insert(&world, hang).await;
    let function = backfill(&world).await;
    // What the statement timeout does after half a minute.
    let cancel = async {
        loop {
            world
                .ask(
                    "select count(pg_cancel_backend(pid)) from pg_stat_activity
                     where datname = current_database() and wait_event = 'PgSleep'",
                )
                .await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let run = tokio::select! {
        run = answer(&function, json!({"mode": "run", "accept_side_effects": true})) => run,
        () = cancel => unreachable!("it has no end"),
    };
    assert_eq!(
        (&run["status"], counts(&run)),
        (&json!("completed"), [50, 48, 0, 2, 0, 0])
    );
    let refusal = |number| json!({"user_id": id(number), "reason": "other", "sqlstate": "57014"});
    assert_eq!(run["refusals"], json!([refusal(13), refusal(37)]));
}
