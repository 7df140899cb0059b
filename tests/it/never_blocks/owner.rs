//! What the owner of the functions may no longer do. Rights of a role belong to the whole
//! server, so these have one of their own.

use crate::alone::Alone;

const TOML: &str = r#"
[profile]
table = "app.users"
key = "id"

[profile.columns]
email = "email"

[profile.keep]
columns = ["email"]
"#;

/// A server with Rollcall.
struct Stage(Alone);

impl Stage {
    async fn new(owner: &'static str) -> Self {
        let alone = Alone::new(owner).await;
        alone.install(TOML).await;
        Self(alone)
    }

    async fn ledger(&self) -> String {
        self.0
            .ask(
                "select coalesce((
                    select concat_ws(' ', sqlstate, reason) from rollcall.sync_failures
                ), 'empty')",
            )
            .await
    }

    async fn ensure_last(&self) -> Result<String, String> {
        self.0
            .try_ask(
                "select concat_ws(' ', e.outcome, e.reason)
                from auth.users u cross join lateral rollcall.ensure_profile(u.id) e
                order by u.created_at desc limit 1",
            )
            .await
    }

    async fn sign_up(&self, number: u32) {
        let sql = format!(
            "insert into auth.users (id, email, created_at)
            values (gen_random_uuid(), '{number}@example.com', now())"
        );
        self.0.run("supabase_auth_admin", &sql).await;
    }
}

#[tokio::test]
async fn an_owner_that_row_security_blinds_is_an_error_and_not_silence() {
    let stage = Stage::new("postgres").await;
    stage
        .0
        .run("supabase_admin", "alter role postgres nobypassrls")
        .await;
    // The signup shows its own row, so that even the blind can write it.
    stage.sign_up(1).await;
    assert_eq!(
        stage.0.ask("select email from app.users").await,
        "1@example.com"
    );
    assert_eq!(stage.ledger().await, "empty");
    let update = "update auth.users set email = 'new@example.com'";
    stage.0.run("supabase_auth_admin", update).await;
    assert_eq!(
        stage.0.ask("select email from auth.users").await,
        "new@example.com"
    );
    assert_eq!(stage.ledger().await, "42501 permission");
    assert_eq!(stage.ensure_last().await, Err("42501".to_owned()));
    stage
        .0
        .run("supabase_admin", "alter role postgres bypassrls")
        .await;
    assert_eq!(stage.ensure_last().await, Ok("updated".to_owned()));
    assert_eq!(stage.ledger().await, "empty");
}

#[tokio::test]
async fn an_owner_of_the_users_is_stopped_by_forced_row_security_and_by_missing_usage() {
    let owner = "supabase_auth_admin";
    let stage = Stage::new(owner).await;
    for (number, breaks, reason, mends) in [
        (
            1,
            "alter table app.users enable row level security, force row level security",
            "42501 row_security",
            "alter table app.users disable row level security, no force row level security",
        ),
        (
            2,
            "revoke usage on schema app from supabase_auth_admin",
            "42501 permission",
            "grant usage on schema app to supabase_auth_admin",
        ),
    ] {
        stage.0.run(owner, breaks).await;
        stage.sign_up(number).await;
        assert_eq!(stage.ledger().await, reason);
        assert_eq!(
            stage.ensure_last().await,
            Ok(format!("refused {}", &reason[6..])),
            "{breaks}"
        );
        stage.0.run(owner, mends).await;
        assert_eq!(
            stage.ensure_last().await,
            Ok("created".to_owned()),
            "{breaks}"
        );
        assert_eq!(stage.ledger().await, "empty");
    }
}
