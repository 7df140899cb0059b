//! The functions that operators and schedules call.

use rollcall_local::runtime_api::InvokeError;
use rollcall_tests::{Line, World, shapes};
use serde_json::json;

use super::*;

/// The answer, or what was thrown, as text that is known to be silent.
async fn say(function: &Function, event: Value) -> String {
    let said = match function.invoke(event).await {
        Ok(answer) => answer.to_string(),
        Err(InvokeError::Function {
            error_type,
            error_message,
        }) => format!("{error_type}: {error_message}"),
        Err(other) => panic!("{other}"),
    };
    assert_silent(&said);
    said
}

#[tokio::test]
async fn a_check_and_a_backfill_tell_ids_and_reasons_and_no_row() {
    for (loud, refusal) in LOUD.iter().cycle().zip(REFUSALS) {
        let (sql, toml) = shapes::USERS;
        let world = World::with(sql, toml).await;
        add_gossip(&world).await;
        world.run("supabase_admin", refusal).await;
        sign_up(&world, ADA).await;
        let app = with_password(&world.url("rollcall_app"));
        let check = start("nightly-check", &app, loud).await;
        assert!(
            say(&check, json!({})).await.contains(ADA),
            "among the samples"
        );
        let operator = with_password(&world.url("rollcall_operator"));
        let backfill = start("backfill", &operator, loud).await;
        say(&backfill, json!({"reason": "canary of an operator"})).await;
        say(
            &backfill,
            json!({"mode": "run", "reason": "canary of an operator"}),
        )
        .await;
        say(&check, json!({})).await;
        for function in [check, backfill] {
            assert_silent(&heard(&function).await);
        }
    }
}

#[tokio::test]
async fn a_bad_request_is_told_without_its_values() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    for loud in LOUD {
        let url = with_password(&world.url("rollcall_operator"));
        for name in ["nightly-check", "backfill", "diagnose"] {
            let function = start(name, &url, &loud).await;
            for event in [
                json!("canary"),
                json!(["canary"]),
                json!({"heal": "canary", "mode": "canary"}),
                json!({"alert": {"email": EMAIL}, "user_ids": [EMAIL]}),
                json!({"created_after": "canary", "heal": ["canary"]}),
                json!({"run_id": EMAIL, "heal": EMAIL}),
                json!({"batch_size": "canary", "heal": "canary, expected canary"}),
            ] {
                assert!(say(&function, event).await.starts_with("BadRequest: "));
            }
            assert_silent(&heard(&function).await);
        }
    }
}

#[tokio::test]
async fn a_database_out_of_reach_is_told_without_its_password() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    for loud in LOUD {
        for name in ["nightly-check", "backfill"] {
            let line = Line::open().await;
            let url = with_password(&line.url("rollcall_operator", &world));
            let function = start(name, &url, &loud).await;
            line.cut().await;
            assert!(say(&function, json!({})).await.starts_with("Unavailable: "));
            assert_silent(&heard(&function).await);
        }
        let bare = World::bare("").await;
        let url = with_password(&bare.url("rollcall_operator"));
        let function = start("nightly-check", &url, &loud).await;
        assert!(
            say(&function, json!({}))
                .await
                .starts_with("Misconfigured: ")
        );
        assert_silent(&heard(&function).await);
    }
}
