//! Orders that contradict a run, come twice, or end it.

use rollcall_local::runtime_api::InvokeError;
use rollcall_tests::{World, shapes, thrown};
use serde_json::json;

use super::*;
use interrupted::{RUN, assert_exact, slow_world, until_created};

async fn world(number: u32) -> (World, Function) {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, number).await;
    let function = backfill(&world).await;
    (world, function)
}

#[tokio::test]
async fn one_order_that_arrives_twice_at_once_is_one_run() {
    let (world, first) = world(30).await;
    let second = backfill(&world).await;
    // Both find that there is no such run, and wait to plan it.
    let mut holder = world.connect("supabase_admin").await;
    let lock = "begin; lock table rollcall.runs in share row exclusive mode";
    sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
    let release = async {
        let waiting = "select count(*) from pg_locks where not granted
            and relation = 'rollcall.runs'::regclass";
        while world.ask(waiting).await != "2" {
            tokio::task::yield_now().await;
        }
        sqlx::raw_sql("commit").execute(&mut holder).await.unwrap();
    };
    let event = json!({"mode": "run", "run_id": RUN, "batch_size": 3});
    let (one, other, ()) = tokio::join!(
        first.invoke(event.clone()),
        second.invoke(event.clone()),
        release
    );
    // Whoever came last has taken it over.
    let mut completed = 0;
    for outcome in [one, other] {
        match outcome {
            Ok(answer) => completed += u32::from(answer["status"] == "completed"),
            Err(error) => {
                let (kind, sentence) = thrown::<()>(Err(error));
                let is_told = kind == "Busy" || sentence.contains("the same call again tells how");
                assert!(is_told && sentence.contains(RUN), "{kind}: {sentence}");
            }
        }
    }
    assert!(completed > 0);
    assert_exact(&world, 30).await;
    assert_eq!(world.ask("select count(*) from rollcall.runs").await, "1");
}

#[tokio::test]
async fn a_count_that_is_not_the_expected_one_touches_nobody() {
    let (world, function) = world(3).await;
    let plan = answer(&function, json!({"confirm_count": 3})).await;
    for event in [
        json!({"confirm_count": 4}),
        json!({"mode": "run", "confirm_count": 2}),
        json!({"mode": "run", "confirm_count": 0, "run_id": plan["run_id"]}),
    ] {
        let (kind, sentence) = thrown(function.invoke(event).await);
        assert_eq!(kind, "Rejected", "{sentence}");
        assert!(sentence.contains("give confirm_count 3"), "{sentence}");
    }
    assert_eq!(profiles(&world).await, "0");
    let event = json!({"mode": "run", "confirm_count": 3, "run_id": plan["run_id"]});
    assert_eq!(counts(&answer(&function, event).await), [3, 3, 0, 0, 0, 0]);
}

#[tokio::test]
async fn triggers_of_the_application_fire_unasked_for_a_hundred_and_not_for_more() {
    let (world, function) = world(101).await;
    before_insert(&world, "").await;
    let few = answer(&function, json!({"max_users": 100})).await;
    let plan = answer(&function, json!({})).await;
    let event = |run_id: &Value| json!({"mode": "run", "run_id": run_id});
    let (kind, sentence) = thrown(function.invoke(event(&plan["run_id"])).await);
    assert_eq!(kind, "Rejected", "{sentence}");
    for words in ["accept_side_effects", "101", "theirs"] {
        assert!(sentence.contains(words), "{sentence}");
    }
    assert_eq!(profiles(&world).await, "0");
    let run = answer(&function, event(&few["run_id"])).await;
    assert_eq!(counts(&run), [100, 100, 0, 0, 0, 0]);
}

#[tokio::test]
async fn what_was_accepted_once_need_not_be_accepted_again() {
    let world = slow_world(150).await;
    let function = backfill(&world).await;
    let begin = json!({"mode": "run", "run_id": RUN, "accept_side_effects": true, "batch_size": 5});
    tokio::select! {
        () = until_created(&world, 10) => {}
        answer = function.invoke(begin) => panic!("too fast: {answer:?}"),
    }
    let run = answer(&function, json!({"mode": "run", "run_id": RUN})).await;
    assert_eq!(counts(&run), [150, 150, 0, 0, 0, 0]);
}

const AUDIT: &str =
    "select string_agg(concat_ws(' ', status, records_affected, completed_at is null), ',')
    from public.cleanup_audit_log";

#[tokio::test]
async fn a_plan_that_is_cancelled_is_never_run() {
    let (world, function) = world(3).await;
    let plan = answer(&function, json!({})).await;
    let cancel = json!({"mode": "cancel", "run_id": plan["run_id"]});
    for _ in 0..2 {
        let cancelled = answer(&function, cancel.clone()).await;
        assert_eq!(
            (&cancelled["status"], counts(&cancelled)),
            (&json!("cancelled"), [3, 0, 0, 0, 0, 3])
        );
    }
    let run = json!({"mode": "run", "run_id": plan["run_id"]});
    let (kind, sentence) = thrown(function.invoke(run).await);
    assert_eq!(kind, "Rejected");
    assert!(sentence.contains("preview again"), "{sentence}");
    assert_eq!(profiles(&world).await, "0");
    let (kind, sentence) = thrown(
        function
            .invoke(json!({"mode": "cancel", "run_id": RUN}))
            .await,
    );
    assert_eq!(kind, "BadRequest");
    assert!(sentence.contains("no run"), "{sentence}");
}

#[tokio::test]
async fn a_run_that_is_cancelled_ends_where_it_is() {
    let world = slow_world(200).await;
    let (first, second) = (backfill(&world).await, backfill(&world).await);
    let event = json!({"mode": "run", "run_id": RUN, "accept_side_effects": true, "batch_size": 5});
    let cancel = async {
        until_created(&world, 20).await;
        answer(&second, json!({"mode": "cancel", "run_id": RUN})).await
    };
    let (turned_away, cancelled) = tokio::join!(answer(&first, event.clone()), cancel);
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(
        (&turned_away["status"], counts(&turned_away)),
        (&cancelled["status"], counts(&cancelled)),
        "nothing was done afterwards"
    );
    let created = count(&cancelled, "created");
    assert!(created < 200);
    assert_exact(&world, created).await;
    assert_eq!(world.ask(AUDIT).await, format!("cancelled {created} f"));
    let next = answer(&second, json!({"mode": "run", "accept_side_effects": true})).await;
    assert_eq!(next["unfinished_run"], json!(null));
    assert_eq!(count(&next, "created"), 200 - created);
}

#[tokio::test]
async fn a_run_that_has_ended_stays_as_it_ended() {
    let (world, function) = world(3).await;
    let run = answer(&function, json!({"mode": "run"})).await;
    let audit = world.ask(AUDIT).await;
    ghosts(&world, 4, 2).await;
    for mode in ["cancel", "run"] {
        let event = json!({"mode": mode, "run_id": run["run_id"]});
        let again = answer(&function, event).await;
        assert_eq!(
            (&again["status"], counts(&again)),
            (&json!("completed"), [3, 3, 0, 0, 0, 0])
        );
    }
    assert_eq!(world.ask(AUDIT).await, audit);
    assert_eq!(profiles(&world).await, "3");
}

#[tokio::test]
async fn as_many_ids_as_an_event_holds_and_no_more() {
    let (world, function) = world(2).await;
    let ids = |number| (1..=number).map(id).collect::<Vec<_>>();
    let plan = answer(&function, json!({"user_ids": ids(150_000)})).await;
    assert_eq!(counts(&plan), [2, 0, 0, 0, 0, 2]);
    let run = answer(&function, json!({"mode": "run", "run_id": plan["run_id"]})).await;
    assert_eq!(counts(&run), [2, 2, 0, 0, 0, 0]);
    let too_many = function.invoke(json!({"user_ids": ids(1_000_000)})).await;
    assert!(matches!(too_many, Err(InvokeError::TooLarge { .. })));
    assert_eq!(profiles(&world).await, "2");
}
