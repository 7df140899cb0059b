//! Changes of an auth user who has a profile.

use super::{
    Case,
    Seen::{Ledger, Warning},
    Stage,
};

const CASES: &[Case] = &[
    Case {
        name: "a missing column",
        breaks: "alter table app.users rename column email to mail",
        seen: Ledger("42703", "other"),
        mends: "alter table app.users rename column mail to email",
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
        name: "a unique value that an orphan holds",
        breaks: "insert into app.users (id, email)
            values ('ffffffff-0000-4000-8000-000000000000', 'THE-EMAIL')",
        seen: Ledger("23505", "unique_held_by_orphan"),
        mends: "delete from app.users where id = 'ffffffff-0000-4000-8000-000000000000'",
    },
    Case {
        name: "a check",
        breaks: "alter table app.users
            add constraint no_change check (email not like 'new%') not valid",
        seen: Ledger("23514", "check"),
        mends: "alter table app.users drop constraint no_change",
    },
    Case {
        name: "a trigger that raises",
        breaks: "create trigger t before update on app.users
            for each row execute function app.raise('P0001')",
        seen: Ledger("P0001", "other"),
        mends: "drop trigger t on app.users",
    },
    Case {
        name: "a failed assertion",
        breaks: "create trigger t before update on app.users
            for each row execute function app.insist()",
        seen: Ledger("P0004", "other"),
        mends: "drop trigger t on app.users",
    },
    Case {
        name: "a constraint that waits for the end of the transaction",
        breaks: "alter table app.users drop constraint users_email_key;
            alter table app.users add constraint users_email_key unique (email)
            deferrable initially deferred;
            insert into app.users (id, email)
            values ('ffffffff-0000-4000-8000-000000000000', 'THE-EMAIL')",
        seen: Ledger("23505", "unique_held_by_orphan"),
        mends: "delete from app.users where id = 'ffffffff-0000-4000-8000-000000000000';
            alter table app.users drop constraint users_email_key;
            alter table app.users add constraint users_email_key unique (email)",
    },
    Case {
        name: "no view",
        breaks: "drop view rollcall.wanted",
        seen: Ledger("42P01", "other"),
        mends: "install",
    },
    Case {
        name: "no refresh",
        breaks: "drop function rollcall.refresh_profile(uuid, boolean, boolean)",
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

#[tokio::test]
async fn a_change_commits_whatever_is_wrong_with_the_profile() {
    let mut stage = Stage::new().await;
    for case in CASES {
        let (name, id) = (case.name, stage.next_user());
        let email = format!("new-{id}@example.com");
        assert_eq!(stage.sign_up(&id), "", "{name}");
        stage.run(&case.breaks.replace("THE-EMAIL", &email)).await;
        let printed = stage.as_gotrue(&format!(
            "update auth.users set email = '{email}' where id = '{id}'"
        ));
        let changed = format!("select email from auth.users where id = '{id}'");
        assert_eq!(stage.world.ask(&changed).await, email, "{name}");
        stage.check(&id, case, &printed).await;
        stage.run(case.mends).await;
        assert_eq!(stage.ensure(&id).await, "updated", "{name}");
        assert_eq!(stage.ledger(&id).await, "null", "{name}");
        assert_eq!(stage.ensure(&id).await, "present", "{name}");
        assert!(stage.profile(&id).await.contains(&email), "{name}");
    }
}

#[tokio::test]
async fn a_refresh_outlives_a_missing_ledger() {
    let mut stage = Stage::new().await;
    let id = stage.next_user();
    stage.sign_up(&id);
    stage.run("drop table rollcall.sync_failures").await;
    let printed = stage.as_gotrue(&format!(
        "update auth.users set email = 'new@example.com' where id = '{id}'"
    ));
    assert!(
        printed.contains("stays in the ledger (SQLSTATE 42P01)"),
        "{printed}"
    );
    assert!(stage.profile(&id).await.contains("new@example.com"));
}

#[tokio::test]
async fn a_dropped_schema_takes_the_update_and_delete_triggers_along() {
    let mut stage = Stage::new().await;
    let id = stage.next_user();
    stage.sign_up(&id);
    stage.run("drop schema rollcall cascade").await;
    let update = format!("update auth.users set email = 'new@example.com' where id = '{id}'");
    assert_eq!(stage.as_gotrue(&update), "");
    assert_eq!(
        stage.as_gotrue(&format!("delete from auth.users where id = '{id}'")),
        ""
    );
}
