//! Mode watch: the application's own trigger, as the configuration names it.

use rollcall_domain::{check::Canary, trigger::State};
use rollcall_tests::{World, shapes};

use super::*;

async fn world(more: &str) -> World {
    let (sql, toml) = shapes::WATCHED;
    let world = World::with(sql, &format!("{toml}\n{more}")).await;
    people(&world, 1, 1).await;
    world
}

#[tokio::test]
async fn it_is_active_as_it_is_and_the_canary_lets_it_be() {
    let world = world("").await;
    let seen = look(&world).await;
    assert_eq!(seen.triggers.seen().unwrap().state, State::Active);
    assert_eq!(seen.canary.seen(), Some(&Canary::LeftOut));
    assert_eq!(
        message(&seen, "trigger_exists_check"),
        "User sync trigger is active"
    );
}

#[tokio::test]
async fn whatever_keeps_it_from_firing_at_signups_is_seen() {
    for (role, change, state) in [
        (
            "supabase_auth_admin",
            "alter table auth.users disable trigger on_signup",
            State::Disabled,
        ),
        (
            "supabase_auth_admin",
            "alter table auth.users enable replica trigger on_signup",
            State::ReplicaOnly,
        ),
        (
            "supabase_auth_admin",
            "drop trigger on_signup on auth.users",
            State::Missing,
        ),
        (
            "postgres",
            "drop function public.welcome() cascade",
            State::Missing,
        ),
        (
            "supabase_auth_admin",
            "alter trigger on_signup on auth.users rename to on_signin",
            State::Missing,
        ),
        (
            "postgres",
            "create or replace trigger on_signup after delete on auth.users
                for each row execute function public.welcome()",
            State::Altered,
        ),
        (
            "postgres",
            "create function public.other() returns trigger language plpgsql as
                'begin return new; end';
             create or replace trigger on_signup after insert on auth.users
                for each row execute function public.other()",
            State::Foreign,
        ),
    ] {
        let world = world("").await;
        world.run(role, change).await;
        let seen = look(&world).await;
        assert_eq!(seen.triggers.seen().unwrap().state, state, "{change}");
        assert!(seen.found().trigger_inactive);
    }
}

#[tokio::test]
async fn a_canary_that_is_insisted_on_flies_through_it() {
    let world = world("[check]\ncanary = true\n").await;
    assert_eq!(look(&world).await.canary.seen(), Some(&Canary::Returned));
    // The classic: works for the owner of the table, and not for whoever signs people up.
    let sql = "create or replace function public.welcome() returns trigger language plpgsql
        security definer as 'begin insert into users (id) values (new.id); return new; end'";
    world.run("postgres", sql).await;
    let lost = Canary::Lost {
        reason: Some("signup_failed".to_owned()),
        sqlstate: Some("42703".to_owned()),
    };
    let seen = look(&world).await;
    assert!(
        matches!(seen.canary.seen(), Some(Canary::Lost { .. })),
        "{:?} {lost:?}",
        seen.canary
    );
}

#[tokio::test]
async fn triggers_beside_it_are_named() {
    let world = world("").await;
    world
        .run(
            "postgres",
            "create trigger another after update on auth.users
                for each row execute function public.welcome()",
        )
        .await;
    let words = message(&look(&world).await, "trigger_exists_check");
    assert!(
        words.starts_with("User sync trigger is active; "),
        "{words}"
    );
    assert!(words.ends_with("another"), "{words}");
}
