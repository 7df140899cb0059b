//! Signups.

use super::{Case, Seen, Stage, cases};

/// Signs a user up while something is broken, mends it, and has the user ensured.
async fn break_one_after_another(list: &[Case]) {
    let mut stage = Stage::new().await;
    let first = stage.next_user();
    stage.sign_up(&first);
    for case in list {
        let (name, id) = (case.name, stage.next_user());
        stage
            .run(
                &case
                    .breaks
                    .replace("THE-EMAIL", &format!("{id}@example.com")),
            )
            .await;
        let printed = stage.sign_up(&id);
        let signed_up = format!("select count(*) from auth.users where id = '{id}'");
        assert_eq!(stage.world.ask(&signed_up).await, "1", "{name}");
        stage.check(&id, case, &printed).await;
        if let Seen::Ledger(_, reason) = case.seen
            && !case.mends.ends_with("install")
        {
            assert_eq!(
                stage.ensure(&id).await,
                format!("refused {reason}"),
                "{name}"
            );
        }
        stage.run(case.mends).await;
        assert_eq!(stage.ensure(&id).await, "created", "{name}");
        assert_eq!(stage.ledger(&id).await, "null", "{name}");
        assert_eq!(stage.ensure(&id).await, "present", "{name}");
        assert_eq!(stage.ghosts().await, "0", "{name}");
    }
}

#[tokio::test]
async fn a_signup_commits_whatever_became_of_the_table() {
    break_one_after_another(cases::TABLES).await;
}

#[tokio::test]
async fn a_signup_commits_whatever_constraint_is_violated() {
    break_one_after_another(cases::CONSTRAINTS).await;
}

#[tokio::test]
async fn a_signup_commits_whatever_triggers_of_the_application_do() {
    break_one_after_another(cases::TRIGGERS).await;
}

#[tokio::test]
async fn a_signup_commits_whatever_of_rollcall_is_missing() {
    break_one_after_another(cases::OWN).await;
}

#[tokio::test]
async fn a_signup_commits_whatever_class_of_sqlstate_is_raised() {
    const STATES: [&str; 15] = [
        "01000", "02000", "0A000", "21000", "25P02", "28000", "3D000", "40001", "40P01", "53300",
        "57P01", "58030", "HV000", "XX000", "ZZZZZ",
    ];
    let mut stage = Stage::new().await;
    for state in STATES {
        let id = stage.next_user();
        stage
            .run(&format!(
                "create trigger t before insert on app.users
                for each row execute function app.raise('{state}')"
            ))
            .await;
        let printed = stage.sign_up(&id);
        assert_eq!(
            (stage.ledger(&id).await, printed),
            (format!("{state} other"), String::new())
        );
        stage.run("drop trigger t on app.users").await;
        assert_eq!(stage.ensure(&id).await, "created", "{state}");
        assert_eq!(stage.ledger(&id).await, "null", "{state}");
    }
}

#[tokio::test]
async fn one_statement_that_signs_up_many_loses_only_those_that_fail() {
    let stage = Stage::new().await;
    stage
        .run("alter table app.users add constraint c check (right(id::text, 1) <> '3')")
        .await;
    let printed = stage.as_gotrue(
        "insert into auth.users (id, email)
        select format('00000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid, n || '@example.com'
        from generate_series(1, 5) n",
    );
    assert_eq!(printed, "");
    assert_eq!(stage.world.ask("select count(*) from app.users").await, "4");
    assert_eq!(stage.world.ask("select string_agg(right(user_id::text, 1) || reason, ' ') from rollcall.sync_failures").await, "3check");
}
