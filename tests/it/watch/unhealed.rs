//! What the alarm over ghosts sees: a number of each look, whatever the look was.

use super::*;

/// The metric of each look that wrote any, in order; null where one wrote it not.
fn unhealed(function: &Function) -> Vec<Value> {
    let lines = function.logs();
    let lines = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let measured = lines.filter(|line| line["_aws"].is_object());
    measured
        .map(|line| line["UnhealedGhosts"].clone())
        .collect()
}

/// A world in which somebody is missing whom the table refuses, as three pulses have seen.
async fn standing() -> Watched {
    let watched = Watched::new().await;
    watched.sign_up(1, 5).await;
    watched.check().await;
    watched.beat().await;
    let refuse = "alter table public.users add constraint nobody check (false) not valid";
    watched.world.run("postgres", refuse).await;
    watched.sign_up(10, 2).await;
    for _ in 0..3 {
        watched.beat().await;
    }
    watched
}

#[tokio::test]
async fn ghosts_that_cannot_be_healed_are_in_every_pulse_until_they_are_mended() {
    let watched = standing().await;
    watched.check().await;
    assert_eq!(unhealed(&watched.pulse), [0, 2, 2, 2]);
    assert_eq!(unhealed(&watched.nightly), [0, 2]);
    for sql in [
        "alter table public.users drop constraint nobody",
        "update rollcall.sync_failures set next_attempt_at = now()",
    ] {
        watched.world.run("postgres", sql).await;
    }
    for _ in 0..3 {
        watched.beat().await;
    }
    watched.check().await;
    assert_eq!(watched.ghosts().await, 0);
    assert_eq!(unhealed(&watched.pulse), [0, 2, 2, 2, 0, 0, 0]);
    assert_eq!(unhealed(&watched.nightly), [0, 2, 0]);
}

/// Too many to be healed: no ledger knows of them, only the full check.
#[tokio::test]
async fn ghosts_that_are_left_to_people_are_in_every_pulse_too() {
    let watched = Watched::new().await;
    watched.sign_up(1, 5).await;
    watched.check().await;
    watched.restore(1000, 101).await;
    for _ in 0..6 {
        watched.beat().await;
    }
    assert_eq!(unhealed(&watched.pulse), [101; 6]);
}

#[tokio::test]
async fn acknowledged_ghosts_are_not_counted_whatever_else_is_wrong() {
    let watched = standing().await;
    let one = "select rollcall.acknowledge(
        array['00000000-0000-4000-8000-000000000010']::uuid[], now() + interval '1 day', 'known'
    )";
    watched.world.run("rollcall_operator", one).await;
    watched.beat().await;
    watched.check().await;
    watched.beat().await;
    assert_eq!(unhealed(&watched.pulse), [0, 2, 2, 2, 1, 1]);
    let rest = one.replace("0010", "0011");
    watched.world.run("rollcall_operator", &rest).await;
    watched.check().await;
    watched.beat().await;
    let disable = "alter table auth.users disable trigger on_auth_user_created";
    watched.world.run("supabase_admin", disable).await;
    for _ in 0..3 {
        let report = watched.beat().await;
        assert_eq!(report["status"], "critical", "{report:#}");
    }
    assert_eq!(unhealed(&watched.pulse)[6..], [0; 4]);
    assert_eq!(unhealed(&watched.nightly), [0, 1, 0]);
}

#[tokio::test]
async fn numbers_that_are_not_believed_are_not_written() {
    let watched = Watched::new().await;
    watched.sign_up(1, 5).await;
    watched.check().await;
    let lose = "set session_replication_role = replica; delete from auth.users";
    watched.counted("supabase_admin", lose).await;
    let report = watched.check().await;
    assert_eq!(cause(&report), "users_lost");
    assert_eq!(unhealed(&watched.nightly), [json!(0), Value::Null]);
}
