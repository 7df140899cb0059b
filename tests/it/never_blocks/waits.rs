//! Locks that somebody else holds, and time that runs out.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::{Stage, sign_up};

/// A transaction that stays open.
async fn hold(stage: &Stage, sql: &str) -> PgConnection {
    let mut connection = stage.world.connect("postgres").await;
    let sql = format!("begin; {sql}");
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
        .await
        .expect("a lock");
    connection
}

async fn let_go(mut connection: PgConnection) {
    connection.execute("rollback").await.expect("a rollback");
}

/// Runs SQL as GoTrue, and says how long it took and what was printed.
fn timed(stage: &Stage, sql: &str) -> (Duration, String) {
    let start = Instant::now();
    let printed = stage.as_gotrue(sql);
    (start.elapsed(), printed)
}

/// Once around 500 ms, with the start of `psql` on a busy machine.
fn assert_one_wait(name: &str, took: Duration) {
    assert!(took > Duration::from_millis(450), "{name} took {took:?}");
    assert!(took < Duration::from_millis(1400), "{name} took {took:?}");
}

#[tokio::test]
async fn a_signup_waits_half_a_second_for_a_lock() {
    let mut stage = Stage::new().await;
    let id = stage.next_user();
    let email_of_next = "00000000-0000-4000-8000-000000000003@example.com";
    for (name, lock) in [
        ("the table", "lock table app.users in exclusive mode"),
        (
            "a unique value",
            &format!("insert into app.users (id, email) values ('{id}', '{email_of_next}')"),
        ),
        (
            "the profile itself",
            "insert into app.users (id) values ('00000000-0000-4000-8000-000000000004')",
        ),
    ] {
        let id = stage.next_user();
        let holder = hold(&stage, lock).await;
        let (took, printed) = timed(&stage, &sign_up(&id, "'{\"name\": \"Ada\"}'"));
        assert_one_wait(name, took);
        assert_eq!(
            (stage.ledger(&id).await.as_str(), printed.as_str()),
            ("55P03 lock_timeout", "")
        );
        let_go(holder).await;
        assert_eq!(stage.ensure(&id).await, "created", "{name}");
        assert_eq!(stage.ledger(&id).await, "null", "{name}");
    }
}

#[tokio::test]
async fn a_row_that_a_foreign_key_needs_is_waited_for_no_longer() {
    let mut stage = Stage::new().await;
    stage
        .run(
            "insert into app.tenants values ('00000000-0000-4000-8000-0000000000aa');
            alter table app.users add tenant uuid default '00000000-0000-4000-8000-0000000000aa'
            references app.tenants",
        )
        .await;
    let id = stage.next_user();
    let holder = hold(&stage, "select from app.tenants for update").await;
    let (took, _) = timed(&stage, &sign_up(&id, "null"));
    assert_one_wait("a foreign key", took);
    assert_eq!(stage.ledger(&id).await, "55P03 lock_timeout");
    let_go(holder).await;
    assert_eq!(stage.ensure(&id).await, "created");
}

#[tokio::test]
async fn a_signup_that_gotrue_completes_by_updates_waits_only_once() {
    let mut stage = Stage::new().await;
    let id = stage.next_user();
    let holder = hold(&stage, "lock table app.users in access exclusive mode").await;
    let (took, printed) = timed(
        &stage,
        &format!(
            "begin; {}
            update auth.users set role = 'authenticated' where id = '{id}';
            update auth.users set raw_user_meta_data = '{{\"name\": \"Ada\"}}' where id = '{id}';
            update auth.users set email = 'ada@example.com' where id = '{id}';
            commit;",
            sign_up(&id, "null")
        ),
    );
    assert_one_wait("the whole signup", took);
    assert_eq!(
        (stage.ledger(&id).await.as_str(), printed.as_str()),
        ("55P03 lock_timeout", "")
    );
    let_go(holder).await;
    assert_eq!(stage.ensure(&id).await, "created");
    assert!(stage.profile(&id).await.contains("\"name\": \"Ada\""));
}

#[tokio::test]
async fn a_locked_ledger_is_waited_for_half_a_second_more_and_warned_of() {
    let mut stage = Stage::new().await;
    let (lucky, unlucky) = (stage.next_user(), stage.next_user());
    let holder = hold(
        &stage,
        "lock table rollcall.sync_failures in access exclusive mode",
    )
    .await;
    let (took, printed) = timed(&stage, &sign_up(&lucky, "null"));
    assert!(
        took < Duration::from_millis(450),
        "a signup that goes well needs no ledger: {took:?}"
    );
    assert_eq!(printed, "");
    let table = hold(&stage, "lock table app.users in exclusive mode").await;
    let (took, printed) = timed(&stage, &sign_up(&unlucky, "null"));
    assert!(took < Duration::from_millis(1900), "{took:?}");
    let told = format!(
        "rollcall: lock_timeout (SQLSTATE 55P03) for user {unlucky}, and no ledger (SQLSTATE 55P03)"
    );
    assert!(printed.contains(&told), "{printed}");
    let_go(table).await;
    let_go(holder).await;
    assert_eq!(stage.ensure(&unlucky).await, "created");
}

#[tokio::test]
async fn a_change_and_a_deletion_wait_half_a_second_for_the_row() {
    let mut stage = Stage::new().await;
    let id = stage.next_user();
    stage.sign_up(&id);
    let holder = hold(&stage, "select from app.users for update").await;
    for sql in [
        format!("update auth.users set email = 'new@example.com' where id = '{id}'"),
        format!("delete from auth.users where id = '{id}'"),
    ] {
        let (took, printed) = timed(&stage, &sql);
        assert_one_wait(&sql, took);
        assert_eq!(
            (stage.ledger(&id).await.as_str(), printed.as_str()),
            ("55P03 lock_timeout", "")
        );
    }
    let_go(holder).await;
    let removed = format!("select outcome from rollcall.remove_profile('{id}')");
    assert_eq!(
        stage.world.ask_as("rollcall_app", &removed).await,
        "removed"
    );
    assert_eq!(stage.ledger(&id).await, "null");
}

#[tokio::test]
async fn a_timeout_that_strikes_inside_ends_only_the_profile() {
    let mut stage = Stage::new().await;
    let present = stage.next_user();
    stage.sign_up(&present);
    stage
        .run(
            "create trigger t before insert or update on app.users
            for each row execute function app.sleep()",
        )
        .await;
    let id = stage.next_user();
    for (id, sql) in [
        (&id, sign_up(&id, "'{\"name\": \"Ada\"}'")),
        (
            &present,
            format!("update auth.users set email = 'n@example.com' where id = '{present}';"),
        ),
        (
            &present,
            format!("delete from auth.users where id = '{present}';"),
        ),
    ] {
        let (took, printed) = timed(&stage, &format!("set statement_timeout = '300ms'; {sql}"));
        assert!(took < Duration::from_millis(1200), "{sql} took {took:?}");
        assert_eq!(
            (stage.ledger(id).await.as_str(), printed.as_str()),
            ("57014 other", "")
        );
    }
    stage.run("drop trigger t on app.users").await;
    assert_eq!(stage.ensure(&id).await, "created");
    assert_eq!(stage.ledger(&id).await, "null");
}

#[tokio::test]
async fn a_second_attempt_that_waits_is_the_last_of_its_transaction() {
    let mut stage = Stage::new().await;
    // Metadata that does not fit fails before any lock is asked for; what comes without it waits.
    stage
        .run(
            "create table app.gate (id int); create function app.gate() returns trigger
            language plpgsql as 'begin
                if new.name is not null then raise exception using errcode = ''22023''; end if;
                lock app.gate; return new;
            end'; create trigger t before insert or update on app.users
            for each row execute function app.gate()",
        )
        .await;
    let id = stage.next_user();
    let holder = hold(&stage, "lock app.gate").await;
    let (took, printed) = timed(
        &stage,
        &format!(
            "begin; {}
            update auth.users set email = 'a@example.com' where id = '{id}';
            update auth.users set email = 'b@example.com' where id = '{id}'; commit;",
            sign_up(&id, "'{\"name\": \"Ada\"}'")
        ),
    );
    assert_one_wait("the whole signup", took);
    assert_eq!(
        (stage.ledger(&id).await.as_str(), printed.as_str()),
        ("55P03 lock_timeout", "")
    );
    let_go(holder).await;
    assert_eq!(stage.ensure(&id).await, "created degraded");
}
