//! What stands where Rollcall's own things go.

use rollcall_install::render;
use sqlx::AssertSqlSafe;

use super::{FILE, WORLD, check, refusal, refusals};
use rollcall_tests::World;

const TRIGGER: &str = "
    create function public.handle_new_user() returns trigger language plpgsql security definer
    set search_path = '' as $$
    begin insert into public.users (id) values (new.id) on conflict do nothing; return new; end $$;
    create trigger on_auth_user_created after insert on auth.users
    for each row execute function public.handle_new_user();";

const OFFER: &str = "write trigger.mode = \"watch\" to leave it as it is, or trigger.adopt = true \
    to have Rollcall replace it and `rollcall sql --uninstall` bring it back";

#[tokio::test]
async fn the_applications_trigger_is_refused_unless_watched_or_adopted() {
    let world = World::bare(&format!("{WORLD}{TRIGGER}")).await;
    assert_eq!(
        refusals(&world, FILE).await,
        [
            format!(
                "trigger.function: the function public.handle_new_user() exists already, and is \
                 not what Rollcall made; {OFFER}"
            ),
            format!(
                "trigger.name: the trigger on_auth_user_created on auth.users exists already, and \
                 is not Rollcall's; {OFFER}"
            ),
        ]
    );
    for trigger in [
        "mode = \"watch\"",
        "adopt = true",
        "name = \"a\"\nfunction = \"public.b\"",
    ] {
        check(&world, &format!("{FILE}[trigger]\n{trigger}"))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_function_that_takes_arguments_is_in_nobodys_way() {
    let world = World::bare(&format!(
        "{WORLD} create function public.handle_new_user(x int) returns int language sql
         return x;"
    ))
    .await;
    check(&world, FILE).await.unwrap();
}

#[tokio::test]
async fn only_a_trigger_function_of_ones_own_is_adopted() {
    let world = World::bare(WORLD).await;
    let file = format!("{FILE}[trigger]\nadopt = true");
    world
        .run(
            "postgres",
            "create function public.handle_new_user() returns int language sql return 1;",
        )
        .await;
    assert!(
        refusal(&world, &file)
            .await
            .contains("is no trigger function")
    );
    world
        .run(
            "supabase_admin",
            "drop function public.handle_new_user();
             create function public.handle_new_user() returns trigger language plpgsql
             as 'begin return null; end';",
        )
        .await;
    assert!(
        refusal(&world, &file)
            .await
            .contains("belongs to another role")
    );
}

#[tokio::test]
async fn names_that_cannot_be_adopted_are_to_be_made_free() {
    let cases = [
        (
            "create table public.cleanup_audit_log (id int)",
            "the table public.cleanup_audit_log exi",
        ),
        (
            "create view public.cleanup_audit_log as select 1",
            "the view public.cleanup_audit_log ex",
        ),
        (
            "create sequence public.cleanup_audit_log",
            "the sequence public.cleanup_audit_log exis",
        ),
        (
            "create function public.ensure_user_profile() returns int language sql return 1",
            "the function public.ensure_user_profile() exists already, and is not what Rollcall ma",
        ),
        (
            "create function public.ensure_user_profile(x int default 1) returns int
             language sql return x",
            "the function public.ensure_user_profile(integer) exists already",
        ),
        (
            "create table public.error_logs (error_type text, created_at timestamptz)",
            "the table public.error_logs exists already, and Rollcall did not make it; rename it, as in \
             `alter table public.error_logs rename to error_logs_before_rollcall`",
        ),
        // It would fit the runbook's call better than Rollcall's, which takes bigint.
        (
            "create function public.log_cleanup_job(text, text, text, integer, integer, text)
             returns void language sql as ''",
            "the function public.log_cleanup_job(text,text,text,integer,integer,text) exists already",
        ),
        (
            "create function public.log_cleanup_job(text, text, text, bigint, bigint, text)
             returns void language sql as ''",
            "the function public.log_cleanup_job(text,text,text,bigint,bigint,text) exists already",
        ),
        (
            "create function public.get_sync_status_history(integer) returns void language sql as ''",
            "the function public.get_sync_status_history(integer) exists already",
        ),
        (
            "create schema rollcall",
            "there is a schema named rollcall that Rollcall did not make",
        ),
    ];
    for (sql, wanted) in cases {
        let world = World::bare(&format!("{WORLD}{sql}")).await;
        for adopt in [false, true] {
            let file = format!("{FILE}[trigger]\nadopt = {adopt}");
            let refusal = refusal(&world, &file).await;
            assert!(
                refusal.starts_with(wanted) && refusal.contains("; rename "),
                "{refusal}"
            );
        }
    }
}

#[tokio::test]
async fn what_rollcall_made_is_in_nobodys_way_until_it_is_altered() {
    let world = World::bare(WORLD).await;
    let mapping = check(&world, FILE).await.unwrap();
    let mut connection = world.connect("postgres").await;
    let migration = render::migration(&mapping);
    sqlx::raw_sql(AssertSqlSafe(migration))
        .execute(&mut connection)
        .await
        .unwrap();
    check(&world, FILE).await.unwrap();

    world
        .run(
            "postgres",
            "create or replace function public.handle_new_user() returns trigger
             language plpgsql as 'begin return new; end';",
        )
        .await;
    assert!(
        refusal(&world, FILE)
            .await
            .starts_with("trigger.function: the function public.hand")
    );
}

#[tokio::test]
async fn the_audit_log_that_outlived_an_uninstallation_is_known_again() {
    let world = World::bare(WORLD).await;
    let mapping = check(&world, FILE).await.unwrap();
    for sql in [render::migration(&mapping), render::uninstall()] {
        let mut connection = world.connect("postgres").await;
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    assert_eq!(check(&world, FILE).await.unwrap(), mapping);
}

#[tokio::test]
async fn the_trigger_takes_no_name_of_rollcalls_own() {
    let world = World::bare(WORLD).await;
    for (line, start) in [
        (
            "name = \"rollcall_user_deleted\"",
            "trigger.name: rollcall_user_deleted is another trigger of Rollcall's; ",
        ),
        (
            "name = \"rollcall_user_inserted\"",
            "trigger.name: rollcall_user_inserted is another trigger of Rollcall's; ",
        ),
        (
            "function = \"rollcall.on_user_updated\"",
            "trigger.function: rollcall.on_user_updated() is a name that Rollcall keeps ",
        ),
        (
            "function = \"public.ensure_user_profile\"",
            "trigger.function: public.ensure_user_profile() is a name that Rollcall keeps ",
        ),
    ] {
        let refusal = refusal(&world, &format!("{FILE}[trigger]\n{line}")).await;
        assert!(refusal.starts_with(start), "{refusal}");
    }
}

#[tokio::test]
async fn a_name_is_needed_only_by_what_is_configured() {
    let world = World::bare(WORLD).await;
    world
        .run(
            "postgres",
            "create function public.mine() returns trigger language plpgsql as 'begin return new; end';
             create trigger rollcall_user_inserted after insert on auth.users
             for each row execute function public.mine()",
        )
        .await;
    check(&world, FILE).await.unwrap();
    let webhook = "[webhook]\nurl = \"https://rollcall.example.com/\"\n";
    for mode in ["create", "watch"] {
        let trigger = format!("[trigger]\nmode = \"{mode}\"\n");
        let refusal = refusal(&world, &format!("{FILE}{trigger}{webhook}")).await;
        let start = "the trigger rollcall_user_inserted on auth.users exists already";
        assert!(refusal.starts_with(start), "{refusal}");
    }
}
