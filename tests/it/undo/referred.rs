//! What somebody refers to stays, and so does whatever refers to it.

use rollcall_tests::thrown;

use super::*;

const CHILDREN: &str = "
    create table public.hard (user_id uuid references public.users);
    create table public.soft (user_id uuid references public.users on delete cascade);
    create table public.lost (user_id uuid references public.users on delete set null);
    create table public.late (user_id uuid references public.users on delete cascade
        deferrable initially deferred);
    create schema other;
    create table other.\"Wide\" (a uuid, b text);
    alter table public.users add unique (id, email), add invited_by uuid references public.users;
    alter table other.\"Wide\" add foreign key (a, b) references public.users (id, email)
        on delete cascade not valid";

#[tokio::test]
async fn every_kind_of_key_keeps_the_profile_and_the_row() {
    let world = backfilled(shapes::USERS, CHILDREN, 8).await;
    let [one, two, three, four, five, six, seven] = [1, 2, 3, 4, 5, 6, 7].map(id);
    let refer = format!(
        "insert into public.hard values ('{one}'); insert into public.soft values ('{two}');
         insert into public.lost values ('{three}'); insert into public.late values ('{four}');
         insert into other.\"Wide\" values ('{five}', 'u5@example.com'), ('{six}', null);
         insert into public.users (id, invited_by) values (gen_random_uuid(), '{seven}')"
    );
    world.run("postgres", &refer).await;
    let undone = undo(&world).await;
    assert_eq!(
        left(&undone),
        [
            because(1, "referred_to", "public.hard"),
            because(2, "referred_to", "public.soft"),
            because(3, "referred_to", "public.lost"),
            because(4, "referred_to", "public.late"),
            because(5, "referred_to", "other.\"Wide\""),
            because(7, "referred_to", "public.users"),
        ]
    );
    assert_eq!(counts(&undone), [8, 2, 6, 0, 0], "{undone:#}");
    let rows = "select (select count(user_id) from public.hard) || ' '
        || (select count(user_id) from public.soft) || ' ' || (select count(user_id) from public.lost)
        || ' ' || (select count(*) from public.late) || ' ' || (select count(*) from other.\"Wide\")";
    assert_eq!(world.ask(rows).await, "1 1 1 1 2");
    // Once nothing refers to them any more, the rest goes, too.
    world
        .run(
            "postgres",
            "delete from public.hard; delete from public.soft",
        )
        .await;
    let again = undo(&world).await;
    assert_eq!(counts(&again), [6, 2, 4, 0, 0], "{again:#}");
}

#[tokio::test]
async fn a_configured_child_column_without_a_key_keeps_the_profile() {
    let (sql, toml) = shapes::PROFILES;
    let toml = format!("{toml}\n[[references]]\ntable = \"public.leads\"\ncolumn = \"user_id\"\n");
    let world = backfilled((sql, &toml), "", 4).await;
    let refer = format!(
        "insert into public.leads (user_id) values ('{}');
         insert into public.orders (user_id) values ('{}');
         insert into public.conversations (user_id) values ('{}')",
        id(1),
        id(2),
        id(3)
    );
    world.run("postgres", &refer).await;
    let undone = undo(&world).await;
    assert_eq!(
        left(&undone),
        [
            because(1, "referred_to", "public.leads"),
            because(2, "referred_to", "public.orders")
        ]
    );
    assert_eq!(counts(&undone), [4, 2, 2, 0, 0]);
    world.run("postgres", "drop table public.leads").await;
    assert_eq!(counts(&undo(&world).await), [2, 1, 1, 0, 0]);
}

#[tokio::test]
async fn a_key_that_is_text_and_a_table_with_capitals_are_no_hindrance() {
    let shape = (
        "create table public.\"Profile\" (\"userId\" text primary key, email text);
         create table public.notes (owner text references public.\"Profile\" on delete cascade)",
        "[profile]\ntable = \"public.Profile\"\nkey = \"userId\"\n[profile.columns]\nemail = \"email\"\n",
    );
    let world = backfilled(shape, "", 3).await;
    world
        .run(
            "postgres",
            &format!("insert into public.notes values ('{}')", id(2)),
        )
        .await;
    let undone = undo(&world).await;
    assert_eq!(left(&undone), [because(2, "referred_to", "public.notes")]);
    assert_eq!(counts(&undone), [3, 2, 1, 0, 0]);
    assert_eq!(undone["tables"][0]["column"], "userId");
}

#[tokio::test]
async fn whoever_is_about_to_refer_to_a_profile_is_waited_for_and_then_left_alone() {
    let world = backfilled(shapes::USERS, CHILDREN, 4).await;
    let mut theirs = world.connect("postgres").await;
    let refer = format!("begin; insert into public.soft values ('{}')", id(2));
    sqlx::raw_sql(sqlx::AssertSqlSafe(refer))
        .execute(&mut theirs)
        .await
        .unwrap();
    let undone = undo(&world).await;
    assert_eq!(left(&undone), [because(2, "lock_timeout", "")]);
    assert_eq!(counts(&undone), [4, 3, 1, 0, 0]);
    sqlx::raw_sql("commit").execute(&mut theirs).await.unwrap();
    assert_eq!(
        left(&undo(&world).await),
        [because(2, "referred_to", "public.soft")]
    );
    assert_eq!(profiles(&world, "public.users").await, "2");
}

#[tokio::test]
async fn whoever_refers_too_late_is_turned_away_and_no_orphan_is_made() {
    let world = backfilled(shapes::USERS, CHILDREN, 2).await;
    let mut theirs = world.connect("postgres").await;
    // A key that is looked at with the commit holds no lock until then.
    let refer = format!("begin; insert into public.late values ('{}')", id(1));
    sqlx::raw_sql(sqlx::AssertSqlSafe(refer))
        .execute(&mut theirs)
        .await
        .unwrap();
    assert_eq!(counts(&undo(&world).await), [2, 2, 0, 0, 0]);
    let error = sqlx::raw_sql("commit").execute(&mut theirs).await;
    assert!(error.is_err(), "the key let an orphan in");
    assert_eq!(world.ask("select count(*) from public.late").await, "0");
}

#[tokio::test]
async fn a_trigger_that_objects_or_swallows_keeps_its_own_row_only() {
    let objects = "create function public.objects() returns trigger language plpgsql as
        $$ begin
            if right(old.id::text, 1) = '2' then raise 'no'; end if;
            if right(old.id::text, 1) = '3' then return null; end if;
            return old;
        end $$;
        create trigger objects before delete on public.users
            for each row execute function public.objects()";
    let world = backfilled(shapes::USERS, objects, 5).await;
    let undone = undo(&world).await;
    assert_eq!(
        left(&undone),
        [because(2, "other", ""), because(3, "no_row", "")]
    );
    assert_eq!(undone["refusals"][0]["sqlstate"], "P0001");
    assert_eq!(counts(&undone), [5, 3, 2, 0, 0]);
    let effect = undone["side_effects"][0].as_str().unwrap();
    assert!(
        effect.contains("trigger objects on public.users"),
        "{effect}"
    );
}

#[tokio::test]
async fn over_a_hundred_with_triggers_of_the_application_need_the_count() {
    let counts_them = "create function public.quiet() returns trigger language plpgsql as
        $$ begin return null; end $$;
        create trigger quiet after delete on public.users
            for each row execute function public.quiet()";
    let world = backfilled(shapes::USERS, counts_them, 101).await;
    let function = repair(&world).await;
    for confirm_count in [json!(null), json!(100)] {
        let event = json!({"action": "undo", "run_id": RUN, "confirm_count": confirm_count});
        let (kind, sentence) = thrown(function.invoke(event).await);
        assert_eq!(kind, "Rejected");
        assert!(sentence.contains("confirm_count 101"), "{sentence}");
    }
    let event = json!({"action": "undo", "run_id": RUN, "confirm_count": 101});
    assert_eq!(counts(&answer(&function, event).await), [101, 101, 0, 0, 0]);
}
