//! A run that was killed goes on where it stopped, exactly.

use std::time::Duration;

use rollcall_tests::{World, look, shapes};
use serde_json::json;

use super::*;

pub(super) const RUN: &str = "0e8f9a60-1111-4222-8333-444455556666";
const CREATED: &str = "select coalesce(sum(created), 0) from rollcall.runs";

/// Each profile takes a while, so that there is time to do something meanwhile.
pub(super) async fn slow_world(ghosts_there_are: u32) -> World {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, ghosts_there_are).await;
    before_insert(&world, "perform pg_sleep(0.005);").await;
    world
}

pub(super) async fn until_created(world: &World, number: i64) {
    while world.ask(CREATED).await.parse::<i64>().unwrap() < number {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Every ghost has one profile, and stands once in the run's record.
pub(super) async fn assert_exact(world: &World, number: i64) {
    let twice = "select count(*) || ' ' || count(distinct u)
        from rollcall.run_batches, unnest(created) u";
    assert_eq!(world.ask(twice).await, format!("{number} {number}"));
    assert_eq!(profiles(world).await, number.to_string());
}

#[tokio::test]
async fn killed_again_and_again_it_ends_as_if_it_had_never_been() {
    let world = slow_world(300).await;
    let function = backfill(&world).await;
    let event = json!({"mode": "run", "accept_side_effects": true, "run_id": RUN, "batch_size": 1});
    for kill_at in [40, 90, 150] {
        tokio::select! {
            // Given up, the process is killed with whatever it was doing.
            () = until_created(&world, kill_at) => {}
            answer = function.invoke(event.clone()) => panic!("too fast: {answer:?}"),
        }
    }
    let run = answer(&function, event).await;
    assert_eq!(
        (&run["status"], counts(&run)),
        (&json!("completed"), [300, 300, 0, 0, 0, 0])
    );
    assert_exact(&world, 300).await;
    let audit = "select count(*) || ' ' || min(status) || ' ' || max(records_affected)
        from public.cleanup_audit_log";
    assert_eq!(world.ask(audit).await, "1 completed 300");
}

#[tokio::test]
async fn killed_within_a_batch_nothing_of_the_batch_is_kept() {
    let world = slow_world(300).await;
    let function = backfill(&world).await;
    let event =
        json!({"mode": "run", "accept_side_effects": true, "run_id": RUN, "batch_size": 100});
    tokio::select! {
        () = until_created(&world, 100) => {}
        answer = function.invoke(event.clone()) => panic!("too fast: {answer:?}"),
    }
    let run = answer(&function, event).await;
    assert_eq!(counts(&run), [300, 300, 0, 0, 0, 0]);
    assert_exact(&world, 300).await;
}

#[tokio::test]
async fn a_database_that_ends_the_connection_costs_one_call_and_no_user() {
    let world = slow_world(200).await;
    let function = backfill(&world).await;
    let event =
        json!({"mode": "run", "accept_side_effects": true, "run_id": RUN, "batch_size": 10});
    let kill = async {
        until_created(&world, 50).await;
        world
            .ask(
                "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
                 where datname = current_database() and application_name = 'rollcall backfill'",
            )
            .await
    };
    let (outcome, _) = tokio::join!(function.invoke(event.clone()), kill);
    if let Err(error) = outcome {
        let (kind, sentence) = rollcall_tests::thrown::<()>(Err(error));
        assert_eq!(kind, "Unavailable", "{sentence}");
    }
    let run = answer(&function, event).await;
    assert_eq!(counts(&run), [200, 200, 0, 0, 0, 0]);
    assert_exact(&world, 200).await;
}

#[tokio::test]
async fn the_check_and_a_preview_name_a_run_that_is_unfinished() {
    let world = slow_world(100).await;
    let function = backfill(&world).await;
    let event = json!({"mode": "run", "accept_side_effects": true, "run_id": RUN, "batch_size": 1});
    tokio::select! {
        () = until_created(&world, 10) => {}
        answer = function.invoke(event.clone()) => panic!("too fast: {answer:?}"),
    }
    let preview = answer(&function, json!({})).await;
    assert_eq!(
        (&preview["unfinished_run"], &preview["status"]),
        (&json!(RUN), &json!("planned"))
    );
    let check = Deployed::start("nightly-check", &world, "rollcall_app", &[]).await;
    let report = check.invoke(look()).await.unwrap();
    let step = report["next_step"].as_str().unwrap();
    assert!(step.contains(&format!("--run-id {RUN}")), "{step}");
    let run = answer(&function, event).await;
    assert_eq!(
        (&run["status"], &run["unfinished_run"]),
        (&json!("completed"), &json!(null))
    );
    let report = check.invoke(look()).await.unwrap();
    assert_eq!(report["next_step"], json!(null));
}
