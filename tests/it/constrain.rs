//! A foreign key that is added beside the running application.

mod at_once;
mod interrupted;
mod refused;

use std::time::Duration;

use rollcall_install::{
    constrain::{self, OnDelete, Order, Outcome, Patience, Step, Stop, Told},
    names::{Name, Qualified},
};
use rollcall_tests::{
    World,
    people::{id, people},
};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

const PROFILES: &str = "create table public.profiles (id uuid primary key, name text)";

const TOML: &str = r#"
profile.table = "public.profiles"
profile.columns.name = "meta.name"
"#;

/// Three people with a profile, and a table in which each of them has a row.
async fn world(child: &str) -> World {
    let world = World::with(&format!("{PROFILES}; {child}"), TOML).await;
    people(&world, 1, 3).await;
    world
}

const ORDERS: &str = "create table public.orders (id bigserial primary key, user_id uuid)";

async fn world_with_orders() -> World {
    let world = world(ORDERS).await;
    let sql = "insert into public.orders (user_id) select id from public.profiles";
    world.run("postgres", sql).await;
    world
}

fn order(table: &str, column: &str) -> Order {
    Order {
        table: Qualified::parse(table).unwrap(),
        column: Name::new(column).unwrap(),
        on_delete: None,
    }
}

fn orders() -> Order {
    order("public.orders", "user_id")
}

/// Quick to give up.
const IMPATIENT: Patience = Patience {
    tries: 2,
    pause: Duration::from_millis(10),
};

async fn constrain_as(world: &World, role: &str, order: &Order) -> Result<Outcome, Stop> {
    let mut connection = world.connect(role).await;
    let pause = tokio::time::sleep;
    constrain::constrain(&mut connection, order, IMPATIENT, pause, |_| {}).await
}

async fn constrain_now(world: &World, order: &Order) -> Result<Outcome, Stop> {
    constrain_as(world, "postgres", order).await
}

async fn refusal(world: &World, order: &Order) -> String {
    constrain_now(world, order).await.unwrap_err().to_string()
}

/// The foreign keys of a table and its valid indexes, as the catalog spells them.
async fn catalog(world: &World, table: &str) -> String {
    world
        .ask(&format!(
            "select string_agg(what, '; ' order by what) from (
                select conname || ' ' || pg_get_constraintdef(oid) as what from pg_constraint
                where conrelid = '{table}'::regclass and contype = 'f'
                union all
                select c.relname || case when indisvalid then '' else ' INVALID' end
                from pg_index join pg_class c on c.oid = indexrelid
                where indrelid = '{table}'::regclass and not indisprimary
            ) found"
        ))
        .await
}

const CONSTRAINED: &str = "orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id); \
                           orders_user_id_idx";

#[tokio::test]
async fn it_adds_a_valid_key_and_an_index_and_then_nothing() {
    let world = world_with_orders().await;
    let outcome = constrain_now(&world, &orders()).await.unwrap();
    let expected = Outcome {
        constraint: "orders_user_id_fkey".to_owned(),
        index: Some("orders_user_id_idx".to_owned()),
        validated: true,
        orphaned_rows: 0,
        planned_as: "public.orders".to_owned(),
        spelled_otherwise: 0,
        respell: None,
    };
    assert_eq!(outcome, expected);
    assert_eq!(catalog(&world, "public.orders").await, CONSTRAINED);

    let version =
        "select xmin::text || oid from pg_constraint where conname = 'orders_user_id_fkey'";
    let before = world.ask(version).await;
    let mut told = vec![];
    let mut connection = world.connect("postgres").await;
    let pause = tokio::time::sleep;
    let again = constrain::constrain(&mut connection, &orders(), IMPATIENT, pause, |step| {
        told.push(step.clone());
    })
    .await
    .unwrap();
    assert_eq!(again, expected);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].sentence.ends_with("nothing to do"), "{told:?}");
    assert_eq!(world.ask(version).await, before);
}

#[tokio::test]
async fn orphans_from_before_stop_it_and_new_ones_are_kept_out() {
    let world = world_with_orders().await;
    let sql = format!(
        "insert into public.orders (user_id) values ('{0}'), ('{0}'), (null)",
        id(9)
    );
    world.run("postgres", &sql).await;
    for _ in 0..2 {
        let outcome = constrain_now(&world, &orders()).await.unwrap();
        assert_eq!((outcome.validated, outcome.orphaned_rows), (false, 2));
    }
    let error = world.attempt("postgres", &sql).await.unwrap_err();
    assert!(error.to_string().contains("orders_user_id_fkey"), "{error}");
    let sql = format!("delete from public.orders where user_id = '{}'", id(9));
    world.run("postgres", &sql).await;
    assert!(constrain_now(&world, &orders()).await.unwrap().validated);
    assert_eq!(catalog(&world, "public.orders").await, CONSTRAINED);
}

#[tokio::test]
async fn a_key_that_is_there_and_not_valid_is_gone_on_with() {
    let world = world_with_orders().await;
    let sql = "alter table public.orders add constraint mine foreign key (user_id)
         references public.profiles on delete cascade not valid;
         create index mine_too on public.orders (user_id, id)";
    world.run("postgres", sql).await;
    let outcome = constrain_now(&world, &orders()).await.unwrap();
    assert_eq!((&*outcome.constraint, outcome.validated), ("mine", true));
    assert_eq!(
        catalog(&world, "public.orders").await,
        "mine FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE; mine_too"
    );
}

#[tokio::test]
async fn the_rule_that_is_asked_for_is_the_keys() {
    for (rule, words) in [
        (OnDelete::NoAction, ""),
        (OnDelete::Restrict, " ON DELETE RESTRICT"),
        (OnDelete::Cascade, " ON DELETE CASCADE"),
        (OnDelete::SetNull, " ON DELETE SET NULL"),
    ] {
        let world = world_with_orders().await;
        let order = Order {
            on_delete: Some(rule),
            ..orders()
        };
        constrain_now(&world, &order).await.unwrap();
        let is = catalog(&world, "public.orders").await;
        let expected = CONSTRAINED.replace("(id);", &format!("(id){words};"));
        assert_eq!(is, expected);
    }
}

#[tokio::test]
async fn profiles_that_refer_to_profiles_are_constrained() {
    let world = world("alter table public.profiles add manager_id uuid").await;
    let sql =
        "update public.profiles set manager_id = (select min(id::text)::uuid from public.profiles)";
    world.run("postgres", sql).await;
    let order = order("public.profiles", "manager_id");
    assert!(constrain_now(&world, &order).await.unwrap().validated);
    let sql = format!("update public.profiles set manager_id = '{}'", id(9));
    assert!(world.attempt("postgres", &sql).await.is_err());
}

#[tokio::test]
async fn names_in_mixed_case_and_hostile_ones_and_long_ones_stay_names() {
    let long = format!("{}_t", "x".repeat(60));
    for (table, column) in [
        ("Orders", "userId"),
        ("o'; drop table public.profiles; --", "user\"id $1 {}%I\n"),
        (&*long, "a_column_with_quite_a_long_name_of_its_own"),
    ] {
        let (table_sql, column_sql) = (table.replace('"', "\"\""), column.replace('"', "\"\""));
        let sql = format!(
            "create schema \"Shop\";
             create table \"Shop\".\"{table_sql}\" (\"{column_sql}\" uuid, other uuid)"
        );
        let world = world(&sql).await;
        let order = order(&format!("Shop.{table}"), column);
        for _ in 0..2 {
            let outcome = constrain_now(&world, &order).await.unwrap();
            assert!(outcome.validated && outcome.index.is_some(), "{outcome:?}");
            assert!(outcome.constraint.len() <= 63);
        }
        assert_eq!(world.ask("select count(*) from public.profiles").await, "3");
        let keys = "select count(*) from pg_constraint k join pg_class c on c.oid = k.conrelid
             where k.contype = 'f' and k.convalidated and c.relnamespace = '\"Shop\"'::regnamespace";
        assert_eq!(world.ask(keys).await, "1");
    }
}

#[tokio::test]
async fn names_that_are_taken_get_a_number() {
    let world = world_with_orders().await;
    let sql = "alter table public.orders add constraint orders_user_id_fkey check (id > 0);
         create table public.orders_user_id_idx ()";
    world.run("postgres", sql).await;
    let outcome = constrain_now(&world, &orders()).await.unwrap();
    assert_eq!(outcome.constraint, "orders_user_id_fkey1");
    assert_eq!(outcome.index.as_deref(), Some("orders_user_id_idx1"));
}

#[tokio::test]
async fn text_keys_and_partitions_are_constrained() {
    let world = World::with(
        "create table public.\"Profile\" (\"userId\" text primary key, name text);
         create table public.parted (user_id varchar(40)) partition by hash (user_id);
         create table public.part_0 partition of public.parted for values with (modulus 2, remainder 0);
         create table public.part_1 partition of public.parted for values with (modulus 2, remainder 1)",
        "profile.table = \"public.Profile\"\nprofile.key = \"userId\"\n\
         profile.columns.name = \"meta.name\"",
    )
    .await;
    people(&world, 1, 9).await;
    let sql = "insert into public.parted select \"userId\" from public.\"Profile\"";
    world.run("postgres", sql).await;
    let sentence = refusal(&world, &order("public.parted", "user_id")).await;
    for part in ["public.part_0", "public.part_1"] {
        assert!(
            sentence.contains(&format!("--table {part} --column user_id")),
            "{sentence}"
        );
        let outcome = constrain_now(&world, &order(part, "user_id"))
            .await
            .unwrap();
        assert!(outcome.validated);
    }
    // What it says takes the partitions' keys over, and makes no others.
    let statements = sentence
        .split('`')
        .filter(|part| part.starts_with("set lock_timeout"));
    for statement in statements {
        world.run("postgres", statement).await;
    }
    for _ in 0..2 {
        let outcome = constrain_now(&world, &order("public.parted", "user_id"))
            .await
            .unwrap();
        assert!(outcome.validated, "{outcome:?}");
    }
    let keys = "select string_agg(conrelid::regclass || ' ' || (conparentid <> 0), ', '
             order by conrelid::regclass::text collate \"C\")
         from (select conrelid, conparentid from pg_constraint
               where contype = 'f' and conrelid::regclass::text like 'part%') k";
    assert_eq!(
        world.ask(keys).await,
        "part_0 true, part_1 true, parted false"
    );
    // A partition whose rows no index finds is named, and no second key.
    let sql = "drop index public.part_0_user_id_idx";
    world.run("postgres", sql).await;
    let sentence = refusal(&world, &order("public.parted", "user_id")).await;
    assert!(sentence.contains("--table public.part_0 "), "{sentence}");
    for words in ["part_1", "add foreign key"] {
        assert!(!sentence.contains(words), "{sentence}");
    }
}
