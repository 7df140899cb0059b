//! Whatever others do at the same time, a previewed run touches its planned set and nobody else.
//!
//! Each case previews, lets people come, go and be excluded, then runs the preview in tiny batches
//! while three others do the same and worse. `PROPTEST_CASES` says how many cases are tried.

mod acts;
mod facts;

use std::time::Duration;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use rollcall_tests::{Deployed, World, shapes};
use serde_json::json;

use super::*;
use acts::{Act, PLANNED, act};
use facts::{EXPECTED, Facts, OUTCOMES, SETTLED_ROWS};

/// Every profile that comes or goes is noted, with the transaction it came by. Each takes a moment,
/// so that others have time.
const NOTES: &str = "
    create table public.notes (id uuid, op text, by xid8 default pg_current_xact_id());
    create function public.note() returns trigger language plpgsql security definer as $$
    begin
        perform pg_sleep(0.002);
        insert into public.notes (id, op) values (coalesce(new.id, old.id), tg_op);
        return null;
    end $$;
    create trigger note after insert or delete on public.users
        for each row execute function public.note()";

/// Whoever is forgotten has another id in the records, which no note knows. That has tests of its
/// own.
const NOBODY_IS_FORGOTTEN: &str = "
    create function public.remember() returns trigger language plpgsql as
        'begin return null; end';
    create trigger remember before insert on rollcall.forgetting
        for each row execute function public.remember()";

/// People who have had a profile all along, as the application left it.
const SETTLED: &str = "
    insert into auth.users (id, email, created_at)
    select gen_random_uuid(), 's' || n || '@example.com', now() from generate_series(1, 8) n;
    insert into public.users (id, email, updated_at)
    select id, 'theirs ' || email, '2020-01-01' from auth.users";

#[derive(Debug, Clone)]
struct History {
    batch_size: u8,
    before: Vec<Act>,
    meanwhile: [Vec<Act>; 3],
}

fn history() -> impl Strategy<Value = History> {
    let several = || vec(act(), 0..14);
    (1..6_u8, several(), several(), several(), several()).prop_map(
        |(batch_size, before, a, b, c)| History {
            batch_size,
            before,
            meanwhile: [a, b, c],
        },
    )
}

#[test]
fn nobody_else_is_touched_and_nobody_is_lost() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let base = runtime.block_on(async {
        let (sql, toml) = shapes::VERIFIED_USERS;
        let world = World::with(&format!("{sql};{NOTES}"), toml).await;
        quietly(&world, SETTLED).await;
        ghosts(&world, 1, PLANNED.into()).await;
        world.run("supabase_admin", OUTCOMES).await;
        world.run("supabase_admin", NOBODY_IS_FORGOTTEN).await;
        world
    });
    let result = TestRunner::new(config()).run(&history(), |history| {
        runtime.block_on(case(&base, history));
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

fn config() -> Config {
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    let cases = if config.cases == 256 {
        12
    } else {
        config.cases
    };
    Config { cases, ..config }
}

async fn case(base: &World, history: History) {
    let world = base.copy().await;
    let settled = world.ask(SETTLED_ROWS).await;
    let function = backfill(&world).await;
    let other = backfill(&world).await;
    let check = Deployed::start("nightly-check", &world, "rollcall_app", &[]).await;
    let plan = answer(&function, json!({})).await;
    assert_eq!(count(&plan, "planned"), i64::from(PLANNED));
    let run_id = plan["run_id"].as_str().unwrap();
    for act in &history.before {
        act.done(&world, &other, &check).await;
    }
    world
        .run("supabase_admin", &format!("{EXPECTED}'{run_id}'"))
        .await;

    let event = json!({"mode": "run", "run_id": run_id, "batch_size": history.batch_size});
    let [a, b, c] = &history.meanwhile;
    let doing = async |acts: &Vec<Act>| {
        for act in acts {
            act.done(&world, &other, &check).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let (run, (), (), ()) = tokio::join!(answer(&function, event), doing(a), doing(b), doing(c));
    assert_eq!(run["status"], "completed", "{run:#}");
    assert_eq!(run["digest"], plan["digest"]);
    assert_eq!(count(&run, "planned"), i64::from(PLANNED));

    let facts = Facts {
        world: &world,
        run_id,
    };
    facts.assert_nobody_is_lost().await;
    facts.assert_created_by_this_run().await;
    facts.assert_as_expected(&history.meanwhile.concat()).await;
    let audit = format!(
        "select string_agg(concat_ws(' ', status, records_affected, records_failed), ', ')
         from public.cleanup_audit_log where run_id = '{run_id}'"
    );
    let told = format!(
        "completed {} {}",
        count(&run, "created"),
        count(&run, "refused")
    );
    assert_eq!(world.ask(&audit).await, told);
    assert_eq!(world.ask(SETTLED_ROWS).await, settled, "as they were");
}
