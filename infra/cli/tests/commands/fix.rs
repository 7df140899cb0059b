//! `rollcall fix`: the checklist in one call, and everything that stops it.

mod asked;
mod stopped;
mod whole_path;

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
