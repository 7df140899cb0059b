//! What nobody has touched goes, to the row; what somebody has touched stays.

use super::*;

#[tokio::test]
async fn exactly_what_the_run_made_is_removed_and_all_else_stays_as_it_is() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    // One who was there before the run, and one who signs up after it.
    let sign_up = |number: u32| {
        let id = id(number);
        format!("insert into auth.users (id, email) values ('{id}', 'u{number}@example.com')")
    };
    world.run("supabase_admin", &sign_up(90)).await;
    let quietly = format!("set session_replication_role = replica; {}", sign_up(1));
    world.run("supabase_admin", &quietly).await;
    run_backfill(&world).await;
    world.run("supabase_admin", &sign_up(91)).await;
    let others = "select string_agg(u::text || u.xmin, ',' order by id) from public.users u
        where right(id::text, 2) in ('90', '91')";
    let before = world.ask(others).await;
    assert_eq!(profiles(&world, "public.users").await, "1 90 91");

    let undone = undo(&world).await;
    assert_eq!(counts(&undone), [1, 1, 0, 0, 0], "{undone:#}");
    assert_eq!(undone["status"], "completed");
    assert_eq!(undone["undoes"], RUN);
    assert_eq!(profiles(&world, "public.users").await, "90 91");
    assert_eq!(world.ask(others).await, before);
    let step = undone["next_step"].as_str().unwrap();
    assert!(step.contains("rollcall repair exclude --run") && step.contains("100"));
    let audit = "select string_agg(job_name || status || records_affected || records_failed
            || (completed_at is not null), ' ' order by started_at)
        from public.cleanup_audit_log";
    assert_eq!(
        world.ask(audit).await,
        "backfill_ghost_userscompleted10true undo_backfillcompleted10true"
    );
    let removed = "select string_agg(u::text, ' ') from rollcall.run_batches b
        join rollcall.runs r using (run_id), unnest(b.created) u where r.kind = 'undo'";
    assert_eq!(world.ask(removed).await, id(1));
}

#[tokio::test]
async fn the_sentence_on_keeping_people_out_is_one_that_does() {
    let world = backfilled(shapes::USERS, "", 3).await;
    let undone = undo(&world).await;
    let step = undone["next_step"].as_str().unwrap();
    let undo_id = undone["run_id"].as_str().unwrap();
    assert!(step.contains(undo_id), "{step}");
    let event = json!({"action": "exclude", "run_id": undo_id, "reason": "undo"});
    let told = repair(&world).await.invoke(event).await.unwrap();
    assert_eq!((&told["named"], &told["changed"]), (&json!(3), &json!(3)));
    let ghosts = "select count(*) from rollcall.standing where is_eligible";
    assert_eq!(world.ask(ghosts).await, "0");
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_a_touch_and_a_mere_lock_is_none() {
    let world = backfilled(shapes::USERS, "", 6).await;
    let [one, two, three, four, five] = [1, 2, 3, 4, 5].map(id);
    for sql in [
        format!("update public.users set name = 'Ada' where id = '{one}'"),
        format!("update public.users set name = name where id = '{two}'"),
        format!("select from public.users where id = '{three}' for update"),
        format!("delete from public.users where id = '{four}'"),
        format!("begin; update public.users set name = 'Eve' where id = '{five}'; rollback"),
        "vacuum (freeze) public.users".to_owned(),
    ] {
        world.run("postgres", &sql).await;
    }
    let undone = undo(&world).await;
    assert_eq!(counts(&undone), [6, 3, 2, 1, 0], "{undone:#}");
    assert_eq!(
        left(&undone),
        [
            because(1, "changed_since", ""),
            because(2, "changed_since", "")
        ]
    );
    assert_eq!(profiles(&world, "public.users").await, "1 2");
    // Asked again, it looks at those that are left, and at no other.
    let again = undo(&world).await;
    assert_eq!(counts(&again), [2, 0, 2, 0, 0]);
}

#[tokio::test]
async fn a_profile_that_was_removed_and_made_again_is_not_the_run_s() {
    let world = backfilled(shapes::USERS, "", 2).await;
    let again = format!(
        "delete from public.users where id = '{0}'; insert into public.users (id) values ('{0}')",
        id(1)
    );
    world.run("postgres", &again).await;
    let undone = undo(&world).await;
    assert_eq!(left(&undone), [because(1, "changed_since", "")]);
    assert_eq!(profiles(&world, "public.users").await, "1");
}

#[tokio::test]
async fn rollcall_s_own_refresh_of_a_kept_column_is_a_touch() {
    let world = backfilled(shapes::VERIFIED_USERS, "", 2).await;
    let sql = format!(
        "update auth.users set email = 'new@example.com' where id = '{}'",
        id(2)
    );
    world.run("supabase_admin", &sql).await;
    let undone = undo(&world).await;
    assert_eq!(left(&undone), [because(2, "changed_since", "")]);
}

#[tokio::test]
async fn a_trigger_that_writes_within_the_same_transaction_is_no_touch() {
    let also = "create function public.also() returns trigger language plpgsql as
        $$ begin update public.users set name = 'x' where id = new.id; return null; end $$;
        create trigger also after insert on public.users
            for each row execute function public.also()";
    let world = backfilled(shapes::USERS, also, 5).await;
    let undone = undo(&world).await;
    assert_eq!(counts(&undone), [5, 5, 0, 0, 0], "{undone:#}");
}

#[tokio::test]
async fn profiles_that_were_made_one_by_one_are_the_run_s_as_well() {
    let picky = "create function public.picky() returns trigger language plpgsql as
        $$ begin if right(new.id::text, 1) = '3' then raise 'no'; end if; return new; end $$;
        create trigger picky before insert on public.users
            for each row execute function public.picky()";
    let world = backfilled(shapes::USERS, picky, 8).await;
    let touch = format!("update public.users set name = name where id = '{}'", id(4));
    world.run("postgres", &touch).await;
    let undone = undo(&world).await;
    assert_eq!(counts(&undone), [7, 6, 1, 0, 0], "{undone:#}");
    assert_eq!(profiles(&world, "public.users").await, "4");
}

#[tokio::test]
async fn after_a_rewrite_or_a_restore_it_removes_nothing() {
    let world = backfilled(shapes::USERS, "", 3).await;
    let rewritten = world.copy().await;
    rewritten
        .run(
            "postgres",
            "alter table public.users alter column name type text using name || ''",
        )
        .await;
    let undone = undo(&rewritten).await;
    assert_eq!(counts(&undone), [3, 0, 3, 0, 0], "{undone:#}");
    // A record that has been written anew proves nothing, whatever it says.
    world
        .run(
            "supabase_admin",
            "update rollcall.run_batches set begins_at = begins_at",
        )
        .await;
    let undone = undo(&world).await;
    assert_eq!(counts(&undone), [3, 0, 3, 0, 0], "{undone:#}");
}
