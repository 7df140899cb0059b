//! The triggers, looked at, brought back and tried by the real binary, as an operator calls it.

mod refusals;
mod waits;

use rollcall_local::runtime_api::Function;
use rollcall_tests::{Deployed, World, shapes};
use serde_json::{Value, json};

async fn world() -> World {
    let (sql, toml) = shapes::VERIFIED_USERS;
    World::with(sql, toml).await
}

async fn repair(world: &World) -> Function {
    Deployed::start("repair", world, "rollcall_operator", &[]).await
}

async fn act(world: &World, action: &str) -> Value {
    let function = repair(world).await;
    let event = json!({"action": format!("trigger.{action}")});
    function.invoke(event).await.unwrap()
}

/// What was made anew.
fn made(answer: &Value) -> Vec<&str> {
    let made = answer["made"].as_array().unwrap().iter();
    made.map(|made| made["object"].as_str().unwrap()).collect()
}

/// Whether a signup gets its profile.
async fn signs_up(world: &World) -> bool {
    let sql = "insert into auth.users (id, email) values (gen_random_uuid(), 'a@example.com')";
    world.run("supabase_auth_admin", sql).await;
    let profiles = "select count(*) from public.users p join auth.users u using (id)";
    let there = world.ask(profiles).await == "1";
    world
        .run(
            "supabase_admin",
            "delete from auth.users; delete from public.users",
        )
        .await;
    there
}

#[tokio::test]
async fn what_was_done_to_each_trigger_is_mended_and_the_second_time_does_nothing() {
    let world = world().await;
    let names = [
        "on_auth_user_created",
        "rollcall_user_updated",
        "rollcall_user_deleted",
    ];
    for name in names {
        for (change, state) in [
            (
                format!("alter table auth.users disable trigger {name}"),
                "disabled",
            ),
            (
                format!("alter table auth.users enable replica trigger {name}"),
                "replica_only",
            ),
            (format!("drop trigger {name} on auth.users"), "missing"),
            (
                format!(
                    "do $$ begin execute replace(replace(
                        (select pg_get_triggerdef(oid) from pg_trigger where tgname = '{name}'),
                        'CREATE', 'CREATE OR REPLACE'), ' AFTER ', ' BEFORE '); end $$"
                ),
                "altered",
            ),
        ] {
            world.run("supabase_admin", &change).await;
            let status = act(&world, "status").await;
            assert_eq!(status["state"], state, "{status:#}");
            let each = status["each"].as_array().unwrap();
            for trigger in each {
                let expected = if trigger["name"] == name {
                    state
                } else {
                    "active"
                };
                assert_eq!(trigger["state"], expected, "{status:#}");
                let detail = trigger["detail"].as_str().unwrap();
                assert!(
                    detail.contains(trigger["name"].as_str().unwrap()),
                    "{detail}"
                );
            }
            assert_eq!(each.len(), 3);
            let step = status["next_step"].as_str().unwrap();
            assert!(step.contains("rollcall repair trigger install"), "{step}");

            let installed = act(&world, "install").await;
            assert_eq!(made(&installed), [format!("trigger {name}")]);
            assert_eq!(installed["state"], "active", "{installed:#}");
            assert!(signs_up(&world).await, "{change}");
        }
    }
    let again = act(&world, "install").await;
    assert_eq!((made(&again).len(), &again["state"]), (0, &json!("active")));
    assert!(again["next_step"].is_null());
}

#[tokio::test]
async fn what_was_done_to_a_function_is_mended_with_all_its_rights() {
    let world = world().await;
    for (change, objects) in [
        (
            "drop function public.handle_new_user() cascade",
            vec![
                "function public.handle_new_user()",
                "trigger on_auth_user_created",
            ],
        ),
        (
            "drop function rollcall.on_user_deleted() cascade",
            vec![
                "function rollcall.on_user_deleted()",
                "trigger rollcall_user_deleted",
            ],
        ),
        (
            "alter function public.handle_new_user() security invoker",
            vec!["function public.handle_new_user()"],
        ),
        (
            "grant execute on function public.handle_new_user() to anon",
            vec!["function public.handle_new_user()"],
        ),
        (
            "do $do$ begin execute replace(
                pg_get_functiondef('public.handle_new_user()'::regprocedure), 'new.id', 'null::uuid'
            ); end $do$",
            vec!["function public.handle_new_user()"],
        ),
        (
            "create or replace function rollcall.on_user_updated() returns trigger
                language plpgsql as 'begin return null; end'",
            vec!["function rollcall.on_user_updated()"],
        ),
        (
            "drop function rollcall.create_profile(uuid, boolean)",
            vec!["function rollcall.create_profile(uuid,boolean)"],
        ),
        (
            "drop function rollcall.wanted_from(auth.users, jsonb, jsonb) cascade",
            vec![
                "function rollcall.wanted_from(auth.users,jsonb,jsonb)",
                "view rollcall.wanted",
            ],
        ),
    ] {
        world.run("postgres", change).await;
        let status = act(&world, "status").await;
        assert_ne!(status["state"], "active", "{change}");
        let installed = act(&world, "install").await;
        assert_eq!(made(&installed), objects, "{change}");
        assert_eq!(installed["state"], "active", "{change}: {installed:#}");
        assert!(signs_up(&world).await, "{change}");
        let open = "select has_function_privilege('anon', 'public.handle_new_user()', 'execute')
            or has_function_privilege('public', 'rollcall.create_profile(uuid, boolean)', 'execute')";
        assert_eq!(world.ask(open).await, "false", "{change}");
        assert!(made(&act(&world, "install").await).is_empty(), "{change}");
    }
    // It is just what the migration would have made.
    let state = "select string_agg(state, ' ' order by object) from rollcall.installed";
    let mended = world.ask(state).await;
    world.install(shapes::VERIFIED_USERS.1).await;
    assert_eq!(world.ask(state).await, mended);
}

#[tokio::test]
async fn what_stood_there_is_told_as_sql_that_would_bring_it_back() {
    let world = world().await;
    let change = "alter function public.handle_new_user() set work_mem = '5MB'";
    world.run("postgres", change).await;
    let installed = act(&world, "install").await;
    let was = installed["made"][0]["was"].as_str().unwrap();
    assert!(was.contains("SET work_mem TO '5MB'"), "{was}");
}

#[tokio::test]
async fn a_canary_tells_whether_a_signup_gets_its_profile_and_leaves_nothing() {
    let world = world().await;
    let flown = act(&world, "canary").await;
    assert_eq!(flown["passed"], true, "{flown:#}");
    let disable = "alter table auth.users disable trigger on_auth_user_created";
    world.run("supabase_auth_admin", disable).await;
    let flown = act(&world, "canary").await;
    assert_eq!(flown["passed"], false, "{flown:#}");
    assert!(flown["message"].as_str().unwrap().contains("left no trace"));
    let left = "select (select count(*) from auth.users) + (select count(*) from public.users)
        + (select count(*) from rollcall.sync_failures)";
    assert_eq!(world.ask(left).await, "0");
}

#[tokio::test]
async fn other_triggers_on_the_same_table_are_named() {
    let world = world().await;
    let theirs = "create function public.theirs() returns trigger language plpgsql as
            'begin return new; end';
        create trigger welcome after insert on auth.users
            for each row execute function public.theirs()";
    world.run("postgres", theirs).await;
    let status = act(&world, "status").await;
    assert_eq!(
        (&status["beside"], &status["state"]),
        (&json!(["welcome"]), &json!("active"))
    );
}

#[tokio::test]
async fn in_watch_mode_nothing_is_installed_and_it_says_so() {
    let (sql, toml) = shapes::WATCHED;
    let world = World::with(sql, toml).await;
    let disable = "alter table auth.users disable trigger on_signup";
    world.run("supabase_auth_admin", disable).await;
    let installed = act(&world, "install").await;
    assert!(made(&installed).is_empty());
    assert!(
        installed["sentence"]
            .as_str()
            .unwrap()
            .contains("the application's own")
    );
    assert_eq!(installed["state"], "disabled");
    assert!(
        installed["next_step"]
            .as_str()
            .unwrap()
            .contains("by its migration")
    );
}

#[tokio::test]
async fn the_way_out_leaves_the_profiles() {
    let world = world().await;
    let sql = "insert into auth.users (id, email) values (gen_random_uuid(), 'a@example.com')";
    world.run("supabase_auth_admin", sql).await;
    let profiles = "select md5(string_agg(p::text, ' ' order by id)) from public.users p";
    let before = world.ask(profiles).await;
    world
        .run("postgres", "drop function public.handle_new_user() cascade")
        .await;
    act(&world, "install").await;
    world
        .run("postgres", &rollcall_install::render::uninstall())
        .await;
    assert_eq!(world.ask(profiles).await, before);
    assert_eq!(
        world
            .ask("select to_regnamespace('rollcall') is null")
            .await,
        "true"
    );
}
