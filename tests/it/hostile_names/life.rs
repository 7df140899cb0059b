//! What happens to a few users.

use rollcall_install::render;
use rollcall_tests::World;
use serde_json::{Value, json};

use super::{
    case::{AGE, Case, EMAIL, JSON, KEY, NAME, PICKED, SAID, STAMP, literal},
    objects,
};

const ADA: &str = "00000000-0000-4000-8000-000000000001";
/// Her metadata does not fit.
const BOB: &str = "00000000-0000-4000-8000-000000000002";
/// Has Bob's address, by SSO.
const TWIN: &str = "00000000-0000-4000-8000-000000000003";

const RUN: &str = "00000000-0000-4000-8000-00000000000a";

fn through_psql(world: &World, sql: &str) {
    let output = world.psql("postgres", sql);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

pub(super) async fn install(world: &World, case: &Case) {
    let mapping = world.mapping(&case.toml()).await;
    through_psql(world, &render::migration(&mapping));
}

pub(super) async fn install_again(world: &World, case: &Case) {
    let before = objects::versions(world).await;
    install(world, case).await;
    assert_eq!(objects::versions(world).await, before);
}

pub(super) fn uninstall(world: &World) {
    through_psql(world, &render::uninstall());
}

/// The profiles: key, e-mail, name, age, whether the literals are right, whether it lives.
async fn profiles(world: &World, case: &Case) -> Value {
    let [key, email, name, age, said, json, picked, stamp] =
        [KEY, EMAIL, NAME, AGE, SAID, JSON, PICKED, STAMP].map(|number| case.column(number));
    let value = json!({ case.metadata[0].as_str(): [case.text] });
    let rows = format!(
        "select coalesce(jsonb_agg(jsonb_build_array(
             {key}, {email}, {name}, {age},
             {said} = {text} and {json} = {value}::jsonb and {picked}::text = {label}, {stamp} is null
         ) order by {key}), '[]')
         from {table}",
        text = literal(&case.text),
        value = literal(&value.to_string()),
        label = literal(&case.label),
        table = case.table(),
    );
    serde_json::from_str(&world.ask(&rows).await).unwrap()
}

pub(super) async fn sign_up(world: &World, case: &Case) {
    let ada = case.metadata(&case.text, "36");
    let bob = case.metadata("Bob", "rubbish");
    world
        .run(
            "supabase_auth_admin",
            &format!(
                "insert into auth.users (id, email, raw_user_meta_data, created_at) values
                 ('{ADA}', 'ada@example.com', {ada}, now()),
                 ('{BOB}', 'bob@example.com', {bob}, now())"
            ),
        )
        .await;
    assert_eq!(
        profiles(world, case).await,
        json!([
            [ADA, "ada@example.com", case.text, 36, true, true],
            [BOB, "bob@example.com", "Bob", 7, true, true],
        ])
    );
    assert_eq!(ledger(world).await, json!([[BOB, "degraded"]]));
}

pub(super) async fn change(world: &World, case: &Case) {
    let ada = case.metadata("Ada", "37");
    world
        .run(
            "supabase_auth_admin",
            &format!(
                "update auth.users set email = 'countess@example.com', raw_user_meta_data = {ada}
                 where id = '{ADA}'"
            ),
        )
        .await;
    assert_eq!(
        profiles(world, case).await[0],
        json!([ADA, "countess@example.com", "Ada", 36, true, true])
    );
    assert_eq!(ensure(world, ADA).await, "(present,)");
}

/// A unique value is taken, which is found out by the index's own expressions.
pub(super) async fn collide(world: &World, case: &Case) {
    world
        .run(
            "supabase_auth_admin",
            &format!(
                "insert into auth.users (id, email, is_sso_user, created_at)
                 values ('{TWIN}', 'bob@example.com', true, now())"
            ),
        )
        .await;
    assert_eq!(profiles(world, case).await.as_array().unwrap().len(), 2);
    assert_eq!(
        ledger(world).await,
        json!([[BOB, "degraded"], [TWIN, "unique_held_by_live"]])
    );
    assert_eq!(ensure(world, TWIN).await, "(refused,unique_held_by_live)");
    world
        .run(
            "supabase_auth_admin",
            &format!("delete from auth.users where id = '{TWIN}'"),
        )
        .await;
}

pub(super) async fn backfill(world: &World, case: &Case) {
    world
        .run("postgres", &format!("delete from {}", case.table()))
        .await;
    assert_eq!(roll(world).await, "2 users, 0 profiles, 0 live, 2 ghosts");
    let operator = "rollcall_operator";
    let plan = format!(
        "select planned from rollcall.plan_backfill('{RUN}', '{{}}', null, null, null, null, 9)"
    );
    assert_eq!(world.ask_as(operator, &plan).await, "2");
    let lease = format!("select fence from rollcall.take_lease('{RUN}')");
    let fence = world.ask_as(operator, &lease).await;
    let batch = format!("select b::text from rollcall.backfill_batch('{RUN}', {fence}, 9) b");
    let batch = world.ask_as(operator, &batch).await;
    assert_eq!(
        roll(world).await,
        "2 users, 2 profiles, 2 live, 0 ghosts",
        "{batch}"
    );
    assert_eq!(
        profiles(world, case).await,
        json!([
            [ADA, "countess@example.com", "Ada", 37, true, true],
            [BOB, "bob@example.com", "Bob", 7, true, true],
        ])
    );
    world.run("postgres", "delete from rollcall.runs").await;
    let effects = world
        .ask_as(operator, "select count(*) from rollcall.side_effects()")
        .await;
    assert_eq!(effects, "0");
}

pub(super) async fn delete(world: &World, case: &Case) {
    world
        .run(
            "supabase_auth_admin",
            &format!(
                "update auth.users set deleted_at = now(), email = 'x' where id = '{ADA}';
                 delete from auth.users where id = '{BOB}'"
            ),
        )
        .await;
    assert_eq!(
        profiles(world, case).await,
        json!([
            [ADA, null, "Ada", 37, true, false],
            [BOB, null, "Bob", 7, true, false],
        ])
    );
    assert_eq!(roll(world).await, "1 users, 2 profiles, 0 live, 0 ghosts");
    assert_eq!(ledger(world).await, json!([]));
    let facts =
        "select string_agg(is_ours::text || is_as_installed, ' ') from rollcall.trigger_facts()";
    assert_eq!(
        world.ask_as("rollcall_app", facts).await,
        "truetrue truetrue truetrue"
    );
}

async fn ensure(world: &World, user: &str) -> String {
    let sql = format!("select e::text from rollcall.ensure_profile('{user}') e");
    world.ask_as("rollcall_app", &sql).await
}

async fn roll(world: &World) -> String {
    let sql = "select format(
        '%s users, %s profiles, %s live, %s ghosts', auth_users, profiles, live, ghosts
    ) from rollcall.take_roll()";
    world.ask_as("rollcall_app", sql).await
}

async fn ledger(world: &World) -> Value {
    let sql =
        "select coalesce(jsonb_agg(jsonb_build_array(user_id, reason) order by user_id), '[]')
        from rollcall.sync_failures";
    serde_json::from_str(&world.ask(sql).await).unwrap()
}
