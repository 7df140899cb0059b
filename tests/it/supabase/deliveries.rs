//! `deliveries_check` over the calls that the database itself was to make.

use rollcall_tests::{Deployed, World, look, project::PG_NET};

use super::{project, sign_up, whole};

/// How many were looked at, and how many failed.
async fn count(world: &World) -> String {
    let sql = "select (select d::text from rollcall.count_deliveries() d)";
    world.ask_as("rollcall_app", sql).await
}

async fn sign_up_many(world: &World, count: u32) {
    for number in 1..=count {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        world.run("supabase_auth_admin", &sign_up(&id)).await;
    }
}

#[tokio::test]
async fn what_was_answered_is_told_from_what_was_refused_and_from_silence() {
    let world = whole().await;
    assert_eq!(count(&world).await, "(0,0)");
    sign_up_many(&world, 5).await;
    // Nobody has had time to answer.
    assert_eq!(count(&world).await, "(0,0)");
    let answers = "insert into net._http_response (id, status_code, created) values
        (1, 200, now()), (2, 401, now()), (3, null, now()),
        -- Of another one that had the number before a crash.
        (4, 200, now() - interval '2 hours')";
    world.run("supabase_admin", answers).await;
    assert_eq!(count(&world).await, "(3,2)");
    let age = "update rollcall.webhook_calls set called_at = called_at - interval '30 minutes'
        where request_id in (4, 5)";
    world.run("supabase_admin", age).await;
    assert_eq!(count(&world).await, "(5,4)");
    // By then pg_net has forgotten the answers.
    let age = "update rollcall.webhook_calls set called_at = called_at - interval '5 hours'
        where request_id in (4, 5)";
    world.run("supabase_admin", age).await;
    assert_eq!(count(&world).await, "(3,2)");
}

#[tokio::test]
async fn a_call_that_was_never_queued_failed_and_the_notes_are_kept_a_day() {
    let world = project(&[PG_NET], "").await;
    sign_up_many(&world, 2).await;
    assert_eq!(count(&world).await, "(2,2)");
    let age = "update rollcall.webhook_calls set called_at = called_at - interval '25 hours'
        where called_at = (select min(called_at) from rollcall.webhook_calls)";
    world.run("supabase_admin", age).await;
    assert_eq!(count(&world).await, "(1,1)");
    let check = Deployed::start("nightly-check", &world, "rollcall_app", &[]).await;
    let report = check.invoke(look()).await.unwrap();
    let checks = report["checks"].as_array().unwrap();
    let verdict = checks
        .iter()
        .find(|c| c["check_name"] == "deliveries_check");
    assert_eq!(verdict.unwrap()["issue_count"], 1, "{report:#}");
    assert_eq!(report["severity"], "P2", "{report:#}");
    let left = "select count(*) from rollcall.webhook_calls";
    assert_eq!(world.ask(left).await, "1");
}

/// Who is to be told from it, if not even the call was made.
#[tokio::test]
async fn neither_the_canary_nor_a_signup_that_is_taken_back_leaves_a_note() {
    let world = whole().await;
    let fly = "select has_flown from rollcall.canary('00000000-0000-4000-8000-000000000001')";
    assert_eq!(world.ask_as("rollcall_app", fly).await, "true");
    let left = "select (select count(*) from rollcall.webhook_calls)
        + (select count(*) from net.http_request_queue)";
    assert_eq!(world.ask(left).await, "0");
}
