//! The database has no room, takes no writes, or has two transactions in each other's way.

use rollcall_tests::{World, shapes, thrown};
use serde_json::json;

use super::*;
use interrupted::{RUN, assert_exact, slow_world, until_created};

fn event() -> Value {
    json!({"mode": "run", "accept_side_effects": true, "run_id": RUN, "batch_size": 5})
}

/// The call is told to try again and how; once mended, it ends as if nothing had been.
async fn assert_goes_on(world: &World, function: &Function, ghosts: i64, words: &str, mend: &str) {
    let (kind, sentence) = thrown(function.invoke(event()).await);
    assert_eq!(kind, "Unavailable", "{sentence}");
    assert!(
        sentence.contains(words) && sentence.contains(&format!("--run-id {RUN}")),
        "{sentence}"
    );
    let recorded = "select coalesce(sum(cardinality(created)), 0) from rollcall.run_batches";
    assert_eq!(world.ask(recorded).await, profiles(world).await);
    assert_eq!(
        world
            .ask("select count(*) from rollcall.run_refusals")
            .await,
        "0"
    );
    assert_eq!(
        world
            .ask("select count(*) from rollcall.sync_failures")
            .await,
        "0"
    );
    world.run("supabase_admin", mend).await;
    let run = answer(function, event()).await;
    assert_eq!(
        (&run["status"], count(&run, "created")),
        (&json!("completed"), ghosts)
    );
    assert_exact(world, ghosts).await;
}

/// What the server itself says when it has no room for a file, and when it cannot read one.
const FAILURES: [(&str, &str); 2] = [
    (
        "53400",
        "create function public.no_room() returns void language plpgsql security definer
             set temp_file_limit = '64kB' set work_mem = '64kB' as
             'begin perform count(*) from generate_series(1, 200000) n; end'",
    ),
    (
        "58P01",
        "create function public.no_room() returns void language plpgsql security definer as
             'begin perform pg_catalog.pg_read_file(''nowhere''); end'",
    ),
];

#[tokio::test]
async fn a_disk_that_is_full_after_some_rows() {
    for (state, fails) in FAILURES {
        let (sql, toml) = shapes::USERS;
        let world = World::with(sql, toml).await;
        ghosts(&world, 1, 40).await;
        world.run("supabase_admin", fails).await;
        let full = "if (select count(*) from public.users) >= 18 then
                 perform public.no_room();
             end if;";
        before_insert(&world, full).await;
        let function = backfill(&world).await;
        let drop = "drop trigger theirs on public.users";
        assert_goes_on(&world, &function, 40, state, drop).await;
    }
}

#[tokio::test]
async fn a_disk_that_is_full_while_a_bad_row_is_dealt_with() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 40).await;
    let [(state, fails), ..] = FAILURES;
    world.run("supabase_admin", fails).await;
    // The third of the batch is bad, and its fifth finds no room.
    let full = "if new.email = 'u3@example.com' then raise 'no'; end if;
        if new.email = 'u5@example.com' then perform public.no_room(); end if;";
    before_insert(&world, full).await;
    let function = backfill(&world).await;
    assert_goes_on(
        &world,
        &function,
        40,
        state,
        "drop trigger theirs on public.users",
    )
    .await;
}

#[tokio::test]
async fn a_database_that_takes_no_writes() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 20).await;
    let function = backfill(&world).await;
    let plan = answer(&function, json!({})).await;
    let read_only = |on: &str| {
        format!(
            "alter database {} set default_transaction_read_only = {on}",
            world.name()
        )
    };
    world.run("supabase_admin", &read_only("on")).await;
    let event = json!({"mode": "run", "run_id": plan["run_id"]});
    // Another process, as after a failover.
    let standby = backfill(&world).await;
    let (kind, sentence) = thrown(standby.invoke(event.clone()).await);
    assert_eq!(kind, "Unavailable", "{sentence}");
    assert!(sentence.contains("25006"), "{sentence}");
    let (kind, sentence) = thrown(standby.invoke(json!({})).await);
    assert_eq!(kind, "Unavailable", "{sentence}");
    let write = format!("begin read write; {}; commit", read_only("off"));
    world.run("supabase_admin", &write).await;
    let run = answer(&backfill(&world).await, event).await;
    assert_eq!(counts(&run), [20, 20, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_deadlock_costs_a_smaller_batch_and_nobody() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 30).await;
    let deadlock = "if new.email = 'u7@example.com' and (select count(*) from pg_stat_activity
            where application_name = 'rollcall backfill') > 0
            and nextval('public.times') < 4 then
            raise 'deadlock' using errcode = '40P01';
        end if;";
    world.run("postgres", "create sequence public.times").await;
    before_insert(&world, deadlock).await;
    let run = answer(&backfill(&world).await, event()).await;
    assert_eq!(
        (&run["status"], counts(&run)),
        (&json!("completed"), [30, 30, 0, 0, 0, 0])
    );
    // Also where another row of the batch is bad.
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 30).await;
    world.run("postgres", "create sequence public.times").await;
    let both = format!("if new.email = 'u6@example.com' then raise 'no'; end if; {deadlock}");
    before_insert(&world, &both).await;
    let run = answer(&backfill(&world).await, event()).await;
    assert_eq!(counts(&run), [30, 29, 0, 1, 0, 0], "{run:#}");
    assert_eq!(run["reasons"], json!({"other": 1}));
}

#[tokio::test]
async fn a_stricter_isolation_changes_nothing() {
    for isolation in ["repeatable read", "serializable"] {
        let world = slow_world(60).await;
        let strict = format!(
            "alter database {} set default_transaction_isolation = '{isolation}'",
            world.name()
        );
        world.run("supabase_admin", &strict).await;
        let function = backfill(&world).await;
        let others = async {
            until_created(&world, 5).await;
            for number in 20..60 {
                let ensure = format!("select rollcall.ensure_profile('{}')", id(number));
                // It may lose against the batch, and is told so.
                let _ = world.attempt("rollcall_operator", &ensure).await;
            }
        };
        let (run, ()) = tokio::join!(answer(&function, event()), others);
        assert_eq!(
            (
                count(&run, "created") + count(&run, "present"),
                count(&run, "refused")
            ),
            (60, 0),
            "{isolation}: {run:#}"
        );
        assert_eq!(profiles(&world).await, "60");
    }
}
