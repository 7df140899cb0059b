//! Signups whose profile, or whose unique value, is there already or comes meanwhile. The trigger's
//! insert gives way to nobody, so each of these begins with a failure.

use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::{Stage, sign_up};

const METADATA: &str = "'{\"name\": \"Ada\"}'";

async fn run(connection: &mut PgConnection, sql: String) {
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
        .await
        .expect("SQL that runs");
}

#[tokio::test]
async fn a_profile_that_is_there_stays_as_it_is_and_is_no_failure() {
    let mut stage = Stage::new().await;
    let id = stage.next_user();
    stage
        .run(&format!(
            "insert into app.users (id, email, name) values ('{id}', 'old@example.com', 'Countess')"
        ))
        .await;
    let printed = stage.as_gotrue(&format!(
        "begin; {} update auth.users set raw_user_meta_data = '{{\"name\": \"A\"}}'; commit;",
        sign_up(&id, METADATA)
    ));
    assert_eq!(
        (stage.ledger(&id).await.as_str(), printed.as_str()),
        ("null", "")
    );
    let profile = stage.profile(&id).await;
    assert!(profile.contains("\"name\": \"Countess\""), "{profile}");
}

#[tokio::test]
async fn a_profile_that_is_there_is_no_failure_though_its_email_is_taken_too() {
    let mut stage = Stage::new().await;
    let (id, other) = (stage.next_user(), stage.next_user());
    stage
        .run(&format!(
            "insert into app.users (id, email) values ('{other}', '{id}@example.com'), ('{id}', null)"
        ))
        .await;
    let printed = stage.sign_up(&id);
    assert_eq!(
        (stage.ledger(&id).await.as_str(), printed.as_str()),
        ("null", "")
    );
}

#[tokio::test]
async fn what_comes_while_the_signup_waits_is_taken_as_it_is() {
    let mut stage = Stage::new().await;
    for (row, ledger, ensured) in [
        ("('ID', null, 'Countess')", "null", "updated"),
        (
            "('ffffffff-0000-4000-8000-000000000000', 'ID@example.com', null)",
            "23505 unique_held_by_orphan",
            "refused unique_held_by_orphan",
        ),
    ] {
        let id = stage.next_user();
        let row = row.replace("ID", &id);
        let mut holder = stage.world.connect("postgres").await;
        run(
            &mut holder,
            format!("begin; insert into app.users (id, email, name) values {row}"),
        )
        .await;
        let mut signup = stage.world.connect("supabase_auth_admin").await;
        tokio::join!(run(&mut signup, sign_up(&id, METADATA)), async {
            let waits = "select exists (select from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock')";
            for _ in 0..1000 {
                if stage.world.ask(waits).await == "true" {
                    break;
                }
            }
            run(&mut holder, "commit".to_owned()).await;
        });
        assert_eq!(stage.ledger(&id).await, ledger, "{row}");
        assert_eq!(stage.ensure(&id).await, ensured, "{row}");
    }
}
