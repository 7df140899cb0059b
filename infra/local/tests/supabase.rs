//! What the role `postgres` may and may not do with `auth.users`, as measured on the service's
//! own migrations, on every major version that CI uses.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use support::{Project, connect, start};

/// One world and everything that must hold in it; a server costs half a second.
async fn the_rights_are_those_of_the_service(major: u32) {
    let project = Project::start(major).await;
    let mut postgres = project.connect("postgres").await;

    let (superuser, bypass): (bool, bool) = row(
        &mut postgres,
        "select rolsuper, rolbypassrls from pg_roles where rolname = current_user",
    )
    .await;
    assert_eq!((superuser, bypass), (false, true));

    does(
        &mut postgres,
        "insert into auth.users (id, email) values (gen_random_uuid(), 'a@example.com')",
    )
    .await;
    does(
        &mut postgres,
        "update auth.users set email = 'b@example.com'",
    )
    .await;
    assert_eq!(
        count(&mut postgres, "select count(*) from auth.users").await,
        1
    );

    does(
        &mut postgres,
        "create function public.handle_new_user() returns trigger language plpgsql
         security definer set search_path = '' as $$ begin return new; end $$",
    )
    .await;
    let create = "create or replace trigger on_auth_user_created after insert on auth.users
                  for each row execute function public.handle_new_user()";
    does(&mut postgres, create).await;
    for verb in ["disable", "enable"] {
        let sql = format!("alter table auth.users {verb} trigger on_auth_user_created");
        fails(&mut postgres, &sql, "must be owner of table users").await;
    }
    fails(
        &mut postgres,
        "alter trigger on_auth_user_created on auth.users rename to other",
        "must be owner of table users",
    )
    .await;
    fails(
        &mut postgres,
        "drop trigger on_auth_user_created on auth.users",
        "must be owner of relation users",
    )
    .await;

    // What only an owner can do to a trigger, `create or replace` undoes without being one.
    let mut owner = project.connect("supabase_auth_admin").await;
    does(
        &mut owner,
        "alter table users disable trigger on_auth_user_created",
    )
    .await;
    does(&mut postgres, create).await;
    let state = "select tgenabled = 'O' from pg_trigger where tgname = 'on_auth_user_created'";
    let (on,): (bool,) = row(&mut postgres, state).await;
    assert!(on);
    does(
        &mut postgres,
        "drop function public.handle_new_user() cascade",
    )
    .await;
    assert_eq!(
        count(
            &mut postgres,
            "select count(*) from pg_trigger where not tgisinternal"
        )
        .await,
        0
    );
}

async fn a_role_of_ones_own_is_shut_out_or_blind(major: u32) {
    let project = Project::start(major).await;
    let mut superuser = project.connect("supabase_admin").await;
    let mut postgres = project.connect("postgres").await;
    does(
        &mut postgres,
        "insert into auth.users (id) values (gen_random_uuid())",
    )
    .await;
    does(&mut postgres, "create role checker login").await;

    // Select can be handed on; usage of the schema cannot, and that is a warning only.
    does(&mut postgres, "grant select on auth.users to checker").await;
    does(&mut postgres, "grant usage on schema auth to checker").await;
    let usage = "select has_schema_privilege('checker', 'auth', 'usage')";
    let (usage,): (bool,) = row(&mut postgres, usage).await;
    assert!(!usage);
    let mut checker = project.connect("checker").await;
    fails(
        &mut checker,
        "select 1 from auth.users",
        "permission denied for schema auth",
    )
    .await;

    // With usage, from whoever can give it, the role is blind: no row, and no error.
    does(&mut superuser, "grant usage on schema auth to checker").await;
    assert_eq!(
        count(&mut checker, "select count(*) from auth.users").await,
        0
    );
    let (active,): (bool,) = row(&mut checker, "select row_security_active('auth.users')").await;
    assert!(active);
    assert_eq!(
        count(&mut postgres, "select count(*) from auth.users").await,
        1
    );
}

async fn the_table_has_gotrues_columns_keys_and_cascades(major: u32) {
    let project = Project::start(major).await;
    let mut postgres = project.connect("postgres").await;
    let columns = "select string_agg(attname, ' ' order by attnum) from pg_attribute
                   where attrelid = 'auth.users'::regclass and attnum > 0 and not attisdropped";
    let (columns,): (String,) = row(&mut postgres, columns).await;
    let columns: Vec<_> = columns.split(' ').collect();
    assert_eq!(columns.len(), 35);
    assert_eq!(columns[..5], ["instance_id", "id", "aud", "role", "email"]);
    assert_eq!(columns[32..], ["is_sso_user", "deleted_at", "is_anonymous"]);

    let id = "00000000-0000-4000-8000-000000000001";
    let cascade = format!(
        "insert into auth.users (id, email_confirmed_at) values ('{id}', '2026-01-02');
         insert into auth.identities (provider_id, user_id, identity_data, provider)
         values ('{id}', '{id}', '{{\"email\": \"A@Example.com\"}}', 'email');
         insert into auth.sessions (id, user_id, aal) values ('{id}', '{id}', 'aal1');
         insert into auth.refresh_tokens (token, user_id, session_id) values ('t', '{id}', '{id}');"
    );
    does(&mut postgres, &cascade).await;
    let derived = "select confirmed_at = email_confirmed_at, i.email = 'a@example.com'
                   from auth.users u join auth.identities i on i.user_id = u.id";
    assert_eq!(
        row::<(bool, bool)>(&mut postgres, derived).await,
        (true, true)
    );
    does(&mut postgres, "delete from auth.users").await;
    let left = "select count(*) from auth.identities, auth.sessions, auth.refresh_tokens";
    assert_eq!(count(&mut postgres, left).await, 0);

    // Single sign-on users may share an address, others not; phones are unique for all.
    let users = "insert into auth.users (id, email, phone, is_sso_user) values
                 (gen_random_uuid(), 'a@example.com', null, true),
                 (gen_random_uuid(), 'a@example.com', null, true),
                 (gen_random_uuid(), 'a@example.com', '1', false)";
    does(&mut postgres, users).await;
    let twin = "insert into auth.users (id, email) values (gen_random_uuid(), 'a@example.com')";
    fails(&mut postgres, twin, "users_email_partial_key").await;
    let phone = "insert into auth.users (id, phone) values (gen_random_uuid(), '1')";
    fails(&mut postgres, phone, "users_phone_key").await;
}

async fn the_surroundings_are_those_of_an_older_project(major: u32) {
    let project = Project::start(major).await;
    let mut postgres = project.connect("postgres").await;

    // What postgres creates in public is open to the roles of the Data API.
    does(&mut postgres, "create table public.things (id int)").await;
    does(&mut postgres, "create schema private").await;
    let open = "select has_table_privilege('anon', 'public.things', 'insert'),
                       has_schema_privilege('anon', 'private', 'usage')";
    assert_eq!(
        row::<(bool, bool)>(&mut postgres, open).await,
        (true, false)
    );

    // Claims, as PostgREST sets them; and the way in which people try out their policies.
    let claims = r#"{"sub": "00000000-0000-4000-8000-000000000001", "role": "authenticated"}"#;
    let as_user =
        format!("begin; set local role authenticated; set local request.jwt.claims = '{claims}';");
    does(&mut postgres, &as_user).await;
    let who = "select auth.uid() is not null, auth.role() = auth.jwt() ->> 'role'";
    assert_eq!(row::<(bool, bool)>(&mut postgres, who).await, (true, true));
    fails(
        &mut postgres,
        "select 1 from auth.users",
        "permission denied for table users",
    )
    .await;
    does(&mut postgres, "rollback").await;
    let nobody = "select auth.uid() is null, length(extensions.digest('', 'sha256')) = 32";
    assert_eq!(
        row::<(bool, bool)>(&mut postgres, nobody).await,
        (true, true)
    );

    // Every new session of GoTrue's looks for unqualified names in auth alone.
    let mut gotrue = project.connect("supabase_auth_admin").await;
    let (path,): (String,) = row(&mut gotrue, "select current_setting('search_path')").await;
    assert_eq!(path, "auth");
}

#[tokio::test]
async fn on_15_the_rights_are_those_of_the_service() {
    the_rights_are_those_of_the_service(15).await;
}

#[tokio::test]
async fn on_17_the_rights_are_those_of_the_service() {
    the_rights_are_those_of_the_service(17).await;
}

#[tokio::test]
async fn on_15_a_role_of_ones_own_is_shut_out_or_blind() {
    a_role_of_ones_own_is_shut_out_or_blind(15).await;
}

#[tokio::test]
async fn on_17_a_role_of_ones_own_is_shut_out_or_blind() {
    a_role_of_ones_own_is_shut_out_or_blind(17).await;
}

#[tokio::test]
async fn on_15_the_table_has_gotrues_columns_keys_and_cascades() {
    the_table_has_gotrues_columns_keys_and_cascades(15).await;
}

#[tokio::test]
async fn on_17_the_table_has_gotrues_columns_keys_and_cascades() {
    the_table_has_gotrues_columns_keys_and_cascades(17).await;
}

#[tokio::test]
async fn on_15_the_surroundings_are_those_of_an_older_project() {
    the_surroundings_are_those_of_an_older_project(15).await;
}

#[tokio::test]
async fn on_17_the_surroundings_are_those_of_an_older_project() {
    the_surroundings_are_those_of_an_older_project(17).await;
}

#[tokio::test]
async fn the_roles_are_created_once_and_a_copy_keeps_the_shape() {
    let project = Project::start(15).await;
    let mut maintenance = connect(&project.server, "supabase_admin", "postgres").await;
    rollcall_local::supabase::create_roles(&mut maintenance)
        .await
        .unwrap();
    let name = r#"a "copy""#;
    rollcall_local::supabase::create_database(&mut maintenance, name, "project")
        .await
        .unwrap();
    let mut copy = connect(&project.server, "postgres", name).await;
    does(&mut copy, "create schema rollcall").await;
    assert_eq!(count(&mut copy, "select count(*) from auth.users").await, 0);
}

#[tokio::test]
async fn a_second_shape_is_refused_and_changes_nothing() {
    let project = Project::start(15).await;
    let mut superuser = project.connect("supabase_admin").await;
    let error = rollcall_local::supabase::shape(&mut superuser)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("give the database the shape"),
        "{error}"
    );
    assert_eq!(
        count(&mut superuser, "select count(*) from auth.users").await,
        0
    );
}

#[tokio::test]
async fn without_the_roles_the_shape_is_refused_as_a_whole() {
    let server = start(15);
    let mut superuser = connect(&server, "supabase_admin", "postgres").await;
    assert!(
        rollcall_local::supabase::shape(&mut superuser)
            .await
            .is_err()
    );
    let schemas = "select count(*) from pg_namespace where nspname in ('auth', 'extensions')";
    assert_eq!(count(&mut superuser, schemas).await, 0);
    superuser.close().await.unwrap();
}

async fn does(connection: &mut PgConnection, sql: &str) {
    if let Err(error) = connection
        .execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))
        .await
    {
        panic!("{sql}\n{error}");
    }
}

async fn fails(connection: &mut PgConnection, sql: &str, message: &str) {
    let error = connection
        .execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))
        .await
        .unwrap_err();
    assert!(error.to_string().contains(message), "{sql}\n{error}");
}

async fn row<T>(connection: &mut PgConnection, sql: &'static str) -> T
where
    T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
{
    sqlx::query_as(sql).fetch_one(connection).await.unwrap()
}

async fn count(connection: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query(sql).fetch_one(connection).await.unwrap().get(0)
}
