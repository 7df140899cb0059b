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
    let nightly = Deployed::with_url("nightly-check", &url, &channels).await;
    let taken = "select coalesce(sum(attempts), 0) from rollcall.outbox";
    let killed = async {
        while watched.world.ask(taken).await == "0" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        answer = nightly.invoke(json!({})) => panic!("{answer:?}"),
        () = killed => {}
    }
    // Its process ends with it.
    drop(nightly);
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

#[tokio::test]
async fn what_is_lost_of_rollcall_itself_neither_hides_the_result_nor_the_page() {
    for (role, sql, kind) in [
        (
            "postgres",
            "alter table public.users rename to people",
            "trigger_altered",
        ),
        ("postgres", "delete from rollcall.baseline", "none"),
    ] {
        let watched = Watched::new().await;
        watched.sign_up(1, 3).await;
        watched.check().await;
        let _ = watched.mailbox.take();
        watched.world.run(role, sql).await;
        let report = watched.beat().await;
        assert_eq!(cause(&report), kind, "{sql}: {report:#}");
        let expected = usize::from(kind != "none");
        assert_eq!(watched.headlines().len(), expected, "{sql}");
        assert_eq!(
            watched.check().await["incident"]["state"] == "ongoing",
            kind != "none"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_written_down_is_told_all_the_same() {
    let watched = Watched::new().await;
    watched.sign_up(1, 3).await;
    watched
        .world
        .run(
            "postgres",
            "alter table rollcall.checks add check (false) not valid",
        )
        .await;
    let report = watched.check().await;
    assert_eq!(report["status"], "healthy");
    let error = report["alerts"][0]["error"].as_str().unwrap();
    assert!(error.contains("could not be written down"), "{error}");
}

#[tokio::test]
async fn an_age_that_no_calendar_holds_is_an_age() {
    let watched = Watched::new().await;
    watched
        .world
        .run(
            "supabase_admin",
            "set session_replication_role = replica;
             insert into auth.users (id, created_at)
             values (gen_random_uuid(), '-infinity'), (gen_random_uuid(), 'infinity'),
                 (gen_random_uuid(), null)",
        )
        .await;
    let report = watched
        .nightly
        .invoke(rollcall_tests::look())
        .await
        .unwrap();
    assert_eq!(report["counts"]["ghosts"], 3);
    assert_eq!(report["severity"], "P0", "an unknown age is old");
}
