//! A pooler in transaction mode between the functions and the database.
//!
//! Needs pgbouncer. Without it these tests fail, unless `ROLLCALL_SKIP_POOLER` is set.

use std::sync::Arc;

use rollcall_local::{function_url::Endpoint, runtime_api::Function};
use rollcall_tests::{Deployed, Pooler, SECRET, TOKEN, World, look, post, shapes};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};

#[expect(
    clippy::disallowed_methods,
    reason = "it is up to whoever runs the tests"
)]
pub(crate) fn is_left_out() -> bool {
    std::env::var("ROLLCALL_SKIP_POOLER").is_ok()
}

async fn world(ghosts: u32) -> World {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    world
        .run(
            "supabase_admin",
            &format!(
                "set session_replication_role = replica;
                 insert into auth.users (id, email, created_at)
                 select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
                     'u' || n || '@example.com', now()
                 from generate_series(1, {ghosts}) n"
            ),
        )
        .await;
    world
}

async fn start(
    name: &str,
    pooler: &Pooler,
    role: &str,
    world: &World,
    processes: usize,
) -> Function {
    let variables = [("WEBHOOK_SECRETS", SECRET), ("WEBHOOK_TOKENS", TOKEN)];
    Deployed::as_said(name, &pooler.url(role, world), &variables, |spec| {
        spec.concurrency = processes;
    })
    .await
}

async fn send(webhook: &Endpoint, number: u32) -> Value {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let event = json!({"type": "INSERT", "schema": "auth", "table": "users", "id": id});
    let token = [("x-rollcall-token", TOKEN)];
    post(&webhook.url(), &token, event.to_string().as_bytes())
        .await
        .json()
}

#[tokio::test]
async fn every_function_works_through_it_all_at_once() {
    if is_left_out() {
        return;
    }
    let world = world(400).await;
    // Fewer connections than there are processes, so that they are handed about.
    let pooler = Pooler::start(2);
    let webhook = start("signup-webhook", &pooler, "rollcall_app", &world, 4).await;
    let webhook = Endpoint::serve(Arc::new(webhook), 0).await.unwrap();
    let check = start("nightly-check", &pooler, "rollcall_app", &world, 1).await;
    let backfill = start("backfill", &pooler, "rollcall_operator", &world, 1).await;

    let signups = async |first: u32| {
        for number in (first..=400).step_by(4) {
            let answer = send(&webhook, number).await;
            let is_there = ["created", "present"].map(|word| answer["outcome"] == word);
            assert!(is_there.contains(&true), "{answer}");
        }
    };
    let looking = async {
        for _ in 0..10 {
            let report = check.invoke(look()).await.unwrap();
            assert_eq!(report["counts"]["auth_users"], 400, "{report:#}");
        }
    };
    let run = backfill.invoke(json!({"mode": "run", "batch_size": 7}));
    let (.., run) = tokio::join!(signups(1), signups(2), signups(3), signups(4), looking, run);
    let run = run.unwrap();
    assert_eq!(
        (&run["status"], &run["refused"]),
        (&json!("completed"), &json!(0)),
        "{run:#}"
    );
    assert_eq!(world.ask("select count(*) from public.users").await, "400");
    let report = check.invoke(look()).await.unwrap();
    assert_eq!(report["status"], "healthy");
}

#[tokio::test]
async fn nothing_that_a_function_sets_reaches_the_next_client() {
    if is_left_out() {
        return;
    }
    let world = world(3).await;
    // One connection for each role: whoever comes next gets the very same.
    let pooler = Pooler::start(1);
    let settings = async |role: &str| {
        let options: PgConnectOptions = pooler.url(role, &world).parse().unwrap();
        let options = options.extra_float_digits(None);
        let mut client = PgConnection::connect_with(&options).await.unwrap();
        let names = [
            "statement_timeout",
            "lock_timeout",
            "client_connection_check_interval",
            "search_path",
            "row_security",
            "TimeZone",
            "DateStyle",
            "IntervalStyle",
            "transaction_isolation",
            "default_transaction_isolation",
            "rollcall.created",
        ];
        let mut seen = vec![];
        for name in names {
            let ask = AssertSqlSafe(format!("select current_setting('{name}', true)"));
            let row = sqlx::raw_sql(ask).fetch_one(&mut client).await.unwrap();
            let value: Option<String> = sqlx::Row::get(&row, 0);
            seen.push(format!("{name}={}", value.unwrap_or_default()));
        }
        client.close().await.unwrap();
        seen
    };
    let before = (
        settings("rollcall_app").await,
        settings("rollcall_operator").await,
    );
    let webhook = start("signup-webhook", &pooler, "rollcall_app", &world, 1).await;
    let webhook = Endpoint::serve(Arc::new(webhook), 0).await.unwrap();
    assert_eq!(send(&webhook, 1).await["outcome"], "created");
    // A failure is no way out of cleaning up, either.
    assert_eq!(send(&webhook, 9).await["outcome"], "unknown_user");
    let check = start("nightly-check", &pooler, "rollcall_app", &world, 1).await;
    check.invoke(look()).await.unwrap();
    let backfill = start("backfill", &pooler, "rollcall_operator", &world, 1).await;
    backfill.invoke(json!({"mode": "run"})).await.unwrap();
    let after = (
        settings("rollcall_app").await,
        settings("rollcall_operator").await,
    );
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_server_connection_that_dies_behind_it_is_replaced() {
    if is_left_out() {
        return;
    }
    let world = world(3).await;
    let pooler = Pooler::start(1);
    let webhook = start("signup-webhook", &pooler, "rollcall_app", &world, 1).await;
    let webhook = Endpoint::serve(Arc::new(webhook), 0).await.unwrap();
    for number in 1..=3 {
        assert_eq!(send(&webhook, number).await["outcome"], "created");
        world
            .ask(
                "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
                 where datname = current_database() and usename = 'rollcall_app'",
            )
            .await;
    }
}
