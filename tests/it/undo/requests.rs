//! What can be asked for, and what comes of asking twice.

use rollcall_tests::thrown;

use super::*;

#[tokio::test]
async fn a_run_that_is_not_there_or_not_done_or_no_backfill_is_told_apart() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let function = repair(&world).await;
    let stands_as = |kind: &'static str, state: &'static str| {
        format!(
            "delete from rollcall.runs;
             insert into rollcall.runs (run_id, kind, state, configuration, digest, planned)
             values ('{RUN}', '{kind}', '{state}', '', '', 0)"
        )
    };
    for (sql, expected, word) in [
        ("select".to_owned(), "BadRequest", "there is no run"),
        (
            stands_as("repair", "completed"),
            "BadRequest",
            "of the kind repair",
        ),
        (
            stands_as("backfill", "planned"),
            "Rejected",
            "never carried out",
        ),
        (stands_as("backfill", "running"), "Rejected", "--cancel"),
    ] {
        world.run("supabase_admin", &sql).await;
        let event = json!({"action": "undo", "run_id": RUN});
        let (kind, sentence) = thrown(function.invoke(event).await);
        assert_eq!(kind, expected, "{sentence}");
        assert!(
            sentence.contains(word) && sentence.contains(RUN),
            "{sentence}"
        );
    }
    let undos = "select count(*) from rollcall.runs where kind = 'undo'";
    assert_eq!(world.ask(undos).await, "0");
}

#[tokio::test]
async fn undone_again_there_is_nothing_left_to_do() {
    let world = backfilled(shapes::USERS, "", 3).await;
    let first = undo(&world).await;
    let again = undo(&world).await;
    assert_eq!(
        (&again["status"], counts(&again)),
        (&json!("nothing_to_do"), [0; 5])
    );
    // By its own id, it tells how it ended.
    let function = repair(&world).await;
    let event = json!({"action": "undo", "run_id": first["run_id"]});
    let mut told = answer(&function, event).await;
    told["duration_ms"] = first["duration_ms"].clone();
    assert_eq!(told, first);
}

#[tokio::test]
async fn what_a_cancelled_run_had_made_can_be_undone() {
    let world = backfilled(shapes::USERS, "", 3).await;
    let cancelled = "update rollcall.runs set state = 'cancelled', planned = 9";
    world.run("supabase_admin", cancelled).await;
    assert_eq!(counts(&undo(&world).await), [3, 3, 0, 0, 0]);
}

#[tokio::test]
async fn who_may_not_is_told_so() {
    let world = backfilled(shapes::USERS, "", 1).await;
    let function = Deployed::start("repair", &world, "rollcall_app", &[]).await;
    let event = json!({"action": "undo", "run_id": RUN});
    let (kind, sentence) = thrown(function.invoke(event).await);
    assert_eq!(kind, "Misconfigured");
    assert!(sentence.contains("rollcall_operator"), "{sentence}");
}
