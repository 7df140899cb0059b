//! What is lost on the way is made good: a function killed while it tells, a line cut while it
//! heals, a login taken away between two pulses.

use std::time::Duration;

use rollcall_tests::{Line, Mood, thrown};

use super::*;

/// Two ghosts that no healing helps.
async fn refused(world: &World) {
    world
        .run(
            "postgres",
            "alter table public.users add constraint nobody check (false) not valid",
        )
        .await;
    world.run("supabase_auth_admin", &insert(10, 2)).await;
}

#[tokio::test]
async fn killed_while_it_tells_it_is_told_by_the_next_pulse_once() {
    let watched = Watched::new().await;
    refused(&watched.world).await;
    watched.mailbox.be(Mood::Silent);
    let mail = watched.mailbox.url();
    let url = watched.world.url("rollcall_app");
    let channels = [("SLACK_WEBHOOK_URL", mail.as_str())];
    let nightly = Deployed::as_said("nightly-check", &url, &channels, |spec| {
        spec.timeout = Duration::from_secs(3);
    })
    .await;
    nightly.invoke(json!({})).await.unwrap_err();
    let open = "select count(*) from rollcall.incidents where resolved_at is null";
    assert_eq!(watched.world.ask(open).await, "1");
    watched.mailbox.be(Mood::Open);
    // The killed one had it for two minutes.
    watched.beat().await;
    assert_eq!(watched.headlines(), [""; 0]);
    watched
        .world
        .run(
            "postgres",
            "update rollcall.outbox set next_attempt_at = now()",
        )
        .await;
    watched.beat().await;
    assert_eq!(watched.headlines().len(), 1);
    watched.check().await;
    assert_eq!(watched.headlines(), [""; 0]);
}

#[tokio::test]
async fn cut_while_it_heals_it_has_healed_some_and_the_next_one_heals_the_rest() {
    let watched = Watched::new().await;
    watched.sign_up(1, 1).await;
    watched.check().await;
    watched.restore(10, 60).await;
    let line = Line::open().await;
    let url = line.url("rollcall_app", &watched.world);
    let nightly = Deployed::with_url("nightly-check", &url, &[]).await;
    let cut = async {
        while watched.ghosts().await > 50 {
            tokio::task::yield_now().await;
        }
        line.cut().await;
    };
    let (answer, ()) = tokio::join!(nightly.invoke(json!({})), cut);
    assert_eq!(thrown(answer).0, "Unavailable");
    let incidents = "select count(*) from rollcall.incidents";
    assert_eq!(
        watched.world.ask(incidents).await,
        "0",
        "nothing is half written"
    );
    let report = watched.check().await;
    assert_eq!(report["incident"]["state"], "resolved", "{report:#}");
    assert_eq!(watched.ghosts().await, 0);
    assert_eq!(watched.headlines().len(), 1);
}

#[tokio::test]
async fn a_login_taken_away_is_unavailable_and_given_back_it_goes_on() {
    let watched = Watched::new().await;
    watched.sign_up(1, 1).await;
    watched.check().await;
    let _ = watched.mailbox.take();
    // Roles belong to the server, on which other tests use the usual ones.
    let role = format!("{}_app", watched.world.name());
    watched
        .world
        .run(
            "supabase_admin",
            &format!("create role {role} login in role rollcall_app"),
        )
        .await;
    let pulse = Deployed::with_url("pulse", &watched.world.url(&role), &[]).await;
    assert_eq!(pulse.invoke(json!({})).await.unwrap()["status"], "healthy");
    watched
        .world
        .run(
            "supabase_admin",
            &format!(
                "alter role {role} nologin;
                 select pg_terminate_backend(pid) from pg_stat_activity where usename = '{role}'"
            ),
        )
        .await;
    let (kind, sentence) = thrown(pulse.invoke(json!({})).await);
    assert!(
        sentence.contains("not permitted to log in"),
        "{kind}: {sentence}"
    );
    assert_eq!(
        watched.headlines(),
        [""; 0],
        "the metric and its alarm tell of this"
    );
    watched
        .world
        .run("supabase_admin", &format!("alter role {role} login"))
        .await;
    assert_eq!(pulse.invoke(json!({})).await.unwrap()["status"], "healthy");
}
