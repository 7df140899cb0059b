//! `rollcall fix`, the whole command: a hundred thousand people without a profile, and no trigger.

use std::{process::Command, time::Instant};

use rollcall_local::binaries;
use rollcall_tests::{World, people::unnoticed, shapes};

use crate::measure::{Results, ms_since};

const GHOSTS: u32 = 100_000;

pub(crate) async fn run(results: &mut Results) {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    world
        .run(
            "supabase_auth_admin",
            "drop trigger on_auth_user_created on auth.users",
        )
        .await;
    let fill = format!(
        "insert into auth.users (id, email, created_at)
         select gen_random_uuid(), 'user' || n || '@example.com', now() - n * interval '1 second'
         from generate_series(1, {GHOSTS}) n"
    );
    world.run("supabase_admin", &unnoticed(&fill)).await;
    let command = binaries::build(&["rollcall"], &mut |_| {}).expect("the command builds");
    let here = tempfile::tempdir().expect("a directory");
    let begun = Instant::now();
    let ended = Command::new(&command[0])
        .args(["fix", "--yes", "--json"])
        .current_dir(here.path())
        .env("DATABASE_URL", world.url("rollcall_operator"))
        .output()
        .expect("it runs");
    let ms = ms_since(begun);
    let text = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{text}");
    let left = "select count(*) from auth.users u where not exists (select from public.users p where p.id = u.id)";
    assert_eq!(world.ask(left).await, "0");
    results.note("fix: 100,000 ghosts", ms / 1000.0, "s", 60.0);
}
