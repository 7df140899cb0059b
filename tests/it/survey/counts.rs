//! What is counted in the columns, and what could not be.

use std::time::{Duration, Instant};

use rollcall_domain::{
    Database,
    survey::{Column, Confidence, Limits, Proposal, Survey, survey},
};
use rollcall_tests::{
    Deployed, World,
    people::{id, people},
};
use serde_json::json;
use sqlx::Connection;

use super::{PROFILES, TOML};

async fn surveyed(world: &World) -> Survey {
    surveyed_within(world, Limits::default()).await
}

async fn surveyed_within(world: &World, limits: Limits) -> Survey {
    let database = Database::new(world.url("rollcall_operator").parse().unwrap());
    survey(&database, limits, |_, _, _| {}).await.unwrap()
}

/// `[rows, orphaned rows, missing users, still in auth, rows without a uuid]`.
fn counts(column: &Column) -> Option<[i64; 5]> {
    Some([
        column.rows?,
        column.orphaned_rows?,
        column.missing_users?,
        column.still_in_auth?,
        column.no_uuid_rows?,
    ])
}

/// A world of ten auth users, of whom the first eight have a profile.
async fn world_with(sql: &str) -> World {
    let world = World::with(&format!("{PROFILES}; {sql}"), TOML).await;
    people(&world, 1, 10).await;
    let sql = format!("delete from public.profiles where id > '{}'", id(8));
    world.run("postgres", &sql).await;
    world
}

/// SQL that fills a column with the ids of these people, each so many times.
fn name(table: &str, column: &str, first: u32, last: u32, times: u32) -> String {
    format!(
        "insert into {table} ({column})
         select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid
         from generate_series({first}, {last}) n, generate_series(1, {times});"
    )
}

#[tokio::test]
async fn rows_users_and_those_still_in_auth_are_counted() {
    let world = world_with(
        "create table public.a (user_id uuid); create table public.b (user_id uuid);
         create table public.c (user_id uuid); create table public.d (user_id uuid)",
    )
    .await;
    let sql = [
        // Eight with a profile, two without, three who are nobody.
        name("public.a", "user_id", 1, 13, 3),
        "insert into public.a values (null), (null);".to_owned(),
        name("public.b", "user_id", 9, 10, 2),
        name("public.c", "user_id", 1, 8, 1),
    ];
    world.run("postgres", &sql.concat()).await;
    let survey = surveyed(&world).await;
    let told: Vec<_> = survey
        .tables
        .iter()
        .map(|column| (counts(column).unwrap(), column.confidence, column.proposal))
        .collect();
    assert_eq!(
        told,
        [
            (
                [41, 15, 5, 2, 0],
                Confidence::Likely,
                Proposal::CreateProfileAndQuarantine
            ),
            ([4, 4, 2, 2, 0], Confidence::Likely, Proposal::CreateProfile),
            ([8, 0, 0, 0, 0], Confidence::Likely, Proposal::Constrain),
            ([0, 0, 0, 0, 0], Confidence::Unknown, Proposal::Review),
        ]
    );
    assert_eq!(survey.tables[0].named_rows, Some(39));
    assert_eq!(survey.orphaned_rows(), 19);
}

#[tokio::test]
async fn text_with_rubbish_in_it_is_told_from_text_that_names_users() {
    let world = world_with(
        "create table public.a (user_id text, created_by varchar(64)); create table public.b (owner_id char(36))",
    )
    .await;
    let sql = format!(
        "insert into public.a (user_id) values
             ('{}'), (upper('{}')), ('system'), (''), ('{{'), (E'\\n{}'), ('{}'), ('{}'), (null),
             ('aaaaaaaa-0000-4000-8000-000000000001'), ('AAAAAAAA-0000-4000-8000-000000000001');
         insert into public.a (created_by) values ('cron'), ('import'), ('''; drop table public.a; --');
         insert into public.b values ('{}'), ('short')",
        id(1),
        id(2),
        id(3),
        id(9),
        id(12),
        id(1),
    );
    world.run("postgres", &sql).await;
    let survey = surveyed(&world).await;
    let [user, creator, owner] = &*survey.tables else {
        panic!("{survey:#?}")
    };
    // Three of the users have a profile, one of them with a line break before the id; one is in
    // auth, one is nobody, and one is nobody in two spellings.
    assert_eq!(counts(user), Some([14, 7, 3, 1, 3]));
    assert_eq!(user.spelled_otherwise_rows, Some(1));
    assert_eq!(user.confidence, Confidence::Possible);
    assert!(!user.type_fits);
    assert_eq!(counts(creator), Some([14, 3, 0, 0, 3]));
    assert_eq!(creator.confidence, Confidence::Unlikely);
    assert_eq!(creator.proposal, Proposal::Nothing);
    assert_eq!(counts(owner), Some([2, 1, 0, 0, 1]));
}

#[tokio::test]
async fn a_text_key_is_compared_as_text() {
    let world = World::with(
        "create table public.\"Profile\" (\"100%s'\" text primary key, name text);
         create table public.a (user_id uuid, owner_id varchar(80))",
        "profile.table = \"public.Profile\"\nprofile.key = \"100%s'\"\n\
         profile.columns.name = \"meta.name\"",
    )
    .await;
    people(&world, 1, 3).await;
    let sql = format!(
        "delete from public.\"Profile\" where \"100%s'\" = '{}';
         insert into public.a select x::uuid, x from unnest(array['{}', '{}', '{}']) x;
         insert into public.a (owner_id) values ('system')",
        id(3),
        id(1),
        id(3),
        id(4),
    );
    world.run("postgres", &sql).await;
    let survey = surveyed(&world).await;
    assert_eq!(counts(&survey.tables[0]), Some([4, 2, 2, 1, 0]));
    assert_eq!(counts(&survey.tables[1]), Some([4, 3, 2, 1, 1]));
    assert!(!survey.tables[0].type_fits && survey.tables[1].type_fits);
}

#[tokio::test]
async fn each_row_counts_once_whatever_inherits_and_whatever_the_names() {
    let world = world_with(
        "create schema \"Shop\";
         create table \"Shop\".\"Bobby'; drop table x; --\" (\"user%I\"\"_id\" uuid, \"userId\" uuid);
         create table public.base (user_id uuid);
         create table public.heir () inherits (public.base);
         create table public.parted (user_id uuid) partition by hash (user_id);
         create table public.parted_0 partition of public.parted
             for values with (modulus 2, remainder 0);
         create table public.parted_1 partition of public.parted
             for values with (modulus 2, remainder 1)",
    )
    .await;
    let sql = [
        name("public.base", "user_id", 7, 11, 1),
        name("public.heir", "user_id", 11, 12, 1),
        name("public.parted", "user_id", 1, 12, 1),
        name(
            "\"Shop\".\"Bobby'; drop table x; --\"",
            "\"userId\"",
            8,
            9,
            1,
        ),
        name(
            "\"Shop\".\"Bobby'; drop table x; --\"",
            "\"user%I\"\"_id\"",
            8,
            8,
            1,
        ),
    ];
    world.run("postgres", &sql.concat()).await;
    let survey = surveyed(&world).await;
    let told: Vec<_> = survey
        .tables
        .iter()
        .map(|column| (&*column.table, &*column.column, counts(column).unwrap()))
        .collect();
    let bobby = "Shop.Bobby'; drop table x; --";
    assert_eq!(
        told,
        [
            (bobby, "userId", [3, 1, 1, 1, 0]),
            ("public.base", "user_id", [5, 3, 3, 2, 0]),
            ("public.heir", "user_id", [2, 2, 2, 0, 0]),
            ("public.parted", "user_id", [12, 4, 4, 2, 0]),
        ]
    );
}

#[tokio::test]
async fn what_refers_to_something_else_has_its_rows_counted() {
    let world = World::with(
        "create table public.profiles (id uuid primary key, name text unique);
         create table public.a (whose text references public.profiles (name))",
        TOML,
    )
    .await;
    let survey = surveyed(&world).await;
    let [column] = &*survey.tables else {
        panic!("{survey:#?}")
    };
    assert_eq!((column.rows, column.orphaned_rows), (Some(0), None));
    assert_eq!(column.proposal, Proposal::Nothing);
}

#[tokio::test]
async fn a_table_that_cannot_be_counted_costs_its_own_counts_and_no_others() {
    let world =
        world_with("create table public.a (user_id uuid); create table public.b (user_id uuid)")
            .await;
    let sql = name("public.b", "user_id", 9, 9, 1);
    world.run("postgres", &sql).await;
    let mut holder = world.connect("postgres").await;
    let mut transaction = holder.begin().await.unwrap();
    sqlx::raw_sql("lock table public.a in access exclusive mode")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let survey = surveyed(&world).await;
    let [locked, counted] = &*survey.tables else {
        panic!("{survey:#?}")
    };
    assert_eq!(counts(locked), None);
    assert_eq!(locked.proposal, Proposal::Review);
    assert!(locked.why.contains("55P03"), "{}", locked.why);
    assert_eq!(counts(counted), Some([1, 1, 1, 1, 0]));
    assert!(survey.is_blind());
    drop(transaction);

    let no_time = Limits {
        whole: Duration::ZERO,
        ..Limits::default()
    };
    let survey = surveyed_within(&world, no_time).await;
    assert!(survey.tables.iter().all(|column| counts(column).is_none()));
}

#[tokio::test]
async fn nothing_else_is_counted_for_whoever_asks() {
    let world = world_with("create table public.a (secret uuid)").await;
    for (sql, refusal) in [
        (
            "select rollcall.survey_column('auth.users'::regclass, 2::smallint)",
            "refers to no users",
        ),
        (
            "select rollcall.survey_column('public.a'::regclass, 1::smallint)",
            "refers to no users",
        ),
        (
            "select rollcall.survey_column(0, 1::smallint)",
            "refers to no users",
        ),
        (
            "select rollcall.references_in(array[1]::oid[])",
            "permission denied",
        ),
    ] {
        let sql = sql.replace("'auth.users'::regclass", "16384");
        let error = world.attempt("rollcall_operator", &sql).await.unwrap_err();
        assert!(error.to_string().contains(refusal), "{error}");
    }
    let sql = "select rollcall.find_references()";
    assert!(world.attempt("rollcall_app", sql).await.is_err());
}

#[tokio::test]
async fn the_function_answers_in_the_contracts_words_and_in_seconds_for_many_tables() {
    let world = world_with(
        "do $$ begin
            for n in 1..500 loop
                execute format('create table public.t%s (id bigserial, user_id uuid)', n);
            end loop;
         end $$;
         create table public.an_order (
             user_id uuid constraint \"a key\" references public.profiles on delete cascade
         );
         create index on public.an_order (user_id)",
    )
    .await;
    let function = Deployed::start("repair", &world, "rollcall_operator", &[]).await;
    let begun = Instant::now();
    let answer = function
        .invoke(json!({"action": "references.survey"}))
        .await
        .unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    let tables = answer["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 501);
    assert_eq!(
        tables[0],
        json!({
            "table": "public.an_order", "column": "user_id", "rows": 0, "named_rows": null,
            "orphaned_rows": 0, "missing_users": 0, "still_in_auth": 0, "no_uuid_rows": 0, "spelled_otherwise_rows": 0,
            "foreign_key": {
                "name": "a key", "target": "public.profiles", "validated": true,
                "on_delete": "cascade", "columns": ["user_id"], "target_columns": ["id"],
            },
            "index": "an_order_user_id_idx", "type": "uuid", "type_fits": true,
            "known_by": "foreign_key", "configured": false, "confidence": "certain",
            "proposal": "nothing", "why": "all is well",
        })
    );
}
