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
