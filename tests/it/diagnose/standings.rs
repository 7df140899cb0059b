//! How a user can stand, and what is said of it.

use super::*;

const AUTH: &str = "supabase_auth_admin";

#[track_caller]
fn expect(answer: &Value, kind: &str, command: Option<&str>) {
    assert_shape(answer);
    let mend = command.map(|command| command.replace("ID", &people::id(1)));
    assert_eq!(answer["cause"]["kind"], kind, "{answer:#}");
    assert_eq!(
        answer["mend"]["command"].as_str(),
        mend.as_deref(),
        "{answer:#}"
    );
    assert_eq!(answer["user_id"], people::id(1));
}

const BACKFILL: Option<&str> = Some("rollcall backfill --run --user-id ID");
const REFERENCES: Option<&str> = Some("rollcall repair references plan");
const PROFILES: Option<&str> = Some("rollcall repair profiles plan");

#[tokio::test]
async fn nobody_of_this_id() {
    let world = world().await;
    let answer = of_text(&world, &order_by(&world, 1)).await;
    expect(&answer, "no_such_user", REFERENCES);
    assert_eq!(
        (&answer["in_auth"], &answer["since"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(answer["unknown"].as_array().unwrap().len(), 1);
    expect(&of_user(&world, 1).await, "no_such_user", REFERENCES);
}

#[tokio::test]
async fn a_deleted_user_with_and_without_a_profile() {
    let world = world().await;
    people::ghosts(&world, 1, 1).await;
    let delete = "update auth.users set deleted_at = '2026-11-01T10:00:00Z'";
    people::quietly(&world, delete).await;
    let answer = of_text(&world, &order_by(&world, 1)).await;
    expect(&answer, "deleted", REFERENCES);
    assert_eq!(answer["since"], "2026-11-01T10:00:00Z");
    people::quietly(
        &world,
        "insert into public.profiles (id) select id from auth.users",
    )
    .await;
    expect(&of_user(&world, 1).await, "deleted", PROFILES);
    people::quietly(&world, "delete from auth.users").await;
    expect(&of_user(&world, 1).await, "orphaned_profile", PROFILES);
}

#[tokio::test]
async fn an_excluded_and_an_anonymous_user() {
    let (sql, toml) = shapes::PROFILES;
    let toml = format!("{toml}\n[eligible]\nanonymous = false\n");
    let world = World::with(sql, &toml).await;
    people::ghosts(&world, 1, 1).await;
    let exclude = format!(
        "insert into rollcall.exclusions (user_id) values ('{}')",
        people::id(1)
    );
    world.run("postgres", &exclude).await;
    let answer = of_text(&world, &order_by(&world, 1)).await;
    expect(&answer, "excluded", Some("rollcall repair include ID"));
    let excluded = "select to_char(excluded_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS') from rollcall.exclusions";
    let since = answer["since"].as_str().unwrap();
    assert!(since.starts_with(&world.ask(excluded).await), "{since}");
    assert_eq!(
        answer["mend"]["payload"],
        json!({"action": "include", "user_ids": [people::id(1)]})
    );
    world
        .run("postgres", "delete from rollcall.exclusions")
        .await;
    people::quietly(&world, "update auth.users set is_anonymous = true").await;
    expect(&of_user(&world, 1).await, "anonymous", None);
}

#[tokio::test]
async fn a_ghost_by_a_trigger_that_does_not_fire() {
    for (sql, state) in [
        (
            "alter table auth.users disable trigger on_auth_user_created",
            "disabled",
        ),
        ("drop trigger on_auth_user_created on auth.users", "missing"),
    ] {
        let world = world().await;
        world.run(AUTH, sql).await;
        people::ghosts(&world, 1, 1).await;
        let answer = of_text(&world, &order_by(&world, 1)).await;
        expect(&answer, &format!("trigger_{state}"), BACKFILL);
        let sentence = answer["sentence"].as_str().unwrap();
        assert!(
            sentence.contains("rollcall repair trigger install"),
            "{sentence}"
        );
    }
    let (sql, toml) = shapes::WATCHED;
    let world = World::with(sql, toml).await;
    world
        .run(AUTH, "drop trigger on_signup on auth.users")
        .await;
    people::ghosts(&world, 1, 1).await;
    let answer = of_user(&world, 1).await;
    expect(&answer, "trigger_missing", BACKFILL);
    let sentence = answer["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("the application's migration"),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_ghost_whom_the_database_does_not_accept() {
    let world = world().await;
    let refuse = "alter table public.profiles add check (id is null)";
    world.run("postgres", refuse).await;
    people::people(&world, 1, 1).await;
    let answer = of_text(&world, &order_by(&world, 1)).await;
    expect(&answer, "refused_check", BACKFILL);
    let failed = "select to_char(first_failed_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI') from rollcall.sync_failures";
    let since = answer["since"].as_str().unwrap();
    assert!(since.starts_with(&world.ask(failed).await), "{since}");
    let sentence = answer["sentence"].as_str().unwrap();
    assert!(sentence.contains("docs/refusals.md#check"), "{sentence}");
}

#[tokio::test]
async fn a_ghost_from_before_rollcall_and_one_that_nothing_explains() {
    let world = world().await;
    people::ghosts_of_age(&world, 1, 1, 48).await;
    let answer = of_user(&world, 1).await;
    expect(&answer, "older_than_rollcall", BACKFILL);
    assert!(answer["since"].is_string());
    people::quietly(&world, "update auth.users set created_at = null").await;
    let answer = of_user(&world, 1).await;
    expect(&answer, "unknown", BACKFILL);
    assert_eq!(answer["since"], Value::Null);
    people::quietly(&world, "update auth.users set created_at = '-infinity'").await;
    expect(&of_user(&world, 1).await, "older_than_rollcall", BACKFILL);
}

/// Has the nightly check look.
async fn look(world: &World) -> Value {
    let nightly = Deployed::start("nightly-check", world, "rollcall_app", &[]).await;
    nightly.invoke(rollcall_tests::look()).await.unwrap()
}

#[tokio::test]
async fn a_profile_that_a_check_saw_was_removed() {
    let world = world().await;
    people::ghosts_of_age(&world, 1, 1, 48).await;
    look(&world).await;
    expect(&of_user(&world, 1).await, "older_than_rollcall", BACKFILL);
    people::quietly(
        &world,
        "insert into public.profiles (id) select id from auth.users",
    )
    .await;
    let clean = look(&world).await;
    people::quietly(&world, "delete from public.profiles").await;
    let answer = of_user(&world, 1).await;
    expect(&answer, "profile_removed", BACKFILL);
    let seconds = |time: &Value| time.as_str().unwrap()[..19].to_owned();
    assert_eq!(seconds(&answer["since"]), seconds(&clean["checked_at"]));
}

#[tokio::test]
async fn a_trigger_that_was_off_when_the_user_came() {
    let world = world().await;
    let disable = "alter table auth.users disable trigger on_auth_user_created";
    let enable = "alter table auth.users enable trigger on_auth_user_created";
    world.run(AUTH, disable).await;
    people::people(&world, 1, 1).await;
    world.run(AUTH, enable).await;
    let answer = of_user(&world, 1).await;
    expect(&answer, "unknown", BACKFILL);
    let sentence = answer["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("the trigger was not active then"),
        "{sentence}"
    );
    world.run(AUTH, disable).await;
    look(&world).await;
    world.run(AUTH, enable).await;
    look(&world).await;
    let answer = of_user(&world, 1).await;
    expect(&answer, "trigger_inactive_then", BACKFILL);
}

#[tokio::test]
async fn a_profile_that_is_soft_deleted() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    people::people(&world, 1, 1).await;
    world
        .run("postgres", "update public.users set deleted_at = now()")
        .await;
    let answer = of_user(&world, 1).await;
    expect(&answer, "retired", None);
    assert_eq!(answer["has_profile"], true);
    people::quietly(&world, "delete from auth.users").await;
    expect(&of_user(&world, 1).await, "removed", None);
}

#[tokio::test]
async fn keys_of_text_are_users_ids_too() {
    let sql = "create table public.users (id text primary key);
        create table public.orders (id bigserial primary key, user_id text references public.users (id))";
    let toml = "[profile]\ntable = \"public.users\"\nkey = \"id\"\n[profile.columns]\n";
    let world = World::with(sql, toml).await;
    people::ghosts(&world, 1, 1).await;
    let error = order_by(&world, 1);
    expect(&of_text(&world, &error).await, "unknown", BACKFILL);
    let strange = "insert into public.orders (user_id) values ('ada@example.com')";
    let answer = of_text(&world, &error_of(&world, "postgres", strange)).await;
    assert_eq!(
        (kind(&answer), &answer["user_id"]),
        ("not_a_user", &Value::Null)
    );
    assert_eq!(answer["mend"], Value::Null, "no profile mends it");
    let unknown = answer["unknown"][0].as_str().unwrap();
    assert!(unknown.contains("no uuid"), "{unknown}");
    assert!(!answer.to_string().contains("ada@"), "{answer}");
}
