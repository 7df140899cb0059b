//! What an operator says of single users, by the real binary: left out, taken back in, acknowledged,
//! forgotten.

mod forget;
mod forgotten_runs;
mod many_forgotten;

use rollcall_local::runtime_api::Function;
use rollcall_tests::{
    Deployed, TOKEN, World,
    people::{ghosts, id, insert, people, quietly},
    shapes, thrown,
};
use serde_json::{Value, json};

async fn world() -> World {
    let (sql, toml) = shapes::VERIFIED_USERS;
    World::with(sql, toml).await
}

async fn repair(world: &World) -> Function {
    Deployed::start("repair", world, "rollcall_operator", &[]).await
}

async fn act(world: &World, event: Value) -> Value {
    repair(world).await.invoke(event).await.unwrap()
}

async fn exclude(world: &World, numbers: &[u32]) -> Value {
    let ids = numbers.iter().copied().map(id).collect::<Vec<_>>();
    act(
        world,
        json!({"action": "exclude", "user_ids": ids, "reason": "drill"}),
    )
    .await
}

async fn profiles(world: &World) -> String {
    world.ask("select count(*) from public.users").await
}

#[tokio::test]
async fn an_excluded_user_is_brought_back_by_nothing() {
    let world = world().await;
    // By the trigger: excluded before there is an account.
    let told = exclude(&world, &[1]).await;
    assert_eq!((&told["named"], &told["known"]), (&json!(1), &json!(0)));
    people(&world, 1, 1).await;
    assert_eq!(profiles(&world).await, "0", "insert trigger");
    let update = "update auth.users set email = 'new@example.com', email_confirmed_at = now()";
    world.run("supabase_auth_admin", update).await;
    assert_eq!(profiles(&world).await, "0", "update trigger");
    // By the webhook.
    let more = [("WEBHOOK_TOKENS", TOKEN)];
    let webhook = Deployed::start("signup-webhook", &world, "rollcall_app", &more).await;
    let body = json!({"type": "INSERT", "schema": "auth", "table": "users",
        "record": {"id": id(1)}, "old_record": null});
    let event = json!({"version": "2.0", "requestContext": {"http": {"method": "POST"}},
        "headers": {"x-rollcall-token": TOKEN}, "body": body.to_string(), "isBase64Encoded": false});
    let answer = webhook.invoke(event).await.unwrap();
    assert!(
        answer["body"].as_str().unwrap().contains("excluded"),
        "{answer:#}"
    );
    // By the pulse and the nightly check, which heal.
    let record = format!(
        "select rollcall.record_failure('{}', '23505', 'other');
        update rollcall.sync_failures set next_attempt_at = now() - interval '1 minute'",
        id(1)
    );
    world.run("postgres", &record).await;
    for function in ["pulse", "nightly-check"] {
        let function = Deployed::start(function, &world, "rollcall_app", &[]).await;
        function.invoke(json!({})).await.unwrap();
        assert_eq!(profiles(&world).await, "0");
    }
    // By a backfill, also one that named them before.
    let backfill = Deployed::start("backfill", &world, "rollcall_operator", &[]).await;
    ghosts(&world, 2, 1).await;
    let planned = backfill.invoke(json!({"mode": "preview"})).await.unwrap();
    assert_eq!(planned["planned"], 1);
    exclude(&world, &[2]).await;
    let event = json!({"mode": "run", "run_id": planned["run_id"]});
    let run = backfill.invoke(event).await.unwrap();
    assert_eq!(
        (&run["gone"], &run["created"]),
        (&json!(1), &json!(0)),
        "{run:#}"
    );
    let named = json!({"mode": "run", "user_ids": [id(1), id(2)]});
    assert_eq!(backfill.invoke(named).await.unwrap()["planned"], 0);
    // By the application.
    let rpc = format!(
        "set local role authenticated;
        set local request.jwt.claims = '{{\"sub\": \"{}\"}}';
        do $$ begin assert public.ensure_user_profile() = 'excluded'; end $$",
        id(1)
    );
    world
        .run("supabase_admin", &format!("begin; {rpc}; commit"))
        .await;
    assert_eq!(profiles(&world).await, "0");
}

#[tokio::test]
async fn an_excluded_user_s_profile_stays_and_is_leftover_and_whoever_is_included_comes_back() {
    let world = world().await;
    people(&world, 1, 2).await;
    let before = "select string_agg(p::text, ' ' order by id) from public.users p";
    let stood = world.ask(before).await;
    let told = exclude(&world, &[1, 1]).await;
    assert_eq!(
        (&told["named"], &told["changed"], &told["with_profile"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert!(
        told["next_step"]
            .as_str()
            .unwrap()
            .contains("rollcall repair profiles plan")
    );
    assert_eq!(world.ask(before).await, stood);
    assert_eq!(
        world.ask("select leftover from rollcall.take_roll()").await,
        "1"
    );
    // Twice changes nothing, the reason neither.
    let again = json!({"action": "exclude", "user_ids": [id(1)], "reason": "another"});
    assert_eq!(act(&world, again).await["changed"], 0);
    let reason = "select string_agg(reason, ' ') from rollcall.exclusions";
    assert_eq!(world.ask(reason).await, "drill");

    quietly(&world, "delete from public.users").await;
    let include = json!({"action": "include", "user_ids": [id(1), id(7)]});
    let told = act(&world, include).await;
    assert_eq!((&told["named"], &told["changed"]), (&json!(2), &json!(1)));
    assert!(
        told["next_step"]
            .as_str()
            .unwrap()
            .contains("the next check")
    );
    let check = Deployed::start("nightly-check", &world, "rollcall_app", &[]).await;
    check.invoke(json!({})).await.unwrap();
    assert_eq!(profiles(&world).await, "2");
}

#[tokio::test]
async fn acknowledged_ghosts_page_nobody_until_a_time_that_is_to_come() {
    let world = world().await;
    people(&world, 1, 3).await;
    ghosts(&world, 4, 2).await;
    let until = json!({"action": "acknowledge", "user_ids": [id(4), id(5)],
        "until": "2099-01-01", "reason": "INC-8"});
    let told = act(&world, until).await;
    assert_eq!(
        (&told["changed"], &told["with_profile"]),
        (&json!(2), &json!(0))
    );
    assert!(
        told["next_step"]
            .as_str()
            .unwrap()
            .contains("2099-01-02 00:00 UTC")
    );
    let check = Deployed::start("nightly-check", &world, "rollcall_app", &[]).await;
    let report = check.invoke(rollcall_tests::look()).await.unwrap();
    assert_eq!(report["severity"], "P2", "{report:#}");

    for (until, word) in [("2001-01-01", "has passed"), ("soon", "write a date")] {
        let event = json!({"action": "acknowledge", "user_ids": [id(4)], "until": until});
        let (kind, sentence) = thrown(repair(&world).await.invoke(event).await);
        assert_eq!(kind, "BadRequest");
        assert!(sentence.contains(word), "{sentence}");
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let world = world().await;
    let run = "0e8f9a60-1111-4222-8333-444455556666";
    let function = repair(&world).await;
    for (event, word) in [
        (json!({"action": "exclude", "user_ids": []}), "names nobody"),
        (json!({"action": "include", "user_ids": []}), "names nobody"),
        (
            json!({"action": "forget", "user_ids": ["00000000-0000-0000-0000-000000000000"]}),
            "nil",
        ),
        (
            json!({"action": "exclude", "run_id": run}),
            "there is no run",
        ),
    ] {
        let (kind, sentence) = thrown(function.invoke(event).await);
        assert_eq!(kind, "BadRequest");
        assert!(sentence.contains(word), "{sentence}");
    }
    let function = Deployed::start("repair", &world, "rollcall_app", &[]).await;
    for action in ["exclude", "include", "forget"] {
        let event = json!({"action": action, "user_ids": [id(1)]});
        assert_eq!(thrown(function.invoke(event).await).0, "Misconfigured");
    }
}
