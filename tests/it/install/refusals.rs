//! What Rollcall did not make, it does not replace; what is gone, it does not pretend.

use rollcall_install::render;
use rollcall_tests::{World, shapes};

use super::{apply, catalog, through_psql};

/// What stands in the way, and what the refusal says.
const IN_THE_WAY: &[(&str, &str)] = &[
    (
        "create schema rollcall",
        "a schema named rollcall exists already",
    ),
    (
        "create function public.handle_new_user() returns trigger language plpgsql
        as 'begin return new; end'",
        "the function public.handle_new_user() exists already",
    ),
    (
        "create function public.mine() returns trigger language plpgsql as 'begin return new; end';
        create trigger on_auth_user_created after insert on auth.users
        for each row execute function public.mine()",
        "the trigger on_auth_user_created exists already",
    ),
    (
        "create function public.mine() returns trigger language plpgsql as 'begin return new; end';
        create trigger rollcall_user_deleted after delete on auth.users
        for each row execute function public.mine()",
        "the trigger rollcall_user_deleted exists already",
    ),
    (
        "create table public.cleanup_audit_log (id int)",
        "the table public.cleanup_audit_log exists already",
    ),
    (
        "create view public.cleanup_audit_log as select 1",
        "the table public.cleanup_audit_log exists already",
    ),
    (
        "create table public.error_logs (error_type text, created_at timestamptz)",
        "the table public.error_logs exists already",
    ),
    (
        "create function public.log_cleanup_job(text, text, text, bigint, bigint, text) returns void
        language sql as ''",
        "the function public.log_cleanup_job(text,text,text,bigint,bigint,text) exists already",
    ),
    (
        "create function public.ensure_user_profile() returns text language sql as 'select null::text'",
        "the function public.ensure_user_profile() exists already",
    ),
    (
        "alter table public.users rename column email to mail",
        "public.users does not have any more: email",
    ),
    (
        "alter table public.users drop column deleted_at",
        "public.users does not have any more: deleted_at",
    ),
    (
        "alter table public.users rename to people",
        "public.users does not have any more: id, email,",
    ),
];

#[tokio::test]
async fn the_migration_refuses_and_leaves_nothing_half_written() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    for adopt in ["", "\n[trigger]\nadopt = true\n"] {
        for (obstacle, expected) in IN_THE_WAY {
            let may_be_adopted =
                expected.contains("handle_new_user") || expected.contains("on_auth_user_created");
            if !adopt.is_empty() && may_be_adopted {
                continue;
            }
            let world = World::bare(sql).await;
            let migration = render::migration(&world.mapping(&format!("{toml}{adopt}")).await);
            world.run("postgres", obstacle).await;
            let before = catalog(&world, true).await;
            let error = through_psql(&world, &migration).expect_err(obstacle);
            assert!(error.contains(expected), "{obstacle}: {error}");
            assert!(error.contains("HINT"), "{obstacle}: {error}");
            assert_eq!(catalog(&world, true).await, before, "{obstacle}");
        }
    }
}

#[tokio::test]
async fn a_function_of_ours_that_was_altered_is_not_replaced_either() {
    let (sql, toml) = shapes::USERS;
    let world = World::bare(sql).await;
    let migration = render::migration(&world.mapping(toml).await);
    through_psql(&world, &migration).expect("installed");
    world
        .run(
            "postgres",
            "create or replace function public.handle_new_user() returns trigger language plpgsql
            as 'begin return new; end'",
        )
        .await;
    let before = catalog(&world, true).await;
    let error = through_psql(&world, &migration).expect_err("it is the application's now");
    assert!(error.contains("is not what Rollcall made"), "{error}");
    assert_eq!(catalog(&world, true).await, before);
}

#[tokio::test]
async fn a_column_that_is_gone_fails_the_next_migration_too() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::bare(sql).await;
    apply(&world, toml).await.expect("installed");
    let migration = render::migration(&world.mapping(toml).await);
    world
        .run(
            "postgres",
            "alter table public.users rename column email_verified to verified",
        )
        .await;
    let error = through_psql(&world, &migration).expect_err("the column is gone");
    assert!(
        error.contains("public.users does not have any more: email_verified"),
        "{error}"
    );
}
