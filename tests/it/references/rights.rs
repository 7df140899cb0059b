//! Tables that Rollcall's owner may not read or write, from the beginning or in the midst of a run. The
//! owner is one who may not read everything, as `postgres` may at Supabase.

use super::{moved::begin, *};

/// Of the tables in `theirs` Rollcall's owner has the rights that it is given.
const ORDERS: &str = "
    create schema theirs;
    create table public.orders (id int primary key, user_id uuid);
    create table public.visits (id int primary key, user_id uuid);
    create table theirs.items (order_id int references public.orders);
    create table theirs.notes (id int primary key, user_id uuid);
    insert into public.orders select n, gen_random_uuid() from generate_series(1, 12) n;
    insert into theirs.notes select n, gen_random_uuid() from generate_series(1, 12) n;
    insert into public.visits values (1, gen_random_uuid())";

/// A world, what the owner of Rollcall is called there, and its `repair`.
async fn shop(may_read_items: bool) -> (World, String, Repair) {
    let (sql, toml) = shapes::USERS;
    let world = World::bare(sql).await;
    world.run("supabase_admin", ORDERS).await;
    let children = ["public.visits", "public.orders", "theirs.notes"]
        .map(|table| format!("\n[[references]]\ntable = {table:?}\ncolumn = \"user_id\"\n"));
    world.install(&format!("{toml}{}", children.concat())).await;
    let owner = format!("owner_of_{}", world.name());
    let own = format!(
        "create role {owner} bypassrls;
         grant usage, create on schema rollcall to {owner};
         grant usage on schema theirs, auth, public to {owner};
         grant all on all tables in schema rollcall, public, auth to {owner};
         grant all on theirs.notes to {owner};
         do $$
         declare
             one regprocedure;
         begin
             for one in select oid from pg_proc where pronamespace = 'rollcall'::regnamespace loop
                 execute format('alter function %s owner to {owner}', one);
             end loop;
         end $$"
    );
    world.run("supabase_admin", &own).await;
    if may_read_items {
        world
            .run(
                "supabase_admin",
                &format!("grant select on theirs.items to {owner}"),
            )
            .await;
    }
    let function = repair(&world).await;
    (world, owner, function)
}

/// The counts of one table.
fn of(answer: &Value, table: &str) -> [i64; 5] {
    let mut tables = answer["tables"].as_array().unwrap().iter();
    counts(tables.find(|part| part["table"] == table).unwrap())
}

#[tokio::test]
async fn a_table_that_one_refers_to_which_cannot_be_read_is_refused_and_the_rest_goes_on() {
    let (world, _, function) = shop(false).await;
    let planned = plan(&function, json!({})).await;
    assert_eq!(
        left(&planned),
        ["public.orders * permission"],
        "{planned:#}"
    );
    let done = apply(&function, &planned).await;
    assert_eq!(done["status"], "completed", "{done:#}");
    assert_eq!(of(&done, "public.visits"), [1, 1, 0, 0, 0]);
    assert_eq!(count(&world, "public.orders").await, 12);
}

#[tokio::test]
async fn a_right_that_is_taken_away_in_the_midst_of_a_run_ends_it_for_that_table() {
    for (table, right, moved) in [
        ("public.orders", "select on theirs.items", 5),
        ("theirs.notes", "select on theirs.notes", 0),
        ("theirs.notes", "delete on theirs.notes", 0),
    ] {
        let (world, owner, function) = shop(true).await;
        let planned = plan(&function, json!({})).await;
        assert_eq!(left(&planned), Vec::<String>::new(), "{planned:#}");
        begin(&world, &planned["run_id"], "references_batch").await;
        let revoke = format!("revoke {right} from {owner}");
        world.run("supabase_admin", &revoke).await;
        let event = json!({"action": "apply", "run_id": planned["run_id"]});
        let done = answer(&function, event).await;
        assert_eq!(done["status"], "completed", "{right}: {done:#}");
        assert_eq!(of(&done, table), [12, moved, 12 - moved, 0, 0], "{right}");
        assert_eq!(left(&done), [format!("{table} * permission")]);
        assert_eq!(of(&done, "public.visits"), [1, 1, 0, 0, 0], "{right}");
        let grant = format!("grant {right} to {owner}");
        world.run("supabase_admin", &grant).await;
        let undone = undo(&function, &done).await;
        assert_eq!(left(&undone), Vec::<String>::new(), "{right}: {undone:#}");
        assert_eq!(count(&world, "public.orders").await, 12, "{right}");
        assert_eq!(count(&world, "theirs.notes").await, 12, "{right}");
    }
}

#[tokio::test]
async fn an_undo_without_a_right_keeps_all_and_goes_on_with_it() {
    for right in ["select", "insert"] {
        let (world, owner, function) = shop(true).await;
        let done = apply(&function, &plan(&function, json!({})).await).await;
        let revoke = format!("revoke {right} on theirs.notes from {owner}");
        world.run("supabase_admin", &revoke).await;
        let undone = undo(&function, &done).await;
        assert_eq!(of(&undone, "theirs.notes"), [12, 0, 12, 0, 0], "{right}");
        assert!(left(&undone).iter().all(|row| row.ends_with("permission")));
        assert_eq!(of(&undone, "public.orders"), [12, 12, 0, 0, 0], "{right}");
        let grant = format!("grant {right} on theirs.notes to {owner}");
        world.run("supabase_admin", &grant).await;
        let undone = undo(&function, &done).await;
        assert_eq!(of(&undone, "theirs.notes"), [12, 12, 0, 0, 0], "{undone:#}");
    }
}

#[tokio::test]
async fn a_profile_stays_while_what_may_refer_to_it_cannot_be_read() {
    let (world, owner, function) = shop(true).await;
    let user = format!(
        "insert into auth.users (id) values ('{0}');
         delete from public.users where id = '{0}';
         update public.visits set user_id = '{0}'",
        id(11)
    );
    world.run("supabase_admin", &user).await;
    let planned = plan(&function, json!({"public.visits": "create_profile"})).await;
    let done = apply(&function, &planned).await;
    assert_eq!(of(&done, "public.visits"), [1, 1, 0, 0, 0], "{done:#}");
    let revoke = format!("revoke select on theirs.notes from {owner}");
    world.run("supabase_admin", &revoke).await;
    let undone = undo(&function, &done).await;
    assert_eq!(of(&undone, "public.visits"), [1, 0, 1, 0, 0], "{undone:#}");
    let user = format!("public.visits {} permission", id(11));
    assert!(left(&undone).contains(&user), "{undone:#}");
    let grant = format!("grant select on theirs.notes to {owner}");
    world.run("supabase_admin", &grant).await;
    let undone = undo(&function, &done).await;
    assert_eq!(of(&undone, "public.visits"), [1, 1, 0, 0, 0], "{undone:#}");
}
