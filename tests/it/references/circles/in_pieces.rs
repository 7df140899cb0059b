//! A row that is kept keeps those that hang on it, and only those.

use super::*;

/// Conversations and messages of nobody's: each conversation with one message, its last.
pub(super) fn pairs(rule: &str, number: u32) -> String {
    format!(
        "create table public.rooms (id int primary key);
         create table public.chat_conversations (
             id int primary key, user_id uuid, last_message_id int
         );
         create table public.chat_messages (
             id int primary key, user_id uuid, room_id int references public.rooms, slot int unique,
             conversation_id int references public.chat_conversations on delete {rule}
         );
         alter table public.chat_conversations add constraint last_one
             foreign key (last_message_id) references public.chat_messages on delete {rule};
         insert into public.rooms select n from generate_series(1, {number}) n;
         insert into public.chat_conversations
             select n, gen_random_uuid() from generate_series(1, {number}) n;
         insert into public.chat_messages
             select n, gen_random_uuid(), n, n, n from generate_series(1, {number}) n;
         update public.chat_conversations set last_message_id = id"
    )
}

fn sorted(answer: &Value) -> Vec<String> {
    let mut rows = left(answer);
    rows.sort();
    rows
}

async fn both(world: &World) -> [String; 2] {
    [dump(world, CHATS).await, dump(world, MESSAGES).await]
}

const KEEP: &str = "
    create function public.keep() returns trigger language plpgsql as
        $$ begin if old.id = 3 then raise 'kept'; end if; return old; end $$;
    create trigger kept before delete on public.chat_conversations
        for each row execute function public.keep()";

#[tokio::test]
async fn a_row_that_a_trigger_keeps_takes_none_with_it_that_refers_to_it() {
    for rule in RULES {
        let more = format!(
            "create table public.chat_conversations (
                 id int primary key, user_id uuid,
                 above int references public.chat_conversations on delete {rule}
             );
             -- One chain, in the middle of which a row is kept.
             insert into public.chat_conversations values (0, gen_random_uuid(), null);
             insert into public.chat_conversations
                 select n, gen_random_uuid(), n - 1 from generate_series(1, 6) n;
             {KEEP}"
        );
        let world = world(&more, &USER_COLUMNS[..1]).await;
        let done = there_and_back(&world, json!({}), &[CHATS]).await;
        let stay = ["0 referred_to", "1 referred_to", "2 referred_to", "3 other"];
        let stay = stay.map(|row| format!("{CHATS} {row}"));
        assert_eq!(sorted(&done), stay, "{rule}: {done:#}");
    }
}

#[tokio::test]
async fn what_a_trigger_keeps_of_a_circle_keeps_the_circle_and_no_other() {
    for rule in RULES {
        let world = world(&format!("{};{KEEP}", pairs(rule, 6)), &USER_COLUMNS).await;
        let done = there_and_back(&world, json!({}), &[CHATS, MESSAGES]).await;
        let stay = [format!("{CHATS} 3 other"), format!("{MESSAGES} 3 other")];
        assert_eq!(sorted(&done), stay, "{rule}: {done:#}");
    }
}

#[tokio::test]
async fn an_undo_puts_back_each_circle_that_has_its_place_and_the_others_when_they_have() {
    let world = world(&pairs("cascade", 9), &USER_COLUMNS).await;
    let function = repair(&world).await;
    let before = both(&world).await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    assert_eq!(left(&done), Vec::<String>::new(), "{done:#}");
    world
        .run(
            "postgres",
            // A key and a value are taken, and what a row refers to is gone; a trigger makes of one
            // another row, and does not take one.
            "insert into public.chat_conversations values (2);
             insert into public.chat_messages (id, slot) values (100, 4);
             delete from public.rooms where id = 5;
             create function public.touch() returns trigger language plpgsql as $$ begin
                 if new.id = 7 then raise 'no'; end if;
                 update public.chat_conversations set last_message_id = null
                     where id = new.conversation_id and id = 8;
                 return null;
             end $$;
             create trigger touched after insert on public.chat_messages
                 for each row execute function public.touch()",
        )
        .await;
    let undone = undo(&function, &done).await;
    let stay = [
        (
            CHATS,
            [
                "2 key_taken",
                "4 foreign_key",
                "5 foreign_key",
                "7 other",
                "8 altered",
            ],
        ),
        (
            MESSAGES,
            ["4 unique_held", "5 foreign_key", "7 other", "8 altered", ""],
        ),
    ];
    let stay = stay.map(|(table, rows)| rows.map(|row| format!("{table} {row}")));
    let stay: Vec<_> = stay
        .concat()
        .into_iter()
        .filter(|row| !row.ends_with(' '))
        .collect();
    assert_eq!(sorted(&undone), stay, "{undone:#}");
    assert_eq!(count(&world, "rollcall.quarantine").await, 9);
    let again = undo(&function, &done).await;
    assert_eq!(sorted(&again), stay, "{again:#}");
    world
        .run(
            "postgres",
            "drop trigger touched on public.chat_messages;
             update public.chat_messages set conversation_id = null where id = 2;
             delete from public.chat_conversations where id = 2;
             delete from public.chat_messages where id = 100;
             insert into public.rooms values (5)",
        )
        .await;
    let undone = undo(&function, &done).await;
    assert_eq!(left(&undone), Vec::<String>::new(), "{undone:#}");
    let mended = "update public.chat_messages set conversation_id = 2 where id = 2";
    world.run("postgres", mended).await;
    assert_eq!(both(&world).await, before);
    assert_eq!(count(&world, "rollcall.quarantine").await, 0);
    let again = undo(&function, &done).await;
    assert_eq!(again["status"], "nothing_to_do", "{again:#}");
}

#[tokio::test]
async fn where_a_key_is_of_another_type_by_now_an_undo_still_comes_to_its_end() {
    let world = world(&pairs("no action", 3), &USER_COLUMNS).await;
    let function = repair(&world).await;
    let before = both(&world).await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    let other = "alter table public.chat_conversations drop constraint last_one;
        alter table public.chat_conversations alter last_message_id type date using null";
    world.run("postgres", other).await;
    let undone = undo(&function, &done).await;
    assert_eq!(sorted(&undone).len(), 6, "{undone:#}");
    assert_eq!(count(&world, "rollcall.quarantine").await, 6);
    let back = "alter table public.chat_conversations alter last_message_id type int using null;
        alter table public.chat_conversations add constraint last_one
            foreign key (last_message_id) references public.chat_messages";
    world.run("postgres", back).await;
    let undone = undo(&function, &done).await;
    assert_eq!(left(&undone), Vec::<String>::new(), "{undone:#}");
    assert_eq!(both(&world).await, before);
}
