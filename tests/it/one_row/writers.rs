//! Everybody who writes profiles, one after the other, on the same auth users.

use proptest::prelude::*;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::{users::User, worlds::Shape};

/// What one of them wrote.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) writer: &'static str,
    /// The profile rows by key, as JSON.
    pub(super) rows: String,
    /// Whom the ledger has, and why. Of several columns that do not fit, which one was tried first
    /// is the planner's choice, so the SQLSTATE is left out.
    pub(super) ledger: String,
}

/// Settings of a session, as SQL.
pub(super) type Session = String;

/// A session of any kind.
pub(super) fn session() -> impl Strategy<Value = Session> {
    (
        prop::sample::select(vec![
            "UTC",
            "Asia/Kathmandu",
            "America/St_Johns",
            "Pacific/Apia",
        ]),
        prop::sample::select(vec!["ISO, MDY", "SQL, DMY", "German, YMD", "Postgres, MDY"]),
        prop::sample::select(vec!["postgres", "iso_8601", "sql_standard"]),
        prop::sample::select(vec!["", "public", "auth, public", "pg_temp, \"App Data\""]),
    )
        .prop_map(|(zone, date, interval, path)| {
            format!(
                "set local timezone = '{zone}'; set local datestyle = '{date}';
                set local intervalstyle = '{interval}';
                select set_config('search_path', '{path}', true);"
            )
        })
}

/// Has all of them write the same users.
pub(super) async fn all(
    connection: &mut PgConnection,
    shape: &Shape,
    users: &[User],
    session: &Session,
) -> Vec<Outcome> {
    let mut writing = Writing {
        connection,
        shape,
        outcomes: vec![],
    };
    writing
        .run(&format!("begin; {session} savepoint empty;"))
        .await;

    let inserts = format!(
        "set local role supabase_auth_admin; {}",
        insert(users, Row::Final)
    );
    writing.write("the trigger", &inserts, "empty").await;

    let steps: String = users.iter().map(gotrue).collect();
    let steps = format!("set local role supabase_auth_admin; {steps}");
    writing
        .write("the trigger in GoTrue's steps", &steps, "empty")
        .await;

    writing
        .run(&format!(
            "set local session_replication_role = replica; {}
            set local session_replication_role = origin; savepoint ghosts;",
            insert(users, Row::Final)
        ))
        .await;
    let ensure = each(users, |id| {
        format!("select rollcall.ensure_profile('{id}');")
    });
    let ensure = format!("set local role rollcall_app; {ensure}");
    writing.write("ensure_profile", &ensure, "ghosts").await;
    writing.write("backfill_batch", BACKFILL, "ghosts").await;
    let call = each(users, |id| {
        format!(
            "select set_config('request.jwt.claims', '{{\"sub\": \"{id}\"}}', true);
            select public.ensure_user_profile();"
        )
    });
    let call = format!("set local role authenticated; {call}");
    writing.write("ensure_user_profile", &call, "ghosts").await;
    writing.run("rollback").await;
    writing.outcomes
}

const BACKFILL: &str = "set local role rollcall_operator;
    select rollcall.plan_backfill('11111111-0000-4000-8000-000000000000', '{}', null, null, null, null, 100);
    reset role;
    -- Of two who want the same value the first one gets it: here as everywhere else, who signed up first.
    update rollcall.run_plans set user_ids = array(select u from unnest(user_ids) u order by u);
    set local role rollcall_operator;
    select rollcall.take_lease('11111111-0000-4000-8000-000000000000');
    select rollcall.backfill_batch('11111111-0000-4000-8000-000000000000', 1, 100);";

struct Writing<'a> {
    connection: &'a mut PgConnection,
    shape: &'a Shape,
    outcomes: Vec<Outcome>,
}

impl Writing<'_> {
    async fn run(&mut self, sql: &str) {
        if let Err(error) = self
            .connection
            .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
            .await
        {
            let _ = self.connection.execute("rollback").await;
            panic!("{error}\nin: {sql}");
        }
    }

    /// Runs a writer's SQL, notes what it wrote, and takes it back.
    async fn write(&mut self, writer: &'static str, sql: &str, savepoint: &str) {
        self.run(sql).await;
        self.run("set local role none").await;
        let Shape {
            table,
            key,
            unmapped,
            ..
        } = self.shape;
        let rows = self
            .ask(&format!(
                "select coalesce(jsonb_pretty(jsonb_object_agg(
                    p.{key}, to_jsonb(p) - '{unmapped}'::text[]
                )), 'none') from {table} p"
            ))
            .await;
        let ledger = self
            .ask(
                "select coalesce(string_agg(concat_ws(' ', f.user_id, f.reason), E'\\n'
                    order by f.user_id), 'empty') from rollcall.sync_failures f",
            )
            .await;
        self.outcomes.push(Outcome {
            writer,
            rows,
            ledger,
        });
        self.run(&format!("rollback to savepoint {savepoint}"))
            .await;
    }

    async fn ask(&mut self, sql: &str) -> String {
        sqlx::query_scalar(AssertSqlSafe(sql))
            .persistent(false)
            .fetch_one(&mut *self.connection)
            .await
            .unwrap_or_else(|error| panic!("{error}\nin: {sql}"))
    }
}

fn each(users: &[User], sql: impl Fn(&str) -> String) -> String {
    users.iter().map(|user| sql(&user.id)).collect()
}

/// As a row is in the end, or as GoTrue inserts it at first.
#[derive(Clone, Copy, PartialEq)]
enum Row {
    Final,
    First,
}

fn insert(users: &[User], row: Row) -> String {
    let values = users.iter().map(|user| {
        let User {
            id,
            email,
            phone,
            is_anonymous,
            is_sso,
            ..
        } = user;
        let (confirmed, phone_confirmed, meta, app_meta) = match row {
            Row::Final => (
                &*user.confirmed_at,
                &*user.phone_confirmed_at,
                &*user.meta,
                &*user.app_meta,
            ),
            Row::First => (
                "null",
                "null",
                &*user.first_meta,
                "'{\"provider\": \"email\"}'",
            ),
        };
        let role = if row == Row::Final {
            "authenticated"
        } else {
            ""
        };
        format!(
            "('{id}', '{role}', {email}, {phone}, {is_anonymous}, {is_sso}, {confirmed},
            {phone_confirmed}, {}, {}, {}, {meta}, {app_meta})",
            user.created_at, user.updated_at, user.deleted_at
        )
    });
    format!(
        "insert into auth.users (
            id, role, email, phone, is_anonymous, is_sso_user, email_confirmed_at,
            phone_confirmed_at, created_at, updated_at, deleted_at, raw_user_meta_data,
            raw_app_meta_data
        ) values {};",
        values.collect::<Vec<_>>().join(", ")
    )
}

/// One signup as GoTrue does it: an insert and the updates that complete it.
fn gotrue(user: &User) -> String {
    let insert = insert(std::slice::from_ref(user), Row::First);
    let steps = [
        "role = 'authenticated'".to_owned(),
        format!("raw_user_meta_data = {}", user.meta),
        format!("email_confirmed_at = {}", user.confirmed_at),
        format!("phone_confirmed_at = {}", user.phone_confirmed_at),
        format!("raw_app_meta_data = {}", user.app_meta),
    ];
    let update = |step| format!("update auth.users set {step} where id = '{}';", user.id);
    insert + &steps.map(update).concat()
}
