//! Two who make one user's profile in the same moment.

use std::time::Duration;

use rollcall_tests::World;
use sqlx::Connection;

/// The first index of the table waits, if asked to, when a row is written to it: after the insert
/// has looked whether the key is taken, and before it writes to the others.
const TABLE: &str = "
create function public.waits(value text) returns text
language plpgsql immutable as $$
begin
    if current_setting('test.waits', true) = 'yes' then
        perform pg_catalog.pg_advisory_lock(7);
    end if;
    return value;
end
$$;
create table public.users (id uuid not null, email text, name text);
create index users_waits on public.users (public.waits(name));
alter table public.users add primary key (id);
alter table public.users add unique (email)";

const TOML: &str = r#"
[profile]
table = "public.users"
key = "id"

[profile.columns]
email = "email"
name = "NAME"
"#;

const ID: &str = "00000000-0000-4000-8000-000000000001";

/// What `ensure_profile` answers to whoever finds the key free and the e-mail address taken, by the
/// same user's profile.
async fn second(name: &str) -> (String, World) {
    let world = World::with(TABLE, &TOML.replace("NAME", name)).await;
    let without = format!(
        "set session_replication_role = replica;
         insert into auth.users (id, email) values ('{ID}', 'a@example.com')"
    );
    world.run("supabase_admin", &without).await;
    let mut first = world.connect("supabase_admin").await;
    let mut run = async |sql: &'static str| sqlx::raw_sql(sql).execute(&mut first).await.unwrap();
    run("select pg_advisory_lock(7)").await;
    let question =
        format!("select concat_ws(' ', outcome, reason) from rollcall.ensure_profile('{ID}')");
    let mut connection = world.connect("supabase_admin").await;
    sqlx::raw_sql("set test.waits = 'yes'")
        .execute(&mut connection)
        .await
        .unwrap();
    let asked = tokio::spawn(async move {
        let answer = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(question))
            .fetch_one(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        answer
    });
    let waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())";
    while world.ask(waiting).await == "0" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    run("insert into public.users (id, email) select id, email from auth.users").await;
    run("select pg_advisory_unlock(7)").await;
    (asked.await.unwrap(), world)
}

#[tokio::test]
async fn the_second_finds_the_profile_of_the_first_and_refuses_nobody() {
    for name in ["email_local_part", "meta.name"] {
        let (answer, world) = second(name).await;
        assert_eq!(answer, "present", "{name}");
        let failed = "select count(*) from rollcall.sync_failures";
        assert_eq!(world.ask(failed).await, "0", "{name}");
    }
}
