//! A database that is away, silent or slow: an answer comes in time, says why, and the next
//! event succeeds as soon as it can.

use std::time::{Duration, Instant};

use rollcall_tests::{Line, TOKEN, World, post, shapes};
use serde_json::{Value, json};

use super::{ADA, Webhook, hook, row, sign_up};

const HOOK: Duration = Duration::from_secs(3);
const DATABASE_WEBHOOK: Duration = Duration::from_secs(4);

async fn world() -> World {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    sign_up(&world, ADA, false).await;
    world
}

/// Both kinds of event are answered in time, with these words of the cause.
async fn assert_out_of_reach(webhook: &Webhook, reason: &str, cause: &str) {
    let begun = Instant::now();
    let deferred = webhook.send(&hook("after-user-created", ADA)).await;
    assert!(begun.elapsed() < HOOK, "{:?}", begun.elapsed());
    let body = json!({"user_id": ADA, "outcome": "deferred", "reason": reason});
    assert_eq!(deferred, (200, body));

    let begun = Instant::now();
    let event = row("INSERT", ADA).to_string();
    let token = [("x-rollcall-token", TOKEN)];
    let reply = post(&webhook.url(), &token, event.as_bytes()).await;
    assert!(begun.elapsed() < DATABASE_WEBHOOK, "{:?}", begun.elapsed());
    assert_eq!(reply.status, 503, "{}", reply.body);
    assert_eq!(reply.header("retry-after"), Some("5"));
    let body: Value = reply.json();
    assert_eq!(body["code"], "unavailable");
    let message = body["message"].as_str().unwrap();
    assert!(message.contains(cause), "{message}");
}

async fn assert_recovered(world: &World, webhook: &Webhook) {
    assert_eq!(webhook.plain_outcome(&row("INSERT", ADA)).await, "created");
    assert_eq!(world.ask("select count(*) from public.users").await, "1");
}

#[tokio::test]
async fn a_database_that_is_down_is_told_at_once_and_used_again_when_it_is_back() {
    let world = world().await;
    let line = Line::open().await;
    let webhook = Webhook::at(&line.url("rollcall_app", &world), 1).await;
    line.cut().await;
    assert_out_of_reach(&webhook, "database_unreachable", "Connection refused").await;
    line.mend().await;
    assert_recovered(&world, &webhook).await;
    line.cut().await;
    assert_out_of_reach(&webhook, "database_unreachable", "Connection refused").await;
    line.mend().await;
    assert_eq!(webhook.plain_outcome(&row("INSERT", ADA)).await, "present");
}

#[tokio::test]
async fn a_database_that_falls_silent_is_given_up_in_time_and_used_again() {
    let world = world().await;
    let line = Line::open().await;
    let webhook = Webhook::at(&line.url("rollcall_app", &world), 1).await;
    line.hold();
    let cause = "did not answer within 2500 ms while connecting";
    // First without a connection, then with one that was good before.
    assert_out_of_reach(&webhook, "database_unreachable", cause).await;
    line.mend().await;
    assert_recovered(&world, &webhook).await;
    line.hold();
    assert_out_of_reach(&webhook, "database_unreachable", cause).await;
    line.mend().await;
    assert_eq!(webhook.plain_outcome(&row("INSERT", ADA)).await, "present");
}

#[tokio::test]
async fn a_connection_that_died_between_two_events_is_replaced() {
    let world = world().await;
    let webhook = Webhook::of(&world).await;
    assert_recovered(&world, &webhook).await;
    for _ in 0..3 {
        let killed = world.ask(
            "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
             where datname = current_database() and application_name = 'rollcall signup-webhook'",
        );
        assert_eq!(killed.await, "1");
        assert_eq!(webhook.plain_outcome(&row("INSERT", ADA)).await, "present");
    }
}

#[tokio::test]
async fn a_role_that_may_not_log_in_is_named() {
    let world = world().await;
    let webhook = Webhook::at(&world.url("nobody_at_all"), 1).await;
    assert_out_of_reach(&webhook, "database_unreachable", "nobody_at_all").await;
}

#[tokio::test]
async fn a_profile_table_that_somebody_locks_is_told_as_the_reason_and_kept_in_the_ledger() {
    let world = world().await;
    let webhook = Webhook::of(&world).await;
    let mut holder = world.connect("postgres").await;
    let lock = "begin; lock table public.users in access exclusive mode";
    sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
    for (event, limit) in [
        (hook("after-user-created", ADA), HOOK),
        (row("INSERT", ADA), DATABASE_WEBHOOK),
    ] {
        let begun = Instant::now();
        let refused = webhook.outcome(&event).await;
        assert!(begun.elapsed() < limit, "{:?}", begun.elapsed());
        assert_eq!(
            refused,
            ("refused".to_owned(), Some("lock_timeout".to_owned()))
        );
    }
    assert_eq!(
        world.ask("select reason from rollcall.sync_failures").await,
        "lock_timeout"
    );
    sqlx::raw_sql("rollback")
        .execute(&mut holder)
        .await
        .unwrap();
    assert_recovered(&world, &webhook).await;
    assert_eq!(
        world
            .ask("select count(*) from rollcall.sync_failures")
            .await,
        "0"
    );
}

#[tokio::test]
async fn a_trigger_of_the_application_s_that_takes_its_time_is_cut_off() {
    let world = world().await;
    world
        .run(
            "postgres",
            "create function public.dawdle() returns trigger language plpgsql
                as 'begin perform pg_sleep(30); return new; end';
             create trigger dawdle before insert on public.users
                for each row execute function public.dawdle()",
        )
        .await;
    let webhook = Webhook::of(&world).await;
    assert_out_of_reach(&webhook, "database_too_slow", "statement timeout").await;
    world
        .run("postgres", "drop trigger dawdle on public.users")
        .await;
    assert_recovered(&world, &webhook).await;
}

#[tokio::test]
async fn a_server_without_a_free_connection_is_out_of_reach() {
    let world = world().await;
    let webhook = Webhook::of(&world).await;
    let forbid = format!("alter database {} connection limit 0", world.name());
    world.run("supabase_admin", &forbid).await;
    assert_out_of_reach(&webhook, "database_unreachable", "too many connections").await;
    let allow = format!("alter database {} connection limit -1", world.name());
    world.run("supabase_admin", &allow).await;
    assert_recovered(&world, &webhook).await;
}
