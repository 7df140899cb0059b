//! What an installation does not touch.

use rollcall_tests::thrown;

use super::*;

async fn refused(world: &World, words: &[&str]) {
    let function = repair(world).await;
    let event = json!({"action": "trigger.install"});
    let (kind, sentence) = thrown(function.invoke(event).await);
    assert_eq!(kind, "Rejected", "{sentence}");
    for word in words {
        assert!(sentence.contains(word), "{word}: {sentence}");
    }
}

#[tokio::test]
async fn somebody_else_s_code_under_the_name_stays_and_nothing_else_is_done() {
    let theirs = "create or replace function public.handle_new_user() returns trigger
        language plpgsql security definer set search_path = '' as
        'begin insert into public.users (id) values (new.id); return new; end'";
    let their_trigger = "create function public.theirs() returns trigger language plpgsql as
            'begin return new; end';
        create or replace trigger on_auth_user_created after insert on auth.users
            for each row execute function public.theirs()";
    for (change, name) in [
        (theirs, "public.handle_new_user()"),
        (their_trigger, "trigger on_auth_user_created"),
    ] {
        let world = world().await;
        world.run("postgres", change).await;
        let disable = "alter table auth.users disable trigger rollcall_user_deleted";
        world.run("supabase_auth_admin", disable).await;
        let catalog =
            "select md5(string_agg(p.prosrc || t.tgenabled::text || pg_get_triggerdef(t.oid), ' '
                order by t.tgname))
            from pg_trigger t join pg_proc p on p.oid = t.tgfoid
            where t.tgrelid = 'auth.users'::regclass";
        let before = world.ask(catalog).await;
        refused(&world, &[name, "adopt = true", "mode = \"watch\""]).await;
        assert_eq!(world.ask(catalog).await, before);
    }
}

#[tokio::test]
async fn a_table_that_is_gone_is_the_migration_s_to_bring_back() {
    let world = world().await;
    world
        .run("postgres", "drop table rollcall.exclusions cascade")
        .await;
    refused(&world, &["rollcall.exclusions", "rollcall sql"]).await;
    world.install(shapes::VERIFIED_USERS.1).await;
    assert_eq!(act(&world, "status").await["state"], "active");
}

#[tokio::test]
async fn a_canary_that_would_fire_the_application_s_triggers_does_not_fly() {
    let world = world().await;
    let theirs = "create function public.theirs() returns trigger language plpgsql as
            'begin return new; end';
        create trigger welcome after insert on public.users
            for each row execute function public.theirs()";
    world.run("postgres", theirs).await;
    let function = repair(&world).await;
    let event = json!({"action": "trigger.canary"});
    let (kind, sentence) = thrown(function.invoke(event).await);
    assert_eq!(kind, "Rejected");
    assert!(sentence.contains("canary = true"), "{sentence}");
}

#[tokio::test]
async fn the_application_s_role_may_look_and_not_install() {
    let world = world().await;
    let function = Deployed::start("repair", &world, "rollcall_app", &[]).await;
    let event = json!({"action": "trigger.install"});
    let (kind, sentence) = thrown(function.invoke(event).await);
    assert_eq!(kind, "Misconfigured");
    assert!(sentence.contains("rollcall_operator"), "{sentence}");
    let event = json!({"action": "trigger.status"});
    assert_eq!(function.invoke(event).await.unwrap()["state"], "active");
}
