//! The function that says what an error is about, as anybody in `rollcall_app` may ask it.

mod constraints;
mod standings;
mod texts;

use rollcall_local::runtime_api::Function;
use rollcall_tests::{Deployed, World, people, shapes};
use serde_json::{Value, json};

/// A world whose orders refer to profiles.
async fn world() -> World {
    let (sql, toml) = shapes::PROFILES;
    World::with(sql, toml).await
}

async fn started(world: &World) -> Function {
    Deployed::start("diagnose", world, "rollcall_app", &[]).await
}

/// What the function says of a text.
async fn of_text(world: &World, text: &str) -> Value {
    let function = started(world).await;
    let event = json!({ "error": text });
    function.invoke(event).await.expect("an answer")
}

/// What the function says of a person.
async fn of_user(world: &World, number: u32) -> Value {
    let function = started(world).await;
    let event = json!({ "user_id": people::id(number) });
    function.invoke(event).await.expect("an answer")
}

/// The error that a statement ends with, as psql shows it.
fn error_of(world: &World, role: &str, sql: &str) -> String {
    let ended = world.psql(role, sql);
    assert!(!ended.status.success(), "no error: {sql}");
    String::from_utf8(ended.stderr).unwrap()
}

/// The error of an order by a person.
fn order_by(world: &World, number: u32) -> String {
    let id = people::id(number);
    let sql = format!("insert into public.orders (user_id) values ('{id}')");
    error_of(world, "postgres", &sql)
}

/// Has the function that mends do what the answer says.
async fn mend(world: &World, answer: &Value) -> Value {
    let name = answer["mend"]["function"].as_str().unwrap();
    let function = Deployed::start(name, world, "rollcall_operator", &[]).await;
    let payload = answer["mend"]["payload"].clone();
    function.invoke(payload).await.expect("a mend")
}

fn kind(answer: &Value) -> &str {
    answer["cause"]["kind"].as_str().unwrap()
}

/// The fields that are the contract's, and no others.
#[track_caller]
fn assert_shape(answer: &Value) {
    let fields: Vec<&str> = answer
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        fields,
        [
            "cause",
            "constraint",
            "has_profile",
            "in_auth",
            "mend",
            "sentence",
            "since",
            "unknown",
            "user_id"
        ]
    );
    for (object, expected) in [
        ("cause", &["kind", "sentence"][..]),
        ("constraint", &["child", "column", "name", "parent"]),
        ("mend", &["command", "function", "payload"]),
    ] {
        if let Some(object) = answer[object].as_object() {
            assert_eq!(object.keys().collect::<Vec<_>>(), expected);
        }
    }
}

#[tokio::test]
async fn a_ghost_s_order_is_explained_and_the_call_that_it_names_mends_it() {
    let world = world().await;
    people::ghosts(&world, 1, 2).await;
    let error = order_by(&world, 1);
    let answer = of_text(&world, &error).await;
    assert_shape(&answer);
    assert_eq!(
        answer["constraint"],
        json!({
            "name": "orders_user_id_fkey", "child": "public.orders", "column": "user_id",
            "parent": "public.profiles"
        })
    );
    assert_eq!(answer["user_id"], people::id(1));
    assert_eq!(
        (&answer["in_auth"], &answer["has_profile"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        answer["mend"],
        json!({
            "function": "backfill",
            "payload": {"mode": "run", "user_ids": [people::id(1)]},
            "command": format!("rollcall backfill --run --user-id {}", people::id(1))
        })
    );
    let mended = mend(&world, &answer).await;
    assert_eq!(mended["created"], 1, "{mended:#}");

    let again = of_text(&world, &error).await;
    assert_shape(&again);
    assert_eq!((kind(&again), &again["mend"]), ("mended", &Value::Null));
    assert_eq!(again["has_profile"], true);
    assert!(
        again["sentence"].as_str().unwrap().contains("try again"),
        "{again:#}"
    );
    assert_eq!(kind(&of_user(&world, 1).await), "well");
    assert_eq!(kind(&of_user(&world, 2).await), "unknown");
}

#[tokio::test]
async fn it_reads_and_writes_nothing() {
    let world = world().await;
    people::ghosts(&world, 1, 1).await;
    let everything = "
        select md5(string_agg(query_to_xml(format('select * from %s', c.oid::regclass), true, true, '')::text, ''
            order by c.oid::regclass::text))
        from pg_class c
        where c.relkind = 'r' and c.relnamespace in (
            'rollcall'::regnamespace, 'public'::regnamespace, 'auth'::regnamespace
        )";
    let before = world.ask(everything).await;
    let error = order_by(&world, 1);
    of_text(&world, &error).await;
    of_text(&world, "nothing of the kind").await;
    of_user(&world, 1).await;
    assert_eq!(world.ask(everything).await, before);
    // Even if a function that it calls had something to write.
    world
        .run(
            "postgres",
            "create or replace function rollcall.about_user(
                 the_user uuid,
                 out in_auth boolean, out has_profile boolean, out is_live boolean,
                 out is_eligible boolean, out excluded_at timestamptz, out created_at timestamptz,
                 out deleted_at timestamptz, out reason text, out sqlstate text,
                 out first_failed_at timestamptz, out is_older_than_rollcall boolean,
                 out clean_at timestamptz, out inactive_at timestamptz
             ) language sql security definer as
             $$ insert into rollcall.exclusions (user_id) values (the_user)
                returning true, true, true, true, now(), now(), now(), '', '', now(), true, now(),
                    now() $$",
        )
        .await;
    let function = started(&world).await;
    let outcome = function.invoke(json!({ "user_id": people::id(1) })).await;
    let (_, sentence) = rollcall_tests::thrown(outcome);
    assert!(sentence.contains("25006"), "read only: {sentence}");
}
