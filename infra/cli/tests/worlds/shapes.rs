//! Every shape of profile table: well, with ghosts, with orphans, and with somebody left out.

use rollcall_tests::{people, shapes};

use crate::{
    Case, ROLES,
    truth::{BAD, OFF, Shape, Truth, WELL},
    walk,
};

/// Well, and with each of what is counted.
fn of_shape() -> Vec<Case> {
    let signed_up = |name, truth| {
        let five = people::insert(1, 5, 0);
        Case::new(name, truth).then("supabase_auth_admin", five)
    };
    let unnoticed = |case: Case, sql: &str| case.then("supabase_admin", people::unnoticed(sql));
    let left_out = |case: Case, number| {
        let id = people::id(number);
        let sql = format!("insert into rollcall.exclusions values ('{id}', 'drill')");
        case.then("postgres", sql)
    };
    let well = unnoticed(
        signed_up("well, and a ghost left out", WELL),
        &people::insert(10, 1, 0),
    );
    let gone = format!(
        "delete from auth.users where id in ('{}', '{}')",
        people::id(1),
        people::id(2)
    );
    vec![
        left_out(well, 10),
        unnoticed(signed_up("ghosts", BAD), &people::insert(10, 12, 48)),
        unnoticed(signed_up("orphans", OFF), &gone),
        left_out(signed_up("somebody left out has a profile", OFF), 1),
    ]
}

#[tokio::test]
async fn those_of_the_runbooks() {
    let _roles = ROLES.read().await;
    let tables = [
        ("public.users", "true"),
        ("public.users", "p.deleted_at is null"),
        ("public.user_profiles", "true"),
        ("public.profiles", "true"),
    ];
    for ((_, (sql, toml)), (table, live)) in shapes::ALL.into_iter().zip(tables) {
        let shape = Shape {
            sql,
            toml: toml.to_owned(),
            table,
            key: "id",
            live,
        };
        walk(&shape, of_shape()).await;
    }
}

#[tokio::test]
async fn mixed_case_text_keys_and_other_names() {
    let _roles = ROLES.read().await;
    let shape = Shape {
        sql: "create table public.\"Profile\" (
            \"userId\" text primary key, email text, \"deletedAt\" timestamptz
        )",
        toml: "[profile]\ntable = \"public.Profile\"\nkey = \"userId\"\n[profile.columns]\n\
               email = \"email\"\n[profile.keep]\ncolumns = [\"email\"]\n[profile.removal]\n\
               soft_delete = \"deletedAt\"\n"
            .to_owned(),
        table: "public.\"Profile\"",
        key: "\"userId\"",
        live: "p.\"deletedAt\" is null",
    };
    walk(&shape, of_shape()).await;
    let shape = Shape {
        sql: "create schema app; create table app.members (
            number bigserial primary key, user_id varchar(40) unique, note text
        ); alter table app.members enable row level security",
        toml: "[profile]\ntable = \"app.members\"\nkey = \"user_id\"\n[profile.columns]\n\
               note = { text = \"new\" }\n"
            .to_owned(),
        table: "app.members",
        key: "user_id",
        live: "true",
    };
    walk(&shape, of_shape()).await;
}

/// The application's own trigger writes the profiles.
#[tokio::test]
async fn watched() {
    let _roles = ROLES.read().await;
    let (sql, toml) = shapes::WATCHED;
    let shape = Shape {
        sql,
        toml: toml.to_owned(),
        ..Shape::users()
    };
    let mut cases = of_shape();
    for (state, change) in [
        (
            "disabled",
            "alter table auth.users disable trigger on_signup",
        ),
        (
            "replica_only",
            "alter table auth.users enable replica trigger on_signup",
        ),
        ("missing", "drop trigger on_signup on auth.users"),
        (
            "altered",
            "create or replace trigger on_signup after delete on auth.users
                for each row execute function public.welcome()",
        ),
        (
            "foreign",
            "create function public.other() returns trigger language plpgsql as
                'begin return new; end';
             create or replace trigger on_signup after insert on auth.users
                for each row execute function public.other()",
        ),
    ] {
        let truth = Truth {
            trigger: state,
            ..BAD
        };
        cases.push(
            Case::new(format!("watched, {state}"), truth)
                .then("supabase_auth_admin", people::insert(1, 3, 0))
                .then("supabase_admin", change),
        );
    }
    walk(&shape, cases).await;
}
