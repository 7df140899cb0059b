//! Everything that can keep the triggers from their work, one thing at a time: each is reported.

use rollcall_domain::trigger::{self, State, Triggers};
use rollcall_tests::{World, mutants, shapes};
use sqlx::{AssertSqlSafe, PgConnection};

async fn execute(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
}

/// What is said after a superuser has run this, and as if it had never been.
async fn after(connection: &mut PgConnection, change: &str) -> Triggers {
    execute(connection, &format!("begin; {change}")).await;
    let triggers = trigger::look(connection).await.unwrap();
    execute(connection, "rollback").await;
    triggers
}

#[tokio::test]
async fn each_is_reported_as_not_active() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    let mut connection = world.connect("supabase_admin").await;
    let healthy = trigger::look(&mut connection).await.unwrap();
    assert_eq!(
        (healthy.state, healthy.examined),
        (State::Active, 3),
        "{healthy:?}"
    );
    let mutants = mutants::all();
    assert!(mutants.len() >= 25);
    for (change, state, names) in mutants {
        let triggers = after(&mut connection, &change).await;
        assert_eq!(triggers.state, state, "{change}: {triggers:?}");
        assert!(triggers.detail.contains(names), "{change}: {triggers:?}");
    }
    let again = trigger::look(&mut connection).await.unwrap();
    assert_eq!(again, healthy);
}

#[tokio::test]
async fn what_does_no_harm_is_active() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    let mut connection = world.connect("supabase_admin").await;
    for change in [
        "alter table auth.users enable always trigger on_auth_user_created",
        "alter table public.users add column nickname text",
        // It binds nobody who bypasses it, and the owner does.
        "alter table public.users enable row level security;
         alter table public.users force row level security",
        "alter table public.users enable row level security; alter role postgres bypassrls",
        "create index on public.users (created_at)",
    ] {
        let triggers = after(&mut connection, change).await;
        assert_eq!(triggers.state, State::Active, "{change}: {triggers:?}");
        assert_eq!(triggers.detail, "User sync trigger is active");
    }
}
