//! What is refused, with what to do about it, and what was not changed by it.

use super::*;

#[tokio::test]
async fn what_does_not_fit_is_refused_and_nothing_is_changed() {
    let world = world(
        "create table public.pairs (a integer, b uuid, primary key (a, b));
         create table public.orders (
             user_id text default 'nobody', ids uuid[], other_id uuid, number bigint, place integer,
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
        ("public.orders", "ids", "No array has one"),
        (
            "public.orders",
            "to_auth",
            "elsewhere ties to_auth to auth.users",
        ),
    ] {
        let sentence = refusal(&world, &order(table, column)).await;
        assert!(sentence.contains(words), "{sentence}");
    }
    assert_eq!(catalog(&world, "public.orders").await, before);
    // The mend that it names works.
    let sql = "create policy \"their own\" on public.orders using (user_id = 'x')";
    world.run("postgres", sql).await;
    let sentence = refusal(&world, &order("public.orders", "user_id")).await;
    for words in [
        "policy their own on",
        "on view seen",
        "'nobody'::text, set one again",
    ] {
        assert!(sentence.contains(words), "{sentence}");
    }
    let sql = "drop policy \"their own\" on public.orders";
    world.run("postgres", sql).await;
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
    let stop = constrain_as(&world, "supabase_auth_admin", &orders())
        .await
        .unwrap_err();
    let words = "connect as the owner of public.orders";
    assert!(
        matches!(&stop, Stop::Refused(sentence) if sentence.contains(words)),
        "{stop:?}"
    );
}

#[tokio::test]
async fn without_rollcall_it_says_what_is_missing() {
    let world = World::bare(&format!("{PROFILES}; {ORDERS}")).await;
    let stop = constrain_now(&world, &orders()).await.unwrap_err();
    assert!(matches!(stop, Stop::Database { .. }), "{stop:?}");
}

#[tokio::test]
async fn ids_of_something_else_get_no_key_to_the_profiles() {
    let world = world(
        "create table public.things (id uuid primary key default gen_random_uuid());
         insert into public.things select from generate_series(1, 3);
         create table public.notes (author_id uuid);
         insert into public.notes select id from public.things",
    )
    .await;
    let sentence = refusal(&world, &order("public.notes", "author_id")).await;
    assert!(sentence.contains("author_id is a user's id"), "{sentence}");
    assert!(sentence.contains("[[references]]"), "{sentence}");
    assert_eq!(catalog(&world, "public.notes").await, "null");
    // One of a user, with a profile or without, and it is a matter of orphans.
    let sql = format!("insert into public.notes (author_id) values ('{}')", id(1));
    world.run("postgres", &sql).await;
    let outcome = constrain_now(&world, &order("public.notes", "author_id"))
        .await
        .unwrap();
    assert_eq!((outcome.validated, outcome.orphaned_rows), (false, 3));
}

#[tokio::test]
async fn a_key_of_several_columns_to_another_table_is_in_nobodys_way() {
    let world = world(
        "create table public.pairs (a integer, b uuid, primary key (a, b));
         create table public.orders (
             a integer, user_id uuid,
             constraint of_two foreign key (a, user_id) references public.pairs (a, b)
         );
         create index on public.orders (user_id)",
    )
    .await;
    let outcome = constrain_now(&world, &orders()).await.unwrap();
    assert!(outcome.validated);
    let keys = catalog(&world, "public.orders").await;
    assert!(keys.starts_with("of_two FOREIGN KEY"), "{keys}");
}
