//! From a database to a first `rollcall.toml`: the shapes that must work out of the box, and
//! hostile ones.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use rollcall_install::{
    catalog::Catalog,
    config::Config,
    discover::{self, Undecided},
    mapping,
    names::Qualified,
};

use rollcall_tests::World;

async fn catalog(sql: &str) -> Catalog {
    let world = World::bare(sql).await;
    Catalog::read(&mut world.connect("postgres").await)
        .await
        .unwrap()
}

/// The draft for a world, which `rollcall sql` takes as it is.
async fn draft(sql: &str) -> String {
    let catalog = catalog(sql).await;
    let text = discover::draft(&catalog, None).unwrap().text;
    let config = Config::parse("rollcall.toml", &text).unwrap();
    if let Err(refusals) = mapping::check(&config, &catalog) {
        panic!("{text}\n{refusals:#?}");
    }
    text
}

#[tokio::test]
async fn users_with_email_and_name() {
    let sql = "create table public.users (id uuid primary key, email text, name text);
        create table public.sessions (id uuid primary key, user_id uuid references public.users);";
    insta::assert_snapshot!(draft(sql).await);
}

#[tokio::test]
async fn users_that_are_soft_deleted() {
    let sql = "create table public.users (
            id uuid primary key, email text unique, email_verified boolean not null default false,
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(), deleted_at timestamptz
        );";
    insta::assert_snapshot!(draft(sql).await);
}

#[tokio::test]
async fn user_profiles_with_a_trigger_of_the_applications() {
    let sql = "create table public.user_profiles (
            id uuid primary key references auth.users on delete cascade, email text not null,
            full_name text, preferences jsonb not null, deleted_at timestamptz
        );
        create table public.chat_conversations (
            id uuid primary key, user_id uuid references public.user_profiles
        );
        create function public.handle_new_user() returns trigger language plpgsql
        security definer as $$
        begin
            insert into public.user_profiles (id, email, full_name, preferences)
            values (new.id, new.email, '', '{}') on conflict (id) do nothing;
            return new;
        end $$;
        create trigger on_auth_user_created after insert on auth.users
        for each row execute function public.handle_new_user();";
    insta::assert_snapshot!(draft(sql).await);
}

#[tokio::test]
async fn profiles_with_child_tables() {
    let sql = "create table public.profiles (
            id uuid primary key references auth.users, username text unique, avatar_url text,
            role text not null default 'user', updated_at timestamp
        );
        create table public.orders (id bigint primary key, user_id uuid, total numeric);
        create table public.chat_messages (
            id bigint primary key, user_id uuid references public.profiles
        );
        create table public.conversations (
            id bigint primary key, owner_id uuid references auth.users, user_id bigint
        );
        create table public.leads (id bigint primary key, created_by uuid);
        create view public.busy as select user_id from public.orders;";
    insta::assert_snapshot!(draft(sql).await);
}

#[tokio::test]
async fn names_with_everything_in_them() {
    let sql = "create schema \"my app\";
        create table \"my app\".\"User\"\"Profiles\" (
            \"authId\" text unique, \"E Mail\" text not null, \"display\"\"Name\n\" text,
            \"createdAt\" timestamp(3) not null default current_timestamp,
            \"updatedAt\" timestamp(3) not null
        );
        create table \"my app\".\"Ord\\er\" (id bigint primary key, \"userId\" text);";
    insta::assert_snapshot!(draft(sql).await);
}

#[tokio::test]
async fn a_key_that_is_not_called_id() {
    let sql = "create table public.members (
            id bigint generated always as identity primary key, user_id uuid not null unique,
            full_name text
        );";
    let text = draft(sql).await;
    assert!(
        text.contains("table = \"public.members\"\nkey = \"user_id\"\n"),
        "{text}"
    );
}

#[tokio::test]
async fn the_table_that_speaks_loudest_is_taken() {
    let cases = [
        // A name against a foreign key of some other table.
        (
            "create table public.users (id uuid primary key);
             create table public.user_settings (user_id uuid primary key references auth.users);",
            "public.users",
        ),
        // A foreign key among two names.
        (
            "create table public.users (id uuid primary key);
             create table public.profiles (id uuid primary key references auth.users);",
            "public.profiles",
        ),
        // A foreign key by itself.
        (
            "create table public.crew (id uuid primary key references auth.users);
             create table public.users_old (id uuid primary key);
             create table public.accounts (name text primary key);",
            "public.crew",
        ),
        // Other schemas come second, Supabase's not at all.
        (
            "create schema app; create table app.profiles (id uuid primary key);
             create table public.profiles (id uuid primary key);",
            "public.profiles",
        ),
    ];
    for (sql, wanted) in cases {
        let draft = discover::draft(&catalog(sql).await, None).unwrap();
        assert_eq!(
            draft.chosen.table.text(),
            wanted,
            "{:?}",
            draft.chosen.reasons
        );
    }
}

#[tokio::test]
async fn whoever_comes_second_is_told_too() {
    let catalog = catalog(
        "create table public.users (id uuid primary key);
         create table public.profiles (id uuid primary key references auth.users);",
    )
    .await;
    let others = discover::draft(&catalog, None).unwrap().others;
    let tables: Vec<String> = others.iter().map(|other| other.table.text()).collect();
    assert_eq!(tables, ["public.users"]);
}

#[tokio::test]
async fn several_of_equal_merit_are_all_listed() {
    let catalog = catalog(
        "create table public.users (id uuid primary key references auth.users);
         create table public.profiles (id uuid primary key references auth.users);
         create table public.accounts (id uuid primary key);",
    )
    .await;
    let Err(Undecided::Several(candidates)) = discover::draft(&catalog, None) else {
        panic!("one was taken");
    };
    let tables: Vec<String> = candidates
        .iter()
        .map(|candidate| candidate.table.text())
        .collect();
    assert_eq!(tables, ["public.profiles", "public.users"]);
    let named = Qualified::parse("public.accounts").unwrap();
    assert_eq!(
        discover::draft(&catalog, Some(&named))
            .unwrap()
            .chosen
            .table,
        named
    );
}

#[tokio::test]
async fn where_nothing_can_be_taken_the_mend_is_told() {
    let nothing = catalog(
        "create table public.orders (id uuid primary key);
         create table public.profiles (id bigint primary key, name text);
         create view public.users as select 1 as id;",
    )
    .await;
    assert_eq!(
        discover::draft(&nothing, None).unwrap_err(),
        Undecided::None
    );
    let cases = [
        (
            "public.profiles",
            "has no uuid, text or varchar(36) column with a unique index",
        ),
        ("public.users", "there is no table public.users"),
        ("public.nope", "there is no table public.nope"),
    ];
    for (table, wanted) in cases {
        let table = Qualified::parse(table).unwrap();
        let undecided = discover::draft(&nothing, Some(&table)).unwrap_err();
        assert!(undecided.to_string().contains(wanted), "{undecided}");
    }
    assert_eq!(
        discover::draft(&Catalog::default(), None).unwrap_err(),
        Undecided::NoAuth
    );
}

#[tokio::test]
async fn a_column_that_needs_a_source_and_gets_none_is_told() {
    let catalog = catalog(
        "create table public.profiles (
             id uuid primary key, username text not null, role text not null, tier int not null,
             settings json not null, deleted boolean not null default false
         );",
    )
    .await;
    let text = discover::draft(&catalog, None).unwrap().text;
    insta::assert_snapshot!(text);
    let config = Config::parse("rollcall.toml", &text).unwrap();
    let keys: Vec<String> = mapping::check(&config, &catalog)
        .unwrap_err()
        .into_iter()
        .map(|refusal| refusal.key)
        .collect();
    assert_eq!(keys, ["profile.columns.role", "profile.columns.tier"]);
}

#[tokio::test]
async fn a_function_that_no_trigger_calls_is_adopted_in_the_open() {
    let text = draft(
        "create table public.profiles (id uuid primary key);
         create function public.handle_new_user() returns trigger language plpgsql
         as 'begin return new; end';",
    )
    .await;
    assert!(text.contains("adopt = true   # the function is there, but no trigger calls it"));
}
