//! What else can become of a world: classes beside ghosts and orphans, and what cannot be seen.

use rollcall_tests::people;

use crate::{
    Case, ROLES,
    truth::{BAD, Beside, OFF, Shape, Truth, UNKNOWN, WELL},
    walk,
};

const SUPER: &str = "supabase_admin";
const OWNER: &str = "postgres";

fn of_people(name: &str, truth: Truth) -> Case {
    Case::new(name, truth).then("supabase_auth_admin", people::insert(1, 5, 0))
}

/// Changed without any trigger noticing.
fn changed(name: &str, truth: Truth, sql: &str) -> Case {
    let sql = sql.replace("{1}", &people::id(1));
    of_people(name, truth).then(SUPER, people::unnoticed(&sql))
}

fn with_children() -> Shape {
    let users = Shape::verified_users();
    Shape {
        sql: "create table public.users (
            id uuid primary key,
            email text unique,
            email_verified boolean not null default false,
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(),
            deleted_at timestamptz
        );
        create table public.orders (id bigserial primary key, user_id uuid)",
        toml: format!(
            "{}[[references]]\ntable = \"public.orders\"\ncolumn = \"user_id\"\n",
            users.toml
        ),
        ..users
    }
}

#[tokio::test]
async fn every_class() {
    let _roles = ROLES.read().await;
    let cases = vec![
        changed(
            "leftover",
            OFF,
            "update auth.users set deleted_at = now() where id = '{1}'",
        ),
        changed(
            "retired",
            OFF,
            "update public.users set deleted_at = now() where id = '{1}'",
        ),
        changed(
            "drifted",
            OFF,
            "update public.users set email = 'other@example.com' where id = '{1}'",
        ),
        changed(
            "child rows",
            OFF,
            "insert into public.orders (user_id) values (gen_random_uuid())",
        ),
        changed(
            "gone, and stamped",
            WELL,
            "update public.users set deleted_at = now() where id = '{1}';
             delete from auth.users where id = '{1}'",
        ),
        of_people("acknowledged", OFF)
            .then(SUPER, people::unnoticed(&people::insert(10, 1, 0)))
            .then(
                OWNER,
                format!(
                    "insert into rollcall.acknowledgements (user_id, until)
                     values ('{}', now() + interval '1 day')",
                    people::id(10)
                ),
            ),
        of_people("refused", BAD)
            .then(
                OWNER,
                "alter table public.users add check (email is null) not valid",
            )
            .then("supabase_auth_admin", people::insert(10, 2, 0)),
    ];
    walk(&with_children(), cases).await;
}

#[tokio::test]
async fn what_cannot_be_believed_or_seen() {
    let _roles = ROLES.read().await;
    let gone = Truth {
        can_count: false,
        beside: Beside::Found,
        trigger: "altered",
        ..BAD
    };
    let found = Truth {
        beside: Beside::Found,
        ..UNKNOWN
    };
    let cases = vec![
        Case::new("nobody yet", UNKNOWN),
        of_people("users truncated", found)
            .then(OWNER, "select public.record_user_sync_metrics()")
            .then(SUPER, people::unnoticed("truncate auth.users cascade")),
        of_people("users and profiles truncated", found)
            .then(OWNER, "select public.record_user_sync_metrics()")
            .then(
                SUPER,
                people::unnoticed("truncate auth.users cascade; truncate public.users"),
            ),
        of_people("half of all are lost", found)
            .then(OWNER, "select public.record_user_sync_metrics()")
            .then(
                SUPER,
                people::unnoticed(
                    "create temp table lost as select id from auth.users limit 3;
                     delete from auth.users where id in (select id from lost);
                     delete from public.users where id in (select id from lost)",
                ),
            ),
        of_people("a child table is gone", UNKNOWN).then(OWNER, "drop table public.orders"),
        of_people("the profile table is gone", gone).then(OWNER, "drop table public.users cascade"),
        of_people("the profile table has another name", gone)
            .then(OWNER, "alter table public.users rename to people"),
        of_people("row security blinds the owner of the roll", gone).then(
            SUPER,
            "create role blind_owner;
             grant usage on schema auth, rollcall, public to blind_owner;
             grant select on auth.users to blind_owner;
             grant all on all tables in schema rollcall, public to blind_owner;
             alter view rollcall.standing owner to blind_owner;
             alter function rollcall.take_roll() owner to blind_owner;
             grant execute on function rollcall.take_roll() to postgres",
        ),
    ];
    walk(&with_children(), cases).await;
}

#[tokio::test]
async fn a_profile_table_that_somebody_holds() {
    let _roles = ROLES.read().await;
    let blind = Truth {
        can_count: false,
        beside: Beside::Unseen,
        ..UNKNOWN
    };
    let mut case = of_people("the profile table is locked", blind);
    case.locked = Some("public.users");
    walk(&with_children(), vec![case]).await;
}

#[tokio::test]
async fn a_child_table_that_somebody_holds() {
    let _roles = ROLES.read().await;
    let unseen = Truth {
        beside: Beside::Unseen,
        ..UNKNOWN
    };
    let mut case = of_people("a child table is locked", unseen);
    case.locked = Some("public.orders");
    walk(&with_children(), vec![case]).await;
}
