//! What a session makes in its temporary schema comes before everything else for the names of types
//! and tables, also in a function that runs with its owner's rights.

use rollcall_tests::{World, shapes};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

/// A type in the place of each of PostgreSQL's, which tells when somebody else's rights touch it.
const SHADOWS: &str = "
    create function pg_temp.is_mine() returns boolean language plpgsql as $$
    begin
        if current_user <> session_user then
            raise exception 'a shadow ran as %', current_user;
        end if;
        return true;
    end $$;
    do $$
    declare
        shadowed record;
    begin
        for shadowed in
            select t.typname as name
            from pg_catalog.pg_type t
            where t.typnamespace = 'pg_catalog'::regnamespace
                and t.typtype = 'b' and t.typcategory not in ('A', 'X') and t.typname !~ '^_'
        loop
            execute format(
                'create domain pg_temp.%1$I as pg_catalog.%1$I check (pg_temp.is_mine())', shadowed.name
            );
        end loop;
    end $$";

/// Calls of everything that a role may call, each with nulls.
const CALLS: &str = "
    select format(
        'select from %I.%I(%s)', n.nspname, p.proname,
        (
            select string_agg('null::' || format_type(t, -1), ', ' order by place)
            from unnest(p.proargtypes) with ordinality a (t, place)
        )
    )
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('rollcall', 'public') and p.prosecdef and p.prokind = 'f'
        and has_function_privilege(p.oid, 'execute')
    order by 1";

/// Types that the text of one of our functions names without their schema, but for those that the
/// grammar itself takes from `pg_catalog`.
const UNQUALIFIED: &str = r"
    select distinct p.proname || ': ' || m.word[1]
    from pg_catalog.pg_proc p
    cross join lateral (
        select regexp_matches(p.prosrc, '::([[:alnum:]_]+)(?![.[:alnum:]_])', 'g')
        union all
        select regexp_matches(p.prosrc, '^ +[a-z_]+ (?:constant )?([a-z_]+)(?:\[\])?(?: :=|;)', 'gn')
    ) m (word)
    where (
            p.pronamespace = 'rollcall'::regnamespace
            or p.oid in (
                select to_regprocedure(substr(i.object, 10))
                from rollcall.installed i
                where i.object like 'function public.%'
            )
        )
        and to_regtype('pg_catalog.' || quote_ident(m.word[1])) is not null
        and m.word[1] not in (
            'bigint', 'bit', 'boolean', 'character', 'integer', 'interval', 'numeric', 'smallint', 'time',
            'timestamp'
        )
    order by 1";

async fn run(session: &mut PgConnection, sql: &str) -> String {
    let done = session.execute(AssertSqlSafe(sql)).await;
    done.map_or_else(|error| error.to_string(), |_| String::new())
}

async fn list(session: &mut PgConnection, sql: &'static str) -> Vec<String> {
    let rows = session.fetch_all(sql).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn nobody_s_types_get_the_owner_s_rights() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    let sign_up =
        "insert into auth.users (id, email) values (gen_random_uuid(), 'ada@example.com')";
    world.run("supabase_admin", sign_up).await;
    let user = world.ask("select id from auth.users").await;
    let trap = "create function public.trap() returns void language sql security definer
        set search_path = '' as $$ select 'a'::text $$";
    world.run("postgres", trap).await;
    for role in ["rollcall_app", "rollcall_operator", "authenticated"] {
        let mut session = world.connect("supabase_admin").await;
        let become_them = format!("set session authorization {role}");
        session.execute(AssertSqlSafe(become_them)).await.unwrap();
        session.execute(SHADOWS).await.unwrap();
        let said = run(&mut session, "select public.trap()").await;
        assert!(said.contains("a shadow ran as postgres"), "{role}: {said}");

        let mut calls = list(&mut session, CALLS).await;
        calls.retain(|call| !call.contains("public.trap"));
        assert!(!calls.is_empty(), "{role} may call nothing");
        calls.extend(
            ["ensure_profile", "remove_profile", "about_user"]
                .map(|name| format!("select from rollcall.{name}('{user}')")),
        );
        for call in calls {
            let said = run(&mut session, &call).await;
            assert!(!said.contains("a shadow ran"), "{role}: {call}: {said}");
        }
        session.close().await.unwrap();
    }
}

#[tokio::test]
async fn every_type_in_a_function_is_named_with_its_schema() {
    let webhook = "\n[webhook]\nurl = \"https://rollcall.example.com/\"\nvault_secret = \"a\"";
    for (name, (sql, toml)) in shapes::ALL {
        let world = World::with(sql, &format!("{toml}{webhook}")).await;
        let mut session = world.connect("postgres").await;
        let found = list(&mut session, UNQUALIFIED).await;
        assert!(found.is_empty(), "{name}: {found:#?}");
        session.close().await.unwrap();
    }
}
