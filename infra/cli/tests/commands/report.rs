//! `rollcall report` over a database with a history.

use std::fs;

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use super::{
    database::{USERS, database, run},
    rollcall,
};

const OPEN: &str = "00000000-0000-4000-8000-00000000000a";
const RESOLVED: &str = "00000000-0000-4000-8000-00000000000b";

/// A directory and a database into which Rollcall is installed; with a history or without.
pub(super) async fn installed(name: &str, history: &str) -> (TempDir, String) {
    let here = tempdir().unwrap();
    let url = database(name, USERS).await;
    assert_eq!(rollcall(here.path(), Some(&url), &["init"]).status, 0);
    let migration = rollcall(here.path(), Some(&url), &["sql"]).out;
    run(&url, &migration).await;
    run(
        &url,
        "alter role rollcall_app login; alter role rollcall_operator login",
    )
    .await;
    run(&url, history).await;
    (here, url)
}

/// The month that the tests look back on.
pub(super) const MONTH: &str = include_str!("history.sql");

#[tokio::test]
async fn a_month_is_written_to_one_file_by_whoever_may_check() {
    let (here, url) = installed("report_month", MONTH).await;
    let app = url.replacen("postgres@", "rollcall_app@", 1);
    let file = here.path().join("rollcall-report.html");
    fs::write(&file, "an older report").unwrap();
    let ended = rollcall(here.path(), Some(&app), &["report"]);
    assert_eq!(
        (ended.status, &*ended.out),
        (0, "wrote rollcall-report.html\n"),
        "{ended:?}"
    );
    let page = fs::read_to_string(&file).unwrap();
    for expected in [
        "Critical <span class=\"severity\">P0</span>",
        "14 users can sign in and have no profile.",
        "on_auth_user_created is disabled",
        "<code class=\"command\">rollcall repair trigger install</code>",
        OPEN,
        RESOLVED,
        "48,210",
        "00000000-0000-4000-8000-0000000000c1",
        "an orphaned profile holds a value that has to be unique",
        "Ghosts: 14 at the last check; 14 at most",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(
        !page.contains('@') || !page.contains("example.com"),
        "an address"
    );
    let left: Vec<_> = fs::read_dir(here.path()).unwrap().collect();
    assert_eq!(
        left.len(),
        2,
        "rollcall.toml, the report, and no half of a file: {left:?}"
    );
}

#[tokio::test]
async fn days_file_and_json_are_as_asked() {
    let (here, url) = installed("report_options", MONTH).await;
    let ended = rollcall(
        here.path(),
        Some(&url),
        &["report", "--days", "5", "-o", "week.html"],
    );
    assert_eq!((ended.status, &*ended.out), (0, "wrote week.html\n"));
    let page = fs::read_to_string(here.path().join("week.html")).unwrap();
    assert!(
        page.contains(OPEN) && !page.contains(RESOLVED),
        "it was over before"
    );

    let ended = rollcall(here.path(), Some(&url), &["report", "--json"]);
    let history: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(history["checks"].as_array().unwrap().len(), 28);
    assert_eq!(history["latest"]["counts"]["ghosts"], 14);
    assert_eq!(history["latest"]["counts"]["drifted"], Value::Null);
    assert_eq!(history["incidents"][0]["incident_id"], OPEN);
    assert_eq!(history["incidents"][0]["events"][2]["what"], "escalated");
    assert_eq!(history["refusals"][0]["reason"], "unique_held_by_orphan");
    assert_eq!(
        (
            &history["refusals"][0]["in_ledger"],
            &history["refusals"][0]["in_runs"]
        ),
        (&1.into(), &1.into())
    );
    assert!(
        !ended.out.contains('@'),
        "the reason of a run is its author's"
    );
    assert!(!here.path().join("rollcall-report.html").exists());

    for days in ["0", "366", "x"] {
        assert_eq!(
            rollcall(here.path(), Some(&url), &["report", "--days", days]).status,
            2
        );
    }
    let ended = rollcall(
        here.path(),
        Some(&url),
        &["report", "-o", "nowhere/report.html"],
    );
    assert_eq!(ended.status, 2);
    assert!(
        ended
            .err
            .starts_with("error: cannot write nowhere/report.html: "),
        "{}",
        ended.err
    );
}

#[tokio::test]
async fn an_incident_becomes_the_draft_of_a_post_mortem() {
    let (here, url) = installed("report_incident", MONTH).await;
    let ended = rollcall(here.path(), Some(&url), &["report", "--incident", RESOLVED]);
    assert_eq!(ended.status, 0, "{ended:?}");
    for expected in [
        "# Post-mortem: the profile table demands a column that nothing fills\n",
        "after 19 hours 30 minutes |\n",
        "after 3 days 8 hours (",
        "resolved (P0): a full check found no ghost\n",
        "- Scheduled checks created 3 profiles.\n",
        "- The backfill `00000000-0000-4000-8000-0000000000c1`: 6 profiles created, 1 there already, \
         2 refused, 0 no longer eligible.\n",
    ] {
        assert!(ended.out.contains(expected), "{expected}: {}", ended.out);
    }
    assert!(!ended.out.contains("0000000000c2"), "a run of another time");
    assert!(!ended.out.contains('@'));
    let file = ["report", "--incident", OPEN, "-o", "draft.md"];
    assert_eq!(
        rollcall(here.path(), Some(&url), &file).out,
        "wrote draft.md\n"
    );
    let draft = fs::read_to_string(here.path().join("draft.md")).unwrap();
    assert!(
        draft.contains("| Resolved | not yet; open for 1 day 17 hours |\n"),
        "{draft}"
    );

    let unknown = "00000000-0000-4000-8000-0000000000ff";
    let ended = rollcall(here.path(), Some(&url), &["report", "--incident", unknown]);
    assert_eq!((ended.status, &*ended.out), (2, ""));
    assert!(
        ended.err.contains("there is no incident 00000000-"),
        "{}",
        ended.err
    );
}

#[tokio::test]
async fn a_database_without_a_history_says_so() {
    let (here, url) = installed("report_empty", "").await;
    assert_eq!(rollcall(here.path(), Some(&url), &["report"]).status, 0);
    let page = fs::read_to_string(here.path().join("rollcall-report.html")).unwrap();
    assert!(page.contains("No full check has been made yet, so nothing is known."));
    run(&url, "select public.record_user_sync_metrics()").await;
    assert_eq!(rollcall(here.path(), Some(&url), &["report"]).status, 0);
    let page = fs::read_to_string(here.path().join("rollcall-report.html")).unwrap();
    // No auth user at all trips the guard.
    assert!(
        page.contains("The last check could not see whether all is well."),
        "{page}"
    );
}
