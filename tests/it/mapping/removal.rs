//! What happens to the profile of a user who is gone.

use super::{FILE, WORLD, check, file_for_t, refusal};
use rollcall_tests::World;

const STAMPED: &str = "removal.soft_delete = \"deleted_at\"";

#[tokio::test]
async fn nothing_is_stamped_where_nothing_would_survive() {
    let direct = "create table public.t (
        id uuid primary key references auth.users(id) on delete cascade, deleted_at timestamptz);";
    let round_the_corner = "
        create table public.people (id uuid primary key references auth.users(id) on delete cascade);
        create table public.t (
            id uuid primary key references public.people(id) on delete cascade,
            deleted_at timestamptz);";
    for sql in [direct, round_the_corner] {
        let world = World::bare(sql).await;
        assert_eq!(
            refusal(&world, &file_for_t(STAMPED)).await,
            "profile.removal.soft_delete: the foreign key t_id_fkey deletes the row with the auth \
             user, so nothing stamped would survive; take out [profile.removal], or drop that \
             foreign key"
        );
        check(&world, &file_for_t("")).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_stamped_where_the_key_is_cleared() {
    let world = World::bare(
        "create table public.t (
             id uuid unique references auth.users(id) on delete set null, deleted_at date);",
    )
    .await;
    assert!(
        refusal(&world, &file_for_t(STAMPED))
            .await
            .contains("clears id when the auth user")
    );
}

#[tokio::test]
async fn a_foreign_key_that_deletes_nothing_is_no_matter() {
    let keys = [
        "references auth.users(id)",
        "references auth.users(id) on delete restrict",
        "references public.people(id) on delete cascade",
    ];
    for key in keys {
        let world = World::bare(&format!(
            "create table public.people (id uuid primary key references auth.users(id));
             create table public.t (id uuid primary key {key}, deleted_at timestamp,
                 mother uuid references auth.users(id) on delete cascade);"
        ))
        .await;
        check(&world, &file_for_t(STAMPED)).await.unwrap();
    }
}

#[tokio::test]
async fn a_stamp_is_a_time_or_a_truth_value_that_is_not_there_at_first() {
    let cases = [
        ("timestamptz", ""),
        ("timestamp(3) default null", ""),
        ("date", ""),
        ("boolean not null default false", ""),
        ("boolean", ""),
        (
            "boolean not null",
            "deleted_at is not false when a profile is made; run `alter table pu",
        ),
        (
            "boolean default true",
            "deleted_at is not false when a profile is made",
        ),
        (
            "text",
            "deleted_at is text; name a timestamp, a date or a boolean",
        ),
        (
            "timestamptz not null",
            "deleted_at is never null, so every profile would count as remo",
        ),
        (
            "timestamptz default now()",
            "deleted_at is never null, so every profile would count as",
        ),
        (
            "boolean generated always as (true) stored",
            "the database generates deleted_at; name",
        ),
    ];
    for (column, wanted) in cases {
        let sql = format!("create table public.t (id uuid primary key, deleted_at {column});");
        let world = World::bare(&sql).await;
        match check(&world, &file_for_t(STAMPED)).await {
            Ok(_) => assert_eq!(wanted, "", "{column}"),
            Err(refusals) => {
                assert_eq!(refusals.len(), 1, "{refusals:?}");
                let sentence = refusals[0].to_string();
                assert!(!wanted.is_empty(), "{sentence}");
                let wanted = format!("profile.removal.soft_delete: {wanted}");
                assert!(sentence.contains(&wanted), "{sentence}");
            }
        }
    }
}

#[tokio::test]
async fn a_stamp_is_neither_the_key_nor_filled_at_birth_nor_missing() {
    let world = World::bare(WORLD).await;
    let cases = [
        ("removal.soft_delete = \"id\"", "id is the key"),
        (
            "removal.soft_delete = \"updated_at\"\ncolumns.updated_at = \"now\"",
            "updated_at is fil",
        ),
        (
            "removal.soft_delete = \"deleted\"",
            "public.users has no column deleted",
        ),
    ];
    for (rest, wanted) in cases {
        let file = file_for_t(rest).replace("public.t", "public.users");
        let refusal = refusal(&world, &file).await;
        assert!(
            refusal.starts_with(&format!("profile.removal.soft_delete: {wanted}")),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn only_what_can_be_null_is_released() {
    let world = World::bare(WORLD).await;
    let cases = [
        (
            "name",
            "name is not null, so it cannot be set to null; take it out, or run `alter table",
        ),
        (
            "id",
            "id is needed to know the removed profile by, so it cannot be set to null; take it",
        ),
        (
            "deleted_at",
            "deleted_at is needed to know the removed profile by",
        ),
        ("shout", "shout is generated by the database"),
        (
            "emial",
            "public.users has no column emial; did you mean \"email\"?",
        ),
    ];
    for (column, wanted) in cases {
        let file = FILE.replace(
            "release = [\"email\"]",
            &format!("release = [\"{column}\"]"),
        );
        let refusal = refusal(&world, &file).await;
        assert!(
            refusal.starts_with(&format!("profile.removal.release[0]: {wanted}")),
            "{refusal}"
        );
    }
    // A unique value that the application writes can be released as well.
    let file = FILE.replace("release = [\"email\"]", "release = [\"updated_at\"]");
    check(&world, &file).await.unwrap();
}
