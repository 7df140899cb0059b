//! What tells why people are without a profile.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::{cause::Cause, error::Error, trigger::Triggers, unnamed::Unnamed};

/// Who the ghosts are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ghosts {
    /// How many there are.
    pub ghosts: i64,
    /// How many of them the ledger knows.
    pub in_ledger: i64,
    /// When the first of them was created, if any says so.
    pub first_created: Option<DateTime<Utc>>,
    /// When the last of them was created, if any says so.
    pub last_created: Option<DateTime<Utc>>,
    /// How many were created before Rollcall was installed.
    pub before_install: i64,
    /// The sign-in providers of most of them.
    pub providers: Option<String>,
}

/// Why the database did not accept some of the ghosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The contract's reason code.
    pub reason: String,
    /// The SQLSTATE, if the database gave one.
    pub sqlstate: Option<String>,
    /// How many ghosts.
    pub users: i64,
    /// When that began.
    pub first_failed_at: DateTime<Utc>,
}

/// How many rows came and went since the last look that was followed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// Rows inserted into `auth.users`, also by transactions that failed.
    pub users_inserted: i64,
    /// Rows deleted from `auth.users`.
    pub users_deleted: i64,
    /// Rows inserted into the profile table.
    pub profiles_inserted: i64,
    /// Rows deleted from the profile table.
    pub profiles_deleted: i64,
    /// Whether one of the two tables has a new file: it was truncated, or rewritten.
    pub has_new_file: bool,
    /// Whether the counters began anew, so that nothing is known of what came before.
    pub began_anew: bool,
}

impl Moved {
    /// Users who came without a profile.
    #[must_use]
    pub fn users_alone(&self) -> i64 {
        (self.users_inserted - self.profiles_inserted).max(0)
    }

    /// Profiles that went without their user.
    #[must_use]
    pub fn profiles_lost(&self) -> i64 {
        (self.profiles_deleted - self.users_deleted).max(0)
    }

    /// Whether somebody may be without a profile since.
    #[must_use]
    pub fn is_gap(&self) -> bool {
        self.users_alone() > 0 || self.profiles_lost() > 0 || self.has_new_file || self.began_anew
    }
}

/// The counters now and at the last look.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns of rollcall.read_counters()")]
pub struct Counters {
    pub users_inserted: i64,
    pub users_deleted: i64,
    pub profiles_inserted: i64,
    pub profiles_deleted: i64,
    pub users_file: sqlx::postgres::types::Oid,
    pub profiles_file: sqlx::postgres::types::Oid,
    pub last_users_inserted: Option<i64>,
    pub last_users_deleted: Option<i64>,
    pub last_profiles_inserted: Option<i64>,
    pub last_profiles_deleted: Option<i64>,
    pub last_users_file: Option<sqlx::postgres::types::Oid>,
    pub last_profiles_file: Option<sqlx::postgres::types::Oid>,
    pub taken_at: Option<DateTime<Utc>>,
    pub triggers_active_at: Option<DateTime<Utc>>,
    pub is_quiet: bool,
    pub quiet_seconds: Option<i64>,
    pub read_at: DateTime<Utc>,
}

impl Counters {
    /// What has moved; nothing if there was no look before.
    #[must_use]
    pub fn moved(&self) -> Option<Moved> {
        let since = |now: i64, last: Option<i64>| last.map(|last| now - last);
        let users_inserted = since(self.users_inserted, self.last_users_inserted)?;
        let users_deleted = since(self.users_deleted, self.last_users_deleted)?;
        let profiles_inserted = since(self.profiles_inserted, self.last_profiles_inserted)?;
        let profiles_deleted = since(self.profiles_deleted, self.last_profiles_deleted)?;
        let all = [
            users_inserted,
            users_deleted,
            profiles_inserted,
            profiles_deleted,
        ];
        Some(Moved {
            users_inserted,
            users_deleted,
            profiles_inserted,
            profiles_deleted,
            has_new_file: self.last_users_file != Some(self.users_file)
                || self.last_profiles_file != Some(self.profiles_file),
            began_anew: all.iter().any(|count| *count < 0),
        })
    }
}

/// Ghosts, and why they were.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The cause.
    pub cause: Cause,
    /// How many were left.
    pub ghosts: i64,
}

/// Everything that a cause is found from.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The triggers' state in the catalog.
    pub triggers: Triggers,
    /// When they were last seen active before.
    pub triggers_active_at: Option<DateTime<Utc>>,
    /// Whether the application's own trigger makes the profiles.
    pub watches: bool,
    /// Rows of the profile table.
    pub profiles: Option<i64>,
    /// Who the ghosts are.
    pub ghosts: Ghosts,
    /// Why the database refused some of them, the most frequent first.
    pub reasons: Vec<Reason>,
    /// What has moved since the last look.
    pub moved: Option<Moved>,
    /// When that look was.
    pub moved_since: Option<DateTime<Utc>>,
    /// What the full check before explained.
    pub before: Option<Explained>,
    /// When a full check last found no ghost.
    pub clean_at: Option<DateTime<Utc>>,
    /// Migrations of the application's from about that time.
    pub migrations: Vec<String>,
}

/// Whether another check has written down what it found since a time.
pub async fn settled_since(
    connection: &mut PgConnection,
    time: DateTime<Utc>,
) -> Result<bool, Error> {
    sqlx::query_scalar!(r#"select rollcall.settled_since($1) as "is_so!""#, time)
        .fetch_one(Unnamed(connection))
        .await
        .map_err(|error| Error::new("looking for other checks", error))
}

/// Reads the counters.
pub async fn counters(connection: &mut PgConnection) -> Result<Counters, Error> {
    sqlx::query_as!(
        Counters,
        r#"
        select
            users_inserted as "users_inserted!", users_deleted as "users_deleted!",
            profiles_inserted as "profiles_inserted!", profiles_deleted as "profiles_deleted!",
            users_file as "users_file!", profiles_file as "profiles_file!",
            last_users_inserted, last_users_deleted, last_profiles_inserted,
            last_profiles_deleted, last_users_file, last_profiles_file,
            taken_at, triggers_active_at, is_quiet as "is_quiet!",
            extract(epoch from quiet_for)::bigint as quiet_seconds, read_at as "read_at!"
        from rollcall.read_counters()
        "#
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("reading the insert counters", error))
}

/// Keeps the counters of a look that has been followed up.
pub async fn keep(
    connection: &mut PgConnection,
    counters: &Counters,
    triggers_active: bool,
) -> Result<(), Error> {
    sqlx::query!(
        "select rollcall.keep_counters($1, $2, $3, $4, $5, $6, $7)",
        counters.users_inserted,
        counters.users_deleted,
        counters.profiles_inserted,
        counters.profiles_deleted,
        counters.users_file,
        counters.profiles_file,
        triggers_active
    )
    .execute(Unnamed(connection))
    .await
    .map(drop)
    .map_err(|error| Error::new("keeping the insert counters", error))
}

/// Who the ghosts are. Reads every user.
pub async fn ghosts(connection: &mut PgConnection) -> Result<Ghosts, Error> {
    sqlx::query_as!(
        Ghosts,
        r#"
        select
            ghosts as "ghosts!", in_ledger as "in_ledger!", first_created, last_created,
            before_install as "before_install!", providers
        from rollcall.ghost_evidence()
        "#
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking at who the ghosts are", error))
}

/// Why the database refused ghosts, the most frequent reason first.
pub async fn reasons(connection: &mut PgConnection) -> Result<Vec<Reason>, Error> {
    sqlx::query_as!(
        Reason,
        r#"
        select
            reason as "reason!", sqlstate, users as "users!",
            first_failed_at as "first_failed_at!"
        from rollcall.ghost_reasons()
        "#
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking at why ghosts were refused", error))
}

/// The newest three migrations of the application's between two times.
pub async fn migrations(
    connection: &mut PgConnection,
    earliest: DateTime<Utc>,
    latest: DateTime<Utc>,
) -> Result<Vec<String>, Error> {
    sqlx::query_scalar!(
        r#"select name as "name!" from rollcall.migrations_near($1, $2) name"#,
        earliest,
        latest
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking for neighbouring migrations", error))
}
