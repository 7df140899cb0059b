//! Several at once: one run has the lease, and of one run only one is at it.

use std::time::Duration;

use rollcall_tests::thrown;

use super::*;

const ROWS: i64 = 3000;

async fn slow_orders() -> World {
    let sql = "create table public.orders (id int primary key, user_id uuid, note text);
        insert into public.orders select n, gen_random_uuid(), 'n' || n from generate_series(1, 3000) n;
        create function public.slow() returns trigger language plpgsql as
            $$ begin perform pg_sleep(0.0003); return coalesce(new, old); end $$;
        create trigger slow before insert or delete on public.orders
            for each row execute function public.slow()";
    world(sql, &[("public.orders", "user_id")]).await
}

fn event(action: &str, run: &Value) -> Value {
    json!({"action": action, "run_id": run["run_id"], "confirm_count": ROWS})
}

/// Waits until a run of this kind has done something.
async fn until_done_something(world: &World, kind: &str) {
    let done = format!("select coalesce(max(created), 0) from rollcall.runs where kind = '{kind}'");
    while world.ask(&done).await == "0" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn whoever_calls_the_same_again_takes_it_over_and_no_row_is_moved_twice() {
    let world = slow_orders().await;
    let (first, second) = (repair(&world).await, repair(&world).await);
    let before = dump(&world, "public.orders").await;
    let planned = plan(&first, json!({})).await;
    for (action, kind, there) in [("apply", "references", 0), ("undo", "undo", ROWS)] {
        let (turned_away, done) = tokio::join!(first.invoke(event(action, &planned)), async {
            until_done_something(&world, kind).await;
            answer(&second, event(action, &planned)).await
        });
        assert_eq!(
            counts(&done["tables"][0]),
            [ROWS, ROWS, 0, 0, 0],
            "{done:#}"
        );
        let (kind, sentence) = thrown(turned_away);
        assert_eq!(kind, "Busy", "{sentence}");
        assert_eq!(count(&world, "public.orders").await, there);
        assert_eq!(count(&world, "rollcall.quarantine").await, ROWS - there);
    }
    assert_eq!(dump(&world, "public.orders").await, before);
    assert_eq!(count(&world, "(select from rollcall.runs) r").await, 2);
    assert_eq!(count(&world, "public.error_logs").await, 1);
}

#[tokio::test]
async fn begun_in_one_moment_by_many_it_is_done_once() {
    let world = slow_orders().await;
    let functions = [
        repair(&world).await,
        repair(&world).await,
        repair(&world).await,
    ];
    let planned = plan(&functions[0], json!({})).await;
    for (action, there) in [("apply", 0), ("undo", ROWS)] {
        let calls = functions
            .each_ref()
            .map(|function| function.invoke(event(action, &planned)));
        for outcome in futures_util::future::join_all(calls).await {
            if outcome.is_err() {
                let (kind, sentence) = thrown(outcome);
                assert!(
                    ["Busy", "Unavailable"].contains(&kind.as_str()),
                    "{kind}: {sentence}"
                );
            }
        }
        let done = answer(&functions[0], event(action, &planned)).await;
        assert!(
            done["status"] == "completed" || done["status"] == "nothing_to_do",
            "{done:#}"
        );
        assert_eq!(count(&world, "public.orders").await, there);
        assert_eq!(count(&world, "rollcall.quarantine").await, ROWS - there);
    }
    let done =
        "select string_agg(distinct created::text, ' ') from rollcall.runs where created > 0";
    assert_eq!(world.ask(done).await, ROWS.to_string());
    let logged = "select concat_ws(' ', count(*), min(row_count)) from public.error_logs";
    assert_eq!(world.ask(logged).await, format!("1 {ROWS}"));
}

#[tokio::test]
async fn a_run_that_is_under_way_is_neither_undone_nor_purged_and_keeps_others_out() {
    let world = slow_orders().await;
    let (first, second) = (repair(&world).await, repair(&world).await);
    let planned = plan(&first, json!({})).await;
    let other = plan(&first, json!({})).await;
    let backfill = Deployed::start("backfill", &world, "rollcall_operator", &[]).await;
    let (done, ()) = tokio::join!(answer(&first, event("apply", &planned)), async {
        until_done_something(&world, "references").await;
        for (action, run, expected) in [
            ("undo", &planned, "Rejected"),
            ("purge", &planned, "Rejected"),
            ("apply", &other, "Busy"),
        ] {
            let (kind, sentence) = thrown(second.invoke(event(action, run)).await);
            assert_eq!(kind, expected, "{action}: {sentence}");
            assert!(sentence.contains("rollcall repair"), "{action}: {sentence}");
        }
        let (kind, sentence) = thrown(backfill.invoke(json!({"mode": "run"})).await);
        assert_eq!(kind, "Busy", "{sentence}");
    });
    assert_eq!(
        counts(&done["tables"][0]),
        [ROWS, ROWS, 0, 0, 0],
        "{done:#}"
    );
    // Planned for the same rows, which are no longer there.
    let late = answer(&second, event("apply", &other)).await;
    assert_eq!(
        counts(&late["tables"][0]),
        [ROWS, 0, 0, ROWS, 0],
        "{late:#}"
    );
    // While it is being taken back nothing of it is purged.
    let (undone, ()) = tokio::join!(answer(&first, event("undo", &planned)), async {
        until_done_something(&world, "undo").await;
        let (kind, sentence) = thrown(second.invoke(event("purge", &planned)).await);
        assert_eq!(kind, "Busy", "{sentence}");
    });
    assert_eq!(
        counts(&undone["tables"][0]),
        [ROWS, ROWS, 0, 0, 0],
        "{undone:#}"
    );
    assert_eq!(count(&world, "public.orders").await, ROWS);
}

#[tokio::test]
async fn nothing_is_purged_before_an_undo_that_was_begun_has_been_ended() {
    let world = slow_orders().await;
    let function = repair(&world).await;
    let planned = plan(&function, json!({})).await;
    answer(&function, event("apply", &planned)).await;
    tokio::select! {
        () = until_done_something(&world, "undo") => {}
        undone = function.invoke(event("undo", &planned)) => panic!("too fast: {undone:?}"),
    }
    let lapsed = "update rollcall.runs set lease_until = now() where lease_until is not null";
    world.run("supabase_admin", lapsed).await;
    let rest = count(&world, "rollcall.quarantine").await;
    let purge = json!({"action": "purge", "run_id": planned["run_id"], "confirm_count": rest});
    let undo_id = world
        .ask("select run_id from rollcall.runs where kind = 'undo'")
        .await;
    let (kind, sentence) = thrown(function.invoke(purge.clone()).await);
    assert_eq!(kind, "Rejected", "{sentence}");
    for mend in ["rollcall repair undo", "rollcall backfill --cancel"] {
        assert!(
            sentence.contains(&format!("{mend} {undo_id}")),
            "{sentence}"
        );
    }
    assert_eq!(count(&world, "rollcall.quarantine").await, rest);
    let backfill = Deployed::start("backfill", &world, "rollcall_operator", &[]).await;
    backfill
        .invoke(json!({"mode": "cancel", "run_id": undo_id}))
        .await
        .unwrap();
    let purged = answer(&function, purge).await;
    assert_eq!(counts(&purged["tables"][0])[1], rest, "{purged:#}");
    assert_eq!(count(&world, "public.orders").await + rest, ROWS);
    let undone = answer(&function, event("undo", &planned)).await;
    assert_eq!(undone["status"], "nothing_to_do", "{undone:#}");
}
