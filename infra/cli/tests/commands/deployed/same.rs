//! The same command says the same, and ends the same, whether it works itself or has it done.

use rollcall_tests::people::id;
use serde_json::Value;

use super::*;

const FUNCTIONS: [&str; 4] = ["nightly-check", "backfill", "repair", "diagnose"];

/// What ends a word.
const ENDS: &[char] = &[' ', '\t', '"', ',', '`', ':', ';', '(', ')', '/'];
/// What is said of moments and of how long something took.
const TIMES: [&str; 4] = ["_at\"", "duration_ms", "rows_per_second", "users a second"];

/// Without what differs from one call to the next: random ids, and times.
fn alike(said: &str) -> String {
    let lines = said
        .lines()
        .filter(|line| !TIMES.iter().any(|time| line.contains(time)));
    let lines = lines.map(|line| match line.split_once(" UTC, in ") {
        // When it was, to the second.
        Some((before, _)) => before[..before.len() - 19].to_owned(),
        None => line.split_inclusive(ENDS).map(without_id).collect(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn without_id(word: &str) -> String {
    let bare = word.trim_end_matches(ENDS);
    let is_id = bare.len() == 36 && bare.matches('-').count() == 4;
    if is_id && !bare.starts_with("00000000-0000-4000-8000-") {
        word.replace(bare, "ID")
    } else {
        word.to_owned()
    }
}

/// The id of the run that an answer in JSON is about.
fn run_id(ended: &Ended) -> String {
    let answer: Value = serde_json::from_str(&ended.out).unwrap();
    answer["run_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_operation_says_and_does_the_same_as_on_the_database() {
    let here = world(5).await;
    here.run(
        "postgres",
        "create table public.orders (id int primary key, user_id uuid);
         insert into public.orders values (1, '00000000-0000-4000-8000-000000000001'),
             (2, '00000000-0000-4000-8000-000000000099');
         insert into public.users (id, email) values (gen_random_uuid(), 'u3@example.com')",
    )
    .await;
    let there = here.copy().await;
    let cloud = Cloud::of(&there, &FUNCTIONS).await;
    let directory = tempfile::tempdir().unwrap();
    let url = here.url("rollcall_operator");
    let (one, two, nobody) = (id(1), id(2), id(99));
    let error = format!(
        "insert or update on table \"orders\" violates foreign key constraint \"x\" DETAIL:  \
         Key (user_id)=({one}) is not present in table \"users\"."
    );
    let unknown = "0e8f9a60-1111-4222-8333-444455556666";
    let commands: &[&[&str]] = &[
        &["check"],
        &["check", "--json"],
        &["diagnose", "--user-id", &one],
        &["diagnose", &error],
        &["diagnose", "--user-id", &one, "--json"],
        &["backfill"],
        &["backfill", "--json"],
        &["backfill", "--run", "--confirm-count", "77"],
        &["backfill", "--run", "--user-id", &one, "--reason", "drill"],
        &["diagnose", "--user-id", &one],
        &["backfill", "--run"],
        &["check", "--heal"],
        &["repair", "undo", unknown],
        &["repair", "apply", unknown],
        &["repair", "purge", unknown],
        &["backfill", "--cancel", unknown],
        &["repair", "trigger", "status"],
        &["repair", "trigger", "status", "--json"],
        &["repair", "trigger", "install"],
        &["repair", "trigger", "canary"],
        &["repair", "exclude", &two, "--reason", "drill"],
        &["repair", "include", &two],
        &["repair", "acknowledge", &two, "--until", "2099-01-01"],
        &["repair", "acknowledge", &two, "--until", "2001-01-01"],
        &["repair", "forget", &two],
        &["repair", "forget", &nobody],
        &["repair", "exclude", &two, "--json"],
        &["repair", "references", "survey"],
        &["repair", "references", "survey", "--json"],
        &[
            "repair",
            "references",
            "plan",
            "--policy",
            "public.orders=quarantine",
        ],
        &["repair", "profiles", "plan", "--reason", "drill"],
    ];
    let mut statuses = vec![];
    for command in commands {
        let direct = rollcall(directory.path(), Some(&url), command);
        let ended = deployed(&cloud, directory.path(), command).await;
        assert_eq!(
            ended.status, direct.status,
            "{command:?}: {ended:?}, {direct:?}"
        );
        let out = ended.out.replace(" --deployed prod", "");
        let err = ended.err.replace(" --deployed prod", "");
        assert_eq!(alike(&out), alike(&direct.out), "{command:?}");
        assert_eq!(alike(&err), alike(&direct.err), "{command:?}");
        statuses.push(ended.status);
    }
    for status in [0, 1, 2] {
        assert!(statuses.contains(&status), "{statuses:?}");
    }
    let counted = "select count(*) from public.users";
    assert_eq!(there.ask(counted).await, here.ask(counted).await);
}

#[tokio::test]
async fn a_plan_is_applied_taken_back_and_listed_by_the_command_that_is_told() {
    let world = world(3).await;
    let cloud = Cloud::of(&world, &FUNCTIONS).await;
    let here = tempfile::tempdir().unwrap();
    let preview = deployed(&cloud, here.path(), &["backfill"]).await;
    let (_, next) = preview.out.trim().rsplit_once("next: rollcall ").unwrap();
    let next: Vec<&str> = next.split(' ').collect();
    assert_eq!(next[..3], ["--deployed", "prod", "backfill"], "{preview:?}");
    let ran = called(cloud.variables(), here.path(), &next).await;
    assert_eq!((ran.status, &*ran.err), (0, ""), "{ran:?}");
    assert!(ran.out.contains("3 planned = 3 created"), "{ran:?}");
    assert!(
        ran.out.contains("checked: nobody is missing a profile now"),
        "{ran:?}"
    );

    let wrong = deployed(
        &cloud,
        here.path(),
        &["repair", "undo", next[4], "--confirm-count", "7"],
    )
    .await;
    assert_eq!(wrong.status, 1, "{wrong:?}");
    assert!(wrong.err.contains("give --confirm-count 3\n"), "{wrong:?}");
    let undone = deployed(&cloud, here.path(), &["repair", "undo", next[4], "--json"]).await;
    assert_eq!(undone.status, 0, "{undone:?}");
    assert_ne!(run_id(&undone), next[4], "an undo is a run of its own");
    assert_eq!(world.ask("select count(*) from public.users").await, "0");
}

#[tokio::test]
async fn a_log_of_megabytes_is_sent_as_far_as_it_tells_something() {
    let world = world(1).await;
    let cloud = Cloud::of(&world, &["diagnose"]).await;
    let here = tempfile::tempdir().unwrap();
    let line = "2026-11-20 10:00:00 UTC [99] LOG:  connection authorized\n";
    let error = format!(
        "ERROR:  23503 Key (user_id)=({}) is not present in table \"users\"\n",
        id(1)
    );
    let log = format!("{}{error}{}", line.repeat(200_000), line.repeat(10));
    let file = here.path().join("log");
    std::fs::write(&file, log).unwrap();
    let script = format!(
        "{} --deployed prod diagnose - < {}",
        env!("CARGO_BIN_EXE_rollcall"),
        file.display()
    );
    let variables = cloud.variables();
    let ended = tokio::task::spawn_blocking(move || {
        let mut command = std::process::Command::new("/bin/sh");
        command.args(["-c", &script]).env_clear().envs(variables);
        command.output().unwrap()
    })
    .await
    .unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(
        said.contains(&id(1)) && said.contains("only 256 KiB are read"),
        "{said}"
    );
}
