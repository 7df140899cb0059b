//! The profile table, its key, and the child tables.

use super::{FILE, WORLD, check, file_for_t, refusal, refusals};
use rollcall_tests::World;

#[tokio::test]
async fn an_unknown_table_is_told_with_its_neighbour() {
    let world = World::bare(WORLD).await;
    assert_eq!(
        refusal(&world, "profile.table = \"public.user\"").await,
        "profile.table: there is no table public.\"user\"; did you mean \"public.users\"?"
    );
    assert_eq!(
        refusal(&world, "profile.table = \"public.Users\"").await,
        "profile.table: there is no table public.\"Users\"; did you mean \"public.users\"?"
    );
    assert_eq!(
        refusal(&world, "profile.table = \"shop.customers\"").await,
        "profile.table: there is no table shop.customers; name a table of this database as \
         \"schema.name\", spelled as there"
    );
}

#[tokio::test]
async fn auth_users_is_no_profile_table() {
    let world = World::bare(WORLD).await;
    let refusal = refusal(&world, "profile.table = \"auth.users\"").await;
    assert!(refusal.starts_with("profile.table: auth.users is not the application's; "));
}

#[tokio::test]
async fn what_only_looks_like_a_table_is_refused() {
    let world = World::bare(WORLD).await;
    world
        .run(
            "supabase_admin",
            "create view public.v as select id from public.users;
             create materialized view public.m as select id from public.users;
             create foreign data wrapper w;
             create server s foreign data wrapper w;
             create foreign table public.f (id uuid) server s;",
        )
        .await;
    for (name, kind) in [
        ("v", "view"),
        ("m", "materialized view"),
        ("f", "foreign table"),
    ] {
        assert_eq!(
            refusal(&world, &format!("profile.table = \"public.{name}\"")).await,
            format!(
                "profile.table: public.{name} is a {kind}; name the table that the rows are in"
            )
        );
        let file = FILE.replace("public.orders", &format!("public.{name}"));
        assert!(
            refusal(&world, &file)
                .await
                .starts_with("references[0].table: ")
        );
    }
}

#[tokio::test]
async fn a_partitioned_table_will_do_and_an_inherited_one_will_not() {
    let world = World::bare(
        "create table public.t (id uuid primary key) partition by hash (id);
         create table public.t0 partition of public.t for values with (modulus 1, remainder 0);
         create table public.u (id uuid primary key);
         create table public.u0 () inherits (public.u);",
    )
    .await;
    check(&world, &file_for_t("")).await.unwrap();
    let refusal = refusal(&world, "profile.table = \"public.u\"").await;
    assert!(
        refusal.contains("other tables inherit from public.u"),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_key_needs_a_unique_index_that_on_conflict_can_name() {
    let cases = [
        ("", false),
        ("create index on public.t (id)", false),
        (
            "create unique index on public.t (id) where id is not null",
            false,
        ),
        ("create unique index on public.t ((id::text))", false),
        ("create unique index on public.t (id, other)", false),
        ("alter table public.t add unique (id) deferrable", false),
        ("alter table public.t add unique (id)", true),
        ("create unique index on public.t (id) include (other)", true),
        ("create unique index on public.t (id desc)", true),
    ];
    for (index, good) in cases {
        let world = World::bare(&format!(
            "create table public.t (id uuid, other text); {index}"
        ))
        .await;
        if good {
            check(&world, &file_for_t("")).await.unwrap();
        } else {
            assert_eq!(
                refusal(&world, &file_for_t("")).await,
                "profile.key: public.t has no unique index of its own on id that is valid, \
                 immediate and not partial; run `create unique index concurrently on public.t (id)`",
                "{index}"
            );
        }
    }
}

#[tokio::test]
async fn an_index_whose_making_failed_does_not_count() {
    let world = World::bare(
        "create table public.t (id uuid); insert into public.t
         select '00000000-0000-0000-0000-000000000000' from generate_series(1, 2);",
    )
    .await;
    let mut connection = world.connect("postgres").await;
    sqlx::raw_sql("create unique index concurrently on public.t (id)")
        .execute(&mut connection)
        .await
        .unwrap_err();
    assert!(
        refusal(&world, &file_for_t(""))
            .await
            .contains("has no unique index of its own")
    );
}

#[tokio::test]
async fn a_key_holds_a_uuid_or_text() {
    let cases = [
        ("uuid", true),
        ("text", true),
        ("varchar", true),
        ("varchar(36)", true),
        ("public.user_id", true),
        ("varchar(35)", false),
        ("char(36)", false),
        ("bigint", false),
        ("public.short_id", false),
    ];
    for (sql_type, good) in cases {
        let world = World::bare(&format!(
            "create domain public.user_id as uuid; create domain public.short_id as varchar(20);
             create table public.t (id {sql_type} primary key);"
        ))
        .await;
        match (check(&world, &file_for_t("")).await, good) {
            (Ok(mapping), true) => {
                assert_eq!(
                    mapping.key.is_text(),
                    !matches!(sql_type, "uuid" | "public.user_id")
                );
            }
            (Err(refusals), false) => {
                assert_eq!(refusals.len(), 1, "{refusals:?}");
                assert!(
                    refusals[0]
                        .to_string()
                        .contains("profile.key: public.t.id is ")
                );
            }
            (outcome, _) => panic!("{sql_type}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn a_reference_names_a_column_that_holds_a_user_id() {
    let world = World::bare(WORLD).await;
    let cases = [
        (
            "public.users",
            "id",
            "references[0].column: this is the profile's own key",
        ),
        (
            "public.orders",
            "total",
            "references[0].column: total is numeric, which holds no user",
        ),
        (
            "public.orders",
            "userid",
            "references[0].column: public.orders has no column userid; d",
        ),
        (
            "public.ordres",
            "user_id",
            "references[0].table: there is no table public.ordres; did",
        ),
    ];
    for (table, column, wanted) in cases {
        let file = format!(
            "profile.table = \"public.users\"
             references = [{{ table = \"{table}\", column = \"{column}\" }}]"
        );
        let refusal = refusal(&world, &file).await;
        assert!(refusal.starts_with(wanted), "{refusal}");
    }
}

#[tokio::test]
async fn names_of_every_sort_are_found() {
    let world = World::bare(
        "create schema \"my app\";
         create table \"my app\".\"Pro\"\"file.s 'x' $$ \\\" (
             \"User ID\" text unique, \"E-mail\" text, \"select\" text
         );",
    )
    .await;
    let file = r#"
        [profile]
        table = "my app.Pro\"file.s 'x' $$ \\"
        key = "User ID"
        [profile.columns]
        "E-mail" = "email"
        select = "meta.name"
    "#;
    let mapping = check(&world, file).await.unwrap();
    assert_eq!(
        mapping.table.to_string(),
        "\"my app\".\"Pro\"\"file.s 'x' $$ \\\""
    );
    assert!(mapping.key.is_text());
    let unknown = file.replace("\"E-mail\"", "\"e-mail\"");
    assert!(refusals(&world, &unknown).await[0].ends_with("did you mean \"E-mail\"?"));
}
