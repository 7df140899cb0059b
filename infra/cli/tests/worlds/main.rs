//! `check`, `report` and `doctor` on every world of the tests, as an operator would run them.
//!
//! A world is known to be well or not, by its making and by plain counting. Whatever the commands
//! say has to agree with that, and with each other.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bypass;
mod commands;
mod faults;
mod mutants;
mod print;
#[path = "../runner/mod.rs"]
mod runner;
mod shapes;
mod states;
mod truth;

use tokio::sync::RwLock;

use commands::Heard;
use truth::{Shape, Truth};

/// Roles belong to the whole server: whoever changes them is alone with it.
static ROLES: RwLock<()> = RwLock::const_new(());

/// A world: what is done to one in which Rollcall is freshly installed, and what it is then.
struct Case {
    name: String,
    /// Each by a role.
    steps: Vec<(&'static str, String)>,
    /// What somebody locks, and does not let go of.
    locked: Option<&'static str>,
    /// What gives the roles back, which belong to the whole server, what was taken from them.
    undo: Option<&'static str>,
    truth: Truth,
}

impl Case {
    fn new(name: impl Into<String>, truth: Truth) -> Self {
        Self {
            name: name.into(),
            steps: vec![],
            locked: None,
            undo: None,
            truth,
        }
    }

    fn then(mut self, role: &'static str, sql: impl Into<String>) -> Self {
        self.steps.push((role, sql.into()));
        self
    }
}

/// Walks through worlds of one shape.
async fn walk(shape: &Shape, cases: Vec<Case>) {
    let installed = shape.installed().await;
    let mut wrong = vec![];
    for case in cases {
        let world = installed.copy().await;
        for (role, sql) in &case.steps {
            world.run(role, sql).await;
        }
        let mut holder = world.connect("postgres").await;
        if let Some(table) = case.locked {
            let lock = format!("begin; lock table {table} in access exclusive mode");
            sqlx::raw_sql(sqlx::AssertSqlSafe(lock))
                .execute(&mut holder)
                .await
                .unwrap();
        }
        let before = print::of(&world, case.locked).await;
        let heard = Heard::doctor(&world, shape);
        let after = print::of(&world, case.locked).await;
        let heard = heard.and_check(&world);
        if let Some(undo) = case.undo {
            world.run("supabase_admin", undo).await;
        }
        let is_free = case.locked != Some(shape.table);
        let counts = shape.count(&world, is_free).await;
        let mut objections = heard.objections(&case.truth, counts);
        if before != after {
            objections.push("doctor changed something".to_owned());
        }
        if !objections.is_empty() {
            let objections = objections.join("\n  ");
            wrong.push(format!("{}:\n  {objections}\n{heard}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
