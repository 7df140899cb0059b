//! From an empty directory to an installed Rollcall, on a real database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{fs, sync::OnceLock};

use rollcall_local::{
    postgres::{Installation, Options, Server},
    supabase,
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::tempdir;

use super::rollcall;

/// The address of a new database in which the role `postgres` has run `sql`.
pub(super) async fn database(name: &str, sql: &str) -> String {
    let server = server().await;
    let mut superuser = connect(&server.url("supabase_admin", "postgres")).await;
    supabase::create_database(&mut superuser, name, "shape")
        .await
        .unwrap();
    let url = server.url("postgres", name);
    run(&url, sql).await;
    url
}

pub(super) async fn run(url: &str, sql: &str) {
    let mut connection = connect(url).await;
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

async fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static SHAPED: tokio::sync::Mutex<bool> = tokio::sync::Mutex::const_new(false);
    let server = SERVER.get_or_init(|| {
        let installation = Installation::find(None, &mut |_| {}).unwrap();
        Server::start(&installation, &Options::default()).unwrap()
    });
    let mut shaped = SHAPED.lock().await;
    if !*shaped {
        let mut superuser = connect(&server.url("supabase_admin", "postgres")).await;
        supabase::create_roles(&mut superuser).await.unwrap();
        superuser.execute("create database shape").await.unwrap();
        let mut shape = connect(&server.url("supabase_admin", "shape")).await;
        supabase::shape(&mut shape).await.unwrap();
        shape.close().await.unwrap();
        *shaped = true;
    }
    server
}

pub(super) const USERS: &str =
    "create table public.users (id uuid primary key, email text, name text);
     alter table public.users enable row level security;";

#[tokio::test]
async fn from_an_empty_directory_to_an_installed_rollcall() {
    let here = tempdir().unwrap();
    let url = database("whole_way", USERS).await;
    let rollcall = |arguments: &[&str]| rollcall(here.path(), Some(&url), arguments);

    let ended = rollcall(&["init"]);
    assert_eq!(
        (ended.status, &*ended.out),
        (
            0,
            "wrote rollcall.toml for public.users with the key id: it is named users, id is unique \
             and uuid, it is in public\nreview it, then run `rollcall sql`\n"
        )
    );
    assert_eq!(rollcall(&["doctor"]).status, 0);

    fs::create_dir(here.path().join("migrations")).unwrap();
    let ended = rollcall(&["sql", "-o", "migrations/"]);
    let file = ended
        .out
        .strip_prefix("wrote ")
        .unwrap()
        .trim_end()
        .to_owned();
    let name = file.strip_prefix("migrations/").unwrap();
    let (time, rest) = name.split_at(14);
    assert!(
        time.bytes().all(|b| b.is_ascii_digit()) && rest == "_rollcall.sql",
        "{file}"
    );
    let migration = fs::read_to_string(here.path().join(&file)).unwrap();
    assert_eq!(rollcall(&["sql"]).out, migration);
    let json: serde_json::Value = serde_json::from_str(&rollcall(&["sql", "--json"]).out).unwrap();
    assert_eq!(json["sql"], migration.as_str());

    run(&url, &migration).await;
    let ended = rollcall(&["doctor"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(
        ended
            .out
            .contains("ok\ttrigger\tUser sync trigger is active")
    );

    let ended = rollcall(&["sql", "--uninstall", "-o", "out.sql"]);
    assert_eq!((ended.status, &*ended.out), (0, "wrote out.sql\n"));
    run(
        &url,
        &fs::read_to_string(here.path().join("out.sql")).unwrap(),
    )
    .await;
    assert!(
        rollcall(&["doctor"])
            .out
            .contains("Rollcall is not installed")
    );
}

#[tokio::test]
async fn a_trigger_of_the_applications_is_named_with_both_ways_out() {
    let here = tempdir().unwrap();
    let url = database(
        "own_trigger",
        &format!(
            "{USERS} create function public.handle_new_user() returns trigger language plpgsql
             as 'begin return new; end'; create trigger on_auth_user_created
             after insert on auth.users for each row execute function public.handle_new_user();"
        ),
    )
    .await;
    fs::write(
        here.path().join("rollcall.toml"),
        "profile.table = \"public.users\"",
    )
    .unwrap();
    let ended = rollcall(here.path(), Some(&url), &["sql"]);
    assert_eq!((ended.status, &*ended.out), (2, ""));
    assert_eq!(ended.err.lines().count(), 2);
    for line in ended.err.lines() {
        assert!(line.contains("exists already"), "{line}");
        assert!(line.contains("trigger.mode = \"watch\"") && line.contains("trigger.adopt = true"));
    }
}

#[tokio::test]
async fn several_candidates_are_listed_and_nothing_is_written() {
    let here = tempdir().unwrap();
    let url = database(
        "candidates",
        "create table public.users (id uuid primary key);
         create table public.profiles (id uuid primary key);",
    )
    .await;
    let ended = rollcall(here.path(), Some(&url), &["init"]);
    assert_eq!(ended.status, 2);
    assert_eq!(ended.out.lines().count(), 2);
    assert!(
        ended
            .out
            .starts_with("public.profiles\tid\tit is named profiles, "),
        "{}",
        ended.out
    );
    assert_eq!(
        ended.err,
        "error: 2 tables could be the profile table; say which with --table schema.name\n"
    );
    assert!(fs::read_dir(here.path()).unwrap().next().is_none());
    let ended = rollcall(
        here.path(),
        Some(&url),
        &["init", "--table", "public.users"],
    );
    assert_eq!(ended.status, 0, "{ended:?}");
}

#[tokio::test]
async fn a_file_that_still_needs_a_hand_is_written_and_says_so() {
    let here = tempdir().unwrap();
    let url = database(
        "needs_a_hand",
        "create table public.profiles (id uuid primary key, role text not null);",
    )
    .await;
    let ended = rollcall(here.path(), Some(&url), &["init"]);
    assert_eq!(ended.status, 2);
    assert!(
        ended
            .out
            .ends_with("it needs a hand before `rollcall sql` takes it:\n")
    );
    assert!(
        ended
            .err
            .contains("profile.columns.role: role is not null and has no default")
    );
    let file = here.path().join("rollcall.toml");
    let mended = fs::read_to_string(&file)
        .unwrap()
        .replace("# role = { text = \"…\" }", "role = { text = \"user\" }");
    fs::write(file, mended).unwrap();
    assert_eq!(rollcall(here.path(), Some(&url), &["sql"]).status, 0);
}

#[tokio::test]
async fn names_send_no_control_characters_to_the_terminal() {
    let here = tempdir().unwrap();
    let url = database(
        "controls",
        "create table public.\"users\u{1b}[31m\n\" (id uuid unique)",
    )
    .await;
    let table = "public.users\u{1b}[31m\n";
    let ended = rollcall(here.path(), Some(&url), &["init", "--table", table]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(!ended.out.contains('\u{1b}'), "{:?}", ended.out);
    assert!(rollcall(here.path(), Some(&url), &["sql"]).status == 0);
}

#[tokio::test]
async fn a_role_that_sees_no_auth_user_is_told() {
    let here = tempdir().unwrap();
    let postgres = database("blind", &format!("{USERS} create role onlooker login")).await;
    let url = postgres.replacen("postgres@", "onlooker@", 1);
    let ended = rollcall(here.path(), Some(&url), &["doctor"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    let wanted =
        "found\tsight\tthe role onlooker may not use the schema auth; connect as the owner";
    assert!(ended.out.contains(wanted), "{}", ended.out);

    rollcall(here.path(), Some(&postgres), &["init"]);
    let migration = rollcall(here.path(), Some(&postgres), &["sql"]).out;
    run(&postgres, &migration).await;
    let ended = rollcall(here.path(), Some(&url), &["doctor"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    let wanted = "unseen\tconfiguration\tcould not look at whether rollcall.toml fits";
    assert!(ended.out.contains(wanted), "{}", ended.out);
    let ended = rollcall(here.path(), Some(&url), &["sql"]);
    assert_eq!(ended.status, 2, "{ended:?}");
    assert_eq!(
        ended.err,
        "error: rollcall.toml: Rollcall is installed, and this role may not read what it made; \
         connect as the role that installed it\n"
    );
}
