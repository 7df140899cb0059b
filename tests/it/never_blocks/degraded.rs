//! Metadata that does not fit costs nobody their profile, and nobody else their sleep.

use rollcall_tests::{World, shapes};

use super::{Stage, sign_up};

const TABLE: &str = "
    create schema app;
    create type app.plan as enum ('free', 'paid');
    create table app.users (
        id uuid primary key,
        email text unique,
        username varchar(8) unique check (length(username) >= 3),
        age integer default 18,
        plan app.plan not null default 'free',
        born date,
        deleted_at timestamptz
    );
";

const TOML: &str = r#"
[profile]
table = "app.users"
key = "id"
allow_user_controlled = ["plan"]

[profile.columns]
email = "email"
username = "meta.username"
age = "meta.age"
plan = "meta.plan"
born = "meta.born"

[profile.keep]
columns = ["email", "age", "born"]

[profile.removal]
soft_delete = "deleted_at"
"#;

async fn stage() -> Stage {
    Stage::with(TABLE, TOML).await
}

/// The columns that metadata feeds, in short.
async fn columns(stage: &Stage, id: &str) -> String {
    stage
        .world
        .ask(&format!(
            "select concat_ws(' ', coalesce(username, '-'), coalesce(age::text, '-'), plan,
                coalesce(born::text, '-')) from app.users where id = '{id}'"
        ))
        .await
}

#[tokio::test]
async fn only_what_does_not_fit_is_left_to_its_default() {
    let mut stage = stage().await;
    for (metadata, expected, ledger) in [
        (
            r#"{"username": "ada", "age": 36, "plan": "paid", "born": "1815-12-10"}"#,
            "ada 36 paid 1815-12-10",
            "null",
        ),
        (
            r#"{"username": "ada2", "age": "old", "plan": "paid", "born": "1815-12-10"}"#,
            "ada2 18 paid 1815-12-10",
            "22P02 degraded",
        ),
        (
            r#"{"username": "ad", "age": 36, "plan": "gold", "born": "soon"}"#,
            "- 36 free -",
            "22P02 degraded",
        ),
        (
            r#"{"username": "much too long", "age": 1e400}"#,
            "- 18 free -",
            "22001 degraded",
        ),
        (
            r#"{"username": "ada", "age": 99999999999}"#,
            "- 18 free -",
            "22003 degraded",
        ),
        (
            r#"{"username": "ada", "age": 7}"#,
            "- 7 free -",
            "23505 degraded",
        ),
        (
            r#"{"age": [1], "plan": {"a": 1}, "born": "0044-03-15 BC"}"#,
            "- 18 free 0044-03-15 BC",
            "22P02 degraded",
        ),
    ] {
        let id = stage.next_user();
        assert_eq!(stage.as_gotrue(&sign_up(&id, &format!("'{metadata}'"))), "");
        assert_eq!(columns(&stage, &id).await, expected, "{metadata}");
        assert_eq!(stage.ledger(&id).await, ledger, "{metadata}");
        assert!(stage.ensure(&id).await.starts_with("present"), "{metadata}");
    }
}

#[tokio::test]
async fn nobody_counts_the_degraded_as_refused_or_attempts_them_again() {
    let mut stage = stage().await;
    let id = stage.next_user();
    stage.as_gotrue(&sign_up(&id, r#"'{"age": "old"}'"#));
    let row = "select next_attempt_at is null and attempts = 1 from rollcall.sync_failures";
    assert_eq!(stage.world.ask(row).await, "true");
    let roll = "select ghosts || ' ' || refused from rollcall.take_roll()";
    assert_eq!(stage.world.ask_as("rollcall_app", roll).await, "0 0");
}

#[tokio::test]
async fn an_unmended_cause_beside_the_metadata_is_the_one_told() {
    let mut stage = stage().await;
    let id = stage.next_user();
    stage
        .run(&format!(
            "insert into app.users (id, email)
            values ('ffffffff-0000-4000-8000-000000000000', '{id}@example.com')"
        ))
        .await;
    stage.as_gotrue(&sign_up(&id, r#"'{"age": "old"}'"#));
    assert_eq!(stage.ledger(&id).await, "23505 unique_held_by_orphan");
    stage.run("delete from app.users").await;
    assert_eq!(stage.ensure(&id).await, "created degraded");
    assert_eq!(stage.ledger(&id).await, "22P02 degraded");
}

#[tokio::test]
async fn metadata_that_is_put_right_in_the_same_transaction_is_degraded_no_more() {
    let mut stage = stage().await;
    let id = stage.next_user();
    stage.as_gotrue(&format!(
        "begin; {}
        update auth.users set raw_user_meta_data = '{{\"age\": 36}}' where id = '{id}';
        commit;",
        sign_up(&id, r#"'{"age": "old", "username": "ada"}'"#)
    ));
    assert_eq!(columns(&stage, &id).await, "- 36 free -");
    assert_eq!(stage.ledger(&id).await, "null");
}

#[tokio::test]
async fn metadata_that_goes_wrong_in_the_same_transaction_leaves_its_column_at_the_default() {
    let mut stage = stage().await;
    let id = stage.next_user();
    stage.as_gotrue(&format!(
        "begin; {}
        update auth.users set raw_user_meta_data = '{{\"age\": 37, \"username\": \"a\"}}'
        where id = '{id}';
        commit;",
        sign_up(&id, r#"'{"age": 36, "username": "ada"}'"#)
    ));
    assert_eq!(columns(&stage, &id).await, "- 37 free -");
    assert_eq!(stage.ledger(&id).await, "23514 degraded");
}

#[tokio::test]
async fn a_kept_column_keeps_its_value_when_later_metadata_does_not_fit() {
    let mut stage = stage().await;
    let id = stage.next_user();
    stage.as_gotrue(&sign_up(&id, r#"'{"age": 36, "username": "ada"}'"#));
    stage.as_gotrue(&format!(
        "update auth.users set email = 'new@example.com',
            raw_user_meta_data = '{{\"age\": \"old\", \"born\": \"1815-12-10\"}}'
        where id = '{id}'"
    ));
    assert_eq!(columns(&stage, &id).await, "ada 36 free 1815-12-10");
    assert_eq!(stage.ledger(&id).await, "22P02 degraded");
    assert!(stage.profile(&id).await.contains("new@example.com"));
}

#[tokio::test]
async fn metadata_of_somebody_who_is_not_eligible_is_nobodys_business() {
    let mut stage = stage().await;
    for _ in 0..8 {
        let id = stage.next_user();
        let printed = stage.as_gotrue(&format!(
            "insert into auth.users (id, deleted_at, raw_user_meta_data)
            values ('{id}', now(), '{{\"age\": \"old\"}}')"
        ));
        assert_eq!(
            (stage.ledger(&id).await.as_str(), printed.as_str()),
            ("null", "")
        );
    }
}

#[tokio::test]
async fn a_column_that_metadata_feeds_and_that_is_gone_is_a_failure_and_no_degradation() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    world
        .run(
            "postgres",
            "alter table public.users rename column name to nom",
        )
        .await;
    world
        .run(
            "supabase_auth_admin",
            "insert into auth.users (id, email)
             values ('00000000-0000-4000-8000-000000000001', 'ada@example.com')",
        )
        .await;
    let told = "select concat(sqlstate, ' ', reason) from rollcall.sync_failures";
    assert_eq!(world.ask(told).await, "42703 other");
    world
        .run(
            "postgres",
            "alter table public.users rename column nom to name",
        )
        .await;
    let ensure = "select outcome from \
        rollcall.ensure_profile('00000000-0000-4000-8000-000000000001')";
    assert_eq!(world.ask_as("rollcall_app", ensure).await, "created");
    assert_eq!(
        world
            .ask("select count(*) from rollcall.sync_failures")
            .await,
        "0"
    );
    assert_eq!(
        world.ask("select name from public.users").await,
        "ada@example.com"
    );
}
