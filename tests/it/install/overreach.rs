//! What a login of Rollcall's may not do by calling its functions otherwise than Rollcall does.

use rollcall_tests::{World, shapes};

const RUN: &str = "00000000-0000-4000-8000-00000000000a";
const OTHER: &str = "00000000-0000-4000-8000-00000000000b";

async fn refused(world: &World, sql: &str) -> String {
    let refused = world.attempt("rollcall_operator", sql).await;
    refused.expect_err(sql).to_string()
}

#[tokio::test]
async fn a_plan_is_about_columns_that_refer_to_users() {
    let (sql, toml) = shapes::USERS;
    let sql = format!(
        "{sql}; create table public.orders (id int primary key, user_id uuid, secret text);
         insert into public.orders values (1, gen_random_uuid(), 'x')"
    );
    let world = World::with(&sql, toml).await;
    let begin = format!("select rollcall.begin_references('{RUN}', '{{}}', null);");
    let plan = |relation: &str, table: &str, column: &str, policy: &str| {
        format!(
            "{begin} select rollcall.plan_references('{RUN}', 1, {relation}::oid::bigint, '{table}', \
             '{column}', '{policy}', 'all', null, null, '{{}}', '{{}}')"
        )
    };
    let orders = "'public.orders'::regclass";
    for (relation, table, column, policy) in [
        (
            "(select oid from pg_class where relname = 'users' and relnamespace = \
             (select oid from pg_namespace where nspname = 'auth'))",
            "auth.users",
            "encrypted_password",
            "create_profile",
        ),
        (orders, "public.orders", "secret", "create_profile"),
        (orders, "public.other", "user_id", "quarantine"),
        (orders, "public.orders", "user_id", "delete"),
    ] {
        let said = refused(&world, &plan(relation, table, column, policy)).await;
        assert!(said.contains("refers to no users"), "{said}");
    }
    let view = "create temp view v as select gen_random_uuid() as user_id; ";
    let of_view = plan("'v'::regclass", "t", "user_id", "create_profile");
    let said = refused(&world, &format!("{view}{of_view}")).await;
    assert!(said.contains("refers to no users"), "{said}");

    let right = plan(orders, "public.orders", "user_id", "quarantine");
    world.run("rollcall_operator", &right).await;
    let planned = "select sum(planned) from rollcall.reference_parts";
    assert_eq!(world.ask(planned).await, "1");
}

#[tokio::test]
async fn a_batch_is_for_runs_of_its_own_kind() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    let (batches, all) = (
        [
            ("backfill_batch", "backfill"),
            ("stamp_batch", "profiles"),
            ("references_batch", "references"),
        ],
        ["undo_batch", "restore_batch", "references_undo_batch"],
    );
    for (_, kind) in batches {
        for undoes in [false, true] {
            let (its_kind, undone) = if undoes { ("undo", OTHER) } else { (kind, RUN) };
            let runs = format!(
                "truncate rollcall.runs cascade;
                 insert into rollcall.runs (run_id, kind, state, undoes, configuration, digest, planned, fence)
                 select '{OTHER}', '{kind}', 'completed', null::uuid, digest, '', 0, 1 from rollcall.configuration;
                 insert into rollcall.runs (run_id, kind, state, undoes, configuration, digest, planned, fence)
                 select '{RUN}', '{its_kind}', 'running', nullif('{undone}', '{RUN}')::uuid, digest, '', 0, 7
                 from rollcall.configuration"
            );
            world.run("postgres", &runs).await;
            let own = match (kind, undoes) {
                ("backfill", false) => "backfill_batch",
                ("backfill", true) => "undo_batch",
                ("profiles", false) => "stamp_batch",
                ("profiles", true) => "restore_batch",
                (_, false) => "references_batch",
                (_, true) => "references_undo_batch",
            };
            let others = batches.map(|(batch, _)| batch).into_iter().chain(all);
            for batch in others.filter(|batch| *batch != own) {
                let call = format!("select rollcall.{batch}('{RUN}', 7, 10)");
                let said = refused(&world, &call).await;
                assert!(
                    said.contains("is of another kind"),
                    "{kind} {batch}: {said}"
                );
            }
            let call = format!("select is_fenced from rollcall.{own}('{RUN}', 7, 10)");
            assert_eq!(world.ask_as("rollcall_operator", &call).await, "false");
        }
    }
}
