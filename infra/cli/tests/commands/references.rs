//! `rollcall repair references` on a real database.

use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use sqlx::{Connection, Executor, PgConnection};
use tempfile::tempdir;

use super::{
    database::{USERS, database, run},
    rollcall,
};

const ORDER: [&str; 7] = [
    "repair",
    "references",
    "constrain",
    "--table",
    "public.orders",
    "--column",
    "user_id",
];

/// Three users with a profile and an order each, and an order of nobody's.
async fn installed(name: &str) -> (tempfile::TempDir, String) {
    let here = tempdir().unwrap();
    let url = database(name, USERS).await;
    assert_eq!(rollcall(here.path(), Some(&url), &["init"]).status, 0);
    let migration = rollcall(here.path(), Some(&url), &["sql", "-o", "migration.sql"]);
    assert_eq!(migration.status, 0, "{}", migration.err);
    let migration = fs::read_to_string(here.path().join("migration.sql")).unwrap();
    run(&url, &migration).await;
    run(
        &url,
        "create table public.orders (id bigserial primary key, user_id uuid);
         insert into auth.users (id) select gen_random_uuid() from generate_series(1, 3);
         insert into public.orders (user_id) select id from public.users;
         insert into public.orders (user_id) values (gen_random_uuid())",
    )
    .await;
    (here, url)
}

#[tokio::test]
async fn from_the_survey_to_a_valid_key() {
    let (here, url) = installed("constrained").await;
    let rollcall = |arguments: &[&str]| rollcall(here.path(), Some(&url), arguments);
    let survey = ["repair", "references", "survey"];

    let ended = rollcall(&survey);
    assert_eq!((ended.status, &*ended.err), (1, ""));
    for words in [
        "public.orders.user_id\tuuid\t4\t1\t1\t0\t\t\tlikely\tquarantine\n",
        "next: rollcall repair references plan --policy public.orders.user_id=default\n",
        "[[references]]\ntable = \"public.orders\"\ncolumn = \"user_id\"\n",
    ] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }

    let ended = rollcall(&ORDER);
    assert_eq!((ended.status, &*ended.err), (1, ""));
    for words in [
        "look: public.orders.user_id has no foreign key to public.users\n",
        "constraint: orders_user_id_fkey keeps new orphans out\n",
        "orphans: 1 row",
        "references plan`",
    ] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }

    run(
        &url,
        "delete from public.orders where user_id not in (select id from public.users)",
    )
    .await;
    let ended = rollcall(&survey);
    assert_eq!(ended.status, 0, "{ended:?}");
    let next =
        "next: rollcall repair references constrain --table public.orders --column user_id\n";
    assert!(ended.out.contains(next), "{}", ended.out);

    let ended = rollcall(&[&ORDER[..], &["--json"]].concat());
    let answer: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((ended.status, &answer["status"]), (0, &"completed".into()));
    assert_eq!(answer["index"], "orders_user_id_idx");
    assert!(answer["steps"].as_array().unwrap().len() > 3, "{answer:#}");
    let ended = rollcall(&survey);
    assert!(ended.out.contains("\tcertain\tnothing\n"), "{}", ended.out);
    assert!(rollcall(&ORDER).out.ends_with("nothing to do\n"));
}

#[tokio::test]
async fn a_plan_is_applied_undone_and_purged_by_its_id() {
    let (here, url) = installed("orphans").await;
    let rollcall =
        |arguments: &[&str]| rollcall(here.path(), Some(&url), &[&["repair"], arguments].concat());
    let plan = |policy: &str| rollcall(&["references", "plan", "--policy", policy]);
    for (policy, words) in [
        ("public.orders", "write it as public.orders=quarantine"),
        ("public.orders=delete", "quarantine"),
        ("public.nowhere=quarantine", "no column of public.nowhere"),
        (
            "public.orders=reassign:0e8f9a60-1111-4222-8333-444455556666",
            "has no profile",
        ),
    ] {
        let ended = plan(policy);
        assert_eq!(ended.status, 2, "{ended:?}");
        assert!(ended.err.contains(words), "{}", ended.err);
    }

    let planned = plan("public.orders=quarantine");
    assert_eq!((planned.status, &*planned.err), (0, ""));
    for words in [
        "1 planned = 0 done + 0 refused + 0 gone + 1 remaining\n",
        "public.orders.user_id\tquarantine\t1\t0\t0\t0\t1\n",
        "public.orders\t4\t",
    ] {
        assert!(planned.out.contains(words), "{words}: {}", planned.out);
    }
    let (_, rest) = planned.out.split_once("rollcall repair apply ").unwrap();
    let run = rest.split_whitespace().next().unwrap();
    let early = rollcall(&["purge", run]);
    assert_eq!(early.status, 1, "{early:?}");

    let wrong = rollcall(&["apply", run, "--confirm-count", "7"]);
    assert!(
        wrong.status == 1 && wrong.err.contains("give --confirm-count 1\n"),
        "{wrong:?}"
    );
    let applied = rollcall(&["apply", run, "--confirm-count", "1"]);
    assert_eq!((applied.status, &*applied.err), (0, ""));
    let moved = "public.orders.user_id\tquarantine\t1\t1\t0\t0\t0\n";
    assert!(applied.out.contains(moved), "{}", applied.out);

    let sql = "insert into public.orders (id) values (4)";
    super::database::run(&url, sql).await;
    let kept = rollcall(&["undo", run]);
    assert_eq!((kept.status, &*kept.err), (1, ""));
    assert!(
        kept.out.contains("public.orders\t4\tkey_taken\t"),
        "{}",
        kept.out
    );
    super::database::run(&url, "delete from public.orders where id = 4").await;
    let undone = rollcall(&["undo", run, "--json"]);
    let answer: Value = serde_json::from_str(&undone.out).unwrap();
    assert_eq!(
        (undone.status, &answer["tables"][0]["done"]),
        (0, &1.into())
    );

    let planned = plan("public.orders=quarantine");
    let (_, rest) = planned.out.split_once("rollcall repair apply ").unwrap();
    let run = rest.split_whitespace().next().unwrap();
    assert_eq!(rollcall(&["apply", run]).status, 0);
    let purged = rollcall(&["purge", run, "--confirm-count", "1"]);
    assert_eq!((purged.status, &*purged.err), (0, ""));
    let gone = "public.orders.user_id\tpurge\t1\t1\t0\t0\t0\n";
    assert!(purged.out.contains(gone), "{}", purged.out);
    let none = rollcall(&["undo", run]);
    assert!(
        none.status == 0 && none.out.starts_with("nothing is left to undo"),
        "{none:?}"
    );
}

#[tokio::test]
async fn a_plan_that_leaves_something_out_says_so_by_its_status() {
    let (here, url) = installed("orphans_refused").await;
    let plan = |more: &[&str]| {
        let arguments = [&["repair", "references", "plan"], more].concat();
        rollcall(here.path(), Some(&url), &arguments)
    };
    run(
        &url,
        "alter table public.orders drop constraint orders_pkey",
    )
    .await;
    let refused = plan(&["--policy", "public.orders=quarantine"]);
    assert_eq!((refused.status, &*refused.err), (1, ""), "{}", refused.out);
    assert!(
        refused.out.contains("no_primary_key: the table"),
        "{}",
        refused.out
    );
    assert_eq!(
        plan(&["--policy", "public.orders=create_profile"]).status,
        0
    );

    run(&url, "alter table public.orders add primary key (id); alter table public.orders add created_by uuid;
         update public.orders set created_by = (select id from public.users limit 1)").await;
    let planned = plan(&["--policy", "public.orders.user_id=quarantine"]);
    assert_eq!((planned.status, &*planned.err), (0, ""));
    let words = "1 of the rows of public.orders that are to go into quarantine because of user_id";
    assert!(planned.out.contains(words), "{}", planned.out);
}

#[tokio::test]
async fn what_is_wrong_is_told_by_its_status() {
    let (here, url) = installed("constrained_wrong").await;
    let rollcall = |more: &[&str]| {
        let arguments = [&["repair", "references", "constrain"], more].concat();
        rollcall(here.path(), Some(&url), &arguments)
    };
    for (more, status, words) in [
        (
            &["--table", "orders", "--column", "user_id"][..],
            2,
            "--table has no schema",
        ),
        (
            &["--table", "public.order", "--column", "user_id"],
            2,
            "there is no table public.order",
        ),
        (
            &["--table", "public.orders", "--column", "id"],
            1,
            "a foreign key needs the same type",
        ),
        (&["--table", "public.orders"], 2, "--column"),
    ] {
        let ended = rollcall(more);
        assert_eq!(ended.status, status, "{ended:?}");
        assert!(ended.err.contains(words), "{}", ended.err);
    }
}

#[tokio::test]
async fn ctrl_c_ends_the_build_and_says_where_it_stands() {
    let (here, url) = installed("constrained_stopped").await;
    run(
        &url,
        "delete from public.orders where user_id not in (select id from public.users)",
    )
    .await;
    let key =
        "alter table public.orders add foreign key (user_id) references public.users not valid";
    run(&url, key).await;
    let mut holder = PgConnection::connect(&url).await.unwrap();
    let mut transaction = holder.begin().await.unwrap();
    transaction
        .execute("update public.orders set user_id = user_id")
        .await
        .unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_rollcall"))
        .args(ORDER)
        .env("DATABASE_URL", &url)
        .current_dir(here.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut other = PgConnection::connect(&url).await.unwrap();
    let builds = "select count(*) from pg_stat_progress_create_index
         where datname = current_database()";
    let mut wait_for = async |expected: i64| {
        while sqlx::query_scalar::<_, i64>(builds)
            .fetch_one(&mut other)
            .await
            .unwrap()
            != expected
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    wait_for(1).await;
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let ended = child.wait_with_output().unwrap();
    let error = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{error}");
    for words in [
        "stopped at: building",
        "keeps new orphans out",
        "same command goes on",
    ] {
        assert!(error.contains(words), "{error}");
    }
    wait_for(0).await;
    transaction.rollback().await.unwrap();
    assert_eq!(rollcall(here.path(), Some(&url), &ORDER).status, 0);
}

#[tokio::test]
async fn what_the_survey_names_next_plans_columns_that_are_only_guessed() {
    let (here, url) = installed("orphans_guessed").await;
    run(
        &url,
        "create table public.\"my leads\" (id bigserial primary key, owner_id uuid);
         insert into public.\"my leads\" (owner_id) select id from public.users;
         insert into public.\"my leads\" (owner_id) values (gen_random_uuid());
         create table public.things (id bigserial primary key, author_id uuid);
         insert into public.things (author_id) values (gen_random_uuid())",
    )
    .await;
    let rollcall = |arguments: &[&str]| rollcall(here.path(), Some(&url), arguments);
    let survey = rollcall(&["repair", "references", "survey"]);
    assert_eq!(survey.status, 1, "{survey:?}");
    let next = "next: rollcall repair references plan --policy 'public.my leads.owner_id'=default \
                --policy public.orders.user_id=default\n";
    assert!(survey.out.contains(next), "{}", survey.out);
    let planned = rollcall(&[
        "repair",
        "references",
        "plan",
        "--policy",
        "public.my leads.owner_id=default",
        "--policy",
        "public.orders.user_id=default",
    ]);
    assert_eq!((planned.status, &*planned.err), (0, ""));
    for words in [
        "public.my leads.owner_id\tquarantine\t1\t0\t0\t0\t1\n",
        "public.orders.user_id\tquarantine\t1\t0\t0\t0\t1\n",
    ] {
        assert!(planned.out.contains(words), "{words}: {}", planned.out);
    }
    // What nobody can tell is orphaned nevertheless, and nothing plans it unasked.
    run(&url, "drop table public.orders, public.\"my leads\"").await;
    let survey = rollcall(&["repair", "references", "survey"]);
    assert_eq!(survey.status, 1, "{survey:?}");
    assert!(!survey.out.contains("references plan"), "{}", survey.out);
}
