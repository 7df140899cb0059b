//! Rows that name a created profile since, in columns that only the run itself knows of.

use super::*;

#[tokio::test]
async fn a_newer_row_of_a_column_of_the_run_keeps_the_profile() {
    let more = "
        create table public.orders (id int primary key, user_id uuid);
        create table public.notes (id int primary key, owner_id text);
        create table public.bills (id int primary key, payer uuid references auth.users)";
    let world = world(more, &[]).await;
    let rows = format!(
        "insert into public.orders values (1, '{}'), (2, '{}'), (3, '{}');
         insert into public.notes values (1, '{}');
         insert into public.bills values (1, '{}')",
        id(11),
        id(12),
        id(13),
        id(14),
        id(15)
    );
    world.run("postgres", &rows).await;
    let function = repair(&world).await;
    let policies = json!({"public.orders": "create_profile", "public.notes": "create_profile"});
    let done = apply(&function, &plan(&function, policies).await).await;
    assert!(
        tables(&done)
            .iter()
            .all(|(_, [planned, done, ..])| planned == done),
        "{done:#}"
    );
    let newer = format!(
        "insert into public.orders values (9, '{}'); update public.orders set id = 8 where id = 2;
         insert into public.notes values (9, '{{{}}}');
         insert into public.bills values (9, '{}')",
        id(11),
        id(14),
        id(15)
    );
    world.run("postgres", &newer).await;
    let undone = undo(&function, &done).await;
    let mut referred: Vec<_> = undone["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refusal| {
            ["key", "reason", "referred_by"].map(|field| refusal[field].as_str().unwrap())
        })
        .collect();
    referred.sort_unstable();
    let expected = [
        [&*id(11), "referred_to", "public.orders"],
        [&*id(12), "referred_to", "public.orders"],
        [&*id(14), "referred_to", "public.notes"],
        [&*id(15), "referred_to", "public.bills"],
    ];
    assert_eq!(referred, expected, "{undone:#}");
    assert_eq!(count(&world, "public.users").await, 13);
    world
        .run("postgres", "delete from public.orders where id > 7")
        .await;
    let undone = undo(&function, &done).await;
    assert_eq!(left(&undone).len(), 2, "{undone:#}");
    assert_eq!(count(&world, "public.users").await, 11);
}
