//! Tables with several columns that refer to users, and partitions.

use super::*;

const DOCS: &str = "create table public.docs (id int primary key, owner_id uuid, created_by uuid)";

/// Rows 1 and 2 have an owner who is nobody; 2, 3 and 4 a maker with a profile, 5 one who is nobody.
async fn docs() -> World {
    let children = [("public.docs", "owner_id"), ("public.docs", "created_by")];
    let world = world(DOCS, &children).await;
    let sql = format!(
        "insert into public.docs values
             (1, '{nobody}', null), (2, '{nobody}', '{one}'), (3, '{one}', '{one}'), (4, null, '{one}'),
             (5, '{one}', '{nobody}'), (6, '{nobody}', '{nobody}')",
        nobody = id(30),
        one = id(1)
    );
    world.run("postgres", &sql).await;
    world
}

#[tokio::test]
async fn rows_that_name_somebody_in_another_column_are_counted_before_they_go() {
    let world = docs().await;
    let function = repair(&world).await;
    let planned = plan(&function, json!({})).await;
    assert_eq!(
        planned["also_named"],
        json!([
            {
                "table": "public.docs", "column": "created_by", "other_columns": ["owner_id"],
                "rows": 1,
            },
            {
                "table": "public.docs", "column": "owner_id", "other_columns": ["created_by"],
                "rows": 1,
            },
        ]),
        "{planned:#}"
    );
    let done = apply(&function, &planned).await;
    assert!(done.get("also_named").is_none(), "{done:#}");
    let logged = "select row_count from public.error_logs where table_name = 'public.docs'";
    assert_eq!(world.ask(logged).await, "4");
    let expected = [
        ("public.docs.created_by quarantine", [2, 2, 0, 0, 0]),
        // Row 6 has gone already, whole, for the other column.
        ("public.docs.owner_id quarantine", [2, 2, 0, 0, 0]),
    ];
    assert_eq!(
        tables(&done),
        expected.map(|(name, counts)| (name.to_owned(), counts))
    );
}

#[tokio::test]
async fn a_column_has_a_policy_of_its_own() {
    let world = docs().await;
    let function = repair(&world).await;
    let policies = json!({
        "public.docs": "quarantine",
        "public.docs.owner_id": {"policy": "reassign", "to": id(2)},
    });
    let planned = plan(&function, policies).await;
    let expected = [
        ("public.docs.created_by quarantine", [2, 0, 0, 0, 2]),
        ("public.docs.owner_id reassign", [2, 0, 0, 0, 2]),
    ];
    assert_eq!(
        tables(&planned),
        expected.map(|(name, counts)| (name.to_owned(), counts))
    );
    let before = dump(&world, "public.docs").await;
    let done = apply(&function, &planned).await;
    let rest = "select string_agg(id || ' ' || right(owner_id::text, 2), ', ' order by id) from public.docs";
    assert_eq!(world.ask(rest).await, "1 02, 2 02, 3 01");
    assert_eq!(left(&undo(&function, &done).await), Vec::<String>::new());
    assert_eq!(dump(&world, "public.docs").await, before);
}

#[tokio::test]
async fn a_column_that_is_only_guessed_is_planned_where_it_is_named() {
    let world = world(DOCS, &[("public.docs", "owner_id")]).await;
    let sql = format!(
        "insert into public.docs values (1, '{0}', '{1}'), (2, '{1}', null)",
        id(1),
        id(30)
    );
    world.run("postgres", &sql).await;
    let function = repair(&world).await;
    let planned = plan(&function, json!({"public.docs": "quarantine"})).await;
    assert_eq!(tables(&planned).len(), 1, "{planned:#}");
    let planned = plan(&function, json!({"public.docs.created_by": "quarantine"})).await;
    assert_eq!(planned["also_named"][0]["rows"], 1, "{planned:#}");
    assert_eq!(tables(&planned).len(), 2, "{planned:#}");
}

#[tokio::test]
async fn a_table_that_cannot_be_looked_at_is_refused_and_not_well() {
    let world = world("", &[]).await;
    let theirs = "create schema theirs;
         create table theirs.objects (id int primary key, owner uuid references auth.users)";
    world.run("supabase_admin", theirs).await;
    let function = repair(&world).await;
    let planned = plan(&function, json!({})).await;
    assert_eq!(planned["status"], "planned", "{planned:#}");
    assert!(
        left(&planned).contains(&"theirs.objects * permission".to_owned()),
        "{planned:#}"
    );
}

#[tokio::test]
async fn a_table_without_a_key_and_without_orphans_is_not_told_of() {
    let world = world(
        "create table public.loose (user_id uuid)",
        &[("public.loose", "user_id")],
    )
    .await;
    let function = repair(&world).await;
    let planned = plan(&function, json!({"public.loose": "quarantine"})).await;
    assert_eq!(planned["status"], "nothing_to_do", "{planned:#}");
    assert_eq!(left(&planned), Vec::<String>::new());
}

const EVENTS: &str = "
    create table public.events (id int, day int, user_id uuid) partition by range (day);
    create table public.events_1 partition of public.events for values from (0) to (10);
    create table public.events_2 (user_id uuid, day int, id int);
    alter table public.events attach partition public.events_2 for values from (10) to (20)";

#[tokio::test]
async fn a_key_of_a_partition_makes_its_table_known() {
    let more = format!(
        "{EVENTS}; alter table public.events_1 add primary key (id);
         alter table public.events_2 add primary key (id);
         insert into public.events select n, n, gen_random_uuid() from generate_series(1, 12) n;
         alter table public.events_2 add constraint of_two foreign key (user_id)
             references public.users not valid"
    );
    let world = world(&more, &[]).await;
    let function = repair(&world).await;
    let survey = function
        .invoke(json!({"action": "references.survey"}))
        .await
        .unwrap();
    let column = &survey["tables"][0];
    assert_eq!(column["table"], "public.events");
    assert_eq!(column["known_by"], "foreign_key");
    assert_eq!(
        column["foreign_key"],
        json!({
            "name": "of_two", "target": "public.users", "validated": false, "on_delete": "no action",
            "columns": ["user_id"], "target_columns": ["id"],
        })
    );
    let done = apply(&function, &plan(&function, json!({})).await).await;
    let expected = [(
        "public.events.user_id quarantine".to_owned(),
        [12, 12, 0, 0, 0],
    )];
    assert_eq!(tables(&done), expected);
    // Not validated, because only one of the two has it.
    world
        .run(
            "postgres",
            "alter table public.events_2 validate constraint of_two;
             create index one on public.events_1 (user_id)",
        )
        .await;
    let state = "select concat_ws(' ', validated, index_name) from rollcall.find_references()
         where table_name = 'public.events'";
    assert_eq!(world.ask(state).await, "f");
    world
        .run(
            "postgres",
            "create index two on public.events_2 (user_id);
             alter table public.events_1 add constraint of_one foreign key (user_id)
                 references public.users",
        )
        .await;
    assert_eq!(world.ask(state).await, "t one");
    let whole = "alter table public.events add foreign key (user_id) references public.users";
    world.run("postgres", whole).await;
    let key = "select concat_ws(' ', key_name, validated, index_name)
         from rollcall.find_references() where table_name = 'public.events'";
    assert_eq!(world.ask(key).await, "events_user_id_fkey t one");
}

#[tokio::test]
async fn the_name_of_a_partition_is_refused_with_that_of_its_table() {
    let world = world(EVENTS, &[("public.events", "user_id")]).await;
    let function = repair(&world).await;
    let event = json!({"action": "references.plan", "policies": {"public.events_2": "quarantine"}});
    let error = function.invoke(event).await.unwrap_err();
    let sentence = format!("{error:?}");
    assert!(
        sentence.contains("name public.events or public.events.user_id"),
        "{sentence}"
    );
}
