//! Killed anywhere, a run goes on and does everything once.

use std::time::Duration;

use super::*;

const ROWS: i64 = 3000;

#[tokio::test]
async fn killed_again_and_again_it_moves_each_row_once_and_brings_it_back() {
    let more = "create table public.orders (id int primary key, user_id uuid, note text);
        insert into public.orders select n, gen_random_uuid(), 'n' || n from generate_series(1, 3000) n;
        create function public.slow() returns trigger language plpgsql as
            $$ begin perform pg_sleep(0.0003); return coalesce(new, old); end $$;
        create trigger slow before insert or delete on public.orders
            for each row execute function public.slow()";
    let world = world(more, &[("public.orders", "user_id")]).await;
    let function = repair(&world).await;
    let before = dump(&world, "public.orders").await;
    let planned = plan(&function, json!({})).await;
    for action in ["apply", "undo"] {
        let event = json!({"action": action, "run_id": planned["run_id"], "confirm_count": ROWS});
        let mut kills = 0;
        let done = loop {
            // Given up, the process is killed with whatever it was doing.
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(350)), if kills < 5 => kills += 1,
                done = function.invoke(event.clone()) => break done.unwrap(),
            }
            let everywhere =
                count(&world, "public.orders").await + count(&world, "rollcall.quarantine").await;
            assert_eq!(everywhere, ROWS);
        };
        assert_eq!(
            counts(&done["tables"][0]),
            [ROWS, ROWS, 0, 0, 0],
            "{done:#}"
        );
        let there = if action == "apply" { 0 } else { ROWS };
        assert_eq!(count(&world, "public.orders").await, there);
        assert_eq!(count(&world, "rollcall.quarantine").await, ROWS - there);
    }
    assert_eq!(dump(&world, "public.orders").await, before);
    assert_eq!(count(&world, "public.error_logs").await, 1);
}

#[tokio::test]
async fn begun_under_another_configuration_it_stops_and_what_was_done_can_be_taken_back() {
    let world = world(
        "create table public.notes (id int primary key, user_id uuid);
         insert into public.notes select n, ('00000000-0000-4000-8000-' || lpad((50 + n)::text, 12, '0'))::uuid
         from generate_series(1, 3) n",
        &[("public.notes", "user_id")],
    )
    .await;
    let function = repair(&world).await;
    let planned = answer(&function, json!({"action": "references.plan"})).await;
    let run = planned["run_id"].as_str().unwrap();
    let half = format!(
        "select b.done from rollcall.take_lease('{run}') l
        cross join lateral rollcall.references_batch('{run}', l.fence, 1) b"
    );
    world.ask_as("rollcall_operator", &half).await;
    let kept = "select (select count(*) from public.notes) || ' '
        || (select count(*) from rollcall.quarantine)";
    let begun = world.ask(kept).await;
    assert_eq!(begun, "2 1");
    let (_, toml) = shapes::USERS;
    world.install(toml).await;
    let apply = json!({"action": "apply", "run_id": run});
    let (kind, sentence) = rollcall_tests::thrown(function.invoke(apply.clone()).await);
    assert_eq!(kind, "Rejected", "{sentence}");
    assert!(
        sentence.contains(&format!("rollcall backfill --cancel {run}")),
        "{sentence}"
    );
    assert_eq!(world.ask(kept).await, begun);
    let backfill = Deployed::start("backfill", &world, "rollcall_operator", &[]).await;
    let cancel = json!({"mode": "cancel", "run_id": run});
    assert_eq!(
        backfill.invoke(cancel).await.unwrap()["status"],
        "cancelled"
    );
    let (kind, sentence) = rollcall_tests::thrown(function.invoke(apply).await);
    assert_eq!(kind, "Rejected", "{sentence}");
    assert!(sentence.contains("was cancelled"), "{sentence}");
    answer(&function, json!({"action": "undo", "run_id": run})).await;
    assert_eq!(world.ask(kept).await, "3 0");
}
