//! What may happen while it asks.

use super::*;

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
        screen.contains("3 users had no profile when it asked, and 153 have none now"),
        "{screen}"
    );
    assert!(screen.contains("the triggers are active again"), "{screen}");
    assert_eq!(ghosts(&world).await, 153);
    assert_eq!(files(here.path()), Vec::<String>::new());

    let planned = "holds the plan: rollcall backfill --run-id ";
    assert!(screen.contains(planned), "{screen}");

    // Where nobody was planned for, there is no plan to go on with.
    let world = broken(1).await;
    let profiles = "insert into public.users (id, email) select id, email from auth.users";
    world.run("postgres", profiles).await;
    let mut terminal = Terminal::open(&world, "");
    terminal.sees("Bring the triggers back?");
    people::ghosts(&world, 100, 150).await;
    terminal.types(b"y\n");
    let (status, screen, _here) = terminal.ends();
    assert_eq!(status, 1, "{screen}");
    assert!(
        screen.contains("0 users had no profile when it asked, and 150 have none now"),
        "{screen}"
    );
    assert!(!screen.contains("the plan"), "{screen}");

    let world = broken(3).await;
    let mut terminal = Terminal::open(&world, "");
    terminal.sees("[y/N]");
    people::ghosts(&world, 100, 2).await;
    terminal.types(b"y\n");
    let (status, screen, _here) = terminal.ends();
    assert_eq!(status, 0, "{screen}");
    assert!(
        screen.contains("created 2 profiles of people who signed up before the triggers were back, and are not on the list"),
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
