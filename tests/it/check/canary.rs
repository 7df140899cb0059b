//! The canary: a signup that leaves nothing, fails where signups fail, and disturbs nobody.

use rollcall_domain::check::Canary;
use rollcall_tests::{World, shapes};

use super::*;

const THEIR_TRIGGER: &str = "
    create table public.welcomes (user_id uuid);
    create function public.welcome() returns trigger language plpgsql security definer as
        'begin insert into public.welcomes values (new.id); return new; end';
    create trigger welcome after insert on auth.users
        for each row execute function public.welcome()";

#[tokio::test]
async fn its_address_fits_a_column_of_fifty_characters() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let sql = sql.replace("email text", "email varchar(50)");
    let world = World::with(&sql, toml).await;
    let seen = look(&world).await;
    assert_eq!(seen.canary.seen(), Some(&Canary::Returned));
}

#[tokio::test]
async fn it_leaves_nothing_behind_in_any_shape() {
    for (name, (sql, toml)) in shapes::ALL {
        let world = World::with(sql, toml).await;
        people(&world, 1, 2).await;
        let table = toml.split('"').nth(1).unwrap();
        let everything = format!(
            "select count(*) || ' ' || (select count(*) from {table}) || ' ' ||
                (select count(*) from rollcall.sync_failures)
             from auth.users"
        );
        let mut listener = sqlx::postgres::PgListener::connect(&world.url("postgres"))
            .await
            .unwrap();
        listener.listen("signups").await.unwrap();
        let before = world.ask(&everything).await;
        let seen = look(&world).await;
        assert_eq!(seen.canary.seen(), Some(&Canary::Returned), "{name}");
        assert_eq!(verdict(&seen, "canary_check"), (Some(true), 0, Some(1)));
        assert_eq!(world.ask(&everything).await, before, "{name}");
        assert_eq!(
            world
                .ask("select count(*) from auth.users where email ~ '^[0-9a-f]{32}@'")
                .await,
            "0"
        );
        assert_eq!(seen.roll.seen().unwrap().auth_users, 2);
    }
}

#[tokio::test]
async fn it_notifies_nobody() {
    let (sql, toml) = shapes::USERS;
    let toml = format!("{toml}\n[check]\ncanary = true\n");
    let world = World::with(
        &format!(
            "{sql};
             create function public.tell() returns trigger language plpgsql as
                 'begin perform pg_notify(''signups'', new.id::text); return new; end';
             create trigger tell after insert on public.users
                 for each row execute function public.tell()"
        ),
        &toml,
    )
    .await;
    let mut listener = sqlx::postgres::PgListener::connect(&world.url("postgres"))
        .await
        .unwrap();
    listener.listen("signups").await.unwrap();
    assert_eq!(look(&world).await.canary.seen(), Some(&Canary::Returned));
    people(&world, 1, 1).await;
    // The first to be heard of is the person, not the canary.
    assert_eq!(listener.recv().await.unwrap().payload(), id(1));
}

#[tokio::test]
async fn it_is_lost_where_signups_lose_their_profile_and_says_why() {
    let (sql, toml) = shapes::USERS;
    for (change, role, reason, sqlstate) in [
        (
            "alter table public.users add constraint never check (email is null)",
            "postgres",
            Some("check"),
            Some("23514"),
        ),
        (
            "alter table auth.users disable trigger on_auth_user_created",
            "supabase_auth_admin",
            None,
            None,
        ),
        (
            "create function public.veto() returns trigger language plpgsql as
                 'begin raise exception ''no'' using errcode = ''42501''; end';
             create constraint trigger veto after insert on auth.users
                 deferrable initially deferred for each row execute function public.veto()",
            "postgres",
            Some("signup_failed"),
            Some("42501"),
        ),
        (
            "create function public.late() returns trigger language plpgsql as
                 'begin raise exception ''no'' using errcode = ''P0042''; end';
             create constraint trigger late after insert on public.users
                 deferrable initially deferred for each row execute function public.late()",
            "postgres",
            Some("other"),
            Some("P0042"),
        ),
    ] {
        let toml = format!("{toml}\n[check]\ncanary = true\n");
        let world = World::with(sql, &toml).await;
        world.run(role, change).await;
        let seen = look(&world).await;
        let lost = Canary::Lost {
            reason: reason.map(str::to_owned),
            sqlstate: sqlstate.map(str::to_owned),
        };
        assert_eq!(seen.canary.seen(), Some(&lost), "{change}");
        assert_eq!(verdict(&seen, "canary_check").0, Some(false));
        assert!(seen.found().trigger_inactive, "{change}");
        assert_eq!(world.ask("select count(*) from auth.users").await, "0");
        assert_eq!(
            world
                .ask("select count(*) from rollcall.sync_failures")
                .await,
            "0"
        );
    }
}

#[tokio::test]
async fn it_is_left_out_where_a_trigger_of_the_application_s_would_fire() {
    let (sql, toml) = shapes::USERS;
    let on_profiles = "
        create function public.welcome() returns trigger language plpgsql as
            'begin return new; end';
        create trigger welcome before insert on public.users
            for each row execute function public.welcome()";
    for theirs in [THEIR_TRIGGER, on_profiles] {
        let world = World::with(&format!("{sql};{theirs}"), toml).await;
        let seen = look(&world).await;
        assert_eq!(seen.canary.seen(), Some(&Canary::LeftOut));
        assert!(
            !seen
                .checks()
                .iter()
                .any(|check| check.check_name == "canary_check")
        );
        assert!(!seen.is_blind());
    }
}

#[tokio::test]
async fn an_update_trigger_of_the_application_s_does_not_keep_it_away() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let theirs = "
        create function public.touch() returns trigger language plpgsql as
            'begin new.updated_at := now(); return new; end';
        create trigger touch before update on public.users
            for each row execute function public.touch()";
    let world = World::with(&format!("{sql};{theirs}"), toml).await;
    assert_eq!(look(&world).await.canary.seen(), Some(&Canary::Returned));
}

#[tokio::test]
async fn the_configuration_can_insist_and_forbid() {
    let (sql, toml) = shapes::USERS;
    let always = format!("{toml}\n[check]\ncanary = true\n");
    let world = World::with(&format!("{sql};{THEIR_TRIGGER}"), &always).await;
    assert_eq!(look(&world).await.canary.seen(), Some(&Canary::Returned));
    assert_eq!(world.ask("select count(*) from public.welcomes").await, "0");
    let never = format!("{toml}\n[check]\ncanary = false\n");
    let world = World::with(sql, &never).await;
    assert_eq!(look(&world).await.canary.seen(), Some(&Canary::LeftOut));
}
