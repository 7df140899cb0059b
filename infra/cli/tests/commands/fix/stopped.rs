//! What stops it before anything is done.

use super::*;

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
