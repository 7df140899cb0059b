//! All of it, and what it tells.

use super::*;

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
    // The profile of nobody's, which it leaves alone.
    assert_eq!((ended.status, &*ended.err), (1, ""), "{ended:?}");
    for words in [
        "critical P0",
        "cause: on_auth_user_created does not exist",
        "bring the triggers back: on_auth_user_created does not exist",
        "  and create profiles for those who sign up until then, if no more than 100 are missing",
        "create 120 profiles, and change none that is there",
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
