//! What cannot be meant, or cannot be done, is refused with what lifts it.

use super::*;

async fn rejected(world: &World, event: Value) -> String {
    let (kind, sentence) = thrown(repair(world).await.invoke(event).await);
    assert_eq!(kind, "Rejected", "{sentence}");
    sentence
}

#[tokio::test]
async fn without_a_column_to_stamp_it_says_how_to_configure_one() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let sentence = rejected(&world, json!({"action": "profiles.plan"})).await;
    assert!(
        sentence.contains("soft_delete") && sentence.contains("[profile.removal]"),
        "{sentence}"
    );
    assert_eq!(world.ask("select count(*) from rollcall.runs").await, "0");
}

#[tokio::test]
async fn implausible_plans_need_their_count() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    for (lost, word) in [
        ("right(id::text, 1) in ('1', '2')", "more than a tenth"),
        ("true", "not a single"),
    ] {
        let world = World::with(sql, toml).await;
        people(&world, 1, 20).await;
        quietly(&world, &format!("delete from auth.users where {lost}")).await;
        let before = world.ask(ALL).await;
        let planned = plan(&world).await;
        let number = classes(&planned)[0].1;
        let step = planned["next_step"].as_str().unwrap();
        assert!(
            step.contains(word) && step.contains(&format!("--confirm-count {number}")),
            "{step}"
        );
        let mut event = json!({"action": "apply", "run_id": planned["run_id"]});
        let sentence = rejected(&world, event.clone()).await;
        assert!(
            sentence.contains(&format!("confirm_count {number}")),
            "{sentence}"
        );
        event["confirm_count"] = json!(number + 1);
        rejected(&world, event.clone()).await;
        assert_eq!(world.ask(ALL).await, before);
        event["confirm_count"] = json!(number);
        let applied = act(&world, event).await;
        assert_eq!(classes(&applied)[0].2, number);
        undo(&world, &planned).await;
        assert_eq!(world.ask(ALL).await, before);
    }
}

#[tokio::test]
async fn a_plan_of_another_configuration_is_not_carried_out() {
    let world = left_over().await;
    let planned = plan(&world).await;
    let (_, toml) = shapes::VERIFIED_USERS;
    world
        .install(&toml.replace("release = [\"email\"]", "release = []"))
        .await;
    let event = json!({"action": "apply", "run_id": planned["run_id"]});
    let sentence = rejected(&world, event).await;
    assert!(sentence.contains("plan again"), "{sentence}");
}

/// A table with three columns to set free, in the order that the configuration names them.
fn released(columns: &str) -> String {
    format!(
        "[profile]\ntable = \"public.users\"\nkey = \"id\"\n[profile.columns]\nemail = \"email\"\n\
         [profile.removal]\nsoft_delete = \"deleted_at\"\nrelease = [{columns}]\n"
    )
}

#[tokio::test]
async fn a_run_begun_under_another_configuration_stops_and_can_be_taken_back() {
    for columns in [r#""email", "a", "b""#, r#""email", "c", "b""#, r#""email""#] {
        let world = World::with(
            "create table public.users (id uuid primary key, email text, a text, b text, c text,
                 deleted_at timestamptz)",
            &released(r#""email", "b", "c""#),
        )
        .await;
        people(&world, 1, 40).await;
        let lost = format!(
            "update public.users set a = 'A', b = 'B', c = 'C';
             delete from auth.users where id in ('{}', '{}')",
            id(1),
            id(2)
        );
        quietly(&world, &lost).await;
        let before = world.ask(ALL).await;
        let planned = plan(&world).await;
        let run = planned["run_id"].as_str().unwrap();
        let half = format!(
            "select b.stamped from rollcall.take_lease('{run}') l
            cross join lateral rollcall.stamp_batch('{run}', l.fence, 1) b"
        );
        assert_eq!(world.ask_as("rollcall_operator", &half).await, "1");
        world.install(&released(columns)).await;
        let sentence = rejected(&world, json!({"action": "apply", "run_id": run})).await;
        assert!(
            sentence.contains(&format!("rollcall backfill --cancel {run}")),
            "{sentence}"
        );
        // Whoever was at it when the migration came.
        let fence = world.ask("select fence from rollcall.runs").await;
        let next = format!(
            "select concat(b.is_altered, b.stamped) from rollcall.stamp_batch('{run}', {fence}, 1) b"
        );
        assert_eq!(world.ask_as("rollcall_operator", &next).await, "t");
        assert_eq!(
            world.ask("select count(*) from rollcall.run_images").await,
            "1"
        );

        let backfill = Deployed::start("backfill", &world, "rollcall_operator", &[]).await;
        let cancel = json!({"mode": "cancel", "run_id": run});
        assert_eq!(
            backfill.invoke(cancel).await.unwrap()["status"],
            "cancelled"
        );
        let sentence = rejected(&world, json!({"action": "apply", "run_id": run})).await;
        assert!(sentence.contains("was cancelled"), "{sentence}");
        let undone = undo(&world, &planned).await;
        assert_eq!(undone["tables"][0]["done"], 1, "{undone:#}");
        assert_eq!(world.ask(ALL).await, before, "{columns}");
    }
}
