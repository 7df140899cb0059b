//! What the catalog says of the triggers, and what that comes to.

use rollcall_tests::{World, shapes};
use serde_json::{Value, json};

use super::*;

async fn world() -> World {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 1).await;
    world
}

/// The report after somebody has run this, as whom.
async fn after(role: &str, sql: &str) -> Value {
    let world = world().await;
    world.run(role, sql).await;
    report(&world).await
}

fn assert_state(report: &Value, state: &str, names: &str) {
    assert_eq!(report["trigger"]["state"], state, "{report:#}");
    let detail = report["trigger"]["detail"].as_str().unwrap();
    assert!(detail.contains(names), "{detail}");
    let passed = state == "active";
    let issues = i64::from(!passed);
    assert_eq!(
        verdicts(report)[3],
        ("trigger_exists_check", passed, issues)
    );
    if !passed {
        assert_eq!(
            (&report["severity"], &report["status"]),
            (&json!("P1"), &json!("critical"))
        );
        assert_eq!(report["cause"]["kind"], format!("trigger_{state}"));
        // What changed a trigger is not written over, and an application's is its own to mend.
        let mend = match (state, names) {
            (_, "on_signup") => "the application's own trigger",
            ("altered" | "foreign", _) => "adopt = true",
            _ => "bring the trigger back: rollcall repair trigger install",
        };
        let step = report["next_step"].as_str().unwrap();
        assert!(step.contains(mend), "{state}: {step}");
    }
}

#[tokio::test]
async fn each_of_the_three_is_looked_at() {
    for name in [
        "on_auth_user_created",
        "rollcall_user_updated",
        "rollcall_user_deleted",
    ] {
        for (change, state) in [
            (
                format!("alter table auth.users disable trigger {name}"),
                "disabled",
            ),
            (
                format!("alter table auth.users enable replica trigger {name}"),
                "replica_only",
            ),
            (
                format!("alter table auth.users enable always trigger {name}"),
                "active",
            ),
            (format!("drop trigger {name} on auth.users"), "missing"),
        ] {
            let report = after("supabase_auth_admin", &change).await;
            let names = if state == "active" { "active" } else { name };
            assert_state(&report, state, names);
        }
    }
}

#[tokio::test]
async fn a_function_of_another_body_is_altered() {
    let change = "create or replace function public.handle_new_user() returns trigger
        language plpgsql security definer set search_path = '' as
        'begin insert into public.users (id) values (new.id); return new; end'";
    assert_state(
        &after("postgres", change).await,
        "altered",
        "on_auth_user_created",
    );
}

#[tokio::test]
async fn a_function_that_lost_its_settings_or_its_owner_is_altered() {
    for change in [
        "alter function public.handle_new_user() security invoker",
        "alter function public.handle_new_user() reset search_path",
        "alter function rollcall.on_user_updated() owner to supabase_admin",
    ] {
        assert_state(
            &after("supabase_admin", change).await,
            "altered",
            "not as Rollcall",
        );
    }
}

#[tokio::test]
async fn a_trigger_of_the_same_name_on_another_function_is_foreign() {
    let change = "create function public.theirs() returns trigger language plpgsql as
            'begin return new; end';
        create or replace trigger on_auth_user_created after insert on auth.users
            for each row execute function public.theirs()";
    assert_state(
        &after("postgres", change).await,
        "foreign",
        "on_auth_user_created",
    );
}

#[tokio::test]
async fn a_trigger_at_another_time_is_altered() {
    let change = "create or replace trigger on_auth_user_created after update on auth.users
            for each row execute function public.handle_new_user()";
    assert_state(
        &after("postgres", change).await,
        "altered",
        "on_auth_user_created",
    );
}

#[tokio::test]
async fn the_worst_of_several_is_the_state_and_all_are_named() {
    let change = "alter table auth.users disable trigger rollcall_user_deleted;
        drop trigger rollcall_user_updated on auth.users";
    let report = after("supabase_auth_admin", change).await;
    assert_state(&report, "missing", "rollcall_user_updated does not exist");
    assert_state(&report, "missing", "rollcall_user_deleted is disabled");
}

#[tokio::test]
async fn applying_the_migration_again_brings_the_trigger_back() {
    let world = world().await;
    let disable = "alter table auth.users disable trigger on_auth_user_created";
    world.run("supabase_auth_admin", disable).await;
    world.install(shapes::USERS.1).await;
    assert_state(&report(&world).await, "active", "active");
}

#[tokio::test]
async fn in_watch_mode_it_is_the_application_s_own_trigger() {
    let theirs = format!(
        "{};
        create function public.welcome() returns trigger language plpgsql security definer as
            'begin insert into public.users (id) values (new.id); return new; end';
        create trigger on_signup after insert on auth.users
            for each row execute function public.welcome()",
        shapes::USERS.0
    );
    let toml = format!(
        "{}\n[trigger]\nmode = \"watch\"\nname = \"on_signup\"\nfunction = \"public.welcome\"\n",
        shapes::USERS.1
    );
    let world = World::with(&theirs, &toml).await;
    people(&world, 1, 1).await;
    assert_state(&report(&world).await, "active", "active");
    let disable = "alter table auth.users disable trigger on_signup";
    world.run("supabase_auth_admin", disable).await;
    assert_state(&report(&world).await, "disabled", "on_signup");
}
