//! The migration through Supabase's own command line, and what its linters say of what is then there.
//!
//! Needs `supabase` from npm on the PATH. Without it these tests are left out, unless
//! `ROLLCALL_REQUIRE_SUPABASE` is 1; so is the linter of functions where the server lacks `plpgsql_check`.

use std::{
    env, fs,
    process::{Command, Output, Stdio},
};

use rollcall_install::render;
use rollcall_tests::{
    Line, World,
    project::{PG_NET, VAULT},
    shapes,
};
use serde_json::Value;
use tempfile::TempDir;

use super::{ADA, WEBHOOK, sign_up};

/// A directory with a `supabase/` in it, and the database that it belongs to.
struct Project {
    directory: TempDir,
    world: World,
    line: Line,
}

impl Project {
    /// One whose next migration is Rollcall's; none where there is no command line.
    async fn new(toml: &str) -> Option<Self> {
        if !is_there() {
            return None;
        }
        let world = World::bare(shapes::VERIFIED_USERS.0).await;
        let orders = "create table public.orders (id bigint primary key, user_id uuid);
            alter table public.orders enable row level security";
        world.run("postgres", orders).await;
        world.run("supabase_admin", &[PG_NET, VAULT].concat()).await;
        let project = Self {
            directory: TempDir::new().unwrap(),
            line: Line::open().await,
            world,
        };
        let said = project.supabase(&["init"]).await;
        assert!(said.status.success(), "{said:?}");
        let migrations = project.directory.path().join("supabase/migrations");
        fs::create_dir_all(&migrations).unwrap();
        let migration = render::migration(&project.world.mapping(toml).await);
        fs::write(migrations.join("20260101000000_rollcall.sql"), migration).unwrap();
        Some(project)
    }

    async fn supabase(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("supabase");
        command
            .args(arguments)
            .current_dir(&self.directory)
            .env("DO_NOT_TRACK", "1")
            .env("SUPABASE_TELEMETRY_DISABLED", "1")
            .env("HOME", self.directory.path())
            .stdin(Stdio::null());
        // The line to the database is one of this thread's.
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }

    async fn remote(&self, arguments: &[&str]) -> Output {
        let remote = format!("--remote={}", self.line.url("postgres", &self.world));
        self.supabase(&[arguments, &[&remote, "--yes"]].concat())
            .await
    }
}

fn is_required() -> bool {
    env::var_os("ROLLCALL_REQUIRE_SUPABASE").is_some_and(|value| value == "1")
}

fn is_there() -> bool {
    let found = Command::new("supabase")
        .arg("--version")
        .output()
        .is_ok_and(|answer| answer.status.success());
    let missing = "Supabase's command line is not installed: npm install --global supabase@3.1.0";
    assert!(found || !is_required(), "{missing}");
    if !found {
        super::leave_out(missing);
    }
    found
}

/// What was printed, of a call that has to succeed.
fn printed(said: &Output) -> String {
    assert!(said.status.success(), "{said:?}");
    String::from_utf8_lossy(&said.stdout).into_owned()
}

/// The first JSON array of what was printed, which stands among words.
fn found(said: &Output) -> Vec<Value> {
    let text = printed(said);
    let Some((_, list)) = text.split_once("[\n") else {
        return vec![];
    };
    let list = format!("[{list}");
    let mut values = serde_json::Deserializer::from_str(&list).into_iter::<Value>();
    let list = values.next().expect("a list").expect("JSON");
    list.as_array().expect("a list").clone()
}

fn configurations() -> [String; 2] {
    let toml = format!("{}{WEBHOOK}", shapes::VERIFIED_USERS.1);
    let references = "[[references]]\ntable = \"public.orders\"\ncolumn = \"user_id\"\n";
    [
        format!("{toml}{references}"),
        format!("{toml}[trigger]\nmode = \"watch\"\n"),
    ]
}

#[tokio::test]
async fn the_migration_is_applied_once_and_listed() {
    let [toml, _] = configurations();
    let Some(project) = Project::new(&toml).await else {
        return;
    };
    let applied = project.remote(&["migration", "up"]).await;
    let words = format!(
        "{}{}",
        printed(&applied),
        String::from_utf8_lossy(&applied.stderr)
    );
    assert!(words.contains("20260101000000_rollcall.sql"), "{words}");
    let world = &project.world;
    world.run("supabase_auth_admin", &sign_up(ADA)).await;
    assert_eq!(world.ask("select count(*) from public.users").await, "1");
    assert_eq!(
        world
            .ask("select count(*) from rollcall.webhook_calls")
            .await,
        "1"
    );
    let again = project.remote(&["migration", "up"]).await;
    let words = format!(
        "{}{}",
        printed(&again),
        String::from_utf8_lossy(&again.stderr)
    );
    assert!(!words.contains("rollcall.sql"), "{words}");
    let listed = printed(&project.remote(&["migration", "list"]).await);
    assert_eq!(listed.matches("20260101000000").count(), 2, "{listed}");
}

#[tokio::test]
async fn its_linter_finds_nothing_in_the_functions() {
    for toml in configurations() {
        let Some(project) = Project::new(&toml).await else {
            return;
        };
        let world = &project.world;
        if !has_linter(world).await {
            return;
        }
        printed(&project.remote(&["migration", "up"]).await);
        let planted = "create extension plpgsql_check with schema extensions;
            create function public.planted() returns void language plpgsql as
            'begin perform gone from public.users; end'";
        world.run("supabase_admin", planted).await;
        let lint = ["db", "lint", "--level", "warning", "--fail-on", "none"];
        let found = found(&project.remote(&lint).await);
        let issues = found.iter().flat_map(|function| {
            let issues = function["issues"].as_array().unwrap();
            issues
                .iter()
                .map(move |issue| (&function["function"], issue))
        });
        // Parameters that one configuration needs and another does not are `warning extra`.
        let grave: Vec<_> = issues
            .filter(|(_, issue)| issue["level"] == "warning" || issue["level"] == "error")
            .map(|(function, issue)| format!("{function}: {issue}"))
            .collect();
        // Or else it looks at nothing.
        assert_eq!(grave.len(), 1, "{grave:#?}");
        assert!(grave[0].contains("public.planted"), "{grave:#?}");
    }
}

#[tokio::test]
async fn its_advisors_find_nothing_that_is_not_on_purpose() {
    const ON_PURPOSE: [(&str, &str); 5] = [
        // The application's own, so that it is known that they look.
        ("rls_disabled_in_public", "Table `public.users` "),
        // Nobody has a right on these, so there is nothing for a policy to allow.
        ("rls_enabled_no_policy", "Table `"),
        // With a setting of its own the planner could not see through it; every name in it is qualified.
        (
            "function_search_path_mutable",
            "Function `rollcall.wanted_from` ",
        ),
        // A log that is only added to and read.
        ("no_primary_key", "Table `rollcall.incident_events` "),
        // Nothing has been done with this database yet.
        ("unused_index", "Index `"),
    ];
    for toml in configurations() {
        let Some(project) = Project::new(&toml).await else {
            return;
        };
        printed(&project.remote(&["migration", "up"]).await);
        let look = ["db", "advisors", "--level", "info", "-o", "json"];
        let found = found(&project.remote(&look).await);
        let is_known = |finding: &Value, (name, begin): (&str, &str)| {
            finding["name"] == name && finding["detail"].as_str().unwrap().starts_with(begin)
        };
        for finding in &found {
            let known = ON_PURPOSE.iter().any(|purpose| is_known(finding, *purpose));
            assert!(known, "{finding:#}");
        }
        let planted = found
            .iter()
            .filter(|finding| is_known(finding, ON_PURPOSE[0]));
        assert_eq!(planted.count(), 1, "{found:#?}");
    }
}

/// Whether the server has the extension that `db lint` calls; only Debian's packages bring it.
async fn has_linter(world: &World) -> bool {
    let available = "select count(*) from pg_available_extensions where name = 'plpgsql_check'";
    let found = world.ask(available).await == "1";
    let missing = "plpgsql_check is not installed: apt-get install postgresql-15-plpgsql-check";
    let is_chosen = env::var_os("ROLLCALL_PG_MAJOR").is_some();
    assert!(found || is_chosen || !is_required(), "{missing}");
    if !found {
        super::leave_out(missing);
    }
    found
}
