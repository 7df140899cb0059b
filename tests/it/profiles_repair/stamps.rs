//! A plan touches nobody; an apply stamps whoever is still to be; an undo brings back what it was.

use super::*;

#[tokio::test]
async fn they_are_told_apart_stamped_and_put_back_byte_for_byte() {
    let world = left_over().await;
    let before = world.ask(ALL).await;
    let planned = plan(&world).await;
    assert_eq!(planned["status"], "planned", "{planned:#}");
    let expected = |done: [i64; 3]| {
        [
            ("stamp_orphaned".to_owned(), 2, done[0]),
            ("stamp_leftover_deleted".to_owned(), 1, done[1]),
            ("stamp_leftover_excluded".to_owned(), 1, done[2]),
        ]
    };
    assert_eq!(classes(&planned), expected([0, 0, 0]));
    assert_eq!(planned["samples"].as_array().unwrap().len(), 4);
    assert!(
        planned["next_step"]
            .as_str()
            .unwrap()
            .contains("rollcall repair apply")
    );
    assert_eq!(world.ask(ALL).await, before);

    let applied = apply(&world, &planned).await;
    assert_eq!(applied["status"], "completed");
    assert_eq!(classes(&applied), expected([2, 1, 1]));
    let stamped = "select string_agg(right(id::text, 1), ' ' order by id) from public.users
        where deleted_at is not null and email is null";
    assert_eq!(world.ask(stamped).await, "1 2 3 4");
    let audit = "select string_agg(job_name || status || records_affected, ' ' order by started_at)
        from public.cleanup_audit_log";
    assert_eq!(world.ask(audit).await, "stamp_profilescompleted4");
    assert_eq!(plan(&world).await["status"], "nothing_to_do");
    assert_eq!(apply(&world, &planned).await["status"], "completed");

    let undone = undo(&world, &planned).await;
    assert_eq!(
        classes(&undone),
        [("restore".to_owned(), 4, 4)],
        "{undone:#}"
    );
    assert_eq!(world.ask(ALL).await, before);
    assert_eq!(undo(&world, &planned).await["status"], "nothing_to_do");
}

#[tokio::test]
async fn whoever_came_back_or_was_stamped_between_plan_and_apply_is_gone() {
    let world = left_over().await;
    let planned = plan(&world).await;
    let back = format!(
        "insert into auth.users (id, email) values ('{}', 'u1@example.com');
        delete from rollcall.exclusions;
        update public.users set deleted_at = '2020-01-01' where id = '{}'",
        id(1),
        id(2)
    );
    quietly(&world, &back).await;
    let applied = apply(&world, &planned).await;
    assert_eq!(
        classes(&applied),
        [
            ("stamp_orphaned".to_owned(), 2, 0),
            ("stamp_leftover_deleted".to_owned(), 1, 1),
            ("stamp_leftover_excluded".to_owned(), 1, 0),
        ]
    );
    assert_eq!(applied["tables"][0]["gone"], 2);
}

#[tokio::test]
async fn what_was_changed_since_or_taken_by_another_is_listed_and_left() {
    let world = left_over().await;
    let planned = plan(&world).await;
    apply(&world, &planned).await;
    let changes = format!(
        "update public.users set updated_at = now() where id = '{}';
         insert into public.users (id, email) values ('{}', 'u2@example.com');
         delete from public.users where id = '{}'",
        id(1),
        id(200),
        id(3)
    );
    world.run("postgres", &changes).await;
    let undone = undo(&world, &planned).await;
    let table = &undone["tables"][0];
    assert_eq!(
        (&table["done"], &table["refused"], &table["gone"]),
        (&json!(1), &json!(2), &json!(1))
    );
    let refusals = undone["refusals"].as_array().unwrap().iter();
    let refusals = refusals.map(|refusal| (refusal["key"].clone(), refusal["reason"].clone()));
    assert_eq!(
        refusals.collect::<Vec<_>>(),
        [
            (json!(id(1)), json!("changed_since")),
            (json!(id(2)), json!("unique_held"))
        ]
    );
    // Once that is mended, those that were left.
    world
        .run(
            "postgres",
            &format!("delete from public.users where id = '{}'", id(200)),
        )
        .await;
    let again = undo(&world, &planned).await;
    assert_eq!(classes(&again), [("restore".to_owned(), 2, 1)]);
}

#[tokio::test]
async fn one_that_the_database_refuses_costs_only_itself() {
    let picky = "create function public.picky() returns trigger language plpgsql as
        $$ begin if right(new.id::text, 1) = '2' then raise 'no'; end if; return new; end $$;
        create trigger picky before update on public.users
            for each row execute function public.picky()";
    let world = left_over().await;
    world.run("postgres", picky).await;
    let planned = plan(&world).await;
    assert!(
        planned["side_effects"][0]
            .as_str()
            .unwrap()
            .contains("picky")
    );
    let applied = apply(&world, &planned).await;
    assert_eq!(applied["tables"][0]["refused"], 1, "{applied:#}");
    assert_eq!(applied["refusals"][0]["key"], id(2));
    assert_eq!(applied["reasons"][0]["rows"], 1);
    assert_eq!(
        world.ask("select count(*) from rollcall.run_images").await,
        "3"
    );
}

#[tokio::test]
async fn killed_after_any_batch_it_goes_on_exactly_there() {
    let world = left_over().await;
    let before = world.ask(ALL).await;
    let planned = plan(&world).await;
    let run = planned["run_id"].as_str().unwrap();
    // What a killed process leaves: a lease that somebody has, and a batch of one.
    let half = format!(
        "select b.planned from rollcall.take_lease('{run}') l
        cross join lateral rollcall.stamp_batch('{run}', l.fence, 1) b"
    );
    assert_eq!(world.ask_as("rollcall_operator", &half).await, "4");
    let applied = apply(&world, &planned).await;
    assert_eq!(
        classes(&applied).iter().map(|class| class.2).sum::<i64>(),
        4
    );
    let places =
        "select string_agg(begins_at::text, ' ' order by begins_at) from rollcall.run_batches";
    assert_eq!(world.ask(places).await, "0 1 2 3");
    let fenced = format!("select is_fenced from rollcall.stamp_batch('{run}', 1, 1)");
    assert_eq!(world.ask_as("rollcall_operator", &fenced).await, "true");
    undo(&world, &planned).await;
    assert_eq!(world.ask(ALL).await, before);
}

#[tokio::test]
async fn text_keys_other_types_and_keys_that_are_no_ids() {
    let world = World::with(
        r#"create table public."Profile" ("userId" text primary key, email text unique, tags text[],
               amount numeric, seen timestamptz, gone boolean not null default false)"#,
        "[profile]\ntable = \"public.Profile\"\nkey = \"userId\"\n[profile.columns]\nemail = \"email\"\n\
         [profile.removal]\nsoft_delete = \"gone\"\nrelease = [\"email\", \"tags\", \"amount\", \"seen\"]\n",
    )
    .await;
    people(&world, 1, 40).await;
    let odd = format!(
        r#"delete from auth.users where id = '{}';
         update public."Profile" set tags = '[3:4]={{"a b",null}}', amount = 1.50,
             seen = '2020-01-01 00:00:00.123456+05', email = E'  \n"é' where "userId" = '{}';
         insert into public."Profile" ("userId") values ('nobody')"#,
        id(1),
        id(1)
    );
    quietly(&world, &odd).await;
    let all = r#"select md5(string_agg(p::text, ' ' order by "userId")) from public."Profile" p"#;
    let before = world.ask(all).await;
    let planned = plan(&world).await;
    assert_eq!(classes(&planned), [("stamp_orphaned".to_owned(), 1, 0)]);
    assert!(
        planned["next_step"]
            .as_str()
            .unwrap()
            .contains("1 profile has no id of a user")
    );
    let applied = apply(&world, &planned).await;
    assert_eq!(classes(&applied), [("stamp_orphaned".to_owned(), 1, 1)]);
    assert_ne!(world.ask(all).await, before);
    undo(&world, &planned).await;
    assert_eq!(world.ask(all).await, before);
}
