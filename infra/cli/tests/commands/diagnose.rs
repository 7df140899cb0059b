//! `rollcall diagnose`: of a text, from wherever it comes, and of a user.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use rollcall_tests::{World, people, shapes};
use serde_json::Value;

use super::rollcall;

const MESSAGE: &str = "insert or update on table \"orders\" violates foreign key constraint \
                       \"orders_user_id_fkey\"\nDETAIL:  Key (user_id)=(ID) is not present in table \
                       \"profiles\".";

async fn world() -> World {
    let (sql, toml) = shapes::PROFILES;
    let world = World::with(sql, toml).await;
    people::ghosts(&world, 1, 1).await;
    world
}

/// What it says of a text by standard input.
fn piped(url: &str, arguments: &[&str], text: &[u8]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"))
        .args(arguments)
        .env_clear()
        .env("DATABASE_URL", url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    command.stdin.take().unwrap().write_all(text).unwrap();
    let ended = command.wait_with_output().unwrap();
    (
        ended.status.code().unwrap(),
        String::from_utf8(ended.stdout).unwrap(),
    )
}

#[tokio::test]
async fn a_text_is_explained_wherever_it_comes_from_and_the_command_that_it_names_mends_it() {
    let world = world().await;
    let here = tempfile::tempdir().unwrap();
    let url = world.url("rollcall_operator");
    let run = |arguments: &[&str]| rollcall(here.path(), Some(&url), arguments);
    let text = MESSAGE.replace("ID", &people::id(1));

    let ended = run(&["diagnose", &text]);
    assert_eq!((ended.status, &*ended.err), (1, ""), "{ended:?}");
    assert_eq!(
        piped(&url, &["diagnose"], text.as_bytes()),
        (1, ended.out.clone())
    );
    let with_rubbish = [b"\xff\xfe ", text.as_bytes()].concat();
    assert_eq!(
        piped(&url, &["diagnose", "-"], &with_rubbish),
        (1, ended.out.clone())
    );
    let json: Value = serde_json::from_str(&run(&["diagnose", &text, "--json"]).out).unwrap();
    assert_eq!(json["user_id"], people::id(1));
    assert!(
        ended.out.starts_with(json["sentence"].as_str().unwrap()),
        "{ended:?}"
    );

    let (_, mend) = ended.out.trim().rsplit_once("mend: rollcall ").unwrap();
    assert_eq!(json["mend"]["command"], format!("rollcall {mend}"));
    let mended = run(&mend.split(' ').collect::<Vec<_>>());
    assert_eq!(mended.status, 0, "{mended:?}");
    let again = run(&["diagnose", &text]);
    assert_eq!(again.status, 0, "{again:?}");
    assert!(again.out.contains("try again"), "{again:?}");
    let user = run(&["diagnose", "--user-id", &people::id(1)]);
    assert_eq!(user.status, 0, "{user:?}");
    let alone = run(&["diagnose", &people::id(1)]);
    assert_eq!((alone.status, &alone.out), (0, &user.out));
    let nobody = run(&["diagnose", "--user-id", &people::id(2)]);
    assert_eq!(nobody.status, 1, "{nobody:?}");
}

#[tokio::test]
async fn in_a_log_of_thousands_of_lines_the_error_is_found() {
    let world = world().await;
    let url = world.url("rollcall_operator");
    let lines = "2026-11-20 10:00:00 UTC [99] LOG:  connection authorized: user=authenticator\n";
    let (before, text) = (lines.repeat(4000), MESSAGE.replace("ID", &people::id(1)));
    let log = format!("{before}{text}\n{before}");
    let (status, said) = piped(&url, &["diagnose", "-"], log.as_bytes());
    assert_eq!(status, 1, "{said}");
    assert!(said.contains(&people::id(1)), "{said}");
    assert!(said.contains("only 256 KiB are read"), "{said}");
    let (status, said) = piped(&url, &["diagnose", "-"], before.as_bytes());
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("the end of the text"), "{said}");
}

#[tokio::test]
async fn every_command_that_it_names_is_one() {
    let world = world().await;
    for sql in [
        "create table public.users (id uuid primary key references auth.users (id))",
        "create table public.chats (id int, user_id uuid constraint chats_fkey references public.users (id))",
    ] {
        world.run("postgres", sql).await;
    }
    people::ghosts(&world, 5, 1).await;
    people::quietly(
        &world,
        &format!(
            "insert into public.profiles (id) values ('{}')",
            people::id(3)
        ),
    )
    .await;
    let here = tempfile::tempdir().unwrap();
    let url = world.url("rollcall_operator");
    let run = |arguments: &[&str]| rollcall(here.path(), Some(&url), arguments);
    let excluded = run(&["repair", "exclude", &people::id(5), "--reason", "test"]);
    assert_eq!(excluded.status, 0, "{excluded:?}");
    let chat = format!(
        "insert or update on table \"chats\" violates foreign key constraint \"chats_fkey\"\nDETAIL:  \
         Key (user_id)=({}) is not present in table \"users\".",
        people::id(1)
    );
    let hidden = MESSAGE.split('\n').next().unwrap();
    let drop = "First `alter table \"public\".\"chats\" drop constraint \"chats_fkey\";`";
    for (text, command, sentence) in [
        (&*people::id(1), "rollcall backfill --run --user-id", ""),
        (&people::id(2), "rollcall repair references plan", ""),
        (&people::id(3), "rollcall repair profiles plan", ""),
        (&people::id(5), "rollcall repair include", ""),
        (&chat, "rollcall repair references constrain", drop),
        (hidden, "rollcall backfill", ""),
    ] {
        let answer: Value = serde_json::from_str(&run(&["diagnose", text, "--json"]).out).unwrap();
        let mend = answer["mend"]["command"].as_str().unwrap();
        assert!(mend.starts_with(command), "{answer:#}");
        assert!(
            answer["sentence"].as_str().unwrap().contains(sentence),
            "{answer:#}"
        );
        // Everything is right about it but the database.
        let nowhere = "postgres://postgres@127.0.0.1:1/postgres";
        let arguments: Vec<_> = mend.split(' ').skip(1).collect();
        let ended = rollcall(here.path(), Some(nowhere), &arguments);
        assert_eq!(ended.status, 3, "{mend}: {ended:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_a_usage_error() {
    let here = tempfile::tempdir().unwrap();
    let nowhere = "postgres://postgres@127.0.0.1:1/postgres";
    for arguments in [
        &["diagnose"][..],
        &["diagnose", ""],
        &["diagnose", " "],
        &["diagnose", "--user-id", "7"],
        &[
            "diagnose",
            "text",
            "--user-id",
            "0e8f9a60-1111-4222-8333-444455556666",
        ],
    ] {
        let ended = rollcall(here.path(), Some(nowhere), arguments);
        assert_eq!(ended.status, 2, "{arguments:?}: {ended:?}");
    }
    let id = "0e8f9a60-1111-4222-8333-444455556666";
    let ended = rollcall(here.path(), Some(nowhere), &["diagnose", "--user-id", id]);
    assert_eq!(ended.status, 3, "{ended:?}");
}
