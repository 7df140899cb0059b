//! Plans do not depend on statistics: a table that was analyzed while it was empty is looked up by
//! its index all the same.

use rollcall_tests::{World, shapes};
use serde_json::json;

use super::*;

const SCANS: &str = "select sum(seq_scan) from pg_stat_all_tables
    where relid in ('public.users'::regclass, 'auth.users'::regclass, 'rollcall.run_plans'::regclass)";

#[tokio::test]
async fn no_batch_reads_a_table_from_end_to_end() {
    for poison in [
        "",
        "if new.email like '%7@example.com' then raise 'no'; end if;",
    ] {
        let (sql, toml) = shapes::USERS;
        let world = World::with(sql, toml).await;
        ghosts(&world, 1, 4000).await;
        if !poison.is_empty() {
            before_insert(&world, poison).await;
        }
        world
            .run(
                "supabase_admin",
                "analyze public.users; analyze rollcall.run_plans",
            )
            .await;
        let plan = answer(&backfill(&world).await, json!({})).await;
        until_alone(&world).await;
        let before = world.ask(SCANS).await;
        let function = backfill(&world).await;
        let event = json!({"mode": "run", "run_id": plan["run_id"], "batch_size": 100,
            "accept_side_effects": true});
        let run = answer(&function, event).await;
        assert_eq!(run["status"], "completed");
        drop(function);
        until_alone(&world).await;
        let batches = world.ask("select count(*) from rollcall.run_batches").await;
        assert!(batches.parse::<u32>().unwrap() >= 40, "{batches}");
        let scans = |text: String| text.parse::<u32>().unwrap();
        // The proof at the end looks at everybody, once.
        let scans = scans(world.ask(SCANS).await) - scans(before);
        assert!(scans < 10, "{poison}: {scans}");
    }
}

/// Until the function's session is over: then its counts are in.
async fn until_alone(world: &World) {
    let sessions = "select count(*) from pg_stat_activity
        where datname = current_database() and application_name = 'rollcall backfill'";
    while world.ask(sessions).await != "0" {
        tokio::task::yield_now().await;
    }
}
