//! What the check can be asked for.

use rollcall_tests::{World, shapes, thrown};
use serde_json::json;

use super::*;

#[tokio::test]
async fn both_forms_of_an_eventbridge_event_are_an_order_to_check() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 1).await;
    let function = check(&world).await;
    let event = |source: &str, detail: Value| {
        json!({
            "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
            "detail-type": "Scheduled Event", "source": source, "account": "123456789012",
            "time": "2026-11-20T02:00:00Z", "region": "eu-central-1",
            "resources": ["arn:aws:events:eu-central-1:123456789012:rule/nightly"],
            "detail": detail,
        })
    };
    for event in [
        json!({}),
        json!({"heal": false, "alert": false}),
        event("aws.events", json!({})),
        event("aws.scheduler", json!("{}")),
    ] {
        let report = function.invoke(event).await.unwrap();
        assert_eq!(report["status"], "healthy");
        assert_eq!(report["configuration"].as_str().unwrap().len(), 64);
        assert_eq!(report["healed"], json!({"created": 0, "refused": 0}));
        assert_eq!(
            (&report["incident"], &report["alerts"]),
            (&json!(null), &json!([]))
        );
    }
}

#[tokio::test]
async fn what_it_does_not_know_is_a_bad_request_that_names_it() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let function = check(&world).await;
    for (event, words) in [
        (json!({"heal": "yes"}), "`heal`: expected a boolean"),
        (json!({"dry_run": true}), "unknown field `dry_run`"),
        (json!([]), "expected a JSON object"),
        (json!(null), "expected a JSON object"),
    ] {
        let (kind, sentence) = thrown(function.invoke(event).await);
        assert_eq!(kind, "BadRequest", "{sentence}");
        assert!(sentence.contains(words), "{sentence}");
    }
}
