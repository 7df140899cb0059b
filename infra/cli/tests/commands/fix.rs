//! `rollcall fix`: the checklist in one call, and everything that stops it.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use rollcall_tests::{World, people, shapes};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use super::rollcall;

const GHOSTS: &str = "select count(*) from auth.users u where not exists (select from public.users p where p.id = u.id)";

/// So many people without a profile, and no trigger, as after a restore.
async fn broken(ghosts: u32) -> World {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    world
        .run(
            "supabase_auth_admin",
            "drop trigger on_auth_user_created on auth.users",
        )
        .await;
    people::ghosts(&world, 1, ghosts).await;
    world
}

async fn ghosts(world: &World) -> i64 {
    world.ask(GHOSTS).await.parse().unwrap()
}

async fn has_trigger(world: &World) -> bool {
    let trigger =
        "select count(*) from pg_trigger where tgname = 'on_auth_user_created' and tgenabled = 'O'";
    world.ask(trigger).await == "1"
}

/// What it left in the directory.
fn files(here: &Path) -> Vec<String> {
    let files = fs::read_dir(here).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Nothing was done to the world, and nothing left here.
async fn assert_untouched(world: &World, here: &Path, number: i64) {
    assert_eq!(ghosts(world).await, number);
    assert!(!has_trigger(world).await);
    assert_eq!(files(here), Vec::<String>::new());
}

/// The command on a terminal.
struct Terminal {
    here: TempDir,
    process: Child,
    keyboard: ChildStdin,
    screen: ChildStdout,
    seen: String,
}

impl Terminal {
    fn open(world: &World, arguments: &str) -> Self {
        // In the place of the shell that `script` starts: a shell that waits may answer a Ctrl-C too.
        let command = format!("exec {} fix {arguments}", env!("CARGO_BIN_EXE_rollcall"));
        let here = tempdir().unwrap();
        let mut process = Command::new("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .current_dir(here.path())
            .env("DATABASE_URL", world.url("rollcall_operator"))
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            here,
            keyboard: process.stdin.take().unwrap(),
            screen: process.stdout.take().unwrap(),
            process,
            seen: String::new(),
        }
    }

    /// Waits for words on the screen.
    fn sees(&mut self, words: &str) {
        let mut bytes = [0; 4096];
        while !self.seen.contains(words) {
            let read = self.screen.read(&mut bytes).unwrap();
            assert_ne!(read, 0, "{words} never came: {}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
    }

    fn types(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Its status, and all that it showed.
    fn ends(mut self) -> (i32, String, TempDir) {
        self.screen.read_to_string(&mut self.seen).unwrap();
        let status = self.process.wait().unwrap();
        (status.code().unwrap(), self.seen, self.here)
    }
}

#[tokio::test]
async fn one_call_brings_the_triggers_and_the_people_back_and_leaves_the_papers() {
    let world = broken(120).await;
    world
        .run(
            "postgres",
            "insert into public.users (id, email) values (gen_random_uuid(), 'stray@example.com')",
        )
        .await;
    let here = tempdir().unwrap();
    let url = world.url("rollcall_operator");
    let ended = rollcall(
        here.path(),
        Some(&url),
        &["fix", "--yes", "--reason", "INC-7"],
    );
    assert_eq!((ended.status, &*ended.err), (0, ""), "{ended:?}");
    for words in [
        "critical P0",
        "cause: on_auth_user_created does not exist",
        "bring the triggers back: on_auth_user_created does not exist",
        "create 120 profiles, and touch nobody else",
        "what it leaves alone",
        "rollcall repair profiles plan",
        "the triggers are active again",
        "120 planned = 120 created + 0 present + 0 refused + 0 gone + 0 remaining",
        "checked: nobody is missing a profile now",
    ] {
        assert!(ended.out.contains(words), "{words}: {ended:?}");
    }
    assert!(!ended.out.contains("@example.com"), "{ended:?}");
    assert_eq!(ghosts(&world).await, 0);
    assert!(has_trigger(&world).await);
    let run =
        "select run_id::text from rollcall.runs where reason = 'INC-7' and state = 'completed'";
    let run = world.ask(run).await;
    assert_eq!(
        files(here.path()),
        [
            format!("rollcall-affected-{run}.csv"),
            format!("rollcall-affected-{run}.md"),
            format!("rollcall-report-{run}.html")
        ]
    );
    let list =
        fs::read_to_string(here.path().join(format!("rollcall-affected-{run}.csv"))).unwrap();
    assert_eq!(list.lines().count(), 121);
    assert!(list.contains("u7@example.com"));

    // Once more there is nothing that it could do; the check still finds the stray profile.
    let again = rollcall(here.path(), Some(&url), &["fix"]);
    assert_eq!((again.status, &*again.err), (1, ""), "{again:?}");
    assert!(again.out.contains("nothing to do"), "{again:?}");
    assert!(again.out.contains("repair profiles plan"), "{again:?}");
    assert_eq!(files(here.path()).len(), 3);
    world
        .run(
            "postgres",
            "delete from public.users where email = 'stray@example.com'",
        )
        .await;
    let well = rollcall(here.path(), Some(&url), &["fix"]);
    assert_eq!((well.status, &*well.err), (0, ""), "{well:?}");
}

#[tokio::test]
async fn in_a_pipe_it_shows_the_screen_and_does_nothing_without_a_yes() {
    let world = broken(3).await;
    let here = tempdir().unwrap();
    let url = world.url("rollcall_operator");
    let ended = rollcall(here.path(), Some(&url), &["fix"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(ended.out.contains("create 3 profiles"), "{ended:?}");
    assert!(ended.err.contains("--yes"), "{ended:?}");
    assert_untouched(&world, here.path(), 3).await;
    let json = rollcall(here.path(), Some(&url), &["fix", "--json"]);
    assert_eq!(json.status, 1, "{json:?}");
    let account: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(account["plan"]["planned"], 3, "{account:#}");
    assert!(account["stopped"].as_str().unwrap().contains("--yes"));
    assert_untouched(&world, here.path(), 3).await;
    // The command that it names does what it planned.
    let (_, run) = ended
        .err
        .trim()
        .rsplit_once("rollcall backfill --run-id ")
        .unwrap();
    let rest: Vec<_> = run.split(' ').collect();
    let ran = rollcall(
        here.path(),
        Some(&url),
        &[&["backfill", "--run-id"], &rest[..]].concat(),
    );
    assert!(ran.out.contains("3 planned = 3 created"), "{ran:?}");
    let list = format!("rollcall-affected-{}.csv", rest[0]);
    assert!(here.path().join(list).exists(), "{ran:?}");
}

#[tokio::test]
async fn as_json_it_tells_each_step() {
    let world = broken(3).await;
    let here = tempdir().unwrap();
    let url = world.url("rollcall_operator");
    let ended = rollcall(here.path(), Some(&url), &["fix", "--yes", "--json"]);
    assert_eq!((ended.status, &*ended.err), (0, ""), "{ended:?}");
    let account: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(account["outcome"], "fixed", "{account:#}");
    assert_eq!(account["assessed"]["counts"]["ghosts"], 3);
    assert_eq!(account["trigger"]["state"], "active");
    assert_eq!(account["backfill"]["created"], 3);
    assert_eq!(account["backfill"]["proof"]["ghosts"], 0);
    assert_eq!(account["stopped"], Value::Null);
    let list = account["backfill"]["export"]["file"].as_str().unwrap();
    assert!(here.path().join(list).exists());
    assert!(
        here.path()
            .join(account["report"].as_str().unwrap())
            .exists()
    );
}

#[tokio::test]
async fn on_a_terminal_it_asks_once_and_only_a_yes_is_one() {
    let world = broken(3).await;
    for no in ["\n", "n\n", "yep\n"] {
        let mut terminal = Terminal::open(&world, "");
        terminal.sees("Bring the triggers back and create 3 profiles?");
        terminal.types(no.as_bytes());
        let (status, screen, here) = terminal.ends();
        assert_eq!(status, 1, "{screen}");
        assert!(screen.contains("nothing was done"), "{screen}");
        assert_untouched(&world, here.path(), 3).await;
    }
    let mut terminal = Terminal::open(&world, "");
    terminal.sees("[y/N]");
    terminal.types(b"y\n");
    let (status, screen, here) = terminal.ends();
    assert_eq!(status, 0, "{screen}");
    assert_eq!(screen.matches("[y/N]").count(), 1, "{screen}");
    assert_eq!((ghosts(&world).await, files(here.path()).len()), (0, 3));
}

#[tokio::test]
async fn many_who_came_while_it_asked_stop_it_and_few_are_made_up_for() {
    let world = broken(3).await;
    let mut terminal = Terminal::open(&world, "");
    terminal.sees("[y/N]");
    people::ghosts(&world, 100, 150).await;
    terminal.types(b"y\n");
    let (status, screen, here) = terminal.ends();
    assert_eq!(status, 1, "{screen}");
    assert!(
        screen.contains("3 users were missing a profile when it asked, and 153 are now"),
        "{screen}"
    );
    assert!(screen.contains("the triggers are active again"), "{screen}");
    assert_eq!(ghosts(&world).await, 153);
    assert_eq!(files(here.path()), Vec::<String>::new());

    let world = broken(3).await;
    let mut terminal = Terminal::open(&world, "");
    terminal.sees("[y/N]");
    people::ghosts(&world, 100, 2).await;
    terminal.types(b"y\n");
    let (status, screen, _here) = terminal.ends();
    assert_eq!(status, 0, "{screen}");
    assert!(
        screen.contains("created 2 profiles of people who signed up before"),
        "{screen}"
    );
    assert_eq!(ghosts(&world).await, 0);
}

#[tokio::test]
async fn triggers_that_changed_while_it_asked_stop_it() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    people::ghosts(&world, 1, 3).await;
    let mut terminal = Terminal::open(&world, "");
    terminal.sees("[y/N]");
    assert!(
        terminal.seen.contains("the triggers are active"),
        "{}",
        terminal.seen
    );
    world
        .run(
            "postgres",
            "create or replace function public.handle_new_user() returns trigger language plpgsql as
                 'begin return new; end'",
        )
        .await;
    terminal.types(b"y\n");
    let (status, screen, here) = terminal.ends();
    assert_eq!(status, 1, "{screen}");
    for words in [
        "nothing was done: the triggers have changed since it asked",
        "not as Rollcall installed it",
        "Look again: rollcall fix",
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert_eq!(ghosts(&world).await, 3);
    assert_eq!(files(here.path()), Vec::<String>::new());
}

#[tokio::test]
async fn ctrl_c_ends_it_after_the_batch_and_the_named_command_goes_on() {
    let world = broken(20_000).await;
    world
        .run(
            "postgres",
            "create function public.slow() returns trigger language plpgsql as
                 'begin perform pg_sleep(0.001); return new; end';
             create trigger slow before insert on public.users
                 for each row execute function public.slow()",
        )
        .await;
    let mut terminal = Terminal::open(&world, "");
    terminal.sees("public.slow");
    terminal.sees("[y/N]");
    terminal.types(b"y\n");
    let created = "select coalesce(sum(created), 0) from rollcall.runs";
    while world.ask(created).await.parse::<i64>().unwrap() < 50 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    terminal.types(b"\x03");
    let (status, screen, here) = terminal.ends();
    assert_eq!(status, 1, "{screen}");
    assert!(screen.contains("in the midst of the run"), "{screen}");
    assert_eq!(files(here.path()), Vec::<String>::new());
    let (_, run) = screen.rsplit_once("rollcall backfill --run-id ").unwrap();
    let run = run.split(' ').next().unwrap();
    world
        .run("postgres", "drop trigger slow on public.users")
        .await;
    let url = world.url("rollcall_operator");
    let stopped = rollcall(here.path(), Some(&url), &["fix", "--yes"]);
    assert_eq!(stopped.status, 1, "{stopped:?}");
    assert!(
        stopped
            .err
            .contains(&format!("rollcall backfill --run-id {run} --export`")),
        "{stopped:?}"
    );
    // What a killed call of this run left goes when its list is there; another run's stays.
    let part = format!(".rollcall-affected-{run}-killed.part");
    fs::write(here.path().join(part), "").unwrap();
    fs::write(here.path().join(".rollcall-affected-other.part"), "").unwrap();
    let end = rollcall(
        here.path(),
        Some(&url),
        &["backfill", "--run-id", run, "--export"],
    );
    assert_eq!(end.status, 0, "{end:?}");
    assert!(end.out.contains("20000 planned = 20000 created"), "{end:?}");
    assert_eq!(
        files(here.path()),
        [
            ".rollcall-affected-other.part".to_owned(),
            format!("rollcall-affected-{run}.csv"),
            format!("rollcall-affected-{run}.md"),
        ]
    );
}

#[tokio::test]
async fn a_surprise_stops_it_before_anything_is_done() {
    let world = broken(3).await;
    let here = tempdir().unwrap();
    let stop = async |world: &World, here: &Path, status: i32, words: &[&str]| {
        let url = world.url("rollcall_operator");
        let ended = rollcall(here, Some(&url), &["fix", "--yes"]);
        assert_eq!(ended.status, status, "{ended:?}");
        for words in words {
            assert!(ended.err.contains(words), "{words}: {ended:?}");
        }
    };
    let mine = "0e8f9a60-1111-4222-8333-444455556666";

    let unfinished = world.copy().await;
    let run = format!(
        "insert into rollcall.runs (run_id, kind, state, configuration, digest, planned)
         values ('{mine}', 'backfill', 'running', '', '', 9)"
    );
    unfinished.run("postgres", &run).await;
    stop(
        &unfinished,
        here.path(),
        1,
        &["nothing was done", "has not ended", mine],
    )
    .await;
    assert_untouched(&unfinished, here.path(), 3).await;

    let blind = world.copy().await;
    blind
        .run("postgres", "drop function rollcall.take_roll()")
        .await;
    stop(
        &blind,
        here.path(),
        3,
        &["nothing was done", "could not be seen"],
    )
    .await;
    assert_untouched(&blind, here.path(), 3).await;

    let lost = world.copy().await;
    people::quietly(&lost, "delete from auth.users").await;
    stop(&lost, here.path(), 1, &["nothing was done", "auth.users"]).await;
    assert_untouched(&lost, here.path(), 0).await;

    // Where no file can be written.
    let full = world.copy().await;
    stop(&full, Path::new("/proc"), 2, &["cannot write"]).await;
    assert_untouched(&full, here.path(), 3).await;

    // Somebody else's function is in the way of the trigger's.
    let taken = world.copy().await;
    taken
        .run(
            "postgres",
            "drop function public.handle_new_user() cascade;
             create function public.handle_new_user() returns trigger language plpgsql as
                 'begin return new; end'",
        )
        .await;
    let url = taken.url("rollcall_operator");
    let ended = rollcall(here.path(), Some(&url), &["fix", "--yes"]);
    assert_eq!((ended.status, &*ended.err), (1, ""), "{ended:?}");
    for words in [
        "nothing about the triggers, which it cannot bring back: somebody else's code",
        "adopt = true",
        "3 planned = 3 created",
        "the triggers are not back: somebody else's code",
    ] {
        assert!(ended.out.contains(words), "{words}: {ended:?}");
    }
    assert!(!has_trigger(&taken).await);
    assert_eq!(ghosts(&taken).await, 0);

    let bare = World::bare("").await;
    stop(&bare, here.path(), 3, &["rollcall sql"]).await;
}

#[tokio::test]
async fn side_effects_need_a_word_of_their_own_where_nobody_reads_the_screen() {
    let world = broken(101).await;
    world
        .run(
            "postgres",
            "create function public.mail() returns trigger language plpgsql as 'begin return new; end';
             create trigger mail after insert on public.users
                 for each row execute function public.mail()",
        )
        .await;
    let here = tempdir().unwrap();
    let url = world.url("rollcall_operator");
    let ended = rollcall(here.path(), Some(&url), &["fix", "--yes"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(ended.err.contains("--accept-side-effects"), "{ended:?}");
    assert_untouched(&world, here.path(), 101).await;
    let ended = rollcall(
        here.path(),
        Some(&url),
        &["fix", "--yes", "--accept-side-effects"],
    );
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!(ghosts(&world).await, 0);
}

#[tokio::test]
async fn whom_the_database_refuses_is_foretold_and_told() {
    let world = broken(3).await;
    world
        .run("postgres", "alter table public.users add unique (email)")
        .await;
    let taken = "insert into public.users (id, email) values (gen_random_uuid(), 'u2@example.com')";
    world.run("postgres", taken).await;
    let here = tempdir().unwrap();
    let url = world.url("rollcall_operator");
    let ended = rollcall(here.path(), Some(&url), &["fix", "--yes"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    for words in [
        "1 likely to be refused: unique_held_by_orphan (23505)",
        "3 planned = 2 created + 0 present + 1 refused",
        "checked: 1 user still missing a profile",
    ] {
        assert!(ended.out.contains(words), "{words}: {ended:?}");
    }
    assert_eq!(files(here.path()).len(), 3);
}

#[tokio::test]
async fn triggers_alone_and_people_alone() {
    let world = broken(0).await;
    people::people(&world, 1, 0).await;
    world
        .run(
            "postgres",
            "insert into public.users (id) values (gen_random_uuid())",
        )
        .await;
    people::quietly(
        &world,
        "insert into auth.users (id) select id from public.users",
    )
    .await;
    let here = tempdir().unwrap();
    let url = world.url("rollcall_operator");
    let ended = rollcall(here.path(), Some(&url), &["fix", "--yes"]);
    assert_eq!((ended.status, &*ended.err), (0, ""), "{ended:?}");
    assert!(has_trigger(&world).await);
    assert_eq!(files(here.path()).len(), 1, "only the report: {ended:?}");

    people::ghosts(&world, 1, 2).await;
    let ended = rollcall(here.path(), Some(&url), &["fix", "--yes"]);
    assert_eq!((ended.status, &*ended.err), (0, ""), "{ended:?}");
    assert!(
        ended
            .out
            .contains("the triggers are active, and stay as they are"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn the_application_s_own_trigger_is_left_to_its_migration() {
    let (sql, toml) = shapes::WATCHED;
    let world = World::with(sql, toml).await;
    world
        .run(
            "supabase_auth_admin",
            "drop trigger on_signup on auth.users",
        )
        .await;
    people::ghosts(&world, 1, 3).await;
    let here = tempdir().unwrap();
    let url = world.url("postgres");
    let ended = rollcall(here.path(), Some(&url), &["fix", "--yes", "--json"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    let account: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(
        (&account["trigger"], &account["outcome"]),
        (&Value::Null, &json!("partly_fixed"))
    );
    assert_eq!(ghosts(&world).await, 0);
}
