//! `rollcall repair` on a real database.

use std::{fs, path::Path};

use serde_json::Value;
use tempfile::tempdir;

use super::{
    database::{USERS, database, run},
    rollcall,
};

const RUN: &str = "0e8f9a60-1111-4222-8333-444455556666";

#[tokio::test]
async fn an_undo_tells_what_it_removed_and_left_and_what_follows() {
    let here = tempdir().unwrap();
    let url = database("undone", USERS).await;
    let rollcall = |arguments: &[&str]| rollcall(here.path(), Some(&url), arguments);
    assert_eq!(rollcall(&["init"]).status, 0);
    let migration = rollcall(&["sql", "-o", "migration.sql"]);
    assert_eq!(migration.status, 0, "{}", migration.err);
    run(
        &url,
        &fs::read_to_string(here.path().join("migration.sql")).unwrap(),
    )
    .await;
    run(
        &url,
        "insert into auth.users (id, email)
         select gen_random_uuid(), 'u' || n || '@example.com' from generate_series(1, 3) n;
         delete from public.users",
    )
    .await;

    let nobody = rollcall(&["repair", "undo", RUN]);
    assert_eq!(nobody.status, 2);
    assert!(nobody.err.contains("there is no run"), "{}", nobody.err);
    assert_eq!(rollcall(&["backfill", "--run-id", RUN]).status, 0);
    run(
        &url,
        "update public.users set name = 'kept' where email = 'u2@example.com'",
    )
    .await;
    let wrong = rollcall(&["repair", "undo", RUN, "--confirm-count", "7"]);
    assert!(
        wrong.status == 1 && wrong.err.contains("give --confirm-count 3\n"),
        "{}",
        wrong.err
    );

    let undone = rollcall(&["repair", "undo", RUN, "--reason", "drill"]);
    assert_eq!((undone.status, &*undone.err), (1, ""));
    for words in [
        "3 planned = 2 removed + 1 refused + 0 gone + 0 remaining\n",
        "\tchanged_since\t",
        "1 changed_since: the profile is no longer as the run made it",
        "is a ghost again",
        "to keep them out: rollcall repair exclude --run",
    ] {
        assert!(undone.out.contains(words), "{words}: {}", undone.out);
    }

    run(&url, "delete from public.users").await;
    let again = rollcall(&["repair", "undo", RUN, "--json"]);
    let answer: Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(again.status, 0);
    assert_eq!(answer["tables"][0]["gone"], 1, "{answer:#}");
    let none = rollcall(&["repair", "undo", RUN]);
    assert_eq!(none.status, 0);
    assert!(
        none.out.starts_with("nothing is left to undo"),
        "{}",
        none.out
    );
}

#[tokio::test]
async fn the_triggers_are_looked_at_brought_back_and_tried() {
    let here = tempdir().unwrap();
    let url = installed("triggers", here.path()).await;
    let rollcall = |arguments: &[&str]| rollcall(here.path(), Some(&url), arguments);
    let status = rollcall(&["repair", "trigger", "status"]);
    assert_eq!(status.status, 0, "{}", status.err);
    run(&url, "drop function public.handle_new_user() cascade").await;
    let status = rollcall(&["repair", "trigger", "status"]);
    assert_eq!(status.status, 1);
    assert!(
        status.out.contains("on_auth_user_created\tmissing\t")
            && status
                .out
                .contains("next: bring the trigger back: rollcall repair trigger install"),
        "{}",
        status.out
    );
    let canary = rollcall(&["repair", "trigger", "canary"]);
    assert_eq!(canary.status, 1);
    assert!(canary.out.contains("got no profile"), "{}", canary.out);
    let installed = rollcall(&["repair", "trigger", "install"]);
    assert_eq!(installed.status, 0, "{}", installed.err);
    for words in [
        "made function public.handle_new_user()\n",
        "made trigger on_auth_user_created\n",
        "on_auth_user_created\tactive\t",
    ] {
        assert!(installed.out.contains(words), "{words}: {}", installed.out);
    }
    let again = rollcall(&["repair", "trigger", "install", "--json"]);
    let answer: Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!((again.status, &answer["made"]), (0, &serde_json::json!([])));
    assert_eq!(rollcall(&["repair", "trigger", "canary"]).status, 0);
}

#[tokio::test]
async fn users_are_left_out_acknowledged_and_forgotten_by_name() {
    let here = tempdir().unwrap();
    let url = installed("named", here.path()).await;
    let rollcall = |arguments: &[&str]| rollcall(here.path(), Some(&url), arguments);
    let repair = |arguments: &[&str]| rollcall(&[&["repair"], arguments].concat());
    let sign_up = format!("insert into auth.users (id, email) values ('{RUN}', 'a@example.com')");
    run(&url, &sign_up).await;
    let excluded = repair(&["exclude", RUN, "--reason", "drill"]);
    assert_eq!((excluded.status, &*excluded.err), (0, ""));
    assert!(
        excluded
            .out
            .starts_with("1 named: 1 excluded now, 1 in auth.users, 1 with a profile\n"),
        "{}",
        excluded.out
    );
    assert_eq!(repair(&["include", RUN]).status, 0);
    let known = repair(&["acknowledge", RUN, "--until", "2099-01-01"]);
    assert!(
        known.status == 0 && known.out.contains("2099-01-02"),
        "{}",
        known.out
    );
    for (arguments, word) in [
        (
            &["acknowledge", RUN, "--until", "2001-01-01"][..],
            "has passed",
        ),
        (&["acknowledge", RUN, "--until", "soon"], "write a date"),
        (&["exclude"], "required"),
        (&["exclude", RUN, "--run", RUN], "cannot be used with"),
        (&["exclude", "--run", RUN], "there is no run"),
    ] {
        let refused = repair(arguments);
        assert_eq!(refused.status, 2, "{arguments:?}");
        assert!(refused.err.contains(word), "{word}: {}", refused.err);
    }
    let there = repair(&["forget", RUN]);
    assert!(
        there.status == 1 && there.err.contains("still in auth.users"),
        "{}",
        there.err
    );
    run(&url, "delete from auth.users").await;
    let forgotten = repair(&["forget", RUN]);
    assert_eq!(forgotten.status, 0, "{}", forgotten.err);
    assert!(
        forgotten.out.contains("1 row of acknowledgements wiped"),
        "{}",
        forgotten.out
    );
    let nothing = repair(&["forget", RUN]);
    assert!(
        nothing.out.starts_with("nothing was known of them"),
        "{}",
        nothing.out
    );
    // This table has no column to stamp.
    let plan = repair(&["profiles", "plan"]);
    assert!(
        plan.status == 1 && plan.err.contains("soft_delete"),
        "{}",
        plan.err
    );
}

/// A database with Rollcall in it, by the command itself.
async fn installed(name: &str, here: &Path) -> String {
    let url = database(name, USERS).await;
    assert_eq!(rollcall(here, Some(&url), &["init"]).status, 0);
    let migration = rollcall(here, Some(&url), &["sql", "-o", "migration.sql"]);
    assert_eq!(migration.status, 0, "{}", migration.err);
    run(
        &url,
        &fs::read_to_string(here.join("migration.sql")).unwrap(),
    )
    .await;
    url
}
