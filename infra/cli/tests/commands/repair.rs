//! `rollcall repair` on a real database.

use std::fs;

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
        wrong.status == 1 && wrong.err.contains("confirm_count 3"),
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
        "insert into rollcall.exclusions",
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
