//! What is no order to backfill, each told in one sentence that names it.

use rollcall_tests::{Deployed, Line, World, shapes, thrown};
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_bad_request_is_one_sentence_and_touches_nothing() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 2).await;
    let function = backfill(&world).await;
    let plan = answer(&function, json!({})).await;
    let run_id = &plan["run_id"];
    for (event, words) in [
        (json!([]), "expected a JSON object"),
        (json!({"mode": "undo"}), "`mode`"),
        (json!({"batch_size": 0}), "batch_size is 0"),
        (json!({"batch_size": 20_001}), "from 1 to 20000"),
        (json!({"batch_size": "many"}), "`batch_size`"),
        (json!({"max_users": 0}), "max_users is 0"),
        (json!({"user_ids": ["ada"]}), "`user_ids[0]`"),
        (json!({"created_after": "yesterday"}), "`created_after`"),
        (
            json!({"created_after": "2026-11-02T00:00:00Z", "created_before": "2026-11-01T00:00:00Z"}),
            "created_before is not later",
        ),
        (json!({"run_id": run_id}), "leave out run_id"),
        (json!({"mode": "run", "run_id": "7"}), "`run_id`"),
        (
            json!({"mode": "run", "run_id": run_id, "max_users": 1}),
            "has its users already",
        ),
        (json!({"mode": "run", "export": "lists"}), "`export`"),
        (json!({"confirm_count": "two"}), "`confirm_count`"),
        (json!({"accept_side_effects": 1}), "`accept_side_effects`"),
        (json!({"mode": "cancel"}), "give its run_id"),
        (
            json!({"mode": "run", "dry_run": true}),
            "unknown field `dry_run`",
        ),
    ] {
        let (kind, sentence) = thrown(function.invoke(event.clone()).await);
        assert_eq!(kind, "BadRequest", "{event}: {sentence}");
        assert!(sentence.contains(words), "{event}: {sentence}");
        assert!(!sentence.contains('\n'), "{sentence}");
    }
    assert_eq!(profiles(&world).await, "0");
    assert_eq!(world.ask("select count(*) from rollcall.runs").await, "1");
}

#[tokio::test]
async fn the_id_of_another_kind_of_run_is_a_bad_request() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let function = backfill(&world).await;
    let plan = answer(&function, json!({})).await;
    world
        .run("supabase_admin", "update rollcall.runs set kind = 'repair'")
        .await;
    let event = json!({"mode": "run", "run_id": plan["run_id"]});
    let (kind, sentence) = thrown(function.invoke(event).await);
    assert_eq!(kind, "BadRequest");
    assert!(
        sentence.contains("is of the kind repair, not a backfill"),
        "{sentence}"
    );
}

#[tokio::test]
async fn whoever_may_only_look_may_not_backfill() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let function = Deployed::start("backfill", &world, "rollcall_app", &[]).await;
    let (kind, sentence) = thrown(function.invoke(json!({})).await);
    assert_eq!(kind, "Misconfigured", "{sentence}");
    assert!(sentence.contains("rollcall_operator"), "{sentence}");
}

#[tokio::test]
async fn a_database_that_is_away_or_silent_is_unavailable_until_it_is_back() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 1).await;
    let line = Line::open().await;
    let url = line.url("rollcall_operator", &world);
    let function = Deployed::with_url("backfill", &url, &[]).await;
    line.cut().await;
    let (kind, sentence) = thrown(function.invoke(json!({})).await);
    assert_eq!(kind, "Unavailable", "{sentence}");
    line.mend().await;
    assert_eq!(
        counts(&answer(&function, json!({})).await),
        [1, 0, 0, 0, 0, 1]
    );
    line.hold();
    let (kind, sentence) = thrown(function.invoke(json!({})).await);
    assert_eq!(kind, "Unavailable", "{sentence}");
    line.mend().await;
    let run = answer(&function, json!({"mode": "run"})).await;
    assert_eq!(counts(&run), [1, 1, 0, 0, 0, 0]);
}
