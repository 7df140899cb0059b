//! Ended at random moments, again and again, a run comes to the same end as undisturbed.
//!
//! `ROLLCALL_KILLS` says how often, 20 times if it is not set.

use std::{env, time::Duration};

use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use rollcall_local::runtime_api::InvokeError;
use rollcall_tests::{Deployed, Line, World, shapes};
use serde_json::json;
use uuid::Uuid;

use super::*;

const GHOSTS: u32 = 400;

/// What ends a call.
#[derive(Debug, Clone, Copy)]
enum Blow {
    /// The process is killed, as by `kill -9`.
    Kill,
    /// The connection is cut.
    Cut,
    /// The database ends the session.
    Terminate,
    /// Nothing comes through, then the process is killed: the database does not know.
    Silence,
}

fn blow() -> impl Strategy<Value = (Blow, u64, u8)> {
    let blow = prop_oneof![
        5 => Just(Blow::Kill),
        2 => Just(Blow::Cut),
        3 => Just(Blow::Terminate),
        1 => Just(Blow::Silence),
    ];
    (blow, 0..150_u64, 1..30_u8)
}

/// As many blows as the environment says.
#[expect(
    clippy::disallowed_methods,
    reason = "no setting of anything that is shipped"
)]
fn blows() -> Vec<(Blow, u64, u8)> {
    let number = env::var("ROLLCALL_KILLS").map_or(20, |text| text.parse().expect("a number"));
    vec(blow(), number)
        .new_tree(&mut TestRunner::default())
        .unwrap()
        .current()
}

#[tokio::test]
async fn however_often_it_is_ended_it_ends_as_if_it_had_never_been() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    before_insert(&world, "perform pg_sleep(0.001);").await;
    let line = Line::open().await;
    let url = line.url("rollcall_operator", &world);
    let function = Deployed::with_url("backfill", &url, &[]).await;
    let (mut round, mut run_id) = (0, Uuid::nil());
    let mut landed = 0;
    let mut is_done = true;
    for (blow, after_ms, batch_size) in blows() {
        if is_done {
            // It was too quick to be hit by all: then there is another one.
            round += 1;
            ghosts(&world, (round - 1) * GHOSTS + 1, GHOSTS).await;
            run_id = Uuid::from_u128(round.into());
        }
        let event = json!({"mode": "run", "accept_side_effects": true, "run_id": run_id,
            "batch_size": batch_size});
        let strike = strike(blow, after_ms, &world, &line);
        is_done = tokio::select! {
            outcome = function.invoke(event) => is_done_with(outcome),
            () = strike => false,
        };
        landed += u32::from(!is_done);
        line.mend().await;
    }
    assert!(landed > 0, "no call was ended by any of them");
    if !is_done {
        let event = json!({"mode": "run", "run_id": run_id});
        let last = answer(&function, event).await;
        assert_eq!(last["status"], "completed");
    }
    assert_exact(&world, round).await;
}

/// Waits for the moment, strikes, and lets the call find out; a kill ends the waiting at once.
async fn strike(blow: Blow, after_ms: u64, world: &World, line: &Line) {
    tokio::time::sleep(Duration::from_millis(after_ms)).await;
    match blow {
        Blow::Kill => return,
        Blow::Cut => line.cut().await,
        Blow::Silence => {
            line.hold();
            tokio::time::sleep(Duration::from_millis(20)).await;
            return;
        }
        Blow::Terminate => {
            let terminate = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                where datname = current_database() and application_name = 'rollcall backfill'";
            world.ask(terminate).await;
        }
    }
    std::future::pending::<()>().await;
}

/// Whether a call that came to its own end ended the run; an error says how to go on, or that
/// nothing was begun.
fn is_done_with(outcome: Result<Value, InvokeError>) -> bool {
    match outcome {
        Ok(answer) => {
            assert_adds_up(&answer);
            assert_eq!(answer["status"], "completed");
            true
        }
        Err(error) => {
            let (kind, sentence) = rollcall_tests::thrown::<()>(Err(error));
            assert_eq!(kind, "Unavailable", "{sentence}");
            false
        }
    }
}

async fn assert_exact(world: &World, rounds: u32) {
    let all = rounds * GHOSTS;
    assert_eq!(profiles(world).await, all.to_string());
    let recorded = "select count(*) || ' ' || count(distinct u)
        from rollcall.run_batches, unnest(created) u";
    assert_eq!(world.ask(recorded).await, format!("{all} {all}"));
    let lost = "select count(*) from auth.users u left join public.users p using (id)
        where p.id is null or p.email <> u.email";
    assert_eq!(world.ask(lost).await, "0");
    let runs = "select concat_ws(' ', count(*), min(planned), min(created), max(created),
        max(present + refused + gone), min(state), max(state)) from rollcall.runs";
    let told = format!("{rounds} {GHOSTS} {GHOSTS} {GHOSTS} 0 completed completed");
    assert_eq!(world.ask(runs).await, told);
    let audit = "select concat_ws(' ', count(*), count(distinct run_id), min(status), max(status),
        min(records_affected), max(records_affected), max(records_failed))
        from public.cleanup_audit_log";
    let told = format!("{rounds} {rounds} completed completed {GHOSTS} {GHOSTS} 0");
    assert_eq!(world.ask(audit).await, told);
    // Batches follow each other without a gap.
    let gaps = "select count(*) from (
            select begins_at, lag(begins_at + cardinality(created), 1, 0::bigint)
                over (partition by run_id order by begins_at) as due
            from rollcall.run_batches
        ) b where begins_at <> due";
    assert_eq!(world.ask(gaps).await, "0");
}
