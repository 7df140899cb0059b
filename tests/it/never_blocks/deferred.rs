//! Constraints that wait for the end of the transaction: those of the profile table are checked
//! where their failure can be told, and nothing of that leaks.

use super::{Case, Seen::Ledger, Stage, sign_up};

const ORPHAN: &str = "insert into app.users (id, email)
    values ('ffffffff-0000-4000-8000-000000000000', 'THE-EMAIL');";

const CASES: &[Case] = &[
    Case {
        name: "a unique value, from the beginning",
        breaks: "alter table app.users drop constraint users_email_key;
            alter table app.users add constraint users_email_key unique (email)
            deferrable initially deferred;",
        seen: Ledger("23505", "unique_held_by_orphan"),
        mends: "alter table app.users drop constraint users_email_key;
            alter table app.users add constraint users_email_key unique (email)",
    },
    Case {
        name: "a unique value, if asked",
        breaks: "alter table app.users drop constraint users_email_key;
            alter table app.users add constraint users_email_key unique (email) deferrable;",
        seen: Ledger("23505", "unique_held_by_orphan"),
        mends: "alter table app.users drop constraint users_email_key;
            alter table app.users add constraint users_email_key unique (email)",
    },
    Case {
        name: "a foreign key",
        breaks: "alter table app.users add tenant uuid default gen_random_uuid();
            alter table app.users add constraint \"Of Tenant\" foreign key (tenant)
            references app.tenants deferrable initially deferred not valid;",
        seen: Ledger("23503", "foreign_key"),
        mends: "alter table app.users drop tenant",
    },
    Case {
        name: "a constraint trigger",
        breaks: "create constraint trigger t after insert or update on app.users
            deferrable initially deferred for each row execute function app.raise('P0001');",
        seen: Ledger("P0001", "other"),
        mends: "drop trigger t on app.users",
    },
];

#[tokio::test]
async fn a_signup_commits_whatever_waits_for_its_end() {
    for asks in ["", "set constraints all deferred;"] {
        let mut stage = Stage::new().await;
        for case in CASES {
            let (name, id) = (case.name, stage.next_user());
            stage.run(case.breaks).await;
            if case.name.contains("unique") {
                stage
                    .run(&ORPHAN.replace("THE-EMAIL", &format!("{id}@example.com")))
                    .await;
            }
            let printed =
                stage.as_gotrue(&format!("begin; {asks} {} commit;", sign_up(&id, "null")));
            stage.check(&id, case, &printed).await;
            stage
                .run("delete from app.users where id = 'ffffffff-0000-4000-8000-000000000000'")
                .await;
            stage.run(case.mends).await;
            assert_eq!(stage.ensure(&id).await, "created", "{name}");
            assert_eq!(stage.ledger(&id).await, "null", "{name}");
        }
    }
}

#[tokio::test]
async fn what_waits_goes_on_waiting_in_the_rest_of_the_transaction() {
    let mut stage = Stage::new().await;
    let (signed_up, other) = (stage.next_user(), stage.next_user());
    stage
        .run(
            "alter table app.users drop constraint users_email_key;
            alter table app.users add constraint users_email_key unique (email)
            deferrable initially deferred;
            create table app.notes (
                user_id uuid references app.users (id) deferrable initially deferred
            )",
        )
        .await;
    // Two violations that are mended before the end: one of another table before the signup, one
    // of the profile table after it.
    stage
        .world
        .run(
            "supabase_admin",
            &format!(
                "begin;
                insert into app.notes values ('{other}');
                {}
                insert into app.users (id, email) values ('{other}', '{signed_up}@example.com');
                update app.users set email = null where id = '{other}';
                commit",
                sign_up(&signed_up, "null")
            ),
        )
        .await;
    assert!(stage.profile(&signed_up).await.contains("@example.com"));
    assert_eq!(stage.ledger(&signed_up).await, "null");
}

#[tokio::test]
async fn what_the_table_becomes_while_a_session_lasts_is_seen() {
    for (breaks, told) in [
        (CASES[3].breaks, "P0001 other"),
        (
            "alter table app.users drop constraint users_pkey",
            "42P10 other",
        ),
        (
            "create rule r as on insert to app.users do also notify something",
            "0A000 other",
        ),
    ] {
        let mut stage = Stage::new().await;
        let ids: Vec<String> = (0..9).map(|_| stage.next_user()).collect();
        let mut session = stage.world.connect("supabase_auth_admin").await;
        for (number, id) in (1..).zip(&ids) {
            if number == ids.len() {
                stage.run(breaks).await;
            }
            let sql = sqlx::AssertSqlSafe(sign_up(id, "null"));
            sqlx::raw_sql(sql)
                .execute(&mut session)
                .await
                .expect("a signup");
        }
        assert_eq!(stage.ledger(&ids[8]).await, told, "{breaks}");
    }
}
