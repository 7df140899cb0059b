//! What an operator is told of what would keep rows from coming back, and of how a run ended.

use rollcall_tests::thrown;

use super::*;

/// Three orders of nobody's under a key that came after them.
async fn keyed(more: &str) -> World {
    let children = [("public.orders", "user_id")];
    let tables = format!(
        "create table public.orders (id int primary key, user_id uuid);
         insert into public.orders
         select n, ('00000000-0000-4000-8000-' || lpad((70 + n)::text, 12, '0'))::uuid
         from generate_series(1, 3) n;
         alter table public.orders add constraint \"Orders owner\" foreign key (user_id)
             references public.users not valid; {more}"
    );
    world(&tables, &children).await
}

fn effects(answer: &Value) -> Vec<String> {
    let effects = answer["side_effects"].as_array().unwrap().iter();
    effects
        .map(|effect| effect.as_str().unwrap().to_owned())
        .collect()
}

fn next_step(answer: &Value) -> &str {
    answer["next_step"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_key_that_will_keep_rows_out_is_named_before_and_with_its_mend_afterwards() {
    let world = keyed("").await;
    let function = repair(&world).await;
    let before = dump(&world, "public.orders").await;
    let planned = plan(&function, json!({})).await;
    let done = apply(&function, &planned).await;
    let warning = "foreign key \"Orders owner\" of public.orders refers to public.users (not validated): \
                   while it stands, no row that names nobody there can be put back by an undo";
    for told in [&planned, &done] {
        assert_eq!(effects(told), [warning], "{told:#}");
    }

    let undone = undo(&function, &done).await;
    assert_eq!(counts(&undone["tables"][0]), [3, 0, 3, 0, 0], "{undone:#}");
    let mend = undone["reasons"][0]["mend"].as_str().unwrap();
    let drop = "alter table public.orders drop constraint \"Orders owner\"";
    assert!(mend.contains(&format!("`{drop}`")), "{mend}");
    assert!(
        mend.contains("rollcall repair references constrain"),
        "{mend}"
    );
    world.run("postgres", drop).await;
    let undone = undo(&function, &done).await;
    assert_eq!(counts(&undone["tables"][0]), [3, 3, 0, 0, 0], "{undone:#}");
    assert_eq!(dump(&world, "public.orders").await, before);
}

#[tokio::test]
async fn rows_come_back_to_the_table_that_had_them_whatever_its_name_is_by_now() {
    let world = keyed("alter table public.orders drop constraint \"Orders owner\"").await;
    let function = repair(&world).await;
    let before = dump(&world, "public.orders").await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    world
        .run(
            "postgres",
            "alter table public.orders rename to old_orders;
             create table public.orders (id int primary key, user_id uuid)",
        )
        .await;
    let undone = undo(&function, &done).await;
    assert_eq!(counts(&undone["tables"][0]), [3, 3, 0, 0, 0], "{undone:#}");
    assert_eq!(dump(&world, "public.old_orders").await, before);
    assert_eq!(count(&world, "public.orders").await, 0);
}

#[tokio::test]
async fn a_row_that_a_trigger_brings_back_was_not_moved() {
    let world = keyed(
        "create function public.again() returns trigger language plpgsql as
             'begin insert into public.orders values (old.*); return null; end';
         create trigger again after delete on public.orders
             for each row when (old.id < 3) execute function public.again()",
    )
    .await;
    let function = repair(&world).await;
    world
        .run(
            "postgres",
            "alter table public.orders drop constraint \"Orders owner\"",
        )
        .await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    assert_eq!(counts(&done["tables"][0]), [3, 1, 2, 0, 0], "{done:#}");
    assert_eq!(done["reasons"][0]["reason"], "no_row", "{done:#}");
    assert_eq!(count(&world, "public.orders").await, 2);
    assert_eq!(count(&world, "rollcall.quarantine").await, 1);
}

#[tokio::test]
async fn a_key_of_a_partitioned_table_is_told_once_and_where_it_is_dropped() {
    let world = world(
        "create table public.events (id int, user_id uuid, primary key (id)) partition by range (id);
         create table public.events_1 partition of public.events for values from (1) to (10);
         create table public.events_2 partition of public.events for values from (10) to (20);
         insert into public.events select n, gen_random_uuid() from generate_series(8, 11) n;
         create table public.shops (id int primary key);
         alter table public.events add shop int references public.shops",
        &[("public.events", "user_id")],
    )
    .await;
    world
        .run(
            "supabase_admin",
            "set session_replication_role = replica;
             create temp table kept as table public.events;
             truncate public.events;
             alter table public.events add constraint owner foreign key (user_id)
                 references public.users;
             insert into public.events table kept",
        )
        .await;
    let function = repair(&world).await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    let told = effects(&done);
    assert_eq!(told.len(), 1, "{done:#}");
    assert!(
        told[0].starts_with("foreign key owner of public.events refers to public.users:"),
        "{told:?}"
    );
    let undone = undo(&function, &done).await;
    let mend = undone["reasons"][0]["mend"].as_str().unwrap();
    assert!(
        mend.contains("`alter table public.events drop constraint owner; "),
        "{mend}"
    );
}

#[tokio::test]
async fn an_undo_says_again_what_the_application_s_triggers_did_at_apply() {
    let world = keyed(
        "alter table public.orders drop constraint \"Orders owner\";
         create table public.totals (orders int);
         insert into public.totals values (3);
         create function public.count_down() returns trigger language plpgsql as
             $$ begin update public.totals set orders = orders - 1; return null; end $$;
         create trigger count_down after delete on public.orders
             for each row execute function public.count_down()",
    )
    .await;
    let function = repair(&world).await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    let fired = "trigger count_down on public.orders calls public.count_down()";
    assert_eq!(effects(&done), [fired], "{done:#}");
    let undone = undo(&function, &done).await;
    assert_eq!(
        effects(&undone),
        [format!(
            "{fired}: what it did to other rows when the run was applied is not taken back"
        )]
    );
    // It is true.
    assert_eq!(world.ask("select orders from public.totals").await, "0");
}

#[tokio::test]
async fn a_run_tells_how_it_ended_however_often_it_is_applied() {
    let world = keyed("alter table public.orders drop constraint \"Orders owner\"").await;
    let function = repair(&world).await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    let step = next_step(&done);
    assert!(step.starts_with("3 rows stay in quarantine"), "{step}");
    world
        .run("postgres", "insert into public.orders values (2)")
        .await;
    let undone = undo(&function, &done).await;
    let event = json!({"action": "apply", "run_id": done["run_id"]});
    let again = answer(&function, event.clone()).await;
    let taken_back = format!(
        "2 rows of it were taken back, by undo {}",
        undone["run_id"].as_str().unwrap()
    );
    let step = next_step(&again);
    assert!(
        step.starts_with(&format!("{taken_back}; 1 row stays in quarantine")),
        "{step}"
    );
    answer(
        &function,
        json!({"action": "purge", "run_id": done["run_id"]}),
    )
    .await;
    let again = answer(&function, event).await;
    assert_eq!(
        next_step(&again),
        format!("{taken_back}; 1 row was deleted for good, by a purge")
    );
}

#[tokio::test]
async fn a_cancelled_undo_names_the_call_that_goes_on() {
    let world = keyed("alter table public.orders drop constraint \"Orders owner\"").await;
    let function = repair(&world).await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    let run = done["run_id"].as_str().unwrap();
    let begun = world
        .ask_as(
            "rollcall_operator",
            &format!(
                "select p.planned || ' ' || b.done
                from rollcall.plan_references_undo('{UNDO}', '{run}', null) p
                cross join lateral rollcall.take_lease('{UNDO}') l
                cross join lateral rollcall.references_undo_batch('{UNDO}', l.fence, 1) b"
            ),
        )
        .await;
    assert_eq!(begun, "3 1");
    let cancel = format!("select rollcall.cancel_run('{UNDO}')");
    world.ask_as("rollcall_operator", &cancel).await;
    let event = json!({"action": "undo", "run_id": UNDO});
    let (kind, sentence) = thrown(function.invoke(event).await);
    assert_eq!(kind, "Rejected", "{sentence}");
    assert!(
        sentence.ends_with(&format!("`rollcall repair undo {run}`")),
        "{sentence}"
    );
    let undone = undo(&function, &done).await;
    assert_eq!(counts(&undone["tables"][0]), [2, 2, 0, 0, 0], "{undone:#}");
    assert_eq!(count(&world, "rollcall.quarantine").await, 0);
    // Whatever was expected: nothing is left to do, and nothing to confirm.
    let event = json!({"action": "undo", "run_id": run, "confirm_count": 3});
    let nothing = answer(&function, event).await;
    assert_eq!(nothing["status"], "nothing_to_do", "{nothing:#}");
}

#[tokio::test]
async fn whose_code_kept_a_row_is_named() {
    for (code, reason, named) in [
        (
            "create rule keep as on delete to public.orders do instead nothing",
            "other",
            "rule keep on public.orders",
        ),
        (
            "create function public.no() returns trigger language plpgsql as
                 $$ begin raise exception 'no'; end $$;
             create trigger no before delete on public.orders
                 for each row execute function public.no()",
            "other",
            "trigger no on public.orders calls public.no()",
        ),
        (
            "create function public.no() returns trigger language plpgsql as
                 $$ begin return null; end $$;
             create trigger no before delete on public.orders
                 for each row execute function public.no()",
            "no_row",
            "trigger no on public.orders calls public.no()",
        ),
    ] {
        let world = keyed(code).await;
        let function = repair(&world).await;
        let done = apply(&function, &plan(&function, json!({})).await).await;
        assert_eq!(counts(&done["tables"][0]), [3, 0, 3, 0, 0], "{done:#}");
        let told = &done["reasons"][0];
        assert_eq!(told["reason"], reason, "{done:#}");
        let mend = told["mend"].as_str().unwrap();
        assert!(mend.ends_with(named), "{mend}");
        assert_eq!(count(&world, "public.orders").await, 3);
    }
}

const UNDO: &str = "0e8f9a60-1111-4222-8333-444455556666";
