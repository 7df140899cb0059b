//! Neither block nor swallow: whatever goes wrong with the profile, the signup, change or
//! deletion commits, the ledger says why, and what was mended is cleared.
//!
//! Each list of cases shares one database. A case breaks one thing, does one thing to an auth
//! user, mends what it broke, and has the user ensured.

mod cases;
mod deferred;
mod degraded;
mod ledger;
mod on_delete;
mod on_insert;
mod on_update;
mod owner;
mod present;
mod waits;

use rollcall_tests::World;

/// A profile table with something of everything, in a schema of the application's own.
const TABLE: &str = "
    create schema app;
    create table app.tenants (id uuid primary key);
    create table app.users (
        id uuid primary key,
        email text constraint users_email_key unique,
        name text,
        created_at timestamptz not null default now(),
        deleted_at timestamptz
    );
    create function app.raise() returns trigger language plpgsql as $$
    begin
        raise exception 'SECRET %', new using errcode = tg_argv[0];
    end $$;
    create function app.skip() returns trigger language plpgsql as 'begin return null; end';
    create function app.sleep() returns trigger language plpgsql as
        'begin perform pg_sleep(10); return new; end';
    create function app.insist() returns trigger language plpgsql as
        'begin assert false, ''SECRET''; return new; end';
    create function app.dive() returns trigger language plpgsql as
        'begin execute ''insert into app.users select ($1).*'' using new; return new; end';
";

const TOML: &str = r#"
[profile]
table = "app.users"
key = "id"

[profile.columns]
email = "email"
name = "meta.name"
created_at = "created_at"

[profile.keep]
columns = ["email"]

[profile.removal]
soft_delete = "deleted_at"
release = ["email"]
"#;

/// What is to be seen after something was broken.
#[derive(Debug, Clone, Copy)]
enum Seen {
    /// A row of the ledger: SQLSTATE and reason.
    Ledger(&'static str, &'static str),
    /// No more than a warning, with this SQLSTATE for the profile and this one for the ledger.
    Warning(&'static str, &'static str),
}

/// One way in which writing a profile can fail.
#[derive(Debug)]
struct Case {
    name: &'static str,
    breaks: &'static str,
    seen: Seen,
    mends: &'static str,
}

/// A database in which one thing after another is broken.
struct Stage {
    world: World,
    users: u32,
}

impl Stage {
    async fn new() -> Self {
        Self::with(TABLE, TOML).await
    }

    async fn with(table: &str, toml: &str) -> Self {
        Self {
            world: World::with(table, toml).await,
            users: 0,
        }
    }

    /// The id of another user.
    fn next_user(&mut self) -> String {
        self.users += 1;
        format!("00000000-0000-4000-8000-{:012}", self.users)
    }

    /// Runs SQL as GoTrue's role through `psql`, and answers what was printed. It must commit.
    fn as_gotrue(&self, sql: &str) -> String {
        let output = self.world.psql("supabase_auth_admin", sql);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{sql} does not commit: {text}");
        text
    }

    /// Signs a user up with an e-mail of their own.
    fn sign_up(&self, id: &str) -> String {
        self.as_gotrue(&sign_up(id, "null"))
    }

    /// Breaks or mends something. What begins with `install` applies the migration.
    async fn run(&self, sql: &str) {
        let (sql, installs) = match sql.strip_suffix("install") {
            Some(sql) => (sql, true),
            None => (sql, false),
        };
        self.world.run("postgres", sql).await;
        if installs {
            self.world.install(TOML).await;
        }
    }

    /// What the ledger says of a user: SQLSTATE and reason, or `null`.
    async fn ledger(&self, id: &str) -> String {
        self.world
            .ask(&format!(
                "select (select concat_ws(' ', f.sqlstate, f.reason)
                    from rollcall.sync_failures f where f.user_id = '{id}')"
            ))
            .await
    }

    /// Has a user ensured, as the webhook does: outcome and reason.
    async fn ensure(&self, id: &str) -> String {
        self.world
            .ask_as(
                "rollcall_app",
                &format!(
                    "select concat_ws(' ', outcome, reason) from rollcall.ensure_profile('{id}')"
                ),
            )
            .await
    }

    async fn profile(&self, id: &str) -> String {
        self.world
            .ask(&format!(
                "select (select to_jsonb(p) from app.users p where p.id = '{id}')"
            ))
            .await
    }

    async fn ghosts(&self) -> String {
        self.world
            .ask_as("rollcall_app", "select ghosts from rollcall.take_roll()")
            .await
    }

    /// Checks what is said after a failure, in the ledger or else in a warning, and that neither
    /// tells more than it should.
    async fn check(&self, id: &str, case: &Case, printed: &str) {
        let name = case.name;
        assert!(!printed.contains("SECRET"), "{name}: {printed}");
        match case.seen {
            Seen::Ledger(state, reason) => {
                let expected = format!("{state} {reason}");
                assert_eq!(self.ledger(id).await, expected.trim(), "{name}: {printed}");
                assert!(printed.is_empty(), "{name}: {printed}");
                let row = self
                    .world
                    .ask(&format!(
                        "select attempts || ' ' || (next_attempt_at > last_failed_at)
                            || ' ' || (first_failed_at <= last_failed_at)
                        from rollcall.sync_failures where user_id = '{id}'"
                    ))
                    .await;
                assert_eq!(row, "1 true true", "{name}");
            }
            Seen::Warning(state, ledger_state) => {
                let told = printed.contains("WARNING")
                    && printed.contains(id)
                    && printed.contains(&format!("SQLSTATE {state})"))
                    && printed.contains(&format!("SQLSTATE {ledger_state})"));
                assert!(told, "{name}: {printed}");
            }
        }
    }
}

/// A signup, as SQL. The metadata is SQL, too.
fn sign_up(id: &str, metadata: &str) -> String {
    format!(
        "insert into auth.users (id, email, created_at, raw_user_meta_data)
        values ('{id}', '{id}@example.com', now(), {metadata});"
    )
}
