//! `rollcall backfill`, previewed, carried out, stopped and gone on with.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    time::Duration,
};

use rollcall_tests::{World, people, shapes};
use serde_json::{Value, json};

use super::rollcall;

async fn world(ghosts: u32) -> World {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    people::ghosts(&world, 1, ghosts).await;
    world
}

#[tokio::test]
async fn a_preview_names_its_run_and_the_run_ends_with_proof() {
    let world = world(3).await;
    world
        .run("postgres", "alter table public.users add unique (email)")
        .await;
    let taken = "insert into public.users (id, email) values (gen_random_uuid(), 'u2@example.com')";
    world.run("postgres", taken).await;
    let directory = tempfile::tempdir().unwrap();
    let url = world.url("rollcall_operator");
    let run = |arguments: &[&str]| rollcall(directory.path(), Some(&url), arguments);

    let preview = run(&["backfill"]);
    assert_eq!(preview.status, 0, "{preview:?}");
    assert!(
        preview
            .out
            .contains("1 likely to be refused: unique_held_by_orphan (23505), as "),
        "{preview:?}"
    );
    let (_, run_id) = preview
        .out
        .split_once("next: rollcall backfill --run-id ")
        .unwrap();
    let ran = run(&["backfill", "--run-id", run_id.trim()]);
    assert_eq!(ran.status, 1, "somebody was refused: {ran:?}");
    for words in [
        "3 planned = 2 created + 0 present + 1 refused + 0 gone + 0 remaining",
        "unique_held_by_orphan",
        "checked: 1 user still missing a profile",
        "is in auth.users, has a profile with ",
    ] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    assert_eq!(ran.err, "", "in a pipe there is no progress");

    world
        .run(
            "postgres",
            "delete from public.users where email = 'u2@example.com'",
        )
        .await;
    let all = run(&["backfill", "--run", "--json"]);
    assert_eq!(all.status, 0, "{all:?}");
    let answer: Value = serde_json::from_str(&all.out).unwrap();
    assert_eq!(answer["proof"]["ghosts"], json!(0), "{answer:#}");
}

#[tokio::test]
async fn a_run_can_be_cancelled_and_is_then_over() {
    let world = world(3).await;
    let directory = tempfile::tempdir().unwrap();
    let url = world.url("rollcall_operator");
    let run = |arguments: &[&str]| rollcall(directory.path(), Some(&url), arguments);
    let preview: Value = serde_json::from_str(&run(&["backfill", "--json"]).out).unwrap();
    let run_id = preview["run_id"].as_str().unwrap();
    let cancelled = run(&["backfill", "--cancel", run_id]);
    assert_eq!(cancelled.status, 0, "{cancelled:?}");
    assert!(cancelled.out.contains("3 remaining"), "{cancelled:?}");
    let late = run(&["backfill", "--run-id", run_id]);
    assert_eq!(late.status, 1, "{late:?}");
    assert!(late.err.contains("was cancelled"), "{late:?}");
}

#[tokio::test]
async fn on_a_terminal_it_shows_how_far_it_is_and_ctrl_c_ends_it_after_the_batch() {
    let world = world(400).await;
    world
        .run(
            "postgres",
            "create function public.slow() returns trigger language plpgsql as
                 'begin perform pg_sleep(0.01); return new; end';
             create trigger slow before insert on public.users
                 for each row execute function public.slow()",
        )
        .await;
    // In the place of the shell that `script` starts: a shell that waits may answer the Ctrl-C too.
    let command = format!(
        "exec {} backfill --run --accept-side-effects --batch-size 10",
        env!("CARGO_BIN_EXE_rollcall")
    );
    // `script` gives it a terminal; what is written here is typed there.
    let mut terminal = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .env("DATABASE_URL", world.url("rollcall_operator"))
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let created = "select coalesce(sum(created), 0) from rollcall.runs";
    while world.ask(created).await.parse::<i64>().unwrap() < 50 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut keyboard = terminal.stdin.take().unwrap();
    keyboard.write_all(b"\x03").unwrap();
    let mut screen = String::new();
    terminal
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut screen)
        .unwrap();
    drop(keyboard);
    let status = terminal.wait().unwrap();
    assert_eq!(status.code(), Some(1), "it is not through: {screen}");
    assert!(screen.contains("[=="), "{screen}");
    assert!(screen.contains("/s, "), "{screen}");
    let (_, run_id) = screen
        .split_once("next: rollcall backfill --run-id ")
        .unwrap();
    let run_id = run_id.lines().next().unwrap().trim();
    let held = "select count(*) from rollcall.runs where lease_until is not null";
    assert_eq!(world.ask(held).await, "0", "nobody has to wait for it");
    world
        .run("postgres", "drop trigger slow on public.users")
        .await;

    let directory = tempfile::tempdir().unwrap();
    let url = world.url("rollcall_operator");
    let end = rollcall(
        directory.path(),
        Some(&url),
        &["backfill", "--run-id", run_id],
    );
    assert_eq!(end.status, 0, "{end:?}");
    assert!(end.out.contains("400 planned = 400 created"), "{end:?}");
}
