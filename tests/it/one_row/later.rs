//! What becomes of a profile when its auth user changes later.

use rollcall_tests::World;
use sqlx::{AssertSqlSafe, Executor};

const TABLE: &str = "create table public.users (
    id uuid primary key, email text unique, name text, plan text default 'free',
    updated_at timestamptz, deleted_at timestamptz
)";

const TOML: &str = r#"
[profile]
table = "public.users"
key = "id"

[profile.columns]
email = "email"
name = "meta.name"
updated_at = "now"

[profile.keep]
columns = ["email"]

[profile.removal]
soft_delete = "deleted_at"
release = ["email"]

[eligible]
anonymous = false
"#;

const ADA: &str = "00000000-0000-4000-8000-000000000001";

/// A world in which Ada has signed up, and edited her name since.
async fn with_ada() -> World {
    let world = World::with(TABLE, TOML).await;
    gotrue(&world, &sign_up(ADA)).await;
    world
        .run(
            "postgres",
            "update public.users set name = 'Countess', plan = 'paid'",
        )
        .await;
    world
}

fn sign_up(id: &str) -> String {
    format!(
        "insert into auth.users (id, email, raw_user_meta_data)
        values ('{id}', 'ada@example.com', '{{\"name\": \"Ada\"}}')"
    )
}

async fn gotrue(world: &World, sql: &str) {
    world.run("supabase_auth_admin", sql).await;
}

/// Name, plan, e-mail and whether the profile is live.
async fn profile(world: &World, id: &str) -> String {
    world
        .ask(&format!(
            "select (select concat_ws(' ', coalesce(name, '-'), plan, coalesce(email, '-'),
                case when deleted_at is null then 'live' else 'gone' end)
            from public.users where id = '{id}')"
        ))
        .await
}

#[tokio::test]
async fn kept_columns_follow_and_others_stay_as_they_were_edited() {
    let world = with_ada().await;
    gotrue(
        &world,
        "update auth.users set raw_user_meta_data = '{\"name\": \"Augusta\"}'",
    )
    .await;
    assert_eq!(
        profile(&world, ADA).await,
        "Countess paid ada@example.com live"
    );
    gotrue(
        &world,
        "update auth.users set email = 'countess@example.com'",
    )
    .await;
    assert_eq!(
        profile(&world, ADA).await,
        "Countess paid countess@example.com live"
    );
}

#[tokio::test]
async fn a_sign_in_does_not_touch_the_profile() {
    let world = with_ada().await;
    let version = "select xmin from public.users";
    let before = world.ask(version).await;
    gotrue(
        &world,
        "update auth.users set last_sign_in_at = now(), updated_at = now()",
    )
    .await;
    gotrue(
        &world,
        "update auth.users set raw_user_meta_data = '{\"name\": \"A\"}'",
    )
    .await;
    assert_eq!(world.ask(version).await, before);
}

#[tokio::test]
async fn an_edit_in_the_transaction_of_a_later_change_is_no_signup() {
    let world = with_ada().await;
    world
        .run(
            "supabase_admin",
            "begin;
            update public.users set name = 'Lady Lovelace';
            update auth.users set raw_user_meta_data = '{\"name\": \"A\"}', email = 'a@example.com';
            commit",
        )
        .await;
    assert_eq!(
        profile(&world, ADA).await,
        "Lady Lovelace paid a@example.com live"
    );
}

#[tokio::test]
async fn the_transaction_of_the_signup_completes_up_to_eight_users_in_any_order() {
    let world = World::with(TABLE, TOML).await;
    gotrue(
        &world,
        "begin;
        insert into auth.users (id, email)
        select format('00000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid, n || '@example.com'
        from generate_series(1, 8) n;
        update auth.users set raw_user_meta_data = jsonb_build_object('name', email);
        commit",
    )
    .await;
    assert_eq!(
        world
            .ask("select count(*) from public.users where name = email")
            .await,
        "8"
    );
}

#[tokio::test]
async fn somebody_anonymous_gets_a_profile_on_becoming_somebody() {
    let world = World::with(TABLE, TOML).await;
    gotrue(
        &world,
        &format!("insert into auth.users (id, is_anonymous) values ('{ADA}', true)"),
    )
    .await;
    assert_eq!(profile(&world, ADA).await, "null");
    gotrue(
        &world,
        "update auth.users set is_anonymous = false, email = 'ada@example.com'",
    )
    .await;
    assert_eq!(profile(&world, ADA).await, "- free ada@example.com live");
}

#[tokio::test]
async fn a_soft_delete_stamps_and_never_copies_what_gotrue_makes_of_the_email() {
    for keeps in [true, false] {
        let toml = TOML.replace("release = [\"email\"]", "");
        let world = if keeps {
            World::with(TABLE, &toml).await
        } else {
            World::with(TABLE, TOML).await
        };
        gotrue(&world, &sign_up(ADA)).await;
        gotrue(
            &world,
            "update auth.users set deleted_at = now(), raw_user_meta_data = '{}',
                email = 'NFkgcBRjFdlFkHfDSdfQwhjSRHZp9OmDzBTa8bEwVPw'",
        )
        .await;
        let email = if keeps { "ada@example.com" } else { "-" };
        assert_eq!(profile(&world, ADA).await, format!("Ada free {email} gone"));
        let ensure = format!("select outcome from rollcall.ensure_profile('{ADA}')");
        assert_eq!(world.ask_as("rollcall_app", &ensure).await, "removed");
        assert_eq!(profile(&world, ADA).await, format!("Ada free {email} gone"));
    }
}

#[tokio::test]
async fn an_undelete_creates_where_there_is_no_profile_and_never_revives_one() {
    let world = with_ada().await;
    let undelete = "update auth.users set deleted_at = null, email = 'ada@example.com'";
    gotrue(
        &world,
        "update auth.users set deleted_at = now(), email = 'hash'",
    )
    .await;
    gotrue(&world, undelete).await;
    assert_eq!(profile(&world, ADA).await, "Countess paid - gone");
    world.run("postgres", "delete from public.users").await;
    gotrue(
        &world,
        "update auth.users set deleted_at = now(), email = 'hash'",
    )
    .await;
    assert_eq!(profile(&world, ADA).await, "null");
    gotrue(&world, undelete).await;
    assert_eq!(profile(&world, ADA).await, "Ada free ada@example.com live");
}

#[tokio::test]
async fn a_hard_delete_stamps_and_frees_the_email_for_the_next_signup() {
    let world = with_ada().await;
    gotrue(&world, "delete from auth.users").await;
    assert_eq!(profile(&world, ADA).await, "Countess paid - gone");
    let again = "00000000-0000-4000-8000-000000000002";
    gotrue(&world, &sign_up(again)).await;
    assert_eq!(
        profile(&world, again).await,
        "Ada free ada@example.com live"
    );
    assert_eq!(
        world
            .ask("select count(*) from rollcall.sync_failures")
            .await,
        "0"
    );
}

#[tokio::test]
async fn somebody_excluded_gets_no_profile_from_anybody() {
    let world = World::with(TABLE, TOML).await;
    // A session whose plans were made when nobody was excluded.
    let mut session = world.connect("supabase_auth_admin").await;
    for _ in 0..8 {
        session
            .execute("insert into auth.users (id) values (gen_random_uuid())")
            .await
            .expect("a signup");
    }
    let exclude = format!("insert into rollcall.exclusions (user_id) values ('{ADA}')");
    world.run("postgres", &exclude).await;
    session
        .execute(sqlx::raw_sql(AssertSqlSafe(sign_up(ADA))))
        .await
        .expect("a signup");
    gotrue(
        &world,
        &format!("update auth.users set email = 'a@example.com' where id = '{ADA}'"),
    )
    .await;
    let ensure = format!("select outcome from rollcall.ensure_profile('{ADA}')");
    assert_eq!(world.ask_as("rollcall_app", &ensure).await, "excluded");
    assert_eq!(profile(&world, ADA).await, "null");
    assert_eq!(
        world
            .ask("select count(*) from rollcall.sync_failures")
            .await,
        "0"
    );
}
