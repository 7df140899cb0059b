//! `check_orphaned_profiles()`, as each profile table has it.

use rollcall_tests::{World, shapes};

use super::{Off, id, people, quietly};

async fn orphans(world: &World) -> String {
    let sql =
        "select string_agg(concat_ws(' ', pg_typeof(user_id), user_id, coalesce(email, 'null'),
            coalesce((created_at at time zone 'UTC')::text, 'null')), ', ')
        from check_orphaned_profiles()";
    world.ask_as("postgres", sql).await
}

#[tokio::test]
async fn what_the_table_does_not_have_is_null() {
    let world = Off::Orphans.world(shapes::USERS).await;
    let expected = format!(
        "uuid {} u1@example.com null, uuid {} u2@example.com null",
        id(1),
        id(2)
    );
    assert_eq!(orphans(&world).await, expected);
    let world = Off::Orphans.world(shapes::PROFILES).await;
    let expected = format!("uuid {} null null, uuid {} null null", id(1), id(2));
    assert_eq!(orphans(&world).await, expected);
}

#[tokio::test]
async fn columns_are_found_by_what_fills_them_and_else_by_their_names() {
    let sql = "create table public.\"Profile\" (
        \"userId\" text primary key, mail varchar(255), created_at timestamp default '2026-01-02 03:04:05'
    )";
    let toml = "profile.table = \"public.Profile\"\nprofile.key = \"userId\"\n\
        profile.columns.mail = \"email\"\n";
    let world = World::with(sql, toml).await;
    people(&world, 1, 2).await;
    quietly(
        &world,
        &format!("delete from auth.users where id = '{}'", id(1)),
    )
    .await;
    let expected = format!("text {} u1@example.com 2026-01-02 03:04:05", id(1));
    assert_eq!(orphans(&world).await, expected);
    let used = "select count(*) from public.\"Profile\"
        where \"userId\" in (select user_id from check_orphaned_profiles())";
    assert_eq!(world.ask_as("postgres", used).await, "1");
}

#[tokio::test]
async fn a_stamped_profile_is_none() {
    let world = Off::Orphans.world(shapes::VERIFIED_USERS).await;
    let stamp = format!(
        "update public.users set deleted_at = now() where id = '{}'",
        id(1)
    );
    world.run("postgres", &stamp).await;
    assert!(
        orphans(&world)
            .await
            .starts_with(&format!("uuid {} ", id(2)))
    );
}
