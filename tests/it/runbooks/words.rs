//! What SQL says by hand is what the nightly check says.

use rollcall_domain::severity::{Found, assess};
use rollcall_tests::{Deployed, World, shapes};
use serde_json::{Value, json};

use super::{Off, id, people, quietly};

/// The four checks of the nightly check, as the SQL function gives them.
async fn by_night(world: &World) -> Value {
    let check = Deployed::start("nightly-check", world, "rollcall_app", &[]).await;
    let event = json!({"heal": false, "alert": false});
    let report = check.invoke(event).await.unwrap();
    let mut checks = report["checks"].as_array().unwrap()[..4].to_vec();
    for check in &mut checks {
        check.as_object_mut().unwrap().remove("examined");
    }
    Value::Array(checks)
}

async fn by_hand(world: &World) -> Value {
    let sql = "select jsonb_agg(to_jsonb(q)) from run_user_sync_quality_check() q";
    serde_json::from_str(&world.ask_as("postgres", sql).await).unwrap()
}

async fn assert_same(world: &World) {
    assert_eq!(by_hand(world).await, by_night(world).await);
}

#[tokio::test]
async fn they_agree_on_every_shape_whatever_is_off() {
    for (_, shape) in shapes::ALL {
        for off in Off::ALL {
            assert_same(&off.world(shape).await).await;
        }
    }
}

#[tokio::test]
async fn they_agree_on_every_class_at_once() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = Off::Ghosts.world((sql, toml)).await;
    people(&world, 100, 1100).await;
    quietly(
        &world,
        &format!(
            "delete from auth.users where id in ('{}', '{}');
             update public.users set deleted_at = now() where id in ('{}', '{}');
             update auth.users set deleted_at = now() where id in ('{}', '{}');
             update auth.users set created_at = null where id in ('{}', '{}');
             insert into rollcall.acknowledgements (user_id, until) values ('{}', now() + interval '1 day')",
            id(1),
            id(2),
            id(2),
            id(3),
            id(4),
            id(10),
            id(11),
            id(12),
            id(12)
        ),
    )
    .await;
    assert_same(&world).await;
    let message =
        "select message from run_user_sync_quality_check() where check_name = 'count_parity_check'";
    assert_eq!(
        world.ask_as("postgres", message).await,
        "1,106 auth users and 1,105 profiles: 2 auth users without a profile, 1 profile without an \
         auth user, 1 profile of auth users who ought to have none, 1 auth user rightly without a \
         profile, 1 profile stamped as deleted, of users who are gone"
    );
}

#[tokio::test]
async fn they_agree_on_triggers_in_every_state() {
    let world = World::with(shapes::USERS.0, shapes::USERS.1).await;
    people(&world, 1, 1234).await;
    for change in [
        "alter table auth.users enable always trigger rollcall_user_updated",
        "alter table auth.users disable trigger rollcall_user_updated",
        "alter table auth.users enable replica trigger on_auth_user_created",
        "alter function rollcall.on_user_deleted() reset search_path",
        "create function public.theirs() returns trigger language plpgsql as 'begin return new; end';
         create or replace trigger on_auth_user_created after insert on auth.users
         for each row execute function public.theirs()",
        "drop function rollcall.on_user_deleted() cascade",
        "drop function public.theirs() cascade",
        "drop function rollcall.check_deferred()",
        "alter table public.users drop column name",
    ] {
        world.run("supabase_admin", &format!("set client_min_messages = error; {change}")).await;
        assert_same(&world).await;
    }
}

#[tokio::test]
async fn how_bad_it_is_is_the_same_in_sql() {
    let world = World::with(shapes::USERS.0, shapes::USERS.1).await;
    let sql = "select string_agg(concat_ws(' ', g, o, i, t, l, b, u, coalesce(a.severity, 'null'), a.status), e'\\n')
        from generate_series(0, 7) g, generate_series(0, 2) o, (values (false), (true)) i (i),
            (values (false), (true)) t (t), generate_series(0, 1) l, (values (false), (true)) b (b),
            generate_series(0, 6, 3) u, rollcall.assess(g, o, i, t, l, b, u) a";
    let lines = world.ask(sql).await;
    assert_eq!(lines.lines().count(), 8 * 3 * 2 * 2 * 2 * 2 * 3);
    for line in lines.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words[at].parse::<i64>().unwrap();
        let found = Found {
            ghosts: number(0),
            ghosts_old: number(1),
            trigger_inactive: words[2] == "t",
            guard_tripped: words[3] == "t",
            lesser: number(4),
            blind: words[5] == "t",
        };
        let (severity, status) = assess(&found, number(6));
        let expected = json!([severity, status]);
        let severity = Some(words[7]).filter(|word| *word != "null");
        assert_eq!(json!([severity, words[8]]), expected, "{line}");
    }
}
