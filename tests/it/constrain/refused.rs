//! What is refused, with what to do about it, and what was not changed by it.

use super::*;

#[tokio::test]
async fn what_does_not_fit_is_refused_and_nothing_is_changed() {
    let world = world(
        "create table public.pairs (a integer, b uuid, primary key (a, b));
         create table public.orders (
             user_id text, other_id uuid, number bigint, place integer,
             to_auth uuid constraint elsewhere references auth.users (id),
             constraint of_two foreign key (place, other_id) references public.pairs (a, b)
         );
         create view public.seen as select * from public.orders",
    )
    .await;
    let before = catalog(&world, "public.orders").await;
    for (table, column, words) in [
        (
            "public.nothing",
            "user_id",
            "there is no table public.nothing",
        ),
        ("public.orders", "userId", "has no column userId"),
        ("public.seen", "user_id", "is a view"),
        ("public.profiles", "id", "own key"),
        (
            "public.orders",
            "user_id",
            "is text, and public.profiles.id is uuid",
        ),
        ("public.orders", "number", "is bigint"),
        (
            "public.orders",
            "to_auth",
            "elsewhere ties to_auth to auth.users",
        ),
        (
            "public.orders",
            "other_id",
            "of_two ties other_id to public.pairs",
        ),
    ] {
        let sentence = refusal(&world, &order(table, column)).await;
        assert!(sentence.contains(words), "{sentence}");
    }
    assert_eq!(catalog(&world, "public.orders").await, before);
    // The mend that it names works.
    let sentence = refusal(&world, &order("public.orders", "user_id")).await;
    let mend = sentence.split('`').nth(1).unwrap();
    world.run("postgres", "drop view public.seen").await;
    world.run("postgres", mend).await;
    constrain_now(&world, &order("public.orders", "user_id"))
        .await
        .unwrap();
}

#[tokio::test]
async fn only_the_owner_of_the_table_can() {
    let world = world_with_orders().await;
    world
        .run(
            "supabase_admin",
            "alter table public.orders owner to supabase_admin",
        )
        .await;
    let sentence = refusal(&world, &orders()).await;
    assert!(
        sentence.contains("belongs to supabase_admin") && sentence.contains("connect as"),
        "{sentence}"
    );
    assert_eq!(catalog(&world, "public.orders").await, "null");
}

#[tokio::test]
async fn without_rollcall_it_says_what_is_missing() {
    let world = World::bare(&format!("{PROFILES}; {ORDERS}")).await;
    let stop = constrain_now(&world, &orders()).await.unwrap_err();
    assert!(matches!(stop, Stop::Database { .. }), "{stop:?}");
}
