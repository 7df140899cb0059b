//! A question that is cut off is null, its check neither passed nor failed, and the others are
//! answered all the same.

use std::time::Duration;

use rollcall_domain::severity::{Severity, Status, assess};
use rollcall_tests::{World, shapes};

use super::*;

async fn world() -> World {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let sql = format!(
        "{sql};
         create table public.orders (id bigserial primary key, user_id uuid);
         create table public.leads (id bigserial primary key, user_id uuid)"
    );
    let toml = format!(
        "{toml}
[[references]]
table = \"public.orders\"
column = \"user_id\"
[[references]]
table = \"public.leads\"
column = \"user_id\"
"
    );
    let world = World::with(&sql, &toml).await;
    people(&world, 1, 3).await;
    world
}

/// One in which drift is a question of its own.
async fn world_of_metadata() -> World {
    let sql = "create table public.people (id uuid primary key, name text)";
    let toml = "[profile]\ntable = \"public.people\"\nkey = \"id\"\n\
                [profile.columns]\nname = \"meta.name\"\n[profile.keep]\ncolumns = [\"name\"]\n";
    let world = World::with(sql, toml).await;
    people(&world, 1, 3).await;
    world
}

/// Just these checks could not look, and that is unknown and P1.
fn assert_blind(seen: &Seen, names: &[&str], words: &str) {
    let checks = seen.checks();
    let blind = checks.iter().filter(|check| check.passed.is_none());
    let blind = blind.map(|check| &*check.check_name).collect::<Vec<_>>();
    assert_eq!(blind, names, "{checks:#?}");
    let others = checks.iter().filter(|check| check.passed.is_some());
    for check in others {
        assert_eq!(check.passed, Some(true), "{check:?}");
    }
    for name in names {
        let message = message(seen, name);
        assert!(message.contains(words), "{message}");
        assert!(!message.contains('@'), "{message}");
    }
    assert_eq!(
        assess(&seen.found(), 5),
        (Some(Severity::P1), Status::Unknown)
    );
}

#[tokio::test]
async fn a_good_world_is_healthy() {
    let seen = look(&world().await).await;
    assert_eq!(assess(&seen.found(), 5), (None, Status::Healthy));
    assert_eq!(seen.counts().orphaned_child_rows, Some(0));
}

#[tokio::test]
async fn a_child_table_that_is_locked_costs_itself_only() {
    let world = world().await;
    let mut holder = world.connect("postgres").await;
    let lock = "begin; lock table public.orders in access exclusive mode";
    sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
    let limits = Limits {
        each: Duration::from_millis(300),
        ..Limits::default()
    };
    world
        .run(
            "postgres",
            "insert into public.leads (user_id) values (gen_random_uuid())",
        )
        .await;
    let seen = look_within(&world, limits).await;
    assert_eq!(verdict(&seen, "child_rows_check"), (None, 1, Some(1)));
    assert_eq!(seen.counts().orphaned_child_rows, None);
    assert_eq!(seen.counts().ghosts, Some(0));
    let words = message(&seen, "child_rows_check");
    assert!(
        words.contains("public.orders.user_id") && words.contains("statement timeout"),
        "{words}"
    );
    assert!(words.contains("1 row in public.leads.user_id"), "{words}");
}

#[tokio::test]
async fn a_child_table_that_is_gone_costs_itself_only() {
    let world = world().await;
    world.run("postgres", "drop table public.leads").await;
    assert_blind(&look(&world).await, &["child_rows_check"], "public.leads");
}

#[tokio::test]
async fn a_right_that_was_lost_costs_its_question_only() {
    let world = world_of_metadata().await;
    let sql = "revoke execute on function rollcall.count_drift() from rollcall_app";
    world.run("postgres", sql).await;
    let seen = look(&world).await;
    assert_blind(&seen, &["drifted_profiles_check"], "permission denied");
    assert_eq!(seen.counts().drifted, None);
    assert_eq!(seen.counts().eligible, Some(3));
}

#[tokio::test]
async fn a_query_that_takes_too_long_costs_itself_only() {
    let world = world_of_metadata().await;
    world
        .run(
            "postgres",
            "create or replace function rollcall.count_drift()
             returns table (is_configured boolean, examined bigint, drifted bigint)
             language sql security definer
             as 'select true, 0::bigint, 0::bigint from pg_sleep(60)'",
        )
        .await;
    let limits = Limits {
        each: Duration::from_millis(300),
        ..Limits::default()
    };
    let seen = look_within(&world, limits).await;
    assert_blind(&seen, &["drifted_profiles_check"], "statement timeout");
}

#[tokio::test]
async fn the_whole_ends_in_time_too() {
    let world = world().await;
    world
        .run(
            "postgres",
            "create or replace function rollcall.previous_auth_users()
             returns bigint language sql security definer as 'select 0::bigint from pg_sleep(60)'",
        )
        .await;
    let limits = Limits::within(Duration::from_secs(1));
    let seen = look_within(&world, limits).await;
    // Whatever came before was seen; nothing that came afterwards is said to be well.
    assert_eq!(verdict(&seen, "trigger_exists_check").0, Some(true));
    assert_eq!(verdict(&seen, "ledger_check").0, Some(true));
    for name in [
        "ghost_users_check",
        "drifted_profiles_check",
        "child_rows_check",
        "guard_check",
    ] {
        assert_eq!(verdict(&seen, name).0, None, "{name}");
    }
    assert_eq!(
        assess(&seen.found(), 5),
        (Some(Severity::P1), Status::Unknown)
    );
}

#[tokio::test]
async fn an_owner_that_row_security_blinds_counts_nobody() {
    let world = world().await;
    // The role itself belongs to the whole server, so the function gets another owner.
    world
        .run(
            "supabase_admin",
            "do $$ begin create role blind_owner; exception when duplicate_object or unique_violation then null; end $$;
             grant usage on schema auth, rollcall, public to blind_owner;
             grant select on auth.users to blind_owner;
             grant all on all tables in schema rollcall, public to blind_owner;
             alter view rollcall.standing owner to blind_owner;
             alter function rollcall.take_roll() owner to blind_owner",
        )
        .await;
    let seen = look(&world).await;
    let counts = seen.counts();
    assert_eq!(
        (counts.auth_users, counts.ghosts, counts.drifted),
        (None, None, Some(0))
    );
    for name in [
        "ghost_users_check",
        "orphaned_profiles_check",
        "count_parity_check",
        "guard_check",
    ] {
        assert_eq!(verdict(&seen, name).0, None, "{name}");
        assert!(message(&seen, name).contains("BYPASSRLS"), "{name}");
    }
    assert!(seen.is_blind());
}

#[tokio::test]
async fn a_profile_table_that_is_gone_is_named() {
    let world = world().await;
    world
        .run("postgres", "alter table public.users rename to people")
        .await;
    let seen = look(&world).await;
    assert_eq!(seen.counts().ghosts, None);
    assert_eq!(seen.counts().orphaned_child_rows, None);
    assert!(message(&seen, "ghost_users_check").contains("public.users"));
    assert!(message(&seen, "trigger_exists_check").contains("the table public.users is missing"));
    assert!(seen.found().blind && seen.found().trigger_inactive);
}

#[tokio::test]
async fn a_ledger_that_is_gone_is_reported() {
    let world = world().await;
    world
        .run("postgres", "drop table rollcall.sync_failures")
        .await;
    let seen = look(&world).await;
    assert_eq!(verdict(&seen, "ledger_check").0, None);
    assert!(message(&seen, "trigger_exists_check").contains("rollcall.sync_failures is missing"));
    assert_eq!(seen.counts().orphaned_child_rows, Some(0));
}
