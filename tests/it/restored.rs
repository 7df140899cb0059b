//! What comes back from a dump: the same objects, spelled once more, with rights given again.

use rollcall_install::{catalog::Catalog, config::Config, mapping};
use rollcall_tests::{World, shapes};

/// What a dump and a restore do to the definitions: each is made anew from its own spelling.
const SPELLED_AGAIN: &str = "
do $$
declare
    definition text;
begin
    for definition in
        select pg_get_functiondef(p.oid) from pg_proc p
        where p.pronamespace in ('rollcall'::regnamespace, 'public'::regnamespace)
        union all
        select replace(pg_get_triggerdef(t.oid), 'CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER')
        from pg_trigger t
        where t.tgrelid = 'auth.users'::regclass and not t.tgisinternal
        union all
        select format('create or replace view %s as %s', c.oid::regclass, pg_get_viewdef(c.oid))
        from pg_class c
        where c.relnamespace = 'rollcall'::regnamespace and c.relkind = 'v'
    loop
        execute definition;
    end loop;
end
$$;
revoke execute on function rollcall.ensure_profile(uuid) from rollcall_app;
grant execute on function rollcall.ensure_profile(uuid) to rollcall_app;";

/// How many of Rollcall's objects do not look as they were installed.
const ALTERED: &str = "
    select count(*) from rollcall.installed i
    where i.state is distinct from rollcall.state_of(
        split_part(i.object, ' ', 1), substr(i.object, strpos(i.object, ' ') + 1)
    )";

#[tokio::test]
async fn nothing_looks_altered_after_a_dump_and_a_restore() {
    for (name, (sql, toml)) in shapes::ALL {
        let world = World::with(sql, toml).await;
        assert_eq!(world.ask(ALTERED).await, "0", "{name}");
        world.run("postgres", SPELLED_AGAIN).await;
        assert_eq!(world.ask(ALTERED).await, "0", "{name}");
    }
}

#[tokio::test]
async fn a_lost_schema_comes_back_with_the_migration() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    world
        .run(
            "postgres",
            "set client_min_messages = error; drop schema rollcall cascade",
        )
        .await;
    world.install(toml).await;
    world
        .run(
            "supabase_auth_admin",
            "insert into auth.users (id, email)
             values ('00000000-0000-4000-8000-000000000001', 'ada@example.com')",
        )
        .await;
    let profiles = world.ask("select count(*) from public.users").await;
    assert_eq!(
        (profiles, world.ask(ALTERED).await),
        ("1".into(), "0".into())
    );
}

#[tokio::test]
async fn what_somebody_else_wrote_into_our_function_stays_also_without_the_schema() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    world
        .run(
            "postgres",
            "set client_min_messages = error;
             drop schema rollcall cascade;
             create or replace function public.handle_new_user() returns trigger
             language plpgsql as $$ begin return new; end $$",
        )
        .await;
    let config = Config::parse("rollcall.toml", toml).unwrap();
    let catalog = Catalog::read(&mut world.connect("postgres").await)
        .await
        .unwrap();
    let refused = mapping::check(&config, &catalog).unwrap_err();
    assert!(
        refused[0].to_string().contains("handle_new_user"),
        "{}",
        refused[0]
    );
}
