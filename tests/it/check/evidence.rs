//! Drift, the ledger, deliveries and the guard.

use rollcall_domain::severity::{Severity, Status, assess};
use rollcall_tests::{World, shapes};

use super::*;

/// The tables of `pg_net` and of database webhooks, as far as anybody asks them.
const PG_NET: &str = "
    create schema net;
    create table net._http_response (
        id bigint, status_code integer, timed_out boolean, error_msg text,
        created timestamptz not null default now()
    );
    create schema supabase_functions;
    create table supabase_functions.hooks (
        id bigserial primary key, hook_table_id integer not null, hook_name text not null,
        created_at timestamptz not null default now(), request_id bigint
    );
    insert into supabase_functions.hooks (hook_table_id, hook_name, request_id)
    select 'auth.users'::regclass::oid::integer, 'signup', n from generate_series(1, 5) n;
    insert into supabase_functions.hooks (hook_table_id, hook_name, request_id)
    values ('public.users'::regclass::oid::integer, 'other', 6);
    insert into net._http_response values
        (1, 200, false, null), (2, 503, false, null), (3, null, true, 'Timeout was reached'),
        (4, 204, false, null), (6, 500, false, null);
    insert into net._http_response values (5, 500, false, null, now() - interval '25 hours');";

#[tokio::test]
async fn failed_deliveries_about_auth_users_are_counted() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 1).await;
    let seen = look(&world).await;
    assert!(
        !seen
            .checks()
            .iter()
            .any(|check| check.check_name == "deliveries_check")
    );
    world.run("supabase_admin", PG_NET).await;
    let seen = look(&world).await;
    assert_eq!(
        verdict(&seen, "deliveries_check"),
        (Some(false), 2, Some(4))
    );
    assert_eq!(
        assess(&seen.found(), 5),
        (Some(Severity::P2), Status::Warning)
    );
}

#[tokio::test]
async fn the_ledger_is_summed_up_and_a_degraded_profile_is_no_failure() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 4).await;
    let entry = |number: u32, reason: &str, next: &str| {
        format!(
            "insert into rollcall.sync_failures values (
                 '{}', null, '{reason}', now() - interval '{number} hours', now(), 1, {next}
             );",
            id(number)
        )
    };
    quietly(&world, &entry(1, "degraded", "null")).await;
    let seen = look(&world).await;
    assert_eq!(verdict(&seen, "ledger_check"), (Some(true), 0, Some(1)));
    assert_eq!(assess(&seen.found(), 5), (None, Status::Healthy));
    quietly(&world, &entry(2, "check", "now() - interval '1 minute'")).await;
    quietly(&world, &entry(3, "check", "now() + interval '1 minute'")).await;
    let seen = look(&world).await;
    let ledger = *seen.ledger.seen().unwrap();
    assert_eq!((ledger.entries, ledger.due, ledger.degraded), (2, 1, 1));
    assert_eq!(verdict(&seen, "ledger_check"), (Some(false), 2, Some(3)));
    assert_eq!(
        assess(&seen.found(), 5),
        (Some(Severity::P2), Status::Warning)
    );
}

#[tokio::test]
async fn what_is_not_kept_does_not_drift() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 3).await;
    world
        .run(
            "postgres",
            "update public.users set created_at = now() - interval '1 day'",
        )
        .await;
    assert_eq!(
        verdict(&look(&world).await, "drifted_profiles_check"),
        (Some(true), 0, Some(3))
    );
    world
        .run(
            "postgres",
            "update public.users set email_verified = true, email = null",
        )
        .await;
    assert_eq!(
        verdict(&look(&world).await, "drifted_profiles_check"),
        (Some(false), 3, Some(3))
    );
}

#[tokio::test]
async fn with_nothing_configured_it_says_so() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 3).await;
    world
        .run("postgres", "update public.users set email = 'other'")
        .await;
    let seen = look(&world).await;
    for name in ["drifted_profiles_check", "child_rows_check"] {
        assert_eq!(verdict(&seen, name), (Some(true), 0, Some(0)));
        assert!(message(&seen, name).starts_with("Nothing configured"));
    }
}

#[tokio::test]
async fn rubbish_in_metadata_neither_drifts_nor_hides_the_others() {
    let sql =
        "create table public.profiles (id uuid primary key, email text, born date, likes json)";
    let toml = "[profile]\ntable = \"public.profiles\"\nkey = \"id\"\n[profile.columns]\n\
                email = \"email\"\nborn = \"meta.born\"\nlikes = \"meta.likes\"\n\
                [profile.keep]\ncolumns = [\"email\", \"born\", \"likes\"]\n";
    let world = World::with(sql, toml).await;
    people(&world, 1, 4).await;
    let set = |number: u32, metadata: &str| {
        format!(
            "update auth.users set raw_user_meta_data = '{metadata}' where id = '{}';",
            id(number)
        )
    };
    let compared = async || verdict(&look(&world).await, "drifted_profiles_check");
    assert_eq!(compared().await, (Some(true), 0, Some(4)));
    quietly(&world, &set(1, r#"{"born": "2001-02-03", "likes": ["a"]}"#)).await;
    assert_eq!(compared().await, (Some(false), 1, Some(4)));
    quietly(&world, &set(2, r#"{"born": "yesterday or so"}"#)).await;
    assert_eq!(compared().await, (Some(false), 1, Some(4)));
    // Other kept columns of the same person are compared all the same.
    quietly(
        &world,
        &format!("update auth.users set email = 'new' where id = '{}'", id(2)),
    )
    .await;
    assert_eq!(compared().await, (Some(false), 2, Some(4)));
}

#[tokio::test]
async fn users_that_are_lost_are_noticed() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 20).await;
    let last = |users: i64, minutes: i64, kind: &str| {
        format!(
            r#"insert into rollcall.checks (
                 run_id, kind, checked_at, duration_ms, configuration, status, counts, checks,
                 trigger_state, trigger_detail
             )
             values (
                 gen_random_uuid(), '{kind}', now() - interval '{minutes} minutes', 1, '', 'healthy',
                 jsonb_build_object('auth_users', {users}),
                 '[{{"check_name": "guard_check", "passed": true}}]', 'active', ''
             );"#
        )
    };
    quietly(&world, &last(22, 60, "full")).await;
    assert_eq!(
        verdict(&look(&world).await, "guard_check"),
        (Some(true), 0, Some(20))
    );
    // A pulse counts nobody, and an older check has been answered.
    quietly(&world, &last(100, 10, "pulse")).await;
    quietly(&world, &last(100, 90, "full")).await;
    assert_eq!(
        verdict(&look(&world).await, "guard_check"),
        (Some(true), 0, Some(20))
    );
    quietly(&world, &last(23, 30, "full")).await;
    let seen = look(&world).await;
    assert_eq!(seen.previous_auth_users.seen(), Some(&Some(23)));
    assert_eq!(verdict(&seen, "guard_check"), (Some(false), 1, Some(20)));
    assert_eq!(
        message(&seen, "guard_check"),
        "auth.users has 20 rows, down from 23 at the last full check"
    );
    assert_eq!(
        assess(&seen.found(), 5),
        (Some(Severity::P1), Status::Unknown)
    );
}
