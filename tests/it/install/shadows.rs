//! What a session makes in its temporary schema comes before everything else for the names of types
//! and tables, also in a function that runs with its owner's rights.

use rollcall_tests::{World, shapes};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

/// A type in the place of each of PostgreSQL's, which notes when somebody else's rights touch it: in a
/// sequence, because that outlives whatever error a function would swallow.
const SHADOWS: &str = "
    create sequence pg_temp.stolen;
    grant all on pg_temp.stolen to public;
    create function pg_temp.is_mine() returns boolean language plpgsql as $$
    begin
        if current_user = 'postgres' then
            perform pg_catalog.nextval('pg_temp.stolen');
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

/// Code of the application's that runs when a profile is written, and looks for its names as it finds
/// the path.
const CARELESS: &str = "
    create function public.touch() returns trigger language plpgsql as $$
    declare
        seen text := '1'::text;
    begin
        perform seen::jsonb;
        return new;
    end $$;
    create trigger touch before insert or update or delete on public.users
    for each row execute function public.touch()";

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

/// Whether any of the shadows ran with the owner's rights in this call.
async fn steals(session: &mut PgConnection, call: &str) -> bool {
    // Whether the call succeeds is another matter.
    let _ = session.execute(AssertSqlSafe(call)).await;
    let row = session
        .fetch_one("select is_called from pg_temp.stolen")
        .await;
    row.unwrap().get(0)
}

async fn list(session: &mut PgConnection, sql: &'static str) -> Vec<String> {
    let rows = session.fetch_all(sql).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn possessed(world: &World, role: &str) -> PgConnection {
    let mut session = world.connect("supabase_admin").await;
    let become_them = format!("set session authorization {role}");
    session.execute(AssertSqlSafe(become_them)).await.unwrap();
    session.execute(SHADOWS).await.unwrap();
    session
}

#[tokio::test]
async fn nobody_s_types_get_the_owner_s_rights() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    world.run("postgres", CARELESS).await;
    let ghosts = "set session_replication_role = replica;
        insert into auth.users (id, email)
        select gen_random_uuid(), n || '@example.com' from generate_series(1, 9) n";
    world.run("supabase_admin", ghosts).await;
    let ids = world
        .ask("select string_agg(id::text, ' ' order by id) from auth.users")
        .await;
    let mut ids = ids.split(' ');
    let trap = "create function public.trap() returns void language sql security definer
        set search_path = '' as $$ select 'a'::text $$";
    world.run("postgres", trap).await;
    for role in ["rollcall_app", "rollcall_operator", "authenticated"] {
        let mut session = possessed(&world, role).await;
        let mut calls = list(&mut session, CALLS).await;
        calls.retain(|call| !call.contains("public.trap"));
        assert!(!calls.is_empty(), "{role} may call nothing");
        let (ghost, claimed) = (ids.next().unwrap(), ids.next().unwrap());
        let claim = format!(
            "select pg_catalog.set_config('request.jwt.claims', '{{\"sub\": \"{claimed}\"}}', false)"
        );
        calls.insert(0, claim);
        calls.extend(
            ["ensure_profile", "remove_profile", "about_user", "canary"]
                .map(|name| format!("select from rollcall.{name}('{ghost}')")),
        );
        for call in calls {
            assert!(!steals(&mut session, &call).await, "{role}: {call}");
        }
        assert!(
            steals(&mut session, "select public.trap()").await,
            "{role} met no trap"
        );
        session.close().await.unwrap();
    }
    // They were not spared for want of work.
    let made = world.ask("select count(*) from public.users").await;
    assert!(made.parse::<u32>().unwrap() >= 2, "{made}");
}

/// What is made again from what is stored is made as it was, whoever asks.
#[tokio::test]
async fn what_install_makes_is_made_of_nobody_s_types() {
    let world = World::with(
        "create table public.users (id uuid primary key, born date)",
        "profile.table = \"public.users\"\nprofile.columns.born = \"meta.born\"",
    )
    .await;
    let mut session = possessed(&world, "rollcall_operator").await;
    let call = "select from rollcall.install_triggers()";
    assert!(!steals(&mut session, call).await);
    session.close().await.unwrap();
    let sign_up =
        "insert into auth.users (id, email) values (gen_random_uuid(), 'ada@example.com')";
    world.run("supabase_auth_admin", sign_up).await;
    assert_eq!(world.ask("select count(*) from public.users").await, "1");
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
