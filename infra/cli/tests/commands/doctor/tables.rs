//! Profile tables, and what stands around them, without Rollcall.

use rollcall_tests::{World, shapes};
use serde_json::Value;

use super::{GHOST, USER, doctor, findings, is_silent_about, says};

/// What the shapes of the runbooks lack, so that nothing is left to find.
const GUARDED: &str = "do $$ declare t regclass; begin
    for t in select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' loop
        execute format('alter table %s enable row level security', t);
    end loop; end $$;";

#[tokio::test]
async fn the_profile_table_of_each_shape_is_found_and_counted() {
    for (name, (sql, toml)) in shapes::ALL {
        let world = World::bare(&format!("{sql}; {GUARDED}")).await;
        let ended = doctor(&world, "postgres", None);
        assert_eq!(ended.status, 0, "{name}: {ended:?}");
        says(&ended, "-", "with the key id: it is named");
        says(&ended, "-", "`rollcall init` would write rollcall.toml");
        says(&ended, "ok", "no ghosts: 0 auth users");
        says(&ended, "-", "no trigger on auth.users");

        world.run("postgres", USER).await;
        let with_file = doctor(&world, "postgres", Some(toml));
        says(&with_file, "-", "as rollcall.toml says; it is named");
        says(&with_file, "ok", "rollcall.toml fits");
        for ended in [doctor(&world, "postgres", None), with_file] {
            assert_eq!(ended.status, 1, "{name}: {ended:?}");
            says(&ended, "found", "1 ghost: of 1 auth user");
            assert!(!ended.out.contains("ada@"), "{}", ended.out);
        }
    }
}

#[tokio::test]
async fn a_profile_without_its_user_is_an_orphan_unless_it_is_stamped() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::bare(sql).await;
    let orphans = "insert into public.users (id, deleted_at) values
        (gen_random_uuid(), null), (gen_random_uuid(), null), (gen_random_uuid(), now())";
    world.run("postgres", orphans).await;
    for toml in [None, Some(toml)] {
        let ended = doctor(&world, "postgres", toml);
        says(&ended, "found", "2 orphaned profiles in public.users");
    }
}

#[tokio::test]
async fn a_database_without_a_profile_table_says_so() {
    let world = World::bare("create table public.orders (id bigint primary key)").await;
    let ended = doctor(&world, "postgres", None);
    assert_eq!(ended.status, 1);
    says(&ended, "found", "no table looks like the profile table");
    is_silent_about(&ended, "ghost");
}

#[tokio::test]
async fn several_candidates_are_told_apart_by_their_ghosts() {
    let world = World::bare(&format!(
        "create table public.users (id uuid primary key);
         create table public.profiles (id uuid primary key); {USER}
         insert into public.profiles select id from auth.users;"
    ))
    .await;
    let ended = doctor(&world, "postgres", None);
    says(
        &ended,
        "-",
        "public.users with the key id: it is named users",
    );
    says(
        &ended,
        "-",
        "1 ghost: of 1 auth user who ought to have a profile in public.users",
    );
    says(
        &ended,
        "-",
        "1 auth user who ought to have a profile in public.profiles, and everybody",
    );
}

#[tokio::test]
async fn the_less_likely_tables_are_named_too() {
    let world = World::bare(
        "create table public.profiles (id uuid primary key references auth.users (id));
         create table public.accounts (id uuid primary key)",
    )
    .await;
    let ended = doctor(&world, "postgres", None);
    says(&ended, "-", "less likely public.accounts");
    says(
        &ended,
        "-",
        "keeps every auth user who has a profile from being deleted",
    );
}

#[tokio::test]
async fn text_keys_and_mixed_case_are_counted() {
    let world = World::bare(&format!(
        r#"create table public."Profile" ("userId" varchar(36) primary key, "deletedAt" timestamptz);
           {USER} insert into public."Profile" select id::text from auth.users;
           insert into auth.users (id) values (gen_random_uuid());
           insert into public."Profile" values ('nobody', null);"#
    ))
    .await;
    let ended = doctor(&world, "postgres", None);
    says(&ended, "-", r#"public."Profile" with the key "userId""#);
    says(&ended, "found", "1 ghost: of 2 auth users");
    says(&ended, "found", "1 orphaned profile");
}

#[tokio::test]
async fn hostile_names_stay_names() {
    let world = World::bare(&format!(
        r#"create schema "a{{key}}'b";
           create table "a{{key}}'b"."users" ("id" uuid primary key, "{{table}}"";--" text not null);
           alter table "a{{key}}'b"."users" add column "deleted_at" timestamptz;
           create table public."o'rders$1" (user_id uuid, "e{{x}}" text); {USER}"#
    ))
    .await;
    let ended = doctor(&world, "postgres", None);
    assert_eq!(ended.status, 1, "{ended:?}");
    says(&ended, "found", "1 ghost: of 1 auth user");
    says(&ended, "-", r#"public."o'rders$1".user_id names users"#);
    says(&ended, "-", "it would need a hand");
    assert_eq!(ended.err, "");
}

#[tokio::test]
async fn triggers_are_told_by_whose_they_are() {
    let world = World::bare(
        "create table public.profiles (id uuid primary key);
         create schema net;
         create function net.http_post(url text) returns bigint language sql as 'select 1::bigint';
         create function public.handle_new_user() returns trigger language plpgsql
         as 'begin insert into public.profiles (id) values (new.id); return new; end';
         create function public.call() returns trigger language plpgsql
         as $$ begin perform net.http_post('https://example.com'); return new; end $$;
         create trigger on_auth_user_created after insert on auth.users
         for each row execute function public.handle_new_user();
         create trigger tell after insert or update on auth.users
         for each row execute function public.call();
         create trigger stamp before insert on public.profiles
         for each row execute function public.call();",
    )
    .await;
    let ended = doctor(&world, "postgres", None);
    says(
        &ended,
        "-",
        "the application's trigger on_auth_user_created on auth.users fires after insert, and calls \
         public.handle_new_user()",
    );
    says(
        &ended,
        "-",
        "Supabase's database webhook tell on auth.users fires after insert or update",
    );
    says(
        &ended,
        "-",
        "webhook stamp on public.profiles fires before insert",
    );
    says(
        &ended,
        "-",
        "the application's trigger on_auth_user_created watched",
    );

    let disable = "alter table auth.users disable trigger on_auth_user_created";
    world.run("supabase_admin", disable).await;
    let ended = doctor(&world, "postgres", None);
    says(
        &ended,
        "found",
        "trigger on_auth_user_created on auth.users is disabled",
    );
}

#[tokio::test]
async fn foreign_keys_and_columns_without_one_are_told() {
    let (sql, _) = shapes::PROFILES;
    let world = World::bare(&format!(
        "{sql}; create table public.notes (
             id bigint primary key, owner_id uuid, created_by uuid references auth.users (id) on delete set null
         );
         alter table public.leads add constraint late foreign key (user_id)
         references public.profiles (id) on delete cascade not valid"
    ))
    .await;
    let ended = doctor(&world, "postgres", None);
    for words in [
        "public.profiles.id refers to auth.users: profiles_id_fkey deletes the rows",
        "public.orders.user_id refers to public.profiles: orders_user_id_fkey keeps a profile",
        "public.notes.created_by refers to auth.users: notes_created_by_fkey clears the column",
        "public.notes.owner_id names users, and no foreign key",
        "public.chat_messages.user_id names users",
    ] {
        says(&ended, "-", words);
    }
    says(
        &ended,
        "found",
        "late deletes the rows of a profile that is deleted; it is not valid",
    );
    is_silent_about(&ended, "auth.sessions");
}

#[tokio::test]
async fn a_profile_table_that_anybody_may_write_to_is_found() {
    let (sql, _) = shapes::USERS;
    let world = World::bare(sql).await;
    let ended = doctor(&world, "postgres", None);
    assert_eq!(ended.status, 1);
    says(
        &ended,
        "found",
        "row-level security is off for public.users, and whoever has",
    );
    says(&ended, "found", "anon may insert, update, delete");

    let narrow = "revoke insert, update, delete, truncate on public.users from anon, authenticated;
        grant update (name) on public.users to authenticated";
    world.run("postgres", narrow).await;
    says(
        &doctor(&world, "postgres", None),
        "found",
        "(authenticated may update)",
    );
    world
        .run(
            "postgres",
            "revoke update (name) on public.users from authenticated",
        )
        .await;
    says(
        &doctor(&world, "postgres", None),
        "-",
        "none of the Data API's roles may write",
    );
    world
        .run(
            "postgres",
            "alter table public.users enable row level security",
        )
        .await;
    says(
        &doctor(&world, "postgres", None),
        "ok",
        "row-level security is on for public.users",
    );
}

#[tokio::test]
async fn a_function_that_may_be_a_hook_is_named() {
    let world = World::bare(
        "create function public.before_user_created(event jsonb) returns jsonb language sql
         as 'select event';
         create function public.not_a_hook(event jsonb) returns jsonb language sql as 'select event';
         grant execute on function public.before_user_created to supabase_auth_admin",
    )
    .await;
    let ended = doctor(&world, "postgres", None);
    says(
        &ended,
        "-",
        "Supabase Auth may call public.before_user_created(jsonb) as a hook",
    );
    is_silent_about(&ended, "not_a_hook");
}

#[tokio::test]
async fn findings_in_json_keep_their_shape() {
    let (sql, _) = shapes::USERS;
    let world = World::bare(sql).await;
    world.run("supabase_admin", GHOST).await;
    let findings = findings(&world, "postgres");
    for finding in &findings {
        let keys: Vec<&String> = finding.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["good", "sentence", "subject"], "{finding}");
    }
    let good = |subject: &str| {
        let of_subject = findings
            .iter()
            .find(|finding| finding["subject"] == subject);
        of_subject.unwrap()["good"].clone()
    };
    assert_eq!(good("sight"), true);
    assert_eq!(good("ghosts"), false);
    assert_eq!(good("init"), Value::Null);
}
