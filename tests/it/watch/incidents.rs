//! One page when it opens, one when it gets worse, one when it is over; none lost, none twice.

use rollcall_tests::Mood;

use super::*;

/// Ghosts that no healing helps, because the table takes none of them.
async fn refused(watched: &Watched, first: u32, number: u32) {
    watched
        .world
        .run(
            "postgres",
            "alter table public.users drop constraint if exists nobody;
             alter table public.users add constraint nobody check (false) not valid",
        )
        .await;
    watched.sign_up(first, number).await;
}

#[tokio::test]
async fn it_pages_when_it_opens_when_it_gets_worse_and_when_it_is_over() {
    let watched = Watched::new().await;
    watched.sign_up(1, 2).await;
    refused(&watched, 10, 2).await;
    let opened = watched.check().await;
    assert_eq!(opened["incident"]["state"], "opened", "{opened:#}");
    assert_eq!(cause(&opened), "refused_check");
    assert_eq!(watched.headlines().len(), 1);
    assert_eq!(
        opened["alerts"],
        json!([{"channel": "slack", "sent": true}])
    );

    let ongoing = watched.check().await;
    assert_eq!(ongoing["incident"]["state"], "ongoing");
    assert_eq!(ongoing["incident"]["id"], opened["incident"]["id"]);
    assert_eq!(watched.headlines(), [""; 0]);

    refused(&watched, 20, 5).await;
    let worse = watched.check().await;
    assert_eq!(worse["incident"]["state"], "escalated");
    assert_eq!(worse["severity"], "P0");
    let headlines = watched.headlines();
    assert!(
        headlines[0].contains("P0, worse than before: 7 people"),
        "{headlines:?}"
    );

    watched
        .world
        .run(
            "postgres",
            "alter table public.users drop constraint nobody;
             update rollcall.sync_failures set next_attempt_at = now()",
        )
        .await;
    let over = watched.check().await;
    assert_eq!(over["incident"]["state"], "resolved", "{over:#}");
    assert_eq!(over["incident"]["id"], opened["incident"]["id"]);
    assert_eq!(watched.ghosts().await, 0);
    let headlines = watched.headlines();
    assert_eq!(headlines.len(), 1);
    assert!(headlines[0].contains("resolved after"), "{headlines:?}");
    assert_eq!(
        watched
            .world
            .ask("select string_agg(what, ' ' order by happened_at, what = 'resolved') from rollcall.incident_events")
            .await,
        "opened escalated healed resolved"
    );
    assert_eq!(
        watched
            .world
            .ask("select string_agg(distinct topic, ',') from rollcall.outbox")
            .await,
        "incidents"
    );
}

#[tokio::test]
async fn checks_at_the_same_time_page_once() {
    let watched = Watched::new().await;
    refused(&watched, 1, 3).await;
    let mut nights = vec![];
    for _ in 0..4 {
        let url = watched.mailbox.url();
        let channels = [("SLACK_WEBHOOK_URL", url.as_str())];
        let night = Deployed::start("nightly-check", &watched.world, "rollcall_app", &channels);
        nights.push(night.await);
    }
    let checks = nights.iter().map(|night| night.invoke(json!({})));
    let (reports, pulse) = tokio::join!(
        futures_util::future::join_all(checks),
        watched.pulse.invoke(json!({}))
    );
    let mut states = reports
        .into_iter()
        .chain([pulse])
        .map(|report| report.unwrap()["incident"]["state"].to_string())
        .collect::<Vec<_>>();
    states.sort();
    assert_eq!(
        states.iter().filter(|state| *state == "\"opened\"").count(),
        1,
        "{states:?}"
    );
    assert_eq!(watched.headlines().len(), 1);
    assert_eq!(
        watched
            .world
            .ask("select count(*) from rollcall.incidents")
            .await,
        "1"
    );
}

#[tokio::test]
async fn a_channel_that_fails_is_told_of_and_tried_again_by_the_next_pulse() {
    let watched = Watched::new().await;
    watched.check().await;
    let _ = watched.mailbox.take();
    for mood in [Mood::Refusing, Mood::Silent] {
        watched.mailbox.be(mood);
        watched
            .world
            .run("postgres", "delete from rollcall.incidents")
            .await;
        refused(&watched, if mood == Mood::Silent { 50 } else { 1 }, 1).await;
        let report = watched.check().await;
        assert_eq!(
            report["incident"]["state"], "opened",
            "{mood:?}: {report:#}"
        );
        assert_eq!(report["alerts"][0]["sent"], false);
        let error = report["alerts"][0]["error"].as_str().unwrap();
        assert!(error.len() > 10 && !error.contains("secret"), "{error}");
        assert_eq!(watched.headlines(), [""; 0]);

        watched.mailbox.be(Mood::Open);
        watched
            .world
            .run(
                "postgres",
                "update rollcall.outbox set next_attempt_at = now() where sent_at is null",
            )
            .await;
        let pulse = watched.beat().await;
        assert_eq!(pulse["alerts"], json!([{"channel": "slack", "sent": true}]));
        assert_eq!(watched.headlines().len(), 1);
        watched.beat().await;
        assert_eq!(watched.headlines(), [""; 0], "once is enough");
    }
}

#[tokio::test]
async fn what_was_mended_and_breaks_again_pages_again() {
    let watched = Watched::new().await;
    watched.sign_up(1, 2).await;
    watched.check().await;
    watched.beat().await;
    let breaks = "alter table auth.users disable trigger on_auth_user_created";
    let mends = "alter table auth.users enable trigger on_auth_user_created";
    for _ in 0..2 {
        watched.world.run("supabase_admin", breaks).await;
        assert_eq!(watched.beat().await["incident"]["state"], "opened");
        watched.world.run("supabase_admin", mends).await;
        let report = watched.beat().await;
        assert_eq!(report["incident"]["state"], "resolved", "{report:#}");
        assert_eq!(
            watched.headlines().len(),
            2,
            "that it began, and that it is over"
        );
    }
}

#[tokio::test]
async fn checks_at_the_same_time_heal_once_and_tell_once() {
    let watched = Watched::new().await;
    watched.sign_up(1, 3).await;
    watched.check().await;
    let mut nights = vec![];
    for _ in 0..3 {
        let url = watched.mailbox.url();
        let channels = [("SLACK_WEBHOOK_URL", url.as_str())];
        let night = Deployed::start("nightly-check", &watched.world, "rollcall_app", &channels);
        nights.push(night.await);
    }
    for first in [100, 200, 300, 400] {
        let _ = watched.mailbox.take();
        watched.restore(first, 8).await;
        let checks = nights.iter().map(|night| night.invoke(json!({})));
        let (reports, pulse) = tokio::join!(
            futures_util::future::join_all(checks),
            watched.pulse.invoke(json!({}))
        );
        for report in reports.into_iter().chain([pulse]) {
            report.unwrap();
        }
        assert_eq!(watched.ghosts().await, 0);
        let headlines = watched.headlines();
        assert_eq!(headlines.len(), 1, "{headlines:?}");
        assert!(
            headlines[0].contains("P0 healed: 8 people"),
            "{headlines:?}"
        );
        let open = "select count(*) from rollcall.incidents where resolved_at is null";
        assert_eq!(watched.world.ask(open).await, "0");
    }
}

#[tokio::test]
async fn a_backfill_that_helps_closes_the_incident_and_the_next_pulse_tells_whoever_was_told() {
    let watched = Watched::new().await;
    refused(&watched, 1, 3).await;
    let opened = watched.check().await;
    assert_eq!(opened["incident"]["state"], "opened", "{opened:#}");
    assert_eq!(watched.headlines().len(), 1);
    let backfill = Deployed::start("backfill", &watched.world, "rollcall_operator", &[]).await;
    let run = json!({"mode": "run"});

    let vain = backfill.invoke(run.clone()).await.unwrap();
    let proof = &vain["proof"];
    assert_eq!(
        (&proof["status"], &proof["ghosts"], &proof["refused"]),
        (&json!("critical"), &json!(3), &json!(3)),
        "{vain:#}"
    );
    assert_eq!(proof["incident"]["state"], "ongoing");
    assert_eq!(proof["sample"], json!(null));
    assert!(proof["next_step"].as_str().unwrap().contains("backfill"));

    let mended = "alter table public.users drop constraint nobody";
    watched.world.run("postgres", mended).await;
    let run = backfill.invoke(run).await.unwrap();
    let proof = &run["proof"];
    assert_eq!(
        (&proof["status"], &proof["severity"], &proof["ghosts"]),
        (&json!("healthy"), &json!(null), &json!(0)),
        "{run:#}"
    );
    assert_eq!(proof["incident"]["state"], "resolved");
    assert_eq!(proof["incident"]["id"], opened["incident"]["id"]);
    let sample = &proof["sample"];
    assert_eq!(sample["has_profile"], true, "{sample}");
    let columns = json!(["email", "id", "name"]);
    let mut held = sample["columns"].as_array().unwrap().clone();
    held.sort_by_key(ToString::to_string);
    assert_eq!(json!(held), columns);
    // The backfill has no channels of its own.
    assert_eq!(watched.headlines(), [""; 0]);
    watched.beat().await;
    let headlines = watched.headlines();
    assert_eq!(headlines.len(), 1, "{headlines:?}");
    assert!(headlines[0].contains("resolved after"), "{headlines:?}");
}

#[tokio::test]
async fn a_backfill_opens_no_incident() {
    let watched = Watched::new().await;
    refused(&watched, 1, 3).await;
    let backfill = Deployed::start("backfill", &watched.world, "rollcall_operator", &[]).await;
    let run = backfill.invoke(json!({"mode": "run"})).await.unwrap();
    assert_eq!(run["proof"]["status"], "critical", "{run:#}");
    assert_eq!(run["proof"]["incident"], json!(null));
    let incidents = "select count(*) from rollcall.incidents";
    assert_eq!(watched.world.ask(incidents).await, "0");
}
