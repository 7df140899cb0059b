//! Killed, cut off, called twice, locked out: a circle goes as a whole or not at all.

use rollcall_tests::{Line, thrown};

use super::{
    super::locks::{say, somebody},
    in_pieces::pairs,
    *,
};
use crate::blows::{again_and_again, blows};

const PAIRS: u32 = 300;

/// Pairs, and more messages that nothing refers to, all of which take a while.
fn slow() -> String {
    format!(
        "{};
         insert into public.chat_messages (id, user_id, conversation_id)
             select n, gen_random_uuid(), 1 + n % {PAIRS} from generate_series(1001, 2000) n;
         create function public.slow() returns trigger language plpgsql as
             $$ begin perform pg_sleep(0.0003); return coalesce(new, old); end $$;
         create trigger slow before insert or delete on public.chat_conversations
             for each row execute function public.slow();
         create trigger slow before insert or delete on public.chat_messages
             for each row execute function public.slow()",
        pairs("cascade", PAIRS)
    )
}

const ROWS: i64 = 1000 + 2 * PAIRS as i64;

async fn both(world: &World) -> [String; 2] {
    [dump(world, CHATS).await, dump(world, MESSAGES).await]
}

async fn assert_nothing_lost(world: &World) {
    let mut rows = count(world, "rollcall.quarantine").await;
    for table in [CHATS, MESSAGES] {
        rows += count(world, table).await;
    }
    assert_eq!(rows, ROWS);
}

#[tokio::test]
async fn however_often_they_are_ended_nothing_is_lost_and_nothing_done_twice() {
    let world = world(&slow(), &USER_COLUMNS).await;
    let line = Line::open().await;
    let url = line.url("rollcall_operator", &world);
    let function = Deployed::with_url("repair", &url, &[]).await;
    let before = both(&world).await;
    let planned = plan(&function, json!({})).await;
    for (action, there) in [("apply", 0), ("undo", ROWS)] {
        let event = json!({"action": action, "run_id": planned["run_id"], "confirm_count": ROWS});
        let holds = async || assert_nothing_lost(&world).await;
        let done = again_and_again(&blows(250), &function, &event, &world, &line, holds).await;
        assert_eq!(left(&done), Vec::<String>::new(), "{done:#}");
        assert_eq!(count(&world, "rollcall.quarantine").await, ROWS - there);
        assert_nothing_lost(&world).await;
    }
    assert_eq!(both(&world).await, before);
}

#[tokio::test]
async fn called_by_several_at_once_it_is_done_once() {
    let world = world(&slow(), &USER_COLUMNS).await;
    let functions = [repair(&world).await, repair(&world).await];
    let before = both(&world).await;
    let planned = plan(&functions[0], json!({})).await;
    for (action, there) in [("apply", 0), ("undo", ROWS)] {
        let event = json!({"action": action, "run_id": planned["run_id"], "confirm_count": ROWS});
        let calls = functions
            .each_ref()
            .map(|function| function.invoke(event.clone()));
        for outcome in futures_util::future::join_all(calls).await {
            if outcome.is_err() {
                let (kind, sentence) = thrown(outcome);
                assert!(
                    ["Busy", "Unavailable"].contains(&kind.as_str()),
                    "{kind}: {sentence}"
                );
            }
        }
        answer(&functions[0], event).await;
        assert_eq!(count(&world, "rollcall.quarantine").await, ROWS - there);
        assert_nothing_lost(&world).await;
    }
    assert_eq!(both(&world).await, before);
    let done = "select string_agg(created::text, ' ') from rollcall.runs where created > 0";
    assert_eq!(world.ask(done).await, format!("{ROWS} {ROWS}"));
}

#[tokio::test]
async fn whoever_keeps_a_row_keeps_its_circle_and_no_other() {
    let world = world(&pairs("set null", 9), &USER_COLUMNS).await;
    let function = repair(&world).await;
    let before = both(&world).await;
    let planned = plan(&function, json!({})).await;
    let held = "select from public.chat_messages where id = 7 for update;
        insert into public.chat_messages (id, conversation_id) values (100, 4)";
    let mut theirs = somebody(&world, held).await;
    let done = apply(&function, &planned).await;
    let mut kept = left(&done);
    kept.sort();
    let stay = [
        format!("{CHATS} 4 lock_timeout"),
        format!("{CHATS} 7 referred_to"),
        format!("{MESSAGES} 4 referred_to"),
        format!("{MESSAGES} 7 lock_timeout"),
    ];
    assert_eq!(kept, stay, "{done:#}");
    say(&mut theirs, "rollback").await;
    let next = apply(&function, &plan(&function, json!({})).await).await;
    assert_eq!(left(&next), Vec::<String>::new(), "{next:#}");
    for run in [&next, &done] {
        assert_eq!(left(&undo(&function, run).await), Vec::<String>::new());
    }
    assert_eq!(both(&world).await, before);
}

#[tokio::test]
async fn what_is_not_put_back_of_a_circle_can_be_purged() {
    let world = world(&pairs("cascade", 4), &USER_COLUMNS).await;
    let function = repair(&world).await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    world
        .run("postgres", "delete from public.rooms where id = 3")
        .await;
    let undone = undo(&function, &done).await;
    assert_eq!(left(&undone).len(), 2, "{undone:#}");
    let purge = json!({"action": "purge", "run_id": done["run_id"]});
    let purged = answer(&function, purge).await;
    assert!(
        tables(&purged).iter().all(|(_, counts)| counts[1] == 1),
        "{purged:#}"
    );
    assert_eq!(count(&world, "rollcall.quarantine").await, 0);
    assert_eq!(count(&world, CHATS).await, 3);
    assert_eq!(undo(&function, &done).await["status"], "nothing_to_do");
}
