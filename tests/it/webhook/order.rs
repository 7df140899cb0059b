//! Events that come late, early, or never came: each is answered by how things stand.

use rollcall_tests::{World, shapes};

use super::{ADA, Webhook, row, sign_up};

async fn world() -> (World, Webhook) {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    let webhook = Webhook::of(&world).await;
    (world, webhook)
}

async fn delete(world: &World) {
    let sql = format!("delete from auth.users where id = '{ADA}'");
    world.run("supabase_auth_admin", &sql).await;
}

#[tokio::test]
async fn an_update_before_the_insert_creates() {
    let (world, webhook) = world().await;
    sign_up(&world, ADA, false).await;
    assert_eq!(webhook.plain_outcome(&row("UPDATE", ADA)).await, "created");
    assert_eq!(webhook.plain_outcome(&row("INSERT", ADA)).await, "present");
}

#[tokio::test]
async fn a_delete_of_somebody_who_is_still_there_removes_nothing() {
    let (world, webhook) = world().await;
    sign_up(&world, ADA, true).await;
    assert_eq!(webhook.plain_outcome(&row("DELETE", ADA)).await, "present");
    let live = "select count(*) from public.users where deleted_at is null";
    assert_eq!(world.ask(live).await, "1");
}

#[tokio::test]
async fn a_delete_of_somebody_nobody_has_heard_of_is_unknown() {
    let (_world, webhook) = world().await;
    assert_eq!(
        webhook.plain_outcome(&row("DELETE", ADA)).await,
        "unknown_user"
    );
    assert_eq!(
        webhook.plain_outcome(&row("INSERT", ADA)).await,
        "unknown_user"
    );
}

#[tokio::test]
async fn a_second_delete_is_answered_as_the_first() {
    let (world, webhook) = world().await;
    sign_up(&world, ADA, true).await;
    world
        .run(
            "supabase_auth_admin",
            "alter table auth.users disable trigger rollcall_user_deleted",
        )
        .await;
    delete(&world).await;
    assert_eq!(webhook.plain_outcome(&row("DELETE", ADA)).await, "removed");
    let stamp = "select deleted_at from public.users";
    let stamped = world.ask(stamp).await;
    assert_ne!(stamped, "null");
    assert_eq!(webhook.plain_outcome(&row("DELETE", ADA)).await, "removed");
    assert_eq!(world.ask(stamp).await, stamped);
}

#[tokio::test]
async fn an_insert_after_the_delete_brings_nobody_back() {
    let (world, webhook) = world().await;
    sign_up(&world, ADA, true).await;
    delete(&world).await;
    assert_eq!(
        webhook.plain_outcome(&row("INSERT", ADA)).await,
        "unknown_user"
    );
    let live = "select count(*) from public.users where deleted_at is null";
    assert_eq!(world.ask(live).await, "0");
}
