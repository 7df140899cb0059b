//! The list of a run's users, in a file.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use super::{
    database::{USERS, database, run},
    rollcall,
};

/// A database with Rollcall, and three users without a profile.
async fn installed(name: &str) -> (TempDir, String) {
    let here = tempdir().unwrap();
    let url = database(name, USERS).await;
    assert_eq!(rollcall(here.path(), Some(&url), &["init"]).status, 0);
    let migration = rollcall(here.path(), Some(&url), &["sql"]).out;
    run(&url, &migration).await;
    let auth = url.replace("//postgres", "//supabase_admin");
    let users = "set session_replication_role = replica;
        insert into auth.users (id, email, created_at)
        select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
            case n when 2 then '=1+1' else 'u' || n || '@example.com' end, now() - interval '3 days'
        from generate_series(1, 3) n";
    run(&auth, users).await;
    fs::remove_file(here.path().join("rollcall.toml")).unwrap();
    (here, url)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_run_leaves_a_whole_list_for_its_owner_s_eyes_and_a_message() {
    let (here, url) = installed("export_whole").await;
    let call = |arguments: &[&str]| rollcall(here.path(), Some(&url), arguments);
    let ended = call(&["backfill", "--run", "--export", "--json"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    let answer: Value = serde_json::from_str(&ended.out).unwrap();
    let run_id = answer["run_id"].as_str().unwrap();
    let [csv, md] = ["csv", "md"].map(|end| format!("rollcall-affected-{run_id}.{end}"));
    assert_eq!(answer["export"]["file"], csv.as_str());
    assert_eq!(names(here.path()), [&*csv, &*md]);
    for file in [&csv, &md] {
        let mode = fs::metadata(here.path().join(file)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{file}");
    }
    let list = fs::read_to_string(here.path().join(&csv)).unwrap();
    let mut reader = csv::Reader::from_reader(list.as_bytes());
    let mut lines: Vec<_> = reader.records().map(Result::unwrap).collect();
    lines.sort_by(|a, b| a[0].cmp(&b[0]));
    let cells: Vec<_> = lines
        .iter()
        .map(|line| [&line[1], &line[3], &line[4]])
        .collect();
    assert_eq!(
        cells,
        [
            ["u1@example.com", "3", "created"],
            ["'=1+1", "3", "created"],
            ["u3@example.com", "3", "created"]
        ]
    );
    let message = fs::read_to_string(here.path().join(&md)).unwrap();
    assert!(
        message.contains("3 users: 3 with a profile now"),
        "{message}"
    );

    // Again: in place of the earlier one of the same run.
    let ended = call(&["backfill", "--run-id", run_id, "--export"]);
    let said = format!("wrote {md}\nwrote {csv} (3 users)\n");
    assert!(
        ended.status == 0 && ended.out.starts_with(&said),
        "{ended:?}"
    );
    assert_eq!(fs::read_to_string(here.path().join(&csv)).unwrap(), list);
    assert_eq!(names(here.path()), [&*csv, &*md]);
}

#[tokio::test]
async fn what_somebody_else_keeps_there_is_not_written_over_and_nothing_is_done() {
    let (here, url) = installed("export_taken").await;
    fs::write(here.path().join("list.md"), "notes").unwrap();
    for (file, words) in [
        ("list.csv", "list.md is there already"),
        ("list.md", "ends in .csv"),
        ("nowhere/list.csv", "cannot write nowhere/list.csv"),
    ] {
        let arguments = ["backfill", "--run", "--export", file];
        let ended = rollcall(here.path(), Some(&url), &arguments);
        assert_eq!(ended.status, 2, "{ended:?}");
        assert!(ended.err.contains(words), "{ended:?}");
    }
    assert_eq!(names(here.path()), ["list.md"]);
    let ended = rollcall(here.path(), Some(&url), &["backfill", "--export"]);
    assert_eq!(ended.status, 2, "{ended:?}");
    let ended = rollcall(
        here.path(),
        Some(&url),
        &["backfill", "--preview", "--json"],
    );
    let plan: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(plan["planned"], 3, "nobody was touched");

    // A run that is cancelled has a list, too.
    let run_id = plan["run_id"].as_str().unwrap();
    let arguments = ["backfill", "--cancel", run_id, "--export", "mine.csv"];
    let ended = rollcall(here.path(), Some(&url), &arguments);
    assert_eq!(ended.status, 0, "{ended:?}");
    let list = fs::read_to_string(here.path().join("mine.csv")).unwrap();
    assert_eq!(list.matches(",not_reached,").count(), 3, "{list}");
}

#[tokio::test]
async fn repair_lists_a_run_that_has_ended() {
    let (here, url) = installed("export_repair").await;
    let call = |arguments: &[&str]| rollcall(here.path(), Some(&url), arguments);
    let ended = call(&["backfill", "--run", "--json"]);
    let answer: Value = serde_json::from_str(&ended.out).unwrap();
    let run_id = answer["run_id"].as_str().unwrap();
    let listed = call(&["repair", "export", run_id, "-o", "list.csv"]);
    assert_eq!((listed.status, &*listed.err), (0, ""), "{listed:?}");
    assert_eq!(names(here.path()), ["list.csv", "list.md"]);
    let list = fs::read_to_string(here.path().join("list.csv")).unwrap();
    assert_eq!(list.lines().count(), 4, "{list}");
    let again = call(&["repair", "export", run_id, "-o", "list.csv"]);
    assert_eq!(again.status, 2, "{again:?}");
    assert!(again.err.contains("is there already"), "{again:?}");
}
