//! An undo that was killed goes on where it stopped, and only one is at it.

use std::time::Duration;

use rollcall_tests::thrown;

use super::*;

const USERS: u32 = 2500;

/// Each removal takes a while, so that there is time to do something meanwhile.
async fn slow_world() -> World {
    let slow = "create function public.slow() returns trigger language plpgsql as
        $$ begin perform pg_sleep(0.0005); return old; end $$;
        create trigger slow before delete on public.users
            for each row execute function public.slow()";
    backfilled(shapes::USERS, slow, USERS).await
}

fn event(run_id: &Value) -> Value {
    json!({"action": "undo", "run_id": run_id, "confirm_count": USERS})
}

async fn until_removed(world: &World) {
    let removed = "select coalesce(max(created), 0) from rollcall.runs where kind = 'undo'";
    while world.ask(removed).await == "0" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Every profile is gone, and stands once in the undo's record.
async fn assert_exact(world: &World) {
    let twice = "select count(*) || ' ' || count(distinct u) || ' ' || count(distinct run_id)
        from rollcall.run_batches b join rollcall.runs r using (run_id), unnest(b.created) u
        where r.kind = 'undo'";
    assert_eq!(world.ask(twice).await, format!("{USERS} {USERS} 1"));
    assert_eq!(profiles(world, "public.users").await, "null");
}

#[tokio::test]
async fn killed_it_goes_on_by_the_id_of_either_run() {
    for by_its_own in [false, true] {
        let world = slow_world().await;
        let function = repair(&world).await;
        tokio::select! {
            // Given up, the process is killed with whatever it was doing.
            () = until_removed(&world) => {}
            answer = function.invoke(event(&json!(RUN))) => panic!("too fast: {answer:?}"),
        }
        let unfinished = "select run_id from rollcall.runs where kind = 'undo'";
        let undo_id = world.ask(unfinished).await;
        let run_id = if by_its_own { &undo_id } else { RUN };
        let undone = answer(&function, event(&json!(run_id))).await;
        let users = i64::from(USERS);
        assert_eq!(counts(&undone), [users, users, 0, 0, 0]);
        assert_eq!(undone["run_id"], undo_id);
        assert_exact(&world).await;
    }
}

#[tokio::test]
async fn a_backfill_is_kept_out_meanwhile_and_the_same_undo_taken_over() {
    let world = slow_world().await;
    let (first, second) = (repair(&world).await, repair(&world).await);
    let backfill = Deployed::start("backfill", &world, "rollcall_operator", &[]).await;
    let meanwhile = async {
        until_removed(&world).await;
        let (kind, sentence) = thrown(backfill.invoke(json!({"mode": "run"})).await);
        assert_eq!(kind, "Busy", "{sentence}");
        assert!(sentence.contains("rollcall repair undo"), "{sentence}");
        answer(&second, event(&json!(RUN))).await
    };
    let (turned_away, undone) = tokio::join!(first.invoke(event(&json!(RUN))), meanwhile);
    assert_eq!(undone["status"], "completed");
    let (kind, sentence) = thrown(turned_away);
    assert_eq!(kind, "Busy", "{sentence}");
    assert_exact(&world).await;
}

#[tokio::test]
async fn an_undo_is_kept_out_while_another_run_is_under_way() {
    let world = backfilled(shapes::USERS, "", 2).await;
    let other = "insert into rollcall.runs
            (run_id, kind, state, configuration, digest, planned, lease_until)
        values (gen_random_uuid(), 'backfill', 'running', '', '', 1, now() + interval '1 minute')";
    world.run("supabase_admin", other).await;
    let function = repair(&world).await;
    let (kind, sentence) = thrown(
        function
            .invoke(json!({"action": "undo", "run_id": RUN}))
            .await,
    );
    assert_eq!(kind, "Busy", "{sentence}");
    let undos = "select count(*) from rollcall.runs where kind = 'undo'";
    assert_eq!(world.ask(undos).await, "0");
}

#[tokio::test]
async fn a_short_call_is_partial_and_calls_of_it_come_to_an_end() {
    let world = slow_world().await;
    let function = Deployed::as_said("repair", &world.url("rollcall_operator"), &[], |spec| {
        // No time but for the one batch that is always begun.
        spec.timeout = Duration::from_secs(5);
    })
    .await;
    let mut calls = 0;
    loop {
        calls += 1;
        let undone = answer(&function, event(&json!(RUN))).await;
        if undone["status"] == "completed" {
            break;
        }
        assert_eq!(undone["status"], "partial");
    }
    assert!(calls > 1, "nothing was cut short");
    assert_exact(&world).await;
}
