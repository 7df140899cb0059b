//! The profile table is locked, dropped or altered in the midst of a run.

use std::time::Duration;

use rollcall_tests::{Deployed, shapes, thrown};
use serde_json::json;

use super::*;
use interrupted::{RUN, assert_exact, slow_world, until_created};

fn event() -> Value {
    json!({"mode": "run", "accept_side_effects": true, "run_id": RUN, "batch_size": 5})
}

#[tokio::test]
async fn a_table_that_is_locked_for_a_while_is_waited_for() {
    let world = slow_world(100).await;
    let function = backfill(&world).await;
    let lock = async {
        until_created(&world, 20).await;
        let mut holder = world.connect("postgres").await;
        let lock = "begin; lock table public.users in access exclusive mode";
        sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
        // Longer than two waits for it.
        tokio::time::sleep(Duration::from_millis(2500)).await;
        sqlx::raw_sql("commit").execute(&mut holder).await.unwrap();
    };
    let (run, ()) = tokio::join!(answer(&function, event()), lock);
    assert_eq!(
        (&run["status"], counts(&run)),
        (&json!("completed"), [100, 100, 0, 0, 0, 0])
    );
    assert_exact(&world, 100).await;
}

#[tokio::test]
async fn a_table_that_stays_locked_makes_the_call_partial_before_its_deadline() {
    let world = slow_world(10).await;
    let mut holder = world.connect("postgres").await;
    let lock = "begin; lock table public.users in share mode";
    sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
    let url = world.url("rollcall_operator");
    let function = Deployed::as_said("backfill", &url, &[], |spec| {
        // Two tries, and the margin.
        spec.timeout = Duration::from_secs(9);
    })
    .await;
    let partial = answer(&function, event()).await;
    assert_eq!(
        (&partial["status"], counts(&partial)),
        (&json!("partial"), [10, 0, 0, 0, 0, 10])
    );
    sqlx::raw_sql("rollback")
        .execute(&mut holder)
        .await
        .unwrap();
    let run = answer(&function, event()).await;
    assert_eq!(counts(&run), [10, 10, 0, 0, 0, 0]);
    assert_exact(&world, 10).await;
}

/// What is done to the table in the midst of a run, what a word of the answer is, and what mends it.
const CHANGES: [(&str, &str, &str, &str); 5] = [
    (
        "dropped",
        "alter table public.users set schema rollcall_away",
        "public.users",
        "alter table rollcall_away.users set schema public",
    ),
    (
        "renamed",
        "alter table public.users rename to people",
        "public.users",
        "alter table public.people rename to users",
    ),
    (
        "a column dropped",
        "alter table public.users drop column name",
        "\"name\"",
        "alter table public.users add name text",
    ),
    (
        "a type changed",
        "alter table public.users alter name type integer using 7",
        "\"name\"",
        "alter table public.users alter name type text using 'U'",
    ),
    (
        "a view in its place",
        "alter table public.users set schema rollcall_away;
         create view public.users as select id, email from rollcall_away.users",
        "name",
        "drop view public.users; alter table rollcall_away.users set schema public",
    ),
];

#[tokio::test]
async fn a_table_that_is_altered_stops_the_run_until_it_is_mended() {
    for (what, change, word, mend) in CHANGES {
        let world = slow_world(60).await;
        world.run("postgres", "create schema rollcall_away").await;
        let function = backfill(&world).await;
        let alter = async {
            until_created(&world, 10).await;
            world.run("postgres", change).await;
        };
        let (outcome, ()) = tokio::join!(function.invoke(event()), alter);
        let (kind, sentence) = thrown(outcome);
        assert!(
            sentence.contains(word) && sentence.contains(&format!("--run-id {RUN}")),
            "{what}: {kind}: {sentence}"
        );
        assert_eq!(
            world
                .ask("select count(*) from rollcall.run_refusals")
                .await,
            "0",
            "{what}: it is nobody's row"
        );
        world.run("postgres", mend).await;
        let run = answer(&function, event()).await;
        assert_eq!(
            (&run["status"], counts(&run)),
            (&json!("completed"), [60, 60, 0, 0, 0, 0]),
            "{what}"
        );
        assert_exact(&world, 60).await;
    }
}

#[tokio::test]
async fn a_table_made_anew_is_filled_with_whoever_is_left() {
    let world = slow_world(60).await;
    let function = backfill(&world).await;
    let drop = async {
        until_created(&world, 10).await;
        world.run("postgres", "drop table public.users").await;
    };
    let (outcome, ()) = tokio::join!(function.invoke(event()), drop);
    let (kind, sentence) = thrown(outcome);
    assert_eq!(kind, "Misconfigured", "{sentence}");
    assert!(sentence.contains("bring it back"), "{sentence}");
    world.run("postgres", shapes::USERS.0).await;
    let run = answer(&function, event()).await;
    assert_eq!(counts(&run), [60, 60, 0, 0, 0, 0]);
    // Those before went with the table; another backfill finds them.
    let next = answer(&function, json!({"mode": "run"})).await;
    assert_eq!(profiles(&world).await, "60");
    assert_eq!(count(&next, "created"), count(&next, "planned"));
}

#[tokio::test]
async fn a_new_column_that_nothing_fills_refuses_the_rest_and_the_next_run_has_them() {
    let world = slow_world(60).await;
    let function = backfill(&world).await;
    let alter = async {
        until_created(&world, 10).await;
        let add = "alter table public.users add plan text not null default 'free';
            alter table public.users alter plan drop default";
        world.run("postgres", add).await;
    };
    let (run, ()) = tokio::join!(answer(&function, event()), alter);
    assert_eq!(run["status"], "completed");
    assert_eq!(run["reasons"], json!({"not_null": count(&run, "refused")}));
    let mend = run["mends"]["not_null"].as_str().unwrap();
    assert!(mend.contains("give it a default"), "{mend}");
    assert!(count(&run, "refused") > 0 && count(&run, "remaining") == 0);
    let default = "alter table public.users alter plan set default 'free'";
    world.run("postgres", default).await;
    let next = answer(&function, json!({"mode": "run"})).await;
    assert_eq!(count(&next, "created"), count(&run, "refused"));
    assert_eq!(profiles(&world).await, "60");
}
