//! The nightly check: the real binary in front of worlds where something is off.

mod classes;
mod out_of_order;
mod requests;
mod severity;
mod snapshot;
mod tables;
mod trigger;

use rollcall_local::runtime_api::Function;
use rollcall_tests::{
    Deployed, World, look,
    people::{ghosts_of_age as ghosts, id, people, quietly},
};
use serde_json::Value;

async fn check(world: &World) -> Function {
    Deployed::start("nightly-check", world, "rollcall_app", &[]).await
}

/// What a check says of a world.
async fn report(world: &World) -> Value {
    let report = check(world).await.invoke(look()).await.unwrap();
    assert_adds_up(&report);
    report
}

/// The named checks, as whether they passed and how many issues there are.
fn verdicts(report: &Value) -> Vec<(&str, bool, i64)> {
    let checks = report["checks"].as_array().unwrap();
    checks
        .iter()
        .map(|check| {
            let name = check["check_name"].as_str().unwrap();
            let passed = check["passed"].as_bool().unwrap();
            (name, passed, check["issue_count"].as_i64().unwrap())
        })
        .collect()
}

fn message<'r>(report: &'r Value, name: &str) -> &'r str {
    let mut checks = report["checks"].as_array().unwrap().iter();
    let check = checks.find(|check| check["check_name"] == name).unwrap();
    check["message"].as_str().unwrap()
}

fn count(report: &Value, class: &str) -> i64 {
    report["counts"][class].as_i64().unwrap()
}

/// What is true of every report, whatever the world.
fn assert_adds_up(report: &Value) {
    let found =
        count(report, "ghosts") + count(report, "orphaned_profiles") + count(report, "leftover");
    let parity = verdicts(report)
        .into_iter()
        .find(|(name, ..)| *name == "count_parity_check")
        .unwrap();
    assert_eq!(parity.2, found, "something is unexplained: {report:#}");
    assert!(count(report, "refused") <= count(report, "ghosts"));
    assert!(count(report, "ghosts_old") <= count(report, "ghosts"));
    assert!(count(report, "live") <= count(report, "profiles"));
    assert!(count(report, "eligible") <= count(report, "auth_users"));
    let samples = report["samples"].as_array().unwrap().iter();
    assert_eq!(
        samples.map(|_| 1).sum::<i64>(),
        count(report, "ghosts").min(10)
    );
}

/// Leaves the person of this number out, as an operator does.
async fn exclude(world: &World, number: u32) {
    let sql = format!(
        "insert into rollcall.exclusions values ('{}', 'drill')",
        id(number)
    );
    world.run("postgres", &sql).await;
}
