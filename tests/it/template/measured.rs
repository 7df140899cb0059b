//! The alarms and what the functions measure speak of the same function.

use std::fs;

use rollcall_tests::{Deployed, World, people, shapes};
use serde_json::{Value, json};

use super::{FUNCTIONS, ROOT, checks::watched::EACH_TIME};

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
        let measured = measured(&started.logs());
        assert_eq!(measured.len(), 1, "{measured:?}");
        assert_eq!(measured[0]["Heartbeat"], 1);
        assert_eq!(measured[0]["Function"], deployed);
    }
}

/// How many metrics are written when all is well: they are what is paid for.
#[tokio::test]
async fn the_costs_are_those_of_what_is_written() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let sign_up = people::insert(1, 1, 0);
    world.run("supabase_auth_admin", &sign_up).await;
    let page = fs::read_to_string(format!("{ROOT}/docs/cost.md")).unwrap();
    for (function, says) in [
        ("nightly-check", "× 0.30 × 30 / 730"),
        ("pulse", "× 0.30 | 2.40"),
    ] {
        let started = Deployed::start(function, &world, "rollcall_app", &[]).await;
        started.invoke(json!({})).await.unwrap();
        started.invoke(json!({})).await.unwrap();
        let line = measured(&started.logs()).pop().unwrap();
        let metrics = &line["_aws"]["CloudWatchMetrics"][0]["Metrics"];
        let says = format!("| {} {says}", metrics.as_array().unwrap().len());
        assert!(page.contains(&says), "{says}");
    }
}

/// The lines that are metrics.
fn measured(logs: &[String]) -> Vec<Value> {
    let lines = logs
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["_aws"].is_object()).collect()
}

/// What an alarm is over is there when all is well, when it is not, and when the pulse looks for
/// itself as when it calls the full check.
#[tokio::test]
async fn what_alarms_are_over_is_written_each_time() {
    let (sql, toml) = shapes::USERS;
    let ghosts = people::unnoticed(&people::insert(10, 101, 0));
    for (name, wanted) in EACH_TIME {
        let world = World::with(sql, toml).await;
        let sign_up = people::insert(1, 1, 0);
        world.run("supabase_auth_admin", &sign_up).await;
        let (_, function) = FUNCTIONS.iter().find(|(known, _)| *known == name).unwrap();
        let started = Deployed::start(function, &world, "rollcall_app", &[]).await;
        for _ in 0..3 {
            started.invoke(json!({})).await.unwrap();
        }
        world.run("supabase_admin", &ghosts).await;
        for _ in 0..3 {
            started.invoke(json!({})).await.unwrap();
        }
        let measured = measured(&started.logs());
        assert_eq!(measured.len(), 6, "{measured:#?}");
        for line in &measured {
            for metric in wanted {
                assert!(line[metric].is_number(), "{metric} of {name}: {line:#}");
            }
        }
    }
}
