//! Deliveries that come more than once, one after the other and all at once.

use rollcall_tests::{World, shapes};
use tokio::join;

use super::{ADA, Webhook, hook, row, sign_up};

#[tokio::test]
async fn a_replay_changes_nothing() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    sign_up(&world, ADA, false).await;
    let webhook = Webhook::of(&world).await;
    assert_eq!(webhook.plain_outcome(&row("INSERT", ADA)).await, "created");
    let row_of = "select p || ' ' || p.xmin from public.users p";
    let first = world.ask(row_of).await;
    for event in [
        row("INSERT", ADA),
        hook("after-user-created", ADA),
        row("UPDATE", ADA),
    ] {
        assert_eq!(webhook.plain_outcome(&event).await, "present");
    }
    assert_eq!(world.ask(row_of).await, first);
}

#[tokio::test]
async fn six_identical_deliveries_at_once_make_one_row() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    sign_up(&world, ADA, false).await;
    let webhook = Webhook::at(&world.url("rollcall_app"), 6).await;
    let event = row("INSERT", ADA);
    let send = || webhook.plain_outcome(&event);
    let all = join!(send(), send(), send(), send(), send(), send());
    let mut outcomes = <[String; 6]>::from(all);
    outcomes.sort();
    assert_eq!(outcomes[0], "created");
    assert!(
        outcomes[1..].iter().all(|outcome| outcome == "present"),
        "{outcomes:?}"
    );
    assert_eq!(world.ask("select count(*) from public.users").await, "1");
}
