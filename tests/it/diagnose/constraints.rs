//! What a violated constraint can refer to, and from which side it was violated.

use super::*;

#[tokio::test]
async fn auth_users_is_no_profile_table_and_no_profile_mends_it() {
    let world = world().await;
    let table =
        "create table public.chats (id int primary key, owner uuid references auth.users (id))";
    world.run("postgres", table).await;
    let insert = format!("insert into public.chats values (1, '{}')", people::id(1));
    let error = error_of(&world, "postgres", &insert);
    let answer = of_text(&world, &error).await;
    assert_eq!(kind(&answer), "no_such_user", "{answer:#}");
    assert_eq!(answer["constraint"]["parent"], "auth.users");
    assert_eq!(answer["constraint"]["column"], "owner");
    people::ghosts(&world, 1, 1).await;
    let answer = of_text(&world, &error).await;
    assert_eq!(
        (kind(&answer), &answer["has_profile"]),
        ("mended", &json!(false))
    );
}

#[tokio::test]
async fn another_table_of_users_is_the_wrong_one() {
    for table in [
        // By its own key to auth.users, and by the id alone.
        "create table public.users (id uuid primary key references auth.users (id))",
        "create table public.users (id uuid primary key)",
    ] {
        let world = world().await;
        world.run("postgres", table).await;
        let chats = "create table public.chats (id int primary key, user_id uuid references public.users (id))";
        world.run("postgres", chats).await;
        people::people(&world, 1, 1).await;
        let insert = format!("insert into public.chats values (1, '{}')", people::id(1));
        let answer = of_text(&world, &error_of(&world, "postgres", &insert)).await;
        assert_shape(&answer);
        assert_eq!(kind(&answer), "wrong_table", "{answer:#}");
        assert_eq!(answer["has_profile"], true);
        let sentence = answer["sentence"].as_str().unwrap();
        assert!(
            sentence.contains("public.users is the wrong table: profiles are in public.profiles"),
            "{sentence}"
        );
        assert_eq!(
            answer["mend"],
            json!({
                "function": null, "payload": null,
                "command": "rollcall repair references constrain --table public.chats --column user_id"
            })
        );
    }
}

#[tokio::test]
async fn a_table_that_has_nothing_to_do_with_users_is_told_as_such() {
    let world = world().await;
    world
        .run(
            "postgres",
            "create table public.items (id int primary key, order_id bigint references public.orders (id))",
        )
        .await;
    let insert = "insert into public.items values (1, 7)";
    let answer = of_text(&world, &error_of(&world, "postgres", insert)).await;
    assert_eq!(
        (kind(&answer), &answer["mend"]),
        ("other_table", &Value::Null)
    );
    assert_eq!(answer["constraint"]["parent"], "public.orders");
}

#[tokio::test]
async fn several_columns_and_other_columns_of_the_profile_table() {
    let world = world().await;
    world
        .run(
            "postgres",
            "alter table public.profiles add unique (username), add unique (username, id);
             create table public.seats (
                 id int primary key, name text, holder uuid,
                 constraint seats_holder foreign key (name, holder) references public.profiles (username, id)
             );
             create table public.names (name text references public.profiles (username))",
        )
        .await;
    people::ghosts(&world, 1, 1).await;
    let insert = format!(
        "insert into public.seats values (1, 'ada, countess', '{}')",
        people::id(1)
    );
    let commas = of_text(&world, &error_of(&world, "postgres", &insert)).await;
    assert_eq!(
        (kind(&commas), &commas["user_id"]),
        ("key_hidden", &Value::Null)
    );
    let unknown = commas["unknown"][0].as_str().unwrap();
    assert!(unknown.contains("several columns"), "{unknown}");
    let insert = format!(
        "insert into public.seats values (1, 'ada', '{}')",
        people::id(1)
    );
    let answer = of_text(&world, &error_of(&world, "postgres", &insert)).await;
    assert_eq!(answer["constraint"]["column"], "holder", "{answer:#}");
    assert_eq!(
        (kind(&answer), &answer["user_id"]),
        ("unknown", &json!(people::id(1)))
    );
    let insert = "insert into public.names values ('ada')";
    let answer = of_text(&world, &error_of(&world, "postgres", insert)).await;
    assert_eq!(
        (kind(&answer), &answer["user_id"]),
        ("other_column", &Value::Null)
    );
}

#[tokio::test]
async fn from_the_parent_s_side_the_constraint_does_its_work() {
    let world = world().await;
    people::people(&world, 1, 1).await;
    world
        .run(
            "postgres",
            "insert into public.orders (user_id) select id from auth.users",
        )
        .await;
    let error = error_of(&world, "postgres", "delete from public.profiles");
    let answer = of_text(&world, &error).await;
    assert_eq!(
        (kind(&answer), &answer["mend"]),
        ("still_referenced", &Value::Null)
    );
    assert_eq!(answer["user_id"], people::id(1), "{answer:#}");
    // By the auth user, whose profile goes with it.
    let error = error_of(&world, "supabase_auth_admin", "delete from auth.users");
    assert_eq!(kind(&of_text(&world, &error).await), "still_referenced");
}

#[tokio::test]
async fn a_constraint_that_could_not_be_added_is_explained_from_the_tables() {
    let world = world().await;
    people::ghosts(&world, 1, 1).await;
    let rows = format!(
        "insert into public.leads (user_id) values ('{}')",
        people::id(1)
    );
    world.run("postgres", &rows).await;
    let add = "alter table public.leads add constraint fk_leads_user
        foreign key (user_id) references public.profiles (id)";
    let error = error_of(&world, "postgres", add);
    let answer = of_text(&world, &error).await;
    assert_eq!(
        answer["constraint"],
        json!({
            "name": "fk_leads_user", "child": "public.leads", "column": "user_id",
            "parent": "public.profiles"
        })
    );
    assert_eq!(answer["mend"]["function"], "backfill", "{answer:#}");
    let sentence = answer["sentence"].as_str().unwrap();
    assert!(sentence.contains("was to refer to"), "{sentence}");
    people::quietly(&world, "delete from auth.users").await;
    let answer = of_text(&world, &error).await;
    assert_eq!(
        answer["mend"]["payload"],
        json!({"action": "references.plan"})
    );
}

#[tokio::test]
async fn the_same_name_in_two_schemas_is_told_and_the_schema_decides_where_it_stands() {
    let world = world().await;
    world
        .run(
            "postgres",
            "create schema shop;
             create table shop.profiles (id uuid primary key references auth.users (id));
             create table shop.orders (id int primary key, user_id uuid references shop.profiles (id))",
        )
        .await;
    people::ghosts(&world, 1, 1).await;
    let error = order_by(&world, 1);
    let answer = of_text(&world, &error).await;
    assert_eq!(answer["constraint"]["child"], "public.orders");
    assert!(answer.to_string().contains("other schemas"), "{answer:#}");
    let verbose = format!("{error}\nSCHEMA NAME:  shop\nTABLE NAME:  orders\n");
    let answer = of_text(&world, &verbose).await;
    assert_eq!(answer["constraint"]["child"], "shop.orders", "{answer:#}");
    assert_eq!(kind(&answer), "wrong_table");
    assert!(!answer.to_string().contains("other schemas"), "{answer:#}");
}

#[tokio::test]
async fn partitions_say_what_their_table_says() {
    let world = world().await;
    world
        .run(
            "postgres",
            "create table public.events (
                 id int, user_id uuid constraint events_user references public.profiles (id)
             ) partition by range (id);
             create table public.events_1 partition of public.events for values from (0) to (9);
             create table public.events_2 partition of public.events for values from (9) to (99)",
        )
        .await;
    people::ghosts(&world, 1, 1).await;
    let insert = format!("insert into public.events values (10, '{}')", people::id(1));
    let answer = of_text(&world, &error_of(&world, "postgres", &insert)).await;
    assert_eq!(answer["mend"]["function"], "backfill", "{answer:#}");
    assert!(!answer.to_string().contains("other schemas"), "{answer:#}");
}

#[tokio::test]
async fn names_with_everything_in_them_are_found() {
    let world = world().await;
    world
        .run(
            "postgres",
            r#"create table public."My ""Orders"".v2" (
                   "User Id" uuid constraint "fk ""My"".x" references public.profiles (id)
               )"#,
        )
        .await;
    people::ghosts(&world, 1, 1).await;
    let insert = format!(
        r#"insert into public."My ""Orders"".v2" values ('{}')"#,
        people::id(1)
    );
    let answer = of_text(&world, &error_of(&world, "postgres", &insert)).await;
    assert_eq!(answer["constraint"]["name"], r#"fk "My".x"#, "{answer:#}");
    assert_eq!(answer["constraint"]["column"], "User Id");
    assert_eq!(answer["user_id"], people::id(1));
}
