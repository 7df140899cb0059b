//! What a scheduled check heals, and what it leaves.

use super::*;

#[tokio::test]
async fn few_are_healed_and_proved_in_one_message_that_wakes_nobody() {
    let watched = Watched::new().await;
    watched.sign_up(1, 3).await;
    watched.check().await;
    watched.restore(10, 4).await;
    let report = watched.check().await;
    assert_eq!(report["severity"], "P1", "it is what was found: {report:#}");
    assert_eq!(report["counts"]["ghosts"], 4);
    assert_eq!(report["healed"], json!({"created": 4, "refused": 0}));
    assert_eq!(report["incident"]["state"], "resolved");
    assert_eq!(cause(&report), "trigger_bypassed", "{report:#}");
    assert_eq!(watched.ghosts().await, 0);
    let headlines = watched.headlines();
    assert_eq!(headlines.len(), 1, "{headlines:?}");
    assert!(
        headlines[0].contains("P1 healed: 4 people"),
        "{headlines:?}"
    );
    assert_eq!(
        watched
            .world
            .ask("select string_agg(topic, ',') from rollcall.outbox")
            .await,
        "data_quality"
    );
    assert_eq!(watched.check().await["status"], "healthy");
    assert_eq!(watched.headlines(), [""; 0]);
}

#[tokio::test]
async fn too_many_are_left_to_people() {
    let watched = Watched::new().await;
    watched.restore(1, 101).await;
    let report = watched.check().await;
    assert_eq!(report["healed"], json!({"created": 0, "refused": 0}));
    assert_eq!(report["incident"]["state"], "opened");
    assert_eq!(report["severity"], "P0");
    assert_eq!(watched.ghosts().await, 101);
    let headlines = watched.headlines();
    assert!(headlines[0].contains("P0: 101 people"), "{headlines:?}");
}

#[tokio::test]
async fn an_empty_auth_table_heals_nobody_and_pages() {
    let watched = Watched::new().await;
    let report = watched.check().await;
    assert_eq!(
        (&report["severity"], &report["status"]),
        (&json!("P1"), &json!("unknown"))
    );
    assert_eq!(cause(&report), "users_lost");
}

#[tokio::test]
async fn asked_to_look_only_it_writes_history_and_nothing_else() {
    let watched = Watched::new().await;
    watched.restore(1, 2).await;
    let report = watched
        .nightly
        .invoke(rollcall_tests::look())
        .await
        .unwrap();
    assert_eq!(report["counts"]["ghosts"], 2);
    assert_eq!(watched.ghosts().await, 2);
    assert_eq!(report["incident"], Value::Null);
    assert_eq!(watched.headlines(), [""; 0]);
    let rows = "select count(*) from rollcall.incidents";
    assert_eq!(watched.world.ask(rows).await, "0");
    let rows = "select count(*) from rollcall.checks";
    assert_eq!(watched.world.ask(rows).await, "1");
}

#[tokio::test]
async fn acknowledged_ghosts_are_counted_and_page_nobody() {
    let watched = Watched::new().await;
    watched.sign_up(1, 1).await;
    watched
        .world
        .run(
            "postgres",
            "alter table public.users add constraint no check (email not like 'u1_@%')",
        )
        .await;
    watched.restore(10, 2).await;
    watched
        .world
        .run(
            "rollcall_operator",
            "select rollcall.acknowledge(array(
                select ('00000000-0000-4000-8000-0000000000' || n)::uuid from generate_series(10, 11) n
             ), now() + interval '1 day', 'drill')",
        )
        .await;
    let report = watched.check().await;
    assert_eq!(report["counts"]["ghosts"], 2, "{report:#}");
    assert_eq!(
        (&report["severity"], &report["status"]),
        (&json!("P2"), &json!("warning"))
    );
    assert_eq!(watched.headlines(), [""; 0]);
    watched
        .world
        .run(
            "postgres",
            "update rollcall.acknowledgements set until = now() - interval '1 minute'",
        )
        .await;
    assert_eq!(watched.check().await["severity"], "P1");
}

#[tokio::test]
async fn a_table_that_lost_a_tenth_is_not_believed_until_somebody_says_so() {
    let watched = Watched::new().await;
    watched.sign_up(1, 20).await;
    watched.check().await;
    let lose = "delete from auth.users where email < 'u13'";
    watched.world.run("supabase_admin", lose).await;
    for state in ["opened", "ongoing"] {
        let report = watched.check().await;
        assert_eq!(cause(&report), "users_lost", "{report:#}");
        assert_eq!(report["status"], "unknown");
        assert_eq!(report["incident"]["state"], state);
    }
    watched
        .world
        .run("postgres", "select rollcall.believe_auth_users()")
        .await;
    let report = watched.check().await;
    assert_ne!(report["status"], "unknown", "{report:#}");
    assert_eq!(report["incident"]["state"], "resolved");
}

#[tokio::test]
async fn the_history_forgets_what_is_older_than_the_configuration_allows() {
    let watched = Watched::new().await;
    watched.sign_up(1, 1).await;
    watched.check().await;
    watched
        .world
        .run(
            "postgres",
            "insert into rollcall.checks
             select gen_random_uuid(), kind, now() - age, duration_ms, configuration, status, severity,
                 counts, checks, trigger_state, trigger_detail, cause, sentence, healed, refused
             from rollcall.checks, (values (interval '89 days'), (interval '91 days')) old (age);
             insert into rollcall.incidents
             select gen_random_uuid(), 'drill', 'a drill', 'P1', now() - interval '92 days',
                 now() - interval '92 days', now() - interval '91 days', resolved_at, 1, 0
             from (values (now() - interval '91 days'), (null)) old (resolved_at)",
        )
        .await;
    watched.check().await;
    assert_eq!(
        watched
            .world
            .ask("select count(*) from rollcall.checks")
            .await,
        "3"
    );
    // One that nobody proved to be over stayed, until this very check did.
    let kept =
        "select count(*) from rollcall.incidents where resolved_at > now() - interval '1 day'";
    assert_eq!(watched.world.ask(kept).await, "1");
    assert_eq!(
        watched
            .world
            .ask("select count(*) from rollcall.incidents")
            .await,
        "1"
    );
}
