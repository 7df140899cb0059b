//! What cannot be looked at is said, and never passes for well.

use rollcall_tests::{World, shapes};
use sqlx::Connection;

use super::{GHOST, ROLES, doctor, findings, here, says};
use crate::rollcall;

#[tokio::test]
async fn a_look_that_is_cut_off_says_so_and_is_not_green() {
    let (sql, _) = shapes::USERS;
    let world = World::bare(&format!(
        "{sql}; alter table public.users enable row level security"
    ))
    .await;
    let mut holder = world.connect("postgres").await;
    let mut held = holder.begin().await.unwrap();
    sqlx::raw_sql("lock table public.users")
        .execute(&mut *held)
        .await
        .unwrap();
    let arguments = ["doctor", "--time-limit", "1"];
    let ended = rollcall(here(None).path(), Some(&world.url("postgres")), &arguments);
    assert_eq!(ended.status, 3, "{ended:?}");
    says(
        &ended,
        "unseen",
        "could not look at the ghosts and orphans of public.users: it was cut off after 1 s",
    );
    // The rest was looked at.
    says(&ended, "ok", "row-level security is on for public.users");
    held.rollback().await.unwrap();
    assert_eq!(doctor(&world, "postgres", None).status, 0);
}

#[tokio::test]
async fn a_table_that_somebody_holds_costs_the_questions_about_it() {
    let (sql, _) = shapes::VERIFIED_USERS;
    let world = World::bare(&format!(
        "{sql}; alter table public.users enable row level security"
    ))
    .await;
    let mut holder = world.connect("postgres").await;
    let mut held = holder.begin().await.unwrap();
    sqlx::raw_sql("lock table public.users")
        .execute(&mut *held)
        .await
        .unwrap();
    // To spell the default of a column, PostgreSQL opens its table.
    let arguments = ["doctor", "--time-limit", "1"];
    let ended = rollcall(here(None).path(), Some(&world.url("postgres")), &arguments);
    assert_eq!((ended.status, &*ended.err), (3, ""), "{ended:?}");
    for words in [
        "could not look at the ghosts and orphans of public.users: it was cut off after 1 s",
        "could not look at the defaults of columns: somebody holds a table locked",
    ] {
        says(&ended, "unseen", words);
    }
    says(&ended, "ok", "row-level security is on for public.users");
}

#[tokio::test]
async fn rollcall_app_is_told_what_it_could_not_look_at() {
    let _roles = ROLES.read().await;
    let (sql, toml) = shapes::USERS;
    let world = World::with(
        &format!("{sql}; alter table public.users enable row level security"),
        toml,
    )
    .await;
    for toml in [None, Some(toml)] {
        let ended = doctor(&world, "rollcall_app", toml);
        assert_eq!((ended.status, &*ended.err), (3, ""), "{ended:?}");
        says(&ended, "-", "looks through Rollcall's functions");
        says(&ended, "ok", "no ghosts: 0 auth users");
        for words in [
            "what was altered since",
            "the version: this role has no right to it; connect as the role that installed",
            "the unfinished runs",
            "the last checks",
            "the open incidents",
            "the alerts that wait",
        ] {
            says(&ended, "unseen", &format!("could not look at {words}"));
        }
        says(
            &ended,
            "ok",
            "Rollcall's trigger on_auth_user_created on auth.users fires after insert",
        );
        says(
            &ended,
            "ok",
            "nobody but the owner and Rollcall's roles has a right",
        );
    }
    for finding in findings(&world, "rollcall_app") {
        let is_unseen = finding["sentence"]
            .as_str()
            .unwrap()
            .starts_with("could not look");
        assert!(!is_unseen || finding["good"].is_null(), "{finding}");
    }
    // What is found weighs more than what could not be looked at.
    world.run("supabase_admin", GHOST).await;
    assert_eq!(doctor(&world, "rollcall_app", Some(toml)).status, 1);
}

#[tokio::test]
async fn rows_that_a_policy_hides_are_not_counted_as_none() {
    let (sql, _) = shapes::USERS;
    let world = World::bare(&format!(
        "{sql}; alter table public.users enable row level security"
    ))
    .await;
    let reader = "create role reader_of_few login bypassrls; grant usage on schema auth to reader_of_few;
        grant select on auth.users, public.users to reader_of_few; alter role reader_of_few nobypassrls";
    world.run("supabase_admin", reader).await;
    let ended = doctor(&world, "reader_of_few", None);
    let dropped = "drop owned by reader_of_few; drop role reader_of_few";
    world.run("supabase_admin", dropped).await;
    assert_eq!(ended.status, 1, "{ended:?}");
    says(
        &ended,
        "found",
        "sees no auth user: row-level security hides them",
    );
    says(
        &ended,
        "unseen",
        "row-level security hides rows from this role",
    );
}

#[tokio::test]
async fn it_changes_nothing() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let rows = "select string_agg(format('%s %s %s', relname, n_tup_ins + n_tup_upd + n_tup_del, n_live_tup), ',' order by relname)
        from (select pg_stat_force_next_flush(), pg_sleep(0.1)) f, pg_stat_user_tables where schemaname in ('rollcall', 'public', 'auth')";
    let before = world.ask(rows).await;
    doctor(&world, "postgres", Some(toml));
    assert_eq!(world.ask(rows).await, before);
}
