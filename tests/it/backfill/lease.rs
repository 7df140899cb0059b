//! One run at a time, and one caller at a time for it.

use std::time::Duration;

use rollcall_tests::{Deployed, Line, World, shapes, thrown};
use serde_json::json;

use super::*;

const RUN: &str = "0e8f9a60-1111-4222-8333-444455556666";

async fn world() -> World {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 200).await;
    before_insert(&world, "perform pg_sleep(0.005);").await;
    world
}

async fn until_begun(world: &World) {
    let created = "select coalesce(max(created), 0) from rollcall.runs";
    while world.ask(created).await == "0" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_second_run_is_told_who_holds_the_lease_and_until_when() {
    let world = world().await;
    let (first, second) = (backfill(&world).await, backfill(&world).await);
    let plan = answer(&second, json!({"max_users": 3})).await;
    let event = json!({"mode": "run", "accept_side_effects": true, "run_id": RUN, "batch_size": 5});
    let meanwhile = async {
        until_begun(&world).await;
        for event in [
            json!({"mode": "run", "accept_side_effects": true}),
            json!({"mode": "run", "accept_side_effects": true, "run_id": plan["run_id"]}),
        ] {
            let (kind, sentence) = thrown(second.invoke(event).await);
            assert_eq!(kind, "Busy", "{sentence}");
            let until = world
                .ask("select lease_until::date from rollcall.runs where lease_until is not null")
                .await;
            assert!(
                sentence.contains(RUN) && sentence.contains(&until),
                "{sentence}"
            );
        }
        // Who was told so left nothing behind.
        assert_eq!(world.ask("select count(*) from rollcall.runs").await, "2");
    };
    let (run, ()) = tokio::join!(answer(&first, event), meanwhile);
    assert_eq!(counts(&run), [200, 200, 0, 0, 0, 0]);
    let late = answer(
        &second,
        json!({"mode": "run", "accept_side_effects": true, "run_id": plan["run_id"]}),
    )
    .await;
    assert_eq!(counts(&late), [3, 0, 3, 0, 0, 0]);
}

#[tokio::test]
async fn whoever_goes_on_with_a_run_takes_it_from_whoever_held_it() {
    let world = world().await;
    let (first, second) = (backfill(&world).await, backfill(&world).await);
    let event = json!({"mode": "run", "accept_side_effects": true, "run_id": RUN, "batch_size": 5});
    let take_over = async {
        until_begun(&world).await;
        answer(&second, event.clone()).await
    };
    let (turned_away, run) = tokio::join!(first.invoke(event.clone()), take_over);
    assert_eq!(
        (&run["status"], counts(&run)),
        (&json!("completed"), [200, 200, 0, 0, 0, 0])
    );
    let (kind, sentence) = thrown(turned_away);
    assert_eq!(kind, "Busy", "{sentence}");
    assert!(sentence.contains(RUN), "{sentence}");
    let recorded = "select count(*) || ' ' || count(distinct u)
        from rollcall.run_batches, unnest(created) u";
    assert_eq!(world.ask(recorded).await, "200 200");
}

#[tokio::test]
async fn a_lease_that_ran_out_stops_nobody_and_its_holder_is_fenced_off() {
    let world = world().await;
    let line = Line::open().await;
    let url = line.url("rollcall_operator", &world);
    let first = Deployed::with_url("backfill", &url, &[]).await;
    let second = backfill(&world).await;
    let event = json!({"mode": "run", "accept_side_effects": true, "run_id": RUN, "batch_size": 5});
    let meanwhile = async {
        until_begun(&world).await;
        outlast(&world, &line).await;
        let run = answer(
            &second,
            json!({"mode": "run", "accept_side_effects": true, "max_users": 7}),
        )
        .await;
        line.mend().await;
        run
    };
    let (woken, other) = tokio::join!(answer(&first, event.clone()), meanwhile);
    assert_eq!(
        (&other["status"], counts(&other)),
        (&json!("completed"), [7, 7, 0, 0, 0, 0])
    );
    assert_eq!(other["unfinished_run"], RUN);
    assert_eq!(
        woken["status"], "partial",
        "it has to stop, and tells how far it came"
    );
    let last = answer(&first, event).await;
    assert_eq!(
        (&last["status"], count(&last, "present")),
        (&json!("completed"), 7)
    );
    let recorded = "select count(*) || ' ' || count(distinct u)
        from rollcall.run_batches, unnest(created) u";
    assert_eq!(world.ask(recorded).await, "200 200");
}

/// Silences whoever runs at the other end, between two batches, until the lease has run out.
async fn outlast(world: &World, line: &Line) {
    let run_out = "set lock_timeout = '100ms';
        update rollcall.runs set lease_until = now() - interval '1 second' where state = 'running'";
    loop {
        line.hold();
        // What is on its way may still arrive.
        tokio::time::sleep(Duration::from_millis(50)).await;
        // Locked, if this is in the midst of a batch.
        if world.attempt("supabase_admin", run_out).await.is_ok() {
            return;
        }
        line.mend().await;
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}
