//! The ledger itself.

use super::{Stage, sign_up};

const BREAK: &str = "alter table app.users rename to people";

#[tokio::test]
async fn attempts_are_counted_and_wait_twice_as_long_each_time() {
    let mut stage = Stage::new().await;
    let id = stage.next_user();
    stage.run(BREAK).await;
    stage.sign_up(&id);
    for attempt in 1..=14 {
        let row = stage
            .world
            .ask(&format!(
                "select attempts || ' ' || extract(epoch from next_attempt_at - last_failed_at)::int
                from rollcall.sync_failures where user_id = '{id}'"
            ))
            .await;
        let wait = (60 << (attempt - 1)).min(24 * 60 * 60);
        assert_eq!(row, format!("{attempt} {wait}"));
        assert_eq!(stage.ensure(&id).await, "refused other");
    }
    let kept = stage
        .world
        .ask("select first_failed_at < last_failed_at from rollcall.sync_failures");
    assert_eq!(kept.await, "true");
}

#[tokio::test]
async fn the_attempts_of_one_transaction_count_as_one() {
    let mut stage = Stage::new().await;
    let id = stage.next_user();
    stage.run(BREAK).await;
    stage.as_gotrue(&format!(
        "begin; {}
        update auth.users set email = 'a@example.com' where id = '{id}';
        update auth.users set email = 'b@example.com' where id = '{id}';
        commit;",
        sign_up(&id, "null")
    ));
    let row =
        "select attempts || ' ' || (next_attempt_at - last_failed_at) from rollcall.sync_failures";
    assert_eq!(stage.world.ask(row).await, "1 00:01:00");
}

#[tokio::test]
async fn a_signup_that_is_rolled_back_leaves_nothing_behind() {
    let mut stage = Stage::new().await;
    let id = stage.next_user();
    stage.run(BREAK).await;
    stage.as_gotrue(&format!("begin; {} rollback;", sign_up(&id, "null")));
    assert_eq!(stage.ledger(&id).await, "null");
}

#[tokio::test]
async fn a_change_that_goes_well_clears_the_ledger() {
    let mut stage = Stage::new().await;
    let id = stage.next_user();
    stage.run(BREAK).await;
    stage.sign_up(&id);
    stage.run("alter table app.people rename to users").await;
    stage.as_gotrue(&format!(
        "update auth.users set email = 'a@example.com' where id = '{id}'"
    ));
    assert_eq!(stage.ledger(&id).await, "null");
    assert!(stage.profile(&id).await.contains("a@example.com"));
}

#[tokio::test]
async fn a_caller_is_answered_without_a_ledger_too() {
    let mut stage = Stage::new().await;
    let (ghost, refused) = (stage.next_user(), stage.next_user());
    stage.run(BREAK).await;
    stage.sign_up(&ghost);
    stage.sign_up(&refused);
    stage.run("drop table rollcall.sync_failures").await;
    assert_eq!(stage.ensure(&refused).await, "refused other");
    stage.run("alter table app.people rename to users").await;
    assert_eq!(stage.ensure(&ghost).await, "created");
}
