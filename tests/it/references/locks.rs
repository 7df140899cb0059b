//! Somebody else is at a row: they are waited for a moment, and what they hold costs itself only.

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection};

use super::*;

const NOTES: &str = "
    create table public.notes (id int primary key, user_id uuid, note text);
    create table public.replies (id int primary key, note_id int references public.notes on delete cascade);
    insert into public.notes
    select n, ('00000000-0000-4000-8000-' || lpad((50 + n)::text, 12, '0'))::uuid, 'n' || n
    from generate_series(1, 40) n";

async fn notes(policy: &Value) -> (World, Repair, Value) {
    let world = world(NOTES, &[("public.notes", "user_id")]).await;
    let function = repair(&world).await;
    let planned = plan(&function, json!({"public.notes": policy})).await;
    assert_eq!(counts(&planned["tables"][0])[0], 40);
    (world, function, planned)
}

/// Somebody who has done this, and has not committed it.
pub(super) async fn somebody(world: &World, sql: &str) -> PgConnection {
    let mut theirs = world.connect("postgres").await;
    say(&mut theirs, &format!("begin; {sql}")).await;
    theirs
}

pub(super) async fn say(theirs: &mut PgConnection, sql: &str) {
    let said = sqlx::raw_sql(AssertSqlSafe(sql)).execute(theirs).await;
    said.unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
}

/// Rows before are rows after and those in quarantine.
async fn assert_nothing_lost(world: &World, rows: i64) {
    let kept = count(world, "public.notes").await + count(world, "rollcall.quarantine").await;
    assert_eq!(kept, rows);
}

#[tokio::test]
async fn whoever_keeps_a_row_keeps_only_that_row() {
    let system = json!({"policy": "reassign", "to": id(9)});
    for (policy, held) in [
        (
            json!("quarantine"),
            "update public.notes set note = 'x' where id = 7",
        ),
        (
            json!("quarantine"),
            "select from public.notes where id = 7 for update",
        ),
        (
            json!("quarantine"),
            "select from public.notes where id = 7 for share",
        ),
        (json!("quarantine"), "delete from public.notes where id = 7"),
        (
            json!("quarantine"),
            "insert into public.replies values (1, 7)",
        ),
        (
            system.clone(),
            "update public.notes set user_id = null where id = 7",
        ),
        (system, "select from public.notes where id = 7 for update"),
    ] {
        let (world, function, planned) = notes(&policy).await;
        let before = dump(&world, "public.notes").await;
        let mut theirs = somebody(&world, held).await;
        let done = apply(&function, &planned).await;
        assert_eq!(done["status"], "completed", "{held}: {done:#}");
        assert_eq!(
            counts(&done["tables"][0]),
            [40, 39, 1, 0, 0],
            "{held}: {done:#}"
        );
        assert_eq!(left(&done), ["public.notes 7 lock_timeout"], "{held}");
        assert_nothing_lost(&world, 40).await;
        say(&mut theirs, "rollback").await;
        // What is left is the next plan's.
        let next = plan(&function, json!({"public.notes": policy})).await;
        let next = apply(&function, &next).await;
        assert_eq!(
            counts(&next["tables"][0]),
            [1, 1, 0, 0, 0],
            "{held}: {next:#}"
        );
        for run in [&next, &done] {
            let undone = undo(&function, run).await;
            assert_eq!(left(&undone), Vec::<String>::new(), "{held}: {undone:#}");
        }
        assert_eq!(dump(&world, "public.notes").await, before, "{held}");
    }
}

#[tokio::test]
async fn whoever_is_through_in_a_moment_is_waited_for_and_what_they_did_counts() {
    let mended = format!("update public.notes set user_id = '{}' where id = 7", id(2));
    let replied = "insert into public.replies values (1, 7)";
    let touched = "update public.notes set note = 'x' where id = 7";
    for (theirs, expected, leaves) in [
        (mended.as_str(), [40, 39, 0, 1, 0], vec![]),
        (
            "delete from public.notes where id = 7",
            [40, 39, 0, 1, 0],
            vec![],
        ),
        (
            "update public.notes set id = 99 where id = 7",
            [40, 39, 0, 1, 0],
            vec![],
        ),
        (
            replied,
            [40, 39, 1, 0, 0],
            vec!["public.notes 7 referred_to"],
        ),
        (touched, [40, 40, 0, 0, 0], vec![]),
    ] {
        let (world, function, planned) = notes(&json!("quarantine")).await;
        let mut somebody = somebody(&world, theirs).await;
        let (done, ()) = tokio::join!(answer(&function, confirmed(&planned)), async {
            // Until the batch waits for it.
            let waits = "select count(*) from pg_locks where not granted";
            while world.ask(waits).await == "0" {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            say(&mut somebody, "commit").await;
        });
        assert_eq!(counts(&done["tables"][0]), expected, "{theirs}: {done:#}");
        assert_eq!(left(&done), leaves, "{theirs}");
        let undone = undo(&function, &done).await;
        assert_eq!(left(&undone), Vec::<String>::new(), "{theirs}: {undone:#}");
        let rows = if theirs.starts_with("delete") { 39 } else { 40 };
        assert_eq!(count(&world, "public.notes").await, rows, "{theirs}");
        if theirs == touched {
            let back = "select note from public.notes where id = 7";
            assert_eq!(world.ask(back).await, "x");
        }
    }
}

#[tokio::test]
async fn a_profile_that_somebody_is_just_making_is_not_waited_for_and_the_row_comes_back() {
    let (world, function, planned) = notes(&json!("quarantine")).await;
    let before = dump(&world, "public.notes").await;
    let profile = format!("insert into public.users (id) values ('{}')", id(57));
    let mut theirs = somebody(&world, &profile).await;
    let done = apply(&function, &planned).await;
    assert_eq!(counts(&done["tables"][0]), [40, 40, 0, 0, 0], "{done:#}");
    say(&mut theirs, "commit").await;
    assert_nothing_lost(&world, 40).await;
    undo(&function, &done).await;
    assert_eq!(dump(&world, "public.notes").await, before);
    // Whoever has the profile by now is left alone by the next.
    let next = plan(&function, json!({"public.notes": "quarantine"})).await;
    assert_eq!(counts(&next["tables"][0])[0], 39);
}

#[tokio::test]
async fn a_profile_that_is_to_be_made_and_that_somebody_is_making_costs_only_itself() {
    let users = "create table public.notes (id int primary key, user_id uuid);
        insert into public.notes
        select n, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid
        from generate_series(11, 19) n";
    let world = world(users, &[("public.notes", "user_id")]).await;
    let function = repair(&world).await;
    let planned = plan(&function, json!({})).await;
    let profile = format!("insert into public.users (id) values ('{}')", id(15));
    let mut theirs = somebody(&world, &profile).await;
    let done = apply(&function, &planned).await;
    assert_eq!(counts(&done["tables"][0]), [9, 8, 1, 0, 0], "{done:#}");
    assert_eq!(
        left(&done),
        [format!("public.notes {} lock_timeout", id(15))]
    );
    say(&mut theirs, "commit").await;
    assert_eq!(count(&world, "public.users").await, 18);
    let undone = undo(&function, &done).await;
    assert_eq!(left(&undone), Vec::<String>::new(), "{undone:#}");
    assert_eq!(count(&world, "public.users").await, 10);
}

#[tokio::test]
async fn an_undo_waits_for_a_key_or_a_row_that_somebody_has_and_loses_none() {
    for (policy, theirs, reason) in [
        (
            json!("quarantine"),
            "insert into public.notes values (7)",
            "lock_timeout",
        ),
        (
            json!({"policy": "reassign", "to": id(9)}),
            "update public.notes set note = 'x' where id = 7",
            "lock_timeout",
        ),
    ] {
        let (world, function, planned) = notes(&policy).await;
        let before = dump(&world, "public.notes").await;
        let done = apply(&function, &planned).await;
        let mut somebody = somebody(&world, theirs).await;
        let undone = undo(&function, &done).await;
        assert_eq!(
            counts(&undone["tables"][0]),
            [40, 39, 1, 0, 0],
            "{undone:#}"
        );
        assert_eq!(left(&undone), [format!("public.notes 7 {reason}")]);
        say(&mut somebody, "rollback").await;
        let again = undo(&function, &done).await;
        assert_eq!(counts(&again["tables"][0]), [1, 1, 0, 0, 0], "{again:#}");
        assert_eq!(dump(&world, "public.notes").await, before);
    }
}

#[tokio::test]
async fn a_table_that_somebody_has_whole_is_waited_for() {
    for (action, undoes) in [("apply", false), ("undo", true)] {
        let (world, function, planned) = notes(&json!("quarantine")).await;
        if undoes {
            apply(&function, &planned).await;
        }
        let mut theirs = somebody(&world, "lock table public.notes in share mode").await;
        let event = json!({"action": action, "run_id": planned["run_id"]});
        let (done, ()) = tokio::join!(answer(&function, event), async {
            // Longer than one try, shorter than its patience.
            tokio::time::sleep(Duration::from_millis(1200)).await;
            assert_nothing_lost(&world, 40).await;
            say(&mut theirs, "commit").await;
        });
        assert_eq!(counts(&done["tables"][0]), [40, 40, 0, 0, 0], "{done:#}");
    }
}

#[tokio::test]
async fn a_plan_says_which_table_it_could_not_read() {
    let (world, function, _) = notes(&json!("quarantine")).await;
    let held = "lock table public.notes in access exclusive mode";
    let theirs = somebody(&world, held).await;
    let runs = count(&world, "rollcall.runs").await;
    let plan = json!({"action": "references.plan"});
    let (kind, sentence) = rollcall_tests::thrown(function.invoke(plan).await);
    assert_eq!(kind, "Unavailable", "{sentence}");
    assert!(sentence.contains("public.notes"), "{sentence}");
    assert!(sentence.contains("planning the repair"), "{sentence}");
    assert_eq!(count(&world, "rollcall.runs").await, runs);
    drop(theirs);
}
