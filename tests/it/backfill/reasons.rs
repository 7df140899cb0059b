//! A user whose row is not accepted costs nobody else anything, and the reason is told.

use rollcall_tests::{World, shapes};
use serde_json::json;

use super::*;

/// Ten ghosts, of whom the fourth cannot have a profile after this change.
pub(super) async fn refusal(table: &str, toml: &str, change: &str) -> Value {
    let world = World::with(table, toml).await;
    ghosts(&world, 1, 10).await;
    world.run("supabase_admin", change).await;
    let function = backfill(&world).await;
    let run = answer(
        &function,
        json!({"mode": "run", "accept_side_effects": true}),
    )
    .await;
    assert_eq!(
        (&run["status"], counts(&run)),
        (&json!("completed"), [10, 9, 0, 1, 0, 0]),
        "{change}"
    );
    let refusal = run["refusals"][0].clone();
    assert_eq!(refusal["user_id"], id(4));
    let ledger = "select user_id || ' ' || reason || ' ' || coalesce(sqlstate, '-')
        from rollcall.sync_failures";
    let words = |name: &str| refusal[name].as_str().unwrap_or("-").to_owned();
    let told = format!(
        "{} {} {}",
        words("user_id"),
        words("reason"),
        words("sqlstate")
    );
    assert_eq!(world.ask(ledger).await, told);
    refusal
}

async fn assert_reason(change: &str, reason: &str, sqlstate: Option<&str>) {
    let table = "create table public.users (id uuid primary key, email text unique, name text)";
    let refusal = refusal(table, shapes::USERS.1, change).await;
    assert_eq!(
        (&refusal["reason"], &refusal["sqlstate"]),
        (&json!(reason), &json!(sqlstate))
    );
}

#[tokio::test]
async fn a_value_that_somebody_without_a_user_holds() {
    let change =
        "insert into public.users (id, email) values (gen_random_uuid(), 'u4@example.com')";
    assert_reason(change, "unique_held_by_orphan", Some("23505")).await;
}

#[tokio::test]
async fn a_value_that_somebody_alive_holds() {
    let change = "insert into auth.users (id, email) values (gen_random_uuid(), 'x@example.com');
        update public.users set email = 'u4@example.com'";
    assert_reason(change, "unique_held_by_live", Some("23505")).await;
}

#[tokio::test]
async fn a_column_that_must_not_be_null() {
    let change = "set session_replication_role = replica;
        update auth.users set email = null where email = 'u4@example.com';
        alter table public.users alter email set not null";
    assert_reason(change, "not_null", Some("23502")).await;
}

#[tokio::test]
async fn a_check() {
    let change = "alter table public.users add check (email <> 'u4@example.com')";
    assert_reason(change, "check", Some("23514")).await;
}

#[tokio::test]
async fn a_trigger_that_takes_no_row() {
    let change = "create function public.theirs() returns trigger language plpgsql as
            'begin if new.email like ''u4@%'' then return null; end if; return new; end';
        create trigger theirs before insert on public.users
            for each row execute function public.theirs()";
    assert_reason(change, "no_row", None).await;
}

#[tokio::test]
async fn a_trigger_that_raises_whatever_it_likes() {
    let change = "create function public.theirs() returns trigger language plpgsql as
            'begin if new.email like ''u4@%'' then raise ''no'' using errcode = ''XY123''; end if;
             return new; end';
        create trigger theirs before insert on public.users
            for each row execute function public.theirs()";
    assert_reason(change, "other", Some("XY123")).await;
}

#[tokio::test]
async fn a_foreign_key_also_a_deferred_one() {
    for deferred in ["", "deferrable initially deferred"] {
        let change = format!(
            "create table public.domains (email text primary key);
             insert into public.domains select email from auth.users
                 where email <> 'u4@example.com';
             alter table public.users add foreign key (email) references public.domains {deferred}"
        );
        assert_reason(&change, "foreign_key", Some("23503")).await;
    }
}

#[tokio::test]
async fn whatever_would_have_struck_at_the_commit() {
    let change = "create table public.mails (email text unique deferrable initially deferred);
        insert into public.mails values ('u4@example.com');
        create function public.theirs() returns trigger language plpgsql as
            'begin insert into public.mails values (new.email); return new; end';
        create trigger theirs after insert on public.users
            for each row execute function public.theirs()";
    assert_reason(change, "other", Some("23505")).await;
}

#[tokio::test]
async fn a_value_that_cannot_be_cast() {
    let table = "create table public.users (id uuid primary key, born date not null)";
    let toml = "[profile]\ntable = \"public.users\"\nkey = \"id\"\n\n\
                [profile.columns]\nborn = \"meta.born\"\n";
    let change = "set session_replication_role = replica;
        update auth.users set raw_user_meta_data = jsonb_build_object(
        'born', case when email like 'u4@%' then 'some day' else '2000-01-01' end)";
    let refusal = refusal(table, toml, change).await;
    let cast = json!({"user_id": id(4), "reason": "cast", "sqlstate": "22007"});
    assert_eq!(refusal, cast);
}

#[tokio::test]
async fn a_right_that_was_lost_is_everybody_s_reason() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 3).await;
    let take = "alter table public.users owner to supabase_admin;
        revoke insert on public.users from postgres, anon, authenticated, service_role";
    world.run("supabase_admin", take).await;
    let run = answer(
        &backfill(&world).await,
        json!({"mode": "run", "accept_side_effects": true}),
    )
    .await;
    assert_eq!(counts(&run), [3, 0, 0, 3, 0, 0]);
    assert_eq!(run["reasons"], json!({"permission": 3}));
}

#[tokio::test]
async fn a_lock_that_somebody_keeps() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 5).await;
    let mut holder = world.connect("postgres").await;
    let insert =
        "begin; insert into public.users (id) values ('00000000-0000-4000-8000-000000000004')";
    sqlx::raw_sql(insert).execute(&mut holder).await.unwrap();
    let run = answer(
        &backfill(&world).await,
        json!({"mode": "run", "accept_side_effects": true}),
    )
    .await;
    assert_eq!(counts(&run), [5, 4, 0, 1, 0, 0]);
    assert_eq!(run["reasons"], json!({"lock_timeout": 1}));
}

#[tokio::test]
async fn one_in_ten_and_more_than_can_be_shown() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 1200).await;
    before_insert(
        &world,
        "if new.email like '%0@example.com' then raise 'no'; end if;",
    )
    .await;
    let function = backfill(&world).await;
    let run = answer(
        &function,
        json!({"mode": "run", "accept_side_effects": true, "batch_size": 500}),
    )
    .await;
    assert_eq!(counts(&run), [1200, 1080, 0, 120, 0, 0]);
    assert_eq!(run["reasons"], json!({"other": 120}));
    assert_eq!(
        run["refusals"][0],
        json!({"user_id": id(10), "reason": "other", "sqlstate": "P0001"})
    );
    // When the cause is mended, the next run clears the ledger.
    world
        .run("postgres", "drop trigger theirs on public.users")
        .await;
    let next = answer(
        &function,
        json!({"mode": "run", "accept_side_effects": true}),
    )
    .await;
    assert_eq!(counts(&next), [120, 120, 0, 0, 0, 0]);
    assert_eq!(
        world
            .ask("select count(*) from rollcall.sync_failures")
            .await,
        "0"
    );
}

#[tokio::test]
async fn several_that_a_deferred_constraint_refuses_cost_only_themselves() {
    let (sql, toml) = shapes::USERS;
    for change in [
        "create table public.domains (email text primary key);
         insert into public.domains select email from auth.users
             where substr(email, 2, 2) not in ('5@', '14', '23', '32', '41', '50');
         alter table public.users add foreign key (email) references public.domains
             deferrable initially deferred",
        "alter table public.users add unique (email) deferrable initially deferred;
         insert into public.users (id, email)
             select gen_random_uuid(), 'u' || n || '@example.com' from generate_series(5, 50, 9) n",
    ] {
        let world = World::with(sql, toml).await;
        ghosts(&world, 1, 60).await;
        world.run("supabase_admin", change).await;
        let run = answer(&backfill(&world).await, json!({"mode": "run"})).await;
        assert_eq!(counts(&run), [60, 54, 0, 6, 0, 0], "{change}: {run:#}");
    }
}

#[tokio::test]
async fn a_row_that_a_trigger_takes_away_again_is_not_counted_as_created() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 30).await;
    let change = "create function public.theirs() returns trigger language plpgsql as
            'begin delete from public.users where id = new.id and new.email like ''u2%'';
             return null; end';
        create trigger theirs after insert on public.users
            for each row execute function public.theirs()";
    world.run("postgres", change).await;
    let run = answer(&backfill(&world).await, json!({"mode": "run"})).await;
    assert_eq!(counts(&run), [30, 19, 0, 11, 0, 0]);
    assert_eq!(run["reasons"], json!({"no_row": 11}));
    assert_eq!(profiles(&world).await, "19");
}

#[tokio::test]
async fn a_trigger_that_speaks_of_a_full_disk_is_about_its_row_and_its_words_are_not_told() {
    for state in ["53100", "58000", "08006", "57P03", "25006"] {
        let (sql, toml) = shapes::USERS;
        let world = World::with(sql, toml).await;
        ghosts(&world, 1, 30).await;
        let check = format!(
            "if new.email like 'u7@%' then
                raise exception 'no % please', new.email using errcode = '{state}'; end if;"
        );
        before_insert(&world, &check).await;
        let run = answer(&backfill(&world).await, json!({"mode": "run"})).await;
        assert_eq!(counts(&run), [30, 29, 0, 1, 0, 0], "{state}");
        assert_eq!(run["refusals"][0]["sqlstate"], state);
        assert!(!run.to_string().contains("please"), "{run:#}");
    }
}
