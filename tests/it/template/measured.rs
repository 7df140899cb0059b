//! The alarms and what the functions measure speak of the same function.

use rollcall_tests::{Deployed, World, shapes};
use serde_json::{Value, json};

/// Two stacks in one account: the heartbeat of one must not stand in for the other's.
#[tokio::test]
async fn a_metric_is_of_the_function_of_its_own_stack() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    for (function, deployed) in [
        ("pulse", "staging-pulse"),
        ("nightly-check", "production-nightly-check"),
    ] {
        let url = world.url("rollcall_app");
        let started = Deployed::as_said(function, &url, &[], |spec| {
            deployed.clone_into(&mut spec.name);
        });
        let started = started.await;
        started.invoke(json!({})).await.unwrap();
        let lines = started.logs();
        let lines = lines
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let measured: Vec<_> = lines.filter(|line| line["Heartbeat"] == 1).collect();
        assert_eq!(measured.len(), 1, "{measured:?}");
        assert_eq!(measured[0]["Function"], deployed);
    }
}
