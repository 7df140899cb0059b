//! Work that takes more than one call.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use rollcall_tests::{Deployed, Said};
use serde_json::{Value, json};

use super::*;

/// A function whose time is up before the work is done.
async fn hurried(world: &World, seconds: u64) -> Cloud {
    world
        .run(
            "postgres",
            "create function public.slow() returns trigger language plpgsql as
                 'begin perform pg_sleep(0.02); return new; end';
             create trigger slow before insert on public.users
                 for each row execute function public.slow()",
        )
        .await;
    let url = world.url("rollcall_operator");
    let function = Deployed::as_said("backfill", &url, &[], |spec| {
        spec.timeout = Duration::from_secs(seconds);
    });
    Cloud::with(vec![function.await]).await
}

const RUN: [&str; 5] = [
    "backfill",
    "--run",
    "--accept-side-effects",
    "--batch-size",
    "10",
];

#[tokio::test]
async fn a_backfill_is_called_until_nobody_remains_under_one_id() {
    let world = world(400).await;
    let cloud = hurried(&world, 9).await;
    let here = tempfile::tempdir().unwrap();
    cloud.say(Said::thrown(
        "Sandbox.Timedout",
        "Task timed out after 900.00 seconds",
    ));
    let ended = deployed(&cloud, here.path(), &RUN).await;
    assert_eq!((ended.status, &*ended.err), (0, ""), "{ended:?}");
    assert!(ended.out.contains("400 planned = 400 created"), "{ended:?}");
    let calls = cloud.calls();
    assert!(calls.len() > 2, "one call was enough");
    let run_id = &calls[0].1["run_id"];
    assert!(
        run_id.is_string(),
        "the run is named before the first call: {calls:?}"
    );
    for (function, event) in &calls {
        assert_eq!((function.as_str(), &event["run_id"]), ("backfill", run_id));
        assert_eq!(event["accept_side_effects"], Value::Bool(true));
    }
}

#[tokio::test]
async fn what_fails_again_and_again_says_how_to_go_on() {
    let world = world(1).await;
    let cloud = Cloud::of(&world, &["backfill"]).await;
    let here = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        cloud.say(Said::thrown("Runtime.ExitError", "canary-word"));
    }
    let ended = deployed(&cloud, here.path(), &RUN).await;
    assert_eq!(ended.status, 3, "{ended:?}");
    let calls = cloud.calls();
    assert_eq!(calls.len(), 5);
    let run_id = calls[0].1["run_id"].as_str().unwrap();
    let next = format!("`rollcall --deployed prod backfill --run-id {run_id}`");
    assert!(ended.err.contains(&next), "{ended:?}");
    assert!(ended.err.contains("(Runtime.ExitError)"), "{ended:?}");
    let end = deployed(&cloud, here.path(), &["backfill", "--run-id", run_id]).await;
    assert!(
        end.status == 0 && end.out.contains("1 planned = 1 created"),
        "{end:?}"
    );
}

#[tokio::test]
async fn a_list_is_put_where_the_function_has_its_bucket() {
    let world = world(1).await;
    let cloud = Cloud::of(&world, &["backfill"]).await;
    let here = tempfile::tempdir().unwrap();
    let ran = deployed(&cloud, here.path(), &["backfill", "--run", "--json"]).await;
    let mut answer: Value = serde_json::from_str(&ran.out).unwrap();
    let (run_id, _) = (answer["run_id"].as_str().unwrap().to_owned(), cloud.calls());
    let export = json!({"bucket": "exports", "key": "affected/7.csv"});
    answer["export"] = export.clone();
    let exported = Said::answer(&json!({"run_id": run_id, "export": export}));
    for (said, arguments, asked) in [
        (
            Said::answer(&answer),
            &["backfill", "--run-id", &run_id, "--export"][..],
            "/export",
        ),
        (exported, &["repair", "export", &run_id], "/run_id"),
    ] {
        cloud.say(said);
        let ended = deployed(&cloud, here.path(), arguments).await;
        assert_eq!((ended.status, &*ended.err), (0, ""), "{ended:?}");
        assert!(
            ended.out.contains("wrote s3://exports/affected/7.csv\n"),
            "{ended:?}"
        );
        let event = &cloud.calls()[0].1;
        let expected = [json!(true), json!(run_id)];
        assert!(expected.contains(event.pointer(asked).unwrap()), "{event}");
    }
    assert!(
        std::fs::read_dir(here.path()).unwrap().next().is_none(),
        "no file is left"
    );
}

#[tokio::test]
async fn calls_that_serve_nobody_end() {
    let world = world(1).await;
    let cloud = Cloud::of(&world, &["backfill"]).await;
    let here = tempfile::tempdir().unwrap();
    let preview = deployed(&cloud, here.path(), &["backfill", "--json"]).await;
    let mut answer: Value = serde_json::from_str(&preview.out).unwrap();
    answer["status"] = "partial".into();
    for _ in 0..9 {
        cloud.say(Said::answer(&answer));
    }
    let ended = deployed(&cloud, here.path(), &RUN).await;
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(
        ended.err.contains("five calls in a row have served nobody"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn ctrl_c_says_how_to_go_on_and_the_function_ends_its_part() {
    let world = world(600).await;
    let cloud = hurried(&world, 12).await;
    let command = format!(
        "exec {} --deployed prod {}",
        env!("CARGO_BIN_EXE_rollcall"),
        RUN.join(" ")
    );
    // `script` gives it a terminal.
    let mut terminal = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .envs(cloud.variables())
        .env_remove("DATABASE_URL")
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut calls = 0;
    while calls < 2 {
        calls += cloud.calls().len();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Long enough for it to tell that it waits.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let mut keyboard = terminal.stdin.take().unwrap();
    std::io::Write::write_all(&mut keyboard, b"\x03").unwrap();
    let ended = tokio::task::spawn_blocking(move || {
        let ended = terminal.wait_with_output().unwrap();
        drop(keyboard);
        ended
    })
    .await
    .unwrap();
    let screen = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{screen}");
    for words in ["backfill is at work, 1 s", "[", " of 600; going on"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert!(
        screen.contains("interrupted; the function backfill works on"),
        "{screen}"
    );
    let (_, next) = screen.split_once("see it through by `rollcall ").unwrap();
    let next: Vec<&str> = next.split('`').next().unwrap().split(' ').collect();

    let here = tempfile::tempdir().unwrap();
    let end = called(cloud.variables(), here.path(), &next).await;
    assert_eq!(end.status, 0, "{end:?}");
    assert!(end.out.contains("600 planned = 600 created"), "{end:?}");
}
