//! Tables that refer to each other in a circle, and rows that hang together in any way: they go
//! together, come back together, and nothing cascades unseen.

mod any_links;
mod disturbed;
mod in_pieces;

use super::{structures::there_and_back, *};

const CHATS: &str = "public.chat_conversations";
const MESSAGES: &str = "public.chat_messages";
const USER_COLUMNS: [(&str, &str); 2] = [(CHATS, "user_id"), (MESSAGES, "user_id")];

/// What may become of a row when the one that it refers to is deleted.
const RULES: [&str; 7] = [
    "no action",
    "restrict",
    "set null",
    "cascade",
    "set default",
    "no action deferrable initially deferred",
    "cascade deferrable initially deferred",
];

/// Conversations 1 to 9 of nobody's, of which the first four know their last message, with messages
/// that answer one another.
fn chats(rule: &str) -> String {
    format!(
        "create table public.chat_conversations (
             id int primary key, user_id uuid, title text, last_message_id int
         );
         create table public.chat_messages (
             id int primary key, user_id uuid,
             conversation_id int references public.chat_conversations on delete {rule},
             answers int references public.chat_messages on delete {rule}, said text
         );
         alter table public.chat_conversations add constraint last_one
             foreign key (last_message_id) references public.chat_messages on delete {rule};
         insert into public.chat_conversations
             select n, gen_random_uuid(), 'chat ' || n from generate_series(1, 9) n;
         insert into public.chat_messages
             select n, gen_random_uuid(), 1 + n % 5, nullif(n % 100, 1) + n / 100 * 100 - 1, 'm' || n
             from generate_series(1, 99) n;
         update public.chat_conversations
             set last_message_id = (select max(id) from public.chat_messages where conversation_id = chat_conversations.id)
             where id < 5"
    )
}

#[tokio::test]
async fn conversations_and_their_last_messages_go_and_come_back_whatever_the_keys_do() {
    for rule in RULES {
        let world = world(&chats(rule), &USER_COLUMNS).await;
        let done = there_and_back(&world, json!({}), &[CHATS, MESSAGES]).await;
        assert_eq!(left(&done), Vec::<String>::new(), "{rule}: {done:#}");
        let all = [(CHATS, 9), (MESSAGES, 99)];
        let all = all.map(|(table, n)| (format!("{table}.user_id quarantine"), [n, n, 0, 0, 0]));
        assert_eq!(tables(&done), all, "{rule}");
    }
}

#[tokio::test]
async fn what_a_row_that_stays_refers_to_stays_and_so_on() {
    for rule in RULES {
        let more = format!(
            "{};
             create table public.notes (id int primary key, message_id int references public.chat_messages on delete {rule});
             -- Of somebody who is there, of a table that is in no plan, and a pair by itself.
             insert into public.chat_messages values
                 (200, '{}', 6), (201, gen_random_uuid(), 7), (202, gen_random_uuid(), 8);
             update public.chat_conversations set last_message_id = id + 194 where id in (7, 8);
             insert into public.notes values (1, 201)",
            chats(rule),
            id(1)
        );
        let world = world(&more, &USER_COLUMNS).await;
        let names = [CHATS, MESSAGES, "public.notes"];
        let done = there_and_back(&world, json!({}), &names).await;
        let mut left = left(&done);
        left.sort();
        let stay = [
            "public.chat_conversations 6 referred_to",
            "public.chat_conversations 7 referred_to",
            "public.chat_messages 201 referred_to",
        ];
        assert_eq!(left, stay, "{rule}: {done:#}");
        let by = |key: &str| {
            let refusals = done["refusals"].as_array().unwrap().iter();
            let found = refusals.clone().find(|refusal| refusal["key"] == key);
            found.unwrap()["referred_by"].clone()
        };
        assert_eq!(
            [by("201"), by("7"), by("6")],
            ["public.notes", MESSAGES, MESSAGES]
        );
    }
}

#[tokio::test]
async fn three_tables_with_keys_of_two_columns_one_of_them_partitioned_go_together() {
    let more = "create table public.a (x int, y text, user_id uuid, b int, b_day date, primary key (y, x));
        create table public.b (
            id int, day date, user_id uuid, c text, primary key (id, day)
        ) partition by range (day);
        create table public.b_old partition of public.b for values from (minvalue) to ('2024-01-01');
        create table public.b_new partition of public.b for values from ('2024-01-01') to (maxvalue);
        create table public.c (
            name text primary key, owner_id text, a_x int, a_y text,
            foreign key (a_y, a_x) references public.a on delete cascade
        );
        alter table public.a add foreign key (b, b_day) references public.b on delete set null;
        alter table public.b add foreign key (c) references public.c on delete cascade;
        insert into public.a select n, 'y' || n % 3, gen_random_uuid() from generate_series(1, 40) n;
        insert into public.c select 'c' || n, gen_random_uuid()::text, n, 'y' || n % 3 from generate_series(1, 40) n;
        insert into public.b
            select n, '2023-12-01'::date + n, gen_random_uuid(), 'c' || n from generate_series(1, 40) n;
        update public.a set b = x % 40 + 1, b_day = '2023-12-01'::date + x % 40 + 1 where x <> 7";
    let children = [
        ("public.a", "user_id"),
        ("public.b", "user_id"),
        ("public.c", "owner_id"),
    ];
    let world = world(more, &children).await;
    let names = ["public.a", "public.b_old", "public.b_new", "public.c"];
    let done = there_and_back(&world, json!({}), &names).await;
    let all = ["public.a.user_id", "public.b.user_id", "public.c.owner_id"];
    let all = all.map(|column| (format!("{column} quarantine"), [40, 40, 0, 0, 0]));
    assert_eq!(tables(&done), all, "{done:#}");
}

#[tokio::test]
async fn rows_that_are_planned_for_two_columns_of_one_table_go_together() {
    let more = format!(
        "create table public.notes (
             id int primary key, user_id uuid, created_by uuid, above int references public.notes on delete cascade
         );
         -- For the one column, for the other, for both, in a circle; and of somebody who is there.
         insert into public.notes values
             (1, '{0}', gen_random_uuid(), null), (2, gen_random_uuid(), '{0}', 1),
             (3, gen_random_uuid(), gen_random_uuid(), 2), (4, '{0}', gen_random_uuid(), 5),
             (5, gen_random_uuid(), '{0}', 4), (6, '{0}', gen_random_uuid(), null), (7, '{0}', '{0}', 6);
         update public.notes set above = 3 where id = 1",
        id(1)
    );
    let columns = [("public.notes", "user_id"), ("public.notes", "created_by")];
    let world = world(&more, &columns).await;
    let done = there_and_back(&world, json!({}), &["public.notes"]).await;
    assert_eq!(left(&done), ["public.notes 6 referred_to"], "{done:#}");
}

#[tokio::test]
async fn a_table_of_a_circle_that_is_another_by_then_keeps_what_its_rows_refer_to() {
    let world = world(&chats("cascade"), &USER_COLUMNS).await;
    let function = repair(&world).await;
    let before = dump(&world, CHATS).await;
    let planned = plan(&function, json!({})).await;
    let other = "alter table public.chat_messages add column more int";
    world.run("postgres", other).await;
    // Nobody's layout is as planned: before the first batch the whole of it is refused.
    let event = json!({"action": "apply", "run_id": planned["run_id"], "confirm_count": 108});
    let (kind, sentence) = rollcall_tests::thrown(function.invoke(event.clone()).await);
    assert_eq!(kind, "Rejected", "{sentence}");
    let back = "alter table public.chat_messages drop column more";
    world.run("postgres", back).await;
    let one = format!(
        "select b.done from rollcall.take_lease('{0}') l
         cross join lateral rollcall.references_batch('{0}', l.fence, 5) b",
        planned["run_id"].as_str().unwrap()
    );
    assert_ne!(world.ask_as("rollcall_operator", &one).await, "0");
    world.run("postgres", other).await;
    let done = answer(&function, event).await;
    let left = left(&done);
    assert!(
        left.contains(&format!("{MESSAGES} * table_changed")),
        "{done:#}"
    );
    assert!(left.contains(&format!("{CHATS} 1 referred_to")), "{done:#}");
    world.run("postgres", back).await;
    let undone = undo(&function, &done).await;
    assert_eq!(super::left(&undone), Vec::<String>::new(), "{undone:#}");
    assert_eq!(dump(&world, CHATS).await, before);
    assert_eq!(count(&world, MESSAGES).await, 99);
}
