//! From one configuration to the next: what comes out is what a first installation gives.

use rollcall_tests::World;

use super::{apply, catalog, is_kept, uninstall};

const TABLES: &str = "
    create table public.users (
        id uuid primary key, email text, name text, phone text, deleted_at timestamptz
    );
    create table public.\"Member\" (\"userId\" text primary key, mail text, gone boolean);
    create function public.mine() returns trigger language plpgsql as 'begin return new; end';
    create trigger on_auth_user_created after insert on auth.users
    for each row execute function public.mine();
";

const USERS: &str =
    "[profile]\ntable = \"public.users\"\nkey = \"id\"\n[profile.columns]\nemail = \"email\"\n";
const MEMBER: &str =
    "[profile]\ntable = \"public.Member\"\nkey = \"userId\"\n[profile.columns]\nmail = \"email\"\n";

/// Configurations of these tables, each unlike the one before.
fn configurations() -> Vec<String> {
    let adopt = "[trigger]\nadopt = true\n";
    let webhook = "[webhook]\nurl = ";
    vec![
        format!("{USERS}{adopt}"),
        format!("{USERS}name = \"meta.name\"\nphone = \"phone\"\n{adopt}"),
        format!(
            "{USERS}name = [\"meta.name\", \"email\"]\n[profile.keep]\ncolumns = [\"email\", \"name\"]\n{adopt}"
        ),
        format!("{USERS}{adopt}name = \"another_trigger\"\n"),
        format!("{USERS}{adopt}function = \"public.another_function\"\n"),
        format!("{USERS}[trigger]\nmode = \"watch\"\n"),
        format!("{USERS}[trigger]\nmode = \"watch\"\n{webhook}\"https://example.com/\"\n"),
        format!("{USERS}{adopt}{webhook}\"https://example.com/\"\n"),
        format!("{USERS}{adopt}{webhook}\"https://example.com/b\"\nvault_secret = \"it's\"\n"),
        format!(
            "{USERS}[profile.removal]\nsoft_delete = \"deleted_at\"\nrelease = [\"email\"]\n{adopt}"
        ),
        format!("{MEMBER}{adopt}"),
        format!(
            "{MEMBER}[profile.removal]\nsoft_delete = \"gone\"\n[eligible]\nanonymous = false\n{adopt}name = \"a\"\nfunction = \"public.b\"\n"
        ),
    ]
}

/// The catalog and what Rollcall knows to be its own.
async fn state(world: &World) -> (Vec<String>, String) {
    let known = "select string_agg(object, ', ' order by object) from rollcall.installed";
    (catalog(world, false).await, world.ask(known).await)
}

#[tokio::test]
async fn any_configuration_follows_any_other_without_a_trace() {
    let configurations = configurations();
    let world = World::bare(TABLES).await;
    // There and back again.
    let backwards = configurations.iter().rev().skip(1);
    for toml in configurations.iter().chain(backwards) {
        apply(&world, toml)
            .await
            .unwrap_or_else(|error| panic!("{toml}: {error}"));
        let fresh = World::bare(TABLES).await;
        apply(&fresh, toml).await.expect("installed");
        assert_eq!(state(&world).await, state(&fresh).await, "{toml}");
    }
}

#[tokio::test]
async fn watching_installs_no_trigger() {
    let world = World::bare(TABLES).await;
    let triggers = "select string_agg(tgname, ' ') from pg_trigger
        where tgrelid = 'auth.users'::regclass and not tgisinternal";
    apply(&world, &configurations()[5])
        .await
        .expect("installed");
    assert_eq!(world.ask(triggers).await, "on_auth_user_created");
}

#[tokio::test]
async fn taken_out_it_leaves_profiles_and_evidence_and_comes_back() {
    let world = World::bare(TABLES).await;
    let before = catalog(&world, false).await;
    for (number, toml) in (1..).zip(configurations()) {
        apply(&world, &toml).await.expect("installed");
        world
            .run(
                "postgres",
                "insert into public.cleanup_audit_log (job_name, job_type, status) values ('j', 't', 's');
                insert into public.error_logs (error_type) values ('ORPHANED_ORDER_DETECTED')",
            )
            .await;
        uninstall(&world).expect("taken out");
        let after = catalog(&world, false).await;
        let theirs: Vec<_> = after.into_iter().filter(|line| !is_kept(line)).collect();
        assert_eq!(theirs, before, "{toml}");
        for table in ["cleanup_audit_log", "error_logs"] {
            let kept = world
                .ask(&format!("select count(*) from public.{table}"))
                .await;
            assert_eq!(kept, number.to_string(), "{table}");
        }
        let error = uninstall(&world).expect_err("nothing is there");
        assert!(error.contains("Rollcall is not installed"), "{error}");
    }
}
