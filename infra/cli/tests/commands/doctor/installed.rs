//! Rollcall installed, and what became of it.

use rollcall_tests::{World, shapes};

use super::{GHOST, ROLES, doctor, is_silent_about, says};

const GUARDED: &str = "alter table public.users enable row level security;";

async fn world() -> World {
    let (sql, toml) = shapes::USERS;
    World::with(&format!("{sql}; {GUARDED}"), toml).await
}

const TOML: Option<&str> = Some(shapes::USERS.1);

#[tokio::test]
async fn a_fresh_installation_is_well() {
    let _roles = ROLES.read().await;
    for (name, (sql, toml)) in shapes::ALL {
        let world = World::with(sql, toml).await;
        world.run("postgres", "do $$ declare t regclass; begin
            for t in select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' loop
                execute format('alter table %s enable row level security', t);
            end loop; end $$").await;
        let ended = doctor(&world, "postgres", Some(toml));
        assert_eq!((ended.status, &*ended.err), (0, ""), "{name}: {ended:?}");
        for words in [
            "installed with the file's configuration",
            "the installed version is",
            "objects as Rollcall made them",
            "no incident is open",
            "no alert waits",
            "no ghosts: 0 auth users who ought to have a profile in the installed profile table",
            "User sync trigger is active",
            "Rollcall's trigger rollcall_user_deleted on auth.users fires after delete",
            "nobody but the owner and Rollcall's roles has a right",
        ] {
            says(&ended, "ok", words);
        }
        says(&ended, "-", "there was no full check yet");
        is_silent_about(&ended, "unseen");

        let ended = doctor(&world, "postgres", None);
        assert_eq!(ended.status, 0, "{name}: {ended:?}");
        says(&ended, "-", "there is no file to hold against it");
    }
}

#[tokio::test]
async fn another_configuration_than_the_file_s_is_found() {
    let world = world().await;
    let other = shapes::USERS
        .1
        .replace("name = [\"meta.full_name\", ", "name = [");
    let ended = doctor(&world, "postgres", Some(&other));
    assert_eq!(ended.status, 1);
    says(
        &ended,
        "found",
        "the installed configuration is not the file's",
    );
    // What the roll counts is not what the file says.
    says(
        &ended,
        "ok",
        "a profile in public.users, and everybody has one",
    );
}

#[tokio::test]
async fn what_was_altered_or_dropped_is_found() {
    let world = world().await;
    world
        .run(
            "postgres",
            "create or replace function public.handle_new_user() returns trigger language plpgsql
             as 'begin return new; end';
             drop function rollcall.be_quiet(integer);
             drop function rollcall.on_user_deleted() cascade",
        )
        .await;
    let ended = doctor(&world, "postgres", TOML);
    says(
        &ended,
        "found",
        "the function public.handle_new_user() is not as Rollcall made it",
    );
    says(
        &ended,
        "found",
        "the function rollcall.be_quiet(integer) is gone",
    );
    says(&ended, "found", "the trigger rollcall_user_deleted is gone");
}

#[tokio::test]
async fn rights_that_are_too_wide_are_found_one_by_one() {
    let world = world().await;
    world
        .run(
            "postgres",
            "grant usage on schema rollcall to anon;
             grant execute on function rollcall.take_roll() to public;
             grant select on rollcall.sync_failures to rollcall_app;
             grant select (user_id) on rollcall.exclusions to authenticated;
             grant insert, delete on public.cleanup_audit_log to service_role;
             grant execute on function public.handle_new_user() to anon;
             alter table public.error_logs disable row level security;
             create policy open on rollcall.runs using (true)",
        )
        .await;
    let ended = doctor(&world, "postgres", None);
    assert_eq!(ended.status, 1);
    for words in [
        "anon may usage on the schema rollcall",
        "everybody may execute on the function rollcall.take_roll()",
        "rollcall_app may select on the table rollcall.sync_failures",
        "authenticated may select on the column rollcall.exclusions.user_id",
        "service_role may delete, insert on the table public.cleanup_audit_log",
        "anon may execute on the function public.handle_new_user()",
        "the table public.error_logs, which is Rollcall's, has row-level security off",
        "the table rollcall.runs, which is Rollcall's, has a policy",
    ] {
        says(&ended, "found", words);
    }
    is_silent_about(&ended, "ensure_user_profile");
    is_silent_about(&ended, "nobody but the owner");
}

#[tokio::test]
async fn whoever_may_act_as_rollcall_s_roles_is_named() {
    let world = world().await;
    let _alone = ROLES.write().await;
    let given =
        "grant rollcall_operator to authenticated; create role reporter login in role rollcall_app;
        alter role rollcall_app createdb";
    world.run("supabase_admin", given).await;
    let ended = doctor(&world, "postgres", TOML);
    let taken = "revoke rollcall_operator from authenticated; drop role reporter;
        alter role rollcall_app nocreatedb";
    world.run("supabase_admin", taken).await;
    assert_eq!(ended.status, 1, "{ended:?}");
    for words in [
        "authenticated, a role of the Data API, may act as rollcall_operator",
        "authenticator, a role of the Data API, may act as rollcall_operator",
        "rollcall_app has attributes beyond a login",
    ] {
        says(&ended, "found", words);
    }
    let words = "rollcall_app has a login of its own, and reporter may act as it";
    says(&ended, "-", words);
}

#[tokio::test]
async fn what_is_open_waiting_or_late_is_found() {
    let world = world().await;
    world
        .run(
            "postgres",
            "insert into rollcall.runs (run_id, kind, state, configuration, digest, planned, created, started_at)
             values ('00000000-0000-4000-8000-000000000001', 'backfill', 'running', '', '', 300, 120, now()),
                    ('00000000-0000-4000-8000-000000000002', 'backfill', 'planned', '', '', 7, 0, null),
                    ('00000000-0000-4000-8000-000000000009', 'backfill', 'planned', '', '', 0, 0, null);
             insert into rollcall.incidents
             (incident_id, cause, sentence, severity, began_at, opened_at, last_seen_at, most_affected)
             values ('00000000-0000-4000-8000-000000000003', 'trigger_disabled', 'it is disabled', 'P1',
                     now(), now(), now(), 1);
             insert into rollcall.outbox (alert_id, incident_id, channel, topic, message, attempts)
             values (gen_random_uuid(), '00000000-0000-4000-8000-000000000003', 'slack', 'incidents', '{}', 3);
             update rollcall.baseline set taken_at = now() - interval '3 hours', installed_at = now() - interval '3 days'",
        )
        .await;
    let ended = doctor(&world, "postgres", TOML);
    for words in [
        "the backfill 00000000-0000-4000-8000-000000000001 was begun and left unfinished: 120 of 300",
        "00000000-0000-4000-8000-000000000003 is open: P1 trigger_disabled since",
        "1 alert not sent yet, 1 of them tried in vain",
        "the last pulse was 3 hours ago; is its schedule running?",
        "there was no full check since Rollcall was installed, 3 days ago",
    ] {
        says(&ended, "found", words);
    }
    says(
        &ended,
        "-",
        "00000000-0000-4000-8000-000000000002 was planned and not carried out",
    );
    // A preview of nobody waits for nothing.
    is_silent_about(&ended, "000000000009");
}

#[tokio::test]
async fn a_ghost_is_counted_by_what_is_installed() {
    let _roles = ROLES.read().await;
    let world = world().await;
    world.run("supabase_admin", GHOST).await;
    let ended = doctor(&world, "postgres", TOML);
    assert_eq!(ended.status, 1);
    says(&ended, "found", "1 ghost: of 1 auth user");
    // Left out by an operator: no ghost any more.
    let exclude = "insert into rollcall.exclusions (user_id) select id from auth.users";
    world.run("postgres", exclude).await;
    assert_eq!(doctor(&world, "postgres", TOML).status, 0);
}

#[tokio::test]
async fn a_schema_of_somebody_else_s_is_found() {
    let world = World::bare("create schema rollcall").await;
    let ended = doctor(&world, "postgres", None);
    says(
        &ended,
        "found",
        "a schema rollcall that Rollcall did not make",
    );
}
