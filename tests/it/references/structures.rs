//! However tables hang together, nothing cascades unseen and no row is lost.

use super::*;

/// Applies a plan for these tables and takes it back: all rows are somewhere at each moment, and where
/// they were in the end. Answers what the application answered.
pub(super) async fn there_and_back(world: &World, policies: Value, names: &[&str]) -> Value {
    let function = repair(world).await;
    let mut before = vec![];
    let mut rows = 0;
    for name in names {
        before.push(dump(world, name).await);
        rows += count(world, name).await;
    }
    let done = apply(&function, &plan(&function, policies).await).await;
    let mut after = count(world, "rollcall.quarantine").await;
    for name in names {
        after += count(world, name).await;
    }
    assert_eq!(after, rows, "{done:#}");
    let undone = undo(&function, &done).await;
    assert_eq!(left(&undone), Vec::<String>::new(), "{undone:#}");
    for (name, before) in names.iter().zip(before) {
        assert_eq!(&dump(world, name).await, &before, "{name}");
    }
    assert_eq!(count(world, "rollcall.quarantine").await, 0);
    done
}

#[tokio::test]
async fn a_row_that_others_refer_to_stays_whatever_would_become_of_them() {
    for rule in ["cascade", "set null", "restrict", "no action"] {
        let more = format!(
            "create table public.orders (id int primary key, user_id uuid);
             create table public.items (
                 id int primary key, order_id int references public.orders on delete {rule}
             );
             insert into public.orders select n, gen_random_uuid() from generate_series(1, 3) n;
             insert into public.items values (1, 2)"
        );
        let world = world(&more, &[("public.orders", "user_id")]).await;
        let done = there_and_back(&world, json!({}), &["public.orders", "public.items"]).await;
        assert_eq!(counts(&done["tables"][0]), [3, 2, 1, 0, 0], "{done:#}");
        assert_eq!(left(&done), ["public.orders 2 referred_to"]);
        assert_eq!(done["refusals"][0]["referred_by"], "public.items");
        let effects = done["side_effects"].to_string();
        assert!(effects.contains(&format!("on delete {rule}")), "{effects}");
    }
}

#[tokio::test]
async fn children_that_are_planned_go_before_their_parents() {
    let more = "create table public.orders (id int primary key, user_id uuid);
        create table public.items (
            id int, part int, user_id uuid, order_id int references public.orders on delete cascade,
            primary key (part, id)
        );
        insert into public.orders select n, gen_random_uuid() from generate_series(1, 30) n;
        insert into public.items select n, -n, gen_random_uuid(), n from generate_series(1, 30) n";
    let children = [("public.orders", "user_id"), ("public.items", "user_id")];
    let world = world(more, &children).await;
    let done = there_and_back(&world, json!({}), &["public.orders", "public.items"]).await;
    assert_eq!(done["tables"][0]["table"], "public.items");
    assert!(
        tables(&done).iter().all(|(_, counts)| counts[1] == 30),
        "{done:#}"
    );
}

#[tokio::test]
async fn rows_of_a_table_that_refer_to_one_another_go_together() {
    for rule in [
        "cascade",
        "restrict",
        "no action deferrable initially deferred",
    ] {
        let more = format!(
            "create table public.notes (
                 id int primary key, user_id uuid, above int references public.notes on delete {rule}
             );
             -- A long chain, a circle, a row that is its own, and one that somebody's row refers to.
             insert into public.notes values (0, gen_random_uuid(), null);
             insert into public.notes
                 select n, gen_random_uuid(), n - 1 from generate_series(1, 2500) n;
             insert into public.notes values (3001, gen_random_uuid(), null),
                 (3002, gen_random_uuid(), 3001), (3003, gen_random_uuid(), 3003),
                 (4001, gen_random_uuid(), null), (4002, gen_random_uuid(), 4001);
             update public.notes set above = 3002 where id = 3001;
             insert into public.notes values (5001, '{}', 4002)",
            id(1)
        );
        let world = world(&more, &[("public.notes", "user_id")]).await;
        let done = there_and_back(&world, json!({}), &["public.notes"]).await;
        assert_eq!(
            counts(&done["tables"][0]),
            [2506, 2504, 2, 0, 0],
            "{done:#}"
        );
        assert_eq!(
            left(&done),
            [
                "public.notes 4001 referred_to",
                "public.notes 4002 referred_to"
            ],
            "{rule}"
        );
    }
}

#[tokio::test]
async fn partitions_are_dealt_with_each_by_itself_and_told_as_one() {
    let more = "create table public.events (
            id int, day date, user_id uuid, above int, above_day date, primary key (id, day),
            foreign key (above, above_day) references public.events on delete cascade
        ) partition by range (day);
        create table public.events_old partition of public.events for values from (minvalue) to ('2024-01-01');
        create table public.events_new (
            note text, above_day date, user_id uuid, day date not null, id int not null, above int
        );
        alter table public.events_new drop column note;
        alter table public.events attach partition public.events_new for values from ('2024-01-01') to (maxvalue);
        insert into public.events select n, '2023-06-01'::date + n, gen_random_uuid() from generate_series(1, 400) n;
        update public.events set above = id - 1, above_day = day - 1 where id in (2, 300)";
    let world = world(more, &[("public.events", "user_id")]).await;
    let done = there_and_back(
        &world,
        json!({}),
        &["public.events_old", "public.events_new"],
    )
    .await;
    assert_eq!(tables(&done).len(), 1, "{done:#}");
    assert_eq!(done["tables"][0]["table"], "public.events");
    assert_eq!(counts(&done["tables"][0])[2], 0, "{done:#}");
}

#[tokio::test]
async fn what_cannot_be_told_apart_or_touched_is_refused_and_the_rest_goes_on() {
    let more = "create table public.loose (user_id uuid);
        insert into public.loose select gen_random_uuid() from generate_series(1, 3);
        create table public.orders (id int primary key, user_id uuid);
        insert into public.orders values (1, gen_random_uuid())";
    let children = [("public.loose", "user_id"), ("public.orders", "user_id")];
    let world = world(more, &children).await;
    world
        .run(
            "supabase_admin",
            "create schema theirs; grant usage on schema theirs to postgres;
             create table theirs.objects (id int primary key, owner uuid references auth.users);
             create table theirs.hidden (id int primary key, owner uuid references auth.users);
             grant all on theirs.hidden to postgres; alter table theirs.hidden enable row level security",
        )
        .await;
    let done = there_and_back(&world, json!({}), &["public.loose", "public.orders"]).await;
    let left = left(&done);
    assert!(
        left.contains(&"public.loose * no_primary_key".to_owned()),
        "{done:#}"
    );
    assert!(
        left.contains(&"theirs.objects * permission".to_owned()),
        "{done:#}"
    );
    let by_name = |name: &str| {
        let tables = done["tables"].as_array().unwrap().iter();
        counts(tables.clone().find(|table| table["table"] == name).unwrap())
    };
    assert_eq!(by_name("public.loose"), [3, 0, 3, 0, 0]);
    assert_eq!(by_name("public.orders"), [1, 1, 0, 0, 0]);
}

#[tokio::test]
async fn the_application_s_triggers_fire_are_named_and_cannot_make_another_row_of_it() {
    let more = "create table public.orders (id int primary key, user_id uuid, stamp timestamptz);
        create table public.log (what text);
        create function public.note() returns trigger language plpgsql as
            $$ begin insert into public.log values (tg_op); return null; end $$;
        create trigger noted after insert or delete on public.orders
            for each row execute function public.note();
        create function public.keep() returns trigger language plpgsql as
            $$ begin if old.id = 2 then return null; end if; return old; end $$;
        create trigger kept before delete on public.orders for each row execute function public.keep();
        insert into public.orders select n, gen_random_uuid() from generate_series(1, 3) n;
        alter table public.orders enable row level security;
        alter table public.orders force row level security";
    let world = world(more, &[("public.orders", "user_id")]).await;
    let done = there_and_back(&world, json!({}), &["public.orders"]).await;
    assert_eq!(left(&done), ["public.orders 2 no_row"], "{done:#}");
    assert!(
        done["side_effects"]
            .to_string()
            .contains("noted on public.orders")
    );
    let noted = world
        .ask("select string_agg(what, ' ') from public.log")
        .await;
    assert_eq!(noted, "INSERT INSERT INSERT DELETE DELETE INSERT INSERT");

    let function = repair(&world).await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    world
        .run(
            "postgres",
            "create function public.stamp() returns trigger language plpgsql as
                 $$ begin new.stamp := now(); return new; end $$;
             create trigger stamped before insert on public.orders
                 for each row execute function public.stamp();
             insert into public.orders values (3, null, null)",
        )
        .await;
    let undone = undo(&function, &done).await;
    assert_eq!(
        left(&undone),
        ["public.orders 3 key_taken", "public.orders 1 altered"],
        "{undone:#}"
    );
    assert_eq!(count(&world, "rollcall.quarantine").await, 2);
    world
        .run(
            "postgres",
            "drop trigger stamped on public.orders; delete from public.orders where id = 3;
             alter table public.orders add constraint later check (id <> 3)",
        )
        .await;
    let undone = undo(&function, &done).await;
    assert_eq!(left(&undone), ["public.orders 3 check"], "{undone:#}");
    assert_eq!(count(&world, "rollcall.quarantine").await, 1);
}

#[tokio::test]
async fn an_id_in_capitals_names_the_same_user() {
    let world = world(
        "create table public.chats (id int primary key, owner_id text)",
        &[("public.chats", "owner_id")],
    )
    .await;
    world
        .run(
            "supabase_admin",
            "set session_replication_role = replica;
             insert into auth.users (id) values
                 ('abcdef00-0000-4000-8000-000000000001'), ('abcdef00-0000-4000-8000-000000000002');
             insert into public.users (id) values ('abcdef00-0000-4000-8000-000000000001');
             insert into public.chats values
                 (1, 'ABCDEF00-0000-4000-8000-000000000001'),
                 (2, 'abcdef00-0000-4000-8000-000000000001'),
                 (3, 'ABCDEF00-0000-4000-8000-000000000002'),
                 (4, 'abcdef00-0000-4000-8000-000000000002'),
                 (5, 'ABCDEF00-0000-4000-8000-000000000003')",
        )
        .await;
    let function = repair(&world).await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    let policies = [
        ("public.chats.owner_id quarantine", [1, 1, 0, 0, 0]),
        ("public.chats.owner_id create_profile", [1, 1, 0, 0, 0]),
    ];
    assert_eq!(
        tables(&done),
        policies.map(|(name, counts)| (name.to_owned(), counts))
    );
    let kept = "select string_agg(id::text, ' ' order by id) from public.chats";
    assert_eq!(world.ask(kept).await, "1 2 3 4");
}
