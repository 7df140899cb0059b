//! Which columns refer to users, from the catalog alone.

use std::time::{Duration, Instant};

use rollcall_tests::{World, shapes};

use super::{PROFILES, TOML, found, references};

#[tokio::test]
async fn the_runbooks_tables_are_found_with_and_without_keys() {
    const TABLES: [&str; 6] = [
        "chat_conversations",
        "chat_messages",
        "conversations",
        "leads",
        "orders",
        "sessions",
    ];
    for (key, refers) in [
        ("", "name"),
        ("references public.profiles (id)", "foreign_key profile"),
        ("references auth.users (id)", "foreign_key auth"),
    ] {
        let tables = TABLES.map(|table| {
            format!("create table public.{table} (id bigserial primary key, user_id uuid {key});")
        });
        let world = World::with(&format!("{PROFILES}; {}", tables.concat()), TOML).await;
        let expected = TABLES.map(|table| format!("public.{table} user_id {refers}"));
        let what = "table_name, column_name, known_by, refers_to";
        assert_eq!(references(&world, what).await, expected, "{key}");
    }
    let (sql, toml) = shapes::PROFILES;
    let world = World::with(sql, toml).await;
    assert_eq!(found(&world).await.len(), 4);
}

#[tokio::test]
async fn a_column_is_told_with_its_key_its_index_and_its_type() {
    let world = World::with(
        &format!(
            "{PROFILES};
             create domain public.user_ref as uuid; create domain public.known_user as public.user_ref;
             create table public.a (user_id uuid references public.profiles on delete cascade);
             create table public.b (user_id uuid);
             alter table public.b add constraint \"Of whom\" foreign key (user_id)
                 references auth.users (id) on delete set null not valid;
             create index b_lower on public.b (((user_id)::text));
             create index b_user on public.b (user_id) where user_id is not null;
             create table public.c (user_id text, owner_id public.known_user, other uuid);
             create index c_some on public.c (user_id) where user_id is not null and other is null;
             create index c_other on public.c (other, user_id);
             create index c_owner on public.c using hash (owner_id);
             create table public.d (user_id varchar(36), created_by varchar(20), owner_id bigint)"
        ),
        TOML,
    )
    .await;
    let told = references(
        &world,
        "table_name, column_name, type, kind, fits_key, known_by, coalesce(index_name, '-'),
         key_name, key_target, validated, on_delete",
    )
    .await;
    assert_eq!(
        told,
        [
            "public.a user_id uuid uuid t foreign_key - a_user_id_fkey public.profiles t cascade",
            "public.b user_id uuid uuid t foreign_key b_user Of whom auth.users f set null",
            "public.c user_id text text f name -",
            "public.c owner_id public.known_user uuid t name c_owner",
            "public.d user_id character varying(36) text f name -",
        ]
    );
}

#[tokio::test]
async fn an_index_that_was_left_invalid_serves_nobody() {
    let world = World::with(
        &format!(
            "{PROFILES}; create table public.a (user_id uuid); create index on public.a (user_id)"
        ),
        TOML,
    )
    .await;
    assert_eq!(references(&world, "index_name").await, ["a_user_id_idx"]);
    let spoil = "update pg_index set indisvalid = false where indexrelid = 'public.a_user_id_idx'::regclass";
    world.run("supabase_admin", spoil).await;
    assert_eq!(references(&world, "index_name").await, [""]);
}

#[tokio::test]
async fn of_several_keys_the_one_to_the_profile_is_told() {
    let world = World::with(
        &format!(
            "{PROFILES}; create table public.users (id uuid primary key);
             create table public.a (user_id uuid references public.users references auth.users);
             alter table public.a add constraint to_profile foreign key (user_id)
                 references public.profiles not valid;
             create table public.b (user_id uuid references public.users);
             create table public.c (thing_id uuid references public.users)"
        ),
        TOML,
    )
    .await;
    let what = "table_name, known_by, refers_to, key_name, key_target";
    assert_eq!(
        references(&world, what).await,
        [
            "public.a foreign_key profile to_profile public.profiles",
            // The wrong table.
            "public.b name other b_user_id_fkey public.users",
        ]
    );
}

#[tokio::test]
async fn keys_of_several_columns_and_to_other_columns_are_told_as_they_are() {
    let world = World::with(
        "create table public.profiles (
             id uuid primary key, tenant integer, handle text unique, name text,
             unique (tenant, id), unique (tenant, handle)
         );
         create table public.a (
             place integer, who uuid, called text,
             foreign key (place, who) references public.profiles (tenant, id),
             foreign key (called) references public.profiles (handle)
         );
         create table public.b (
             place integer, called text,
             foreign key (place, called) references public.profiles (tenant, handle)
         )",
        TOML,
    )
    .await;
    let what = "table_name, column_name, kind, by_key, key_columns, target_columns";
    assert_eq!(
        references(&world, what).await,
        [
            "public.a who uuid t {place,who} {tenant,id}",
            "public.a called text f {called} {handle}",
            "public.b place other f {place,called} {tenant,handle}",
        ]
    );
}

#[tokio::test]
async fn the_profile_table_refers_to_itself_and_its_key_is_none() {
    let world = World::with(
        "create table public.profiles (
            id uuid primary key references auth.users (id), name text,
            manager_id uuid references public.profiles (id), referred_by uuid, avatar_id uuid
        )",
        TOML,
    )
    .await;
    let what = "column_name, known_by, refers_to";
    assert_eq!(
        references(&world, what).await,
        ["manager_id foreign_key profile", "referred_by name"]
    );
}

#[tokio::test]
async fn only_tables_of_the_application_count_and_a_partitioned_one_once() {
    let world = World::with(
        &format!(
            "{PROFILES}; create schema shop; create schema \"odd.one\";
             create table shop.\"Orders\" (\"userId\" uuid, \"createdBy\" text);
             create table \"odd.one\".a (user_id uuid);
             create view public.v as select \"userId\" as user_id from shop.\"Orders\";
             create materialized view public.m as select \"userId\" as user_id from shop.\"Orders\";
             create table public.parted (
                 at date, user_id uuid references public.profiles (id)
             ) partition by range (at);
             create table public.parted_1 partition of public.parted
                 for values from ('2026-01-01') to ('2027-01-01');
             create table public.parted_rest partition of public.parted default
                 partition by range (at);
             create table public.parted_deep partition of public.parted_rest default"
        ),
        TOML,
    )
    .await;
    let more = "create extension postgres_fdw with schema extensions;
         create server far foreign data wrapper postgres_fdw;
         create foreign table public.f (user_id uuid) server far;
         create schema storage; create table storage.objects (owner_id uuid);
         create table storage.of_users (user_id uuid references auth.users (id))";
    world.run("supabase_admin", more).await;
    let what = "table_name, column_name, is_partitioned";
    assert_eq!(
        references(&world, what).await,
        [
            "public.parted user_id t",
            "shop.Orders userId f",
            "shop.Orders createdBy f",
        ]
    );
    let mut session = world.connect("postgres").await;
    let sql = "create temporary table mine (user_id uuid);
         do $$ begin assert (select count(*) = 3 from rollcall.find_references()); end $$";
    sqlx::raw_sql(sql).execute(&mut session).await.unwrap();
}

#[tokio::test]
async fn what_is_configured_counts_whatever_its_name() {
    let toml = format!(
        "{TOML}
         [[references]]\ntable = \"public.a\"\ncolumn = \"who\"
         [[references]]\ntable = \"public.a\"\ncolumn = \"user_id\"
         [[references]]\ntable = \"public.b\"\ncolumn = \"who\""
    );
    let world = World::with(
        &format!(
            "{PROFILES};
             create table public.a (who text, user_id uuid references public.profiles);
             create table public.b (who uuid)"
        ),
        &toml,
    )
    .await;
    world.run("postgres", "drop table public.b").await;
    let what = "table_name, column_name, known_by";
    assert_eq!(
        references(&world, what).await,
        ["public.a who configured", "public.a user_id foreign_key"]
    );
}

#[tokio::test]
async fn a_text_key_is_met_by_text() {
    let world = World::with(
        "create table public.\"Profile\" (\"userId\" text primary key, name text);
         create table public.a (user_id uuid, owner_id text, member_id varchar)",
        "profile.table = \"public.Profile\"\nprofile.key = \"userId\"\n\
         profile.columns.name = \"meta.name\"",
    )
    .await;
    let what = "column_name, kind, fits_key";
    assert_eq!(
        references(&world, what).await,
        ["user_id uuid f", "owner_id text t", "member_id text t"]
    );
}

#[tokio::test]
async fn five_hundred_tables_take_no_longer_than_a_moment() {
    let world = World::with(
        &format!(
            "{PROFILES};
             do $$ begin
                 for n in 1..500 loop
                     execute format(
                         'create table public.t%s (
                             id bigserial primary key, a text, b text, c text, d text, e text, f text,
                             user_id uuid %s, created_by text
                         )',
                         n, case when n % 2 = 0 then 'references public.profiles (id)' end
                     );
                 end loop;
             end $$"
        ),
        TOML,
    )
    .await;
    let begun = Instant::now();
    assert_eq!(found(&world).await.len(), 1000);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}
