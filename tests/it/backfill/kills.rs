//! Ended at random moments, again and again, a run comes to the same end as undisturbed.
//!
//! `ROLLCALL_KILLS` says how often, 20 times if it is not set.

use rollcall_tests::{Deployed, Line, World, shapes};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::blows::{blows, under};

const GHOSTS: u32 = 400;

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
    for blow in blows(150) {
        if is_done {
            // It was too quick to be hit by all: then there is another one.
            round += 1;
            ghosts(&world, (round - 1) * GHOSTS + 1, GHOSTS).await;
            run_id = Uuid::from_u128(round.into());
        }
        let event = json!({"mode": "run", "accept_side_effects": true, "run_id": run_id,
            "batch_size": blow.2});
        let ended = under(blow, &function, event, &world, &line).await;
        is_done = ended.is_some_and(|answer| {
            assert_adds_up(&answer);
            assert_eq!(answer["status"], "completed");
            true
        });
        landed += u32::from(!is_done);
    }
    assert!(landed > 0, "no call was ended by any of them");
    if !is_done {
        // Maybe it has not even begun.
        let event = json!({"mode": "run", "accept_side_effects": true, "run_id": run_id});
        let last = answer(&function, event).await;
        assert_eq!(last["status"], "completed");
    }
    assert_exact(&world, round).await;
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
