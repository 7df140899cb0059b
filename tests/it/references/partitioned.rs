//! The profile table is one of partitions, in each of which there is a row in the same place.

use super::*;

/// A profile refers to itself, as whoever invited nobody else does here.
const USERS: &str = "
    create table public.users (
        id uuid primary key, email text, name text, invited_by uuid references public.users
    ) partition by hash (id);
    create table public.users_0 partition of public.users for values with (modulus 2, remainder 0);
    create table public.users_1 partition of public.users for values with (modulus 2, remainder 1);
    create function public.invite() returns trigger language plpgsql as
        $$ begin new.invited_by := new.id; return new; end $$;
    create trigger invited before insert on public.users for each row execute function public.invite()";

const ORDERS: &str = "
    create table public.orders (id int primary key, user_id uuid);
    insert into public.orders
    select n, ('00000000-0000-4000-8000-' || lpad((10 + n)::text, 12, '0'))::uuid
    from generate_series(1, 12) n";

async fn shop() -> World {
    let users = (USERS, shapes::USERS.1);
    world_with(users, ORDERS, &[("public.orders", "user_id")]).await
}

#[tokio::test]
async fn profiles_that_were_created_in_partitions_are_taken_back() {
    let world = shop().await;
    let function = repair(&world).await;
    let users = dump(&world, "public.users").await;
    let orders = dump(&world, "public.orders").await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    let expected = [
        ("public.orders.user_id quarantine", [3, 3, 0, 0, 0]),
        ("public.orders.user_id create_profile", [9, 9, 0, 0, 0]),
    ];
    assert_eq!(
        tables(&done),
        expected.map(|(name, counts)| (name.to_owned(), counts))
    );
    for partition in ["public.users_0", "public.users_1"] {
        assert!(count(&world, partition).await > 1, "{partition}");
    }
    let undone = undo(&function, &done).await;
    assert!(
        tables(&undone)
            .iter()
            .all(|(_, [planned, done, ..])| planned == done),
        "{undone:#}"
    );
    assert_eq!(dump(&world, "public.users").await, users);
    assert_eq!(dump(&world, "public.orders").await, orders);
    assert_eq!(undo(&function, &done).await["status"], "nothing_to_do");
}

#[tokio::test]
async fn a_profile_in_a_partition_that_is_changed_or_referred_to_stays() {
    let world = shop().await;
    let function = repair(&world).await;
    let planned = plan(&function, json!({"public.orders": "create_profile"})).await;
    let done = apply(&function, &planned).await;
    let refer = format!(
        "update public.users set name = 'changed' where id = '{}';
         create table public.cards (user_id uuid references public.users on delete cascade);
         insert into public.cards values ('{}');
         -- Of one partition only.
         create table public.badges (user_id uuid references public.users_0 on delete cascade);
         insert into public.badges
         select id from public.users_0 where id not in ('{0}', '{1}') and id >= '{0}' limit 1",
        id(11),
        id(12)
    );
    world.run("postgres", &refer).await;
    let badge = world.ask("select user_id from public.badges").await;
    let undone = undo(&function, &done).await;
    assert_eq!(counts(&undone["tables"][0]), [9, 6, 3, 0, 0], "{undone:#}");
    let mut why: Vec<_> = undone["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refusal| {
            ["key", "reason", "referred_by"]
                .map(|field| refusal[field].as_str().unwrap_or_default())
        })
        .collect();
    why.sort_unstable();
    let mut expected = [
        [&*id(11), "changed_since", ""],
        [&*id(12), "referred_to", "public.cards"],
        [&*badge, "referred_to", "public.badges"],
    ];
    expected.sort_unstable();
    assert_eq!(why, expected, "{undone:#}");
    assert_eq!(count(&world, "public.badges").await, 1);
    assert_eq!(count(&world, "public.cards").await, 1);
}
