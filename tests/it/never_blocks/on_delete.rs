//! Deletions of auth users, hard and soft.

use super::{
    Case,
    Seen::{Ledger, Warning},
    Stage,
};

const CASES: &[Case] = &[
    Case {
        name: "a missing column",
        breaks: "alter table app.users rename column deleted_at to removed_at",
        seen: Ledger("42703", "other"),
        mends: "alter table app.users rename column removed_at to deleted_at",
    },
    Case {
        name: "a missing table",
        breaks: "alter table app.users rename to people",
        seen: Ledger("42P01", "other"),
        mends: "alter table app.people rename to users",
    },
    Case {
        name: "a missing right on the table",
        breaks: "revoke update on app.users from postgres",
        seen: Ledger("42501", "permission"),
        mends: "grant update on app.users to postgres",
    },
    Case {
        name: "a released column that must not be null",
        breaks: "delete from app.users where email is null;
            alter table app.users alter email set not null",
        seen: Ledger("23502", "not_null"),
        mends: "alter table app.users alter email drop not null",
    },
    Case {
        name: "a check",
        breaks: "alter table app.users add constraint alive check (deleted_at is null) not valid",
        seen: Ledger("23514", "check"),
        mends: "alter table app.users drop constraint alive",
    },
    Case {
        name: "a trigger that raises",
        breaks: "create trigger t before update on app.users
            for each row execute function app.raise('P0001')",
        seen: Ledger("P0001", "other"),
        mends: "drop trigger t on app.users",
    },
    Case {
        name: "a trigger that takes no row",
        breaks: "create trigger t before update on app.users
            for each row execute function app.skip()",
        seen: Ledger("", "no_row"),
        mends: "drop trigger t on app.users",
    },
    Case {
        name: "a constraint trigger that waits for the end of the transaction",
        breaks: "create constraint trigger t after update on app.users
            deferrable initially deferred for each row execute function app.raise('23503')",
        seen: Ledger("23503", "foreign_key"),
        mends: "drop trigger t on app.users",
    },
    Case {
        name: "no stamp",
        breaks: "drop function rollcall.stamp_profile(uuid)",
        seen: Ledger("42883", "other"),
        mends: "install",
    },
    Case {
        name: "no ledger",
        breaks: "drop table rollcall.sync_failures; alter table app.users rename to people",
        seen: Warning("42P01", "42P01"),
        mends: "alter table app.people rename to users; install",
    },
];

/// Breaks one thing after another while a user goes, in a way, and has the profile removed
/// afterwards by a function of Rollcall's.
async fn break_one_after_another(go: &str, remove: &str) {
    let mut stage = Stage::new().await;
    for case in CASES {
        let (name, id) = (case.name, stage.next_user());
        assert_eq!(stage.sign_up(&id), "", "{name}");
        stage.run(case.breaks).await;
        let printed = stage.as_gotrue(&go.replace("THE-ID", &id));
        stage.check(&id, case, &printed).await;
        stage.run(case.mends).await;
        for _ in 0..2 {
            let outcome = format!("select outcome from {remove}('{id}')");
            assert_eq!(
                stage.world.ask_as("rollcall_app", &outcome).await,
                "removed",
                "{name}"
            );
        }
        assert_eq!(stage.ledger(&id).await, "null", "{name}");
        let stamped = format!(
            "select (deleted_at is not null) || ' ' || (email is null) from app.users where id = '{id}'"
        );
        assert_eq!(stage.world.ask(&stamped).await, "true true", "{name}");
    }
}

#[tokio::test]
async fn a_deletion_commits_whatever_is_wrong_with_the_profile() {
    break_one_after_another(
        "delete from auth.users where id = 'THE-ID'",
        "rollcall.remove_profile",
    )
    .await;
}

#[tokio::test]
async fn a_soft_deletion_commits_whatever_is_wrong_with_the_profile() {
    break_one_after_another(
        "update auth.users set deleted_at = now(), email = md5('THE-ID') where id = 'THE-ID'",
        "rollcall.ensure_profile",
    )
    .await;
}

#[tokio::test]
async fn a_stamp_outlives_a_missing_ledger() {
    let mut stage = Stage::new().await;
    let id = stage.next_user();
    stage.sign_up(&id);
    stage.run("drop table rollcall.sync_failures").await;
    let printed = stage.as_gotrue(&format!("delete from auth.users where id = '{id}'"));
    assert!(
        printed.contains("stays in the ledger (SQLSTATE 42P01)"),
        "{printed}"
    );
    assert!(!stage.profile(&id).await.contains("\"deleted_at\": null"));
}

#[tokio::test]
async fn without_soft_delete_nothing_of_the_profile_is_touched() {
    let toml = super::TOML.split("[profile.removal]").next().unwrap();
    let mut stage = Stage::with(super::TABLE, toml).await;
    let (left, gone) = (stage.next_user(), stage.next_user());
    stage.sign_up(&left);
    stage.sign_up(&gone);
    let before = stage.profile(&left).await;
    assert_eq!(
        stage.as_gotrue(&format!("delete from auth.users where id = '{left}'")),
        ""
    );
    assert_eq!(stage.profile(&left).await, before);
    stage.run("drop table app.users").await;
    assert_eq!(
        stage.as_gotrue(&format!("delete from auth.users where id = '{gone}'")),
        ""
    );
    assert_eq!(stage.ledger(&gone).await, "null");
}
