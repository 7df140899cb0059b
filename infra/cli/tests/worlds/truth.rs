//! What a world is, known without Rollcall.

use rollcall_tests::{World, shapes};

/// A profile table, and how to count in it by hand.
pub(crate) struct Shape {
    pub(crate) sql: &'static str,
    pub(crate) toml: String,
    /// The table, its key, and what a live row is, as SQL.
    pub(crate) table: &'static str,
    pub(crate) key: &'static str,
    pub(crate) live: &'static str,
}

/// What a check has to come to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Truth {
    /// The check's status.
    pub(crate) status: &'static str,
    /// The state of the triggers.
    pub(crate) trigger: &'static str,
    /// Whether users and profiles can be counted.
    pub(crate) can_count: bool,
    /// What else doctor finds, or could not look at.
    pub(crate) beside: Beside,
}

/// What doctor has to say beside ghosts, orphans and triggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    Nothing,
    Found,
    Unseen,
}

pub(crate) const WELL: Truth = Truth {
    status: "healthy",
    trigger: "active",
    can_count: true,
    beside: Beside::Nothing,
};
pub(crate) const OFF: Truth = Truth {
    status: "warning",
    ..WELL
};
pub(crate) const BAD: Truth = Truth {
    status: "critical",
    ..WELL
};
pub(crate) const UNKNOWN: Truth = Truth {
    status: "unknown",
    ..WELL
};

/// Ghosts and orphans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) ghosts: i64,
    pub(crate) orphans: i64,
}

/// Nothing is left to find about who may write to the application's tables.
const GUARDED: &str = "do $$ declare t regclass; begin
    for t in select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' loop
        execute format('alter table %s enable row level security', t);
    end loop; end $$;";

impl Shape {
    pub(crate) fn users() -> Self {
        Self {
            sql: shapes::USERS.0,
            toml: shapes::USERS.1.to_owned(),
            table: "public.users",
            key: "id",
            live: "true",
        }
    }

    pub(crate) fn verified_users() -> Self {
        Self {
            sql: shapes::VERIFIED_USERS.0,
            toml: shapes::VERIFIED_USERS.1.to_owned(),
            live: "p.deleted_at is null",
            ..Self::users()
        }
    }

    /// A world of this shape in which nothing has happened yet.
    pub(crate) async fn installed(&self) -> World {
        World::with(&format!("{}; {GUARDED}", self.sql), &self.toml).await
    }

    /// Ghosts and orphans by plain SQL; nothing where that cannot be done, either.
    pub(crate) async fn count(&self, world: &World, is_free: bool) -> Option<Counted> {
        let Self {
            table, key, live, ..
        } = self;
        if !is_free
            || world
                .ask(&format!("select to_regclass($t${table}$t$)"))
                .await
                == "null"
        {
            return None;
        }
        let same = format!("p.{key}::text = u.id::text");
        let excluded = match &*world
            .ask("select to_regclass('rollcall.exclusions') is null")
            .await
        {
            "true" => "false",
            _ => "exists (select from rollcall.exclusions e where e.user_id = u.id)",
        };
        let count = async |sql: String| world.ask(&sql).await.parse::<i64>().unwrap();
        Some(Counted {
            ghosts: count(format!(
                "select count(*) from auth.users u where u.deleted_at is null and not {excluded}
                 and not exists (select from {table} p where {same})"
            ))
            .await,
            orphans: count(format!(
                "select count(*) from {table} p where p.{key} is not null and {live}
                 and not exists (select from auth.users u where {same})"
            ))
            .await,
        })
    }
}
