//! A world with some of everything, in which each class has a count of its own.

use rollcall_domain::severity::{Severity, Status, assess};
use rollcall_tests::{World, shapes};

use super::*;

const CHILDREN: &str = "
    create table public.orders (id bigserial primary key, user_id uuid);
    create table public.leads (id bigserial primary key, \"user\" text);";

const REFERENCES: &str = "
[[references]]
table = \"public.orders\"
column = \"user_id\"
[[references]]
table = \"public.leads\"
column = \"user\"
";

/// Makes 1 refused, 2 acknowledged, 3 old ones among 10 ghosts, 2 retired, 3 orphaned, 4 leftover,
/// 2 excluded, 5 drifted, 6 orphaned child rows, 2 users rightly without a profile and 1 stamped
/// profile of a user who is gone, all among 40 people.
async fn everything(world: &World, table: &str, key: &str, id_type: &str) {
    people(world, 1, 40).await;
    ghosts(world, 100, 10).await;
    let sql = format!(
        "update auth.users set created_at = now() - interval '2 days' where id in ('{}', '{}', '{}');
         insert into rollcall.acknowledgements (user_id, until) values
             ('{}', now() + interval '1 day'), ('{}', now() + interval '1 day'),
             ('{}', now() - interval '1 day');
         insert into rollcall.sync_failures values
             ('{}', '23514', 'check', now(), now(), 1, now());
         update {table} set deleted_at = now() where {key} in ('{}', '{}');
         insert into {table} ({key}) select gen_random_uuid()::{id_type} from generate_series(1, 3);
         insert into rollcall.exclusions values ('{}'), ('{}');
         update auth.users set deleted_at = now() where id in ('{}', '{}');
         update {table} set email = 'other' || {key} where {key} in ('{}', '{}', '{}', '{}', '{}');
         insert into public.orders (user_id) select '{}'::uuid from generate_series(1, 7);
         insert into public.orders (user_id) values (gen_random_uuid()), ('{}'), (null);
         insert into public.leads (\"user\") values
             ('{}'), ('no uuid'), (''), (gen_random_uuid()::text), ('{}'), (null);
         delete from auth.users where id = '{}';
         update {table} set deleted_at = now() where {key} = '{}'",
        id(100), id(101), id(102),
        id(102), id(103), id(104),
        id(105),
        id(1), id(2),
        id(3), id(4),
        id(5), id(6),
        id(7), id(8), id(9), id(10), id(11),
        id(20),
        id(106),
        id(20), id(107),
        id(30), id(30),
    );
    quietly(world, &sql).await;
    // Two more who ought to have none, and have none.
    ghosts(world, 200, 2).await;
    quietly(
        world,
        &format!(
            "update auth.users set deleted_at = now() where id in ('{}', '{}')",
            id(200),
            id(201)
        ),
    )
    .await;
}

async fn assert_everything_is_counted(world: &World) {
    let seen = look(world).await;
    let roll = seen.roll.seen().unwrap();
    assert_eq!((roll.auth_users, roll.profiles), (51, 43), "{roll:?}");
    assert_eq!((roll.eligible, roll.live), (45, 40), "{roll:?}");
    assert_eq!((roll.ghosts, roll.ghosts_old), (10, 3), "{roll:?}");
    assert_eq!(
        (roll.acknowledged, roll.acknowledged_old),
        (2, 1),
        "{roll:?}"
    );
    assert!(roll.oldest_ghost.is_some());
    assert_eq!((roll.refused, roll.retired), (1, 2), "{roll:?}");
    assert_eq!((roll.orphaned_profiles, roll.leftover), (3, 4), "{roll:?}");
    assert_eq!(
        (roll.excluded, roll.ineligible_without_profile),
        (2, 2),
        "{roll:?}"
    );
    assert_eq!(
        (roll.stamped_without_user, roll.profiles_without_key),
        (1, 0)
    );
    assert_eq!(roll.eligible_with_profile, 35, "{roll:?}");
    assert_eq!(roll.unexplained(), 0, "{roll:?}");
    let counts = seen.counts();
    assert_eq!(
        (counts.drifted, counts.orphaned_child_rows),
        (Some(5), Some(6))
    );
    for (name, expected) in [
        ("ghost_users_check", (Some(false), 10, Some(51))),
        ("orphaned_profiles_check", (Some(false), 3, Some(43))),
        ("count_parity_check", (Some(false), 17, Some(94))),
        ("trigger_exists_check", (Some(true), 0, Some(3))),
        ("refused_users_check", (Some(false), 1, Some(10))),
        ("retired_profiles_check", (Some(false), 2, Some(35))),
        ("leftover_profiles_check", (Some(false), 4, Some(40))),
        ("drifted_profiles_check", (Some(false), 5, Some(33))),
        ("child_rows_check", (Some(false), 6, Some(14))),
        ("canary_check", (Some(true), 0, Some(1))),
        ("ledger_check", (Some(false), 1, Some(1))),
        ("guard_check", (Some(true), 0, Some(51))),
    ] {
        assert_eq!(
            verdict(&seen, name),
            expected,
            "{name}: {}",
            message(&seen, name)
        );
    }
    let found = seen.found();
    assert_eq!((found.ghosts, found.ghosts_old), (8, 2));
    assert!(!found.blind && !found.trigger_inactive && !found.guard_tripped);
    assert_eq!(found.lesser, 2 + 2 + 3 + 4 + 5 + 6 + 1);
    assert_eq!(assess(&found, 5), (Some(Severity::P0), Status::Critical));
    assert_eq!(seen.samples.len(), 10);
}

#[tokio::test]
async fn each_class_is_counted_and_the_rest_is_explained() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(&format!("{sql};{CHILDREN}"), &format!("{toml}{REFERENCES}")).await;
    everything(&world, "public.users", "id", "uuid").await;
    assert_everything_is_counted(&world).await;
}

#[tokio::test]
async fn so_it_is_where_the_key_is_text() {
    let sql = format!(
        "create table public.\"Profile\" (
            \"userId\" text primary key, email text, deleted_at timestamptz
        );{CHILDREN}"
    );
    let toml = format!(
        "[profile]\ntable = \"public.Profile\"\nkey = \"userId\"\n[profile.columns]\nemail = \"email\"\n\
         [profile.keep]\ncolumns = [\"email\"]\n[profile.removal]\nsoft_delete = \"deleted_at\"\n{REFERENCES}"
    );
    let world = World::with(&sql, &toml).await;
    everything(&world, "public.\"Profile\"", "\"userId\"", "text").await;
    assert_everything_is_counted(&world).await;
}

#[tokio::test]
async fn a_key_that_stands_twice_is_not_explained() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 3).await;
    // No index that holds any more, as after a crash or an upgrade of the C library.
    quietly(
        &world,
        "alter table public.users drop constraint users_pkey;
         alter table public.users drop constraint users_email_key;
         insert into public.users select * from public.users where id::text like '%1'",
    )
    .await;
    let seen = look(&world).await;
    let roll = seen.roll.seen().unwrap();
    assert_eq!((roll.auth_users, roll.profiles), (3, 4));
    assert!(roll.unexplained() > 0, "{roll:?}");
    assert_eq!(verdict(&seen, "count_parity_check").0, Some(false));
    assert_eq!(verdict(&seen, "ghost_users_check").0, Some(true));
}

#[tokio::test]
async fn the_acknowledged_are_no_reason_to_page() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 3).await;
    ghosts(&world, 10, 1).await;
    let sql = format!(
        "update auth.users set created_at = null where id = '{0}';
         insert into rollcall.acknowledgements (user_id, until) values ('{0}', now() + interval '1 day')",
        id(10)
    );
    quietly(&world, &sql).await;
    let seen = look(&world).await;
    assert_eq!(
        assess(&seen.found(), 5),
        (Some(Severity::P2), Status::Warning)
    );
    assert_eq!(
        verdict(&seen, "ghost_users_check"),
        (Some(false), 1, Some(4))
    );
    quietly(&world, "update rollcall.acknowledgements set until = now()").await;
    let seen = look(&world).await;
    assert_eq!(
        assess(&seen.found(), 5),
        (Some(Severity::P0), Status::Critical)
    );
}
