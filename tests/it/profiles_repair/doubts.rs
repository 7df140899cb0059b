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
