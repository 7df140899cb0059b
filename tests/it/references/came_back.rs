//! Users who were nobody when a plan was made, and are in `auth.users` by the time it is applied.

use rollcall_tests::people::quietly;

use super::*;

const NOTES: &str = "
    create table public.notes (id int primary key, owner_id text);
    insert into public.notes values (1, '00000000-0000-4000-8000-000000000051'), (2, 'nobody'),
        (3, '{00000000-0000-4000-8000-000000000052}');
    create table public.orders (id int primary key, user_id uuid);
    insert into public.orders
    select n, ('00000000-0000-4000-8000-' || lpad((50 + n)::text, 12, '0'))::uuid
    from generate_series(1, 6) n";

const CHILDREN: [(&str, &str); 2] = [("public.notes", "owner_id"), ("public.orders", "user_id")];

async fn come_back(world: &World) {
    let sql = format!(
        "insert into auth.users (id) values ('{}'), ('{}')",
        id(51),
        id(52)
    );
    quietly(world, &sql).await;
}

#[tokio::test]
async fn of_a_default_their_rows_stay_and_the_next_plan_creates_their_profiles() {
    // What a foreign key refers to is not taken out at once.
    for key in [
        "",
        "; create table public.items (order_id int references public.orders)",
    ] {
        let world = world(&format!("{NOTES}{key}"), &CHILDREN).await;
        let function = repair(&world).await;
        let planned = plan(&function, json!({})).await;
        let expected = [
            (
                "public.notes.owner_id quarantine".to_owned(),
                [3, 0, 0, 0, 3],
            ),
            (
                "public.orders.user_id quarantine".to_owned(),
                [6, 0, 0, 0, 6],
            ),
        ];
        assert_eq!(tables(&planned), expected);
        come_back(&world).await;
        let done = apply(&function, &planned).await;
        assert_eq!(counts(&done["tables"][0]), [3, 1, 0, 2, 0], "{done:#}");
        assert_eq!(counts(&done["tables"][1]), [6, 4, 0, 2, 0], "{done:#}");
        let rest = "select string_agg(id::text, ' ' order by id) from public.";
        assert_eq!(world.ask(&format!("{rest}orders")).await, "1 2");
        assert_eq!(world.ask(&format!("{rest}notes")).await, "1 3");
        let planned = plan(&function, json!({})).await;
        let expected = [
            (
                "public.notes.owner_id create_profile".to_owned(),
                [2, 0, 0, 0, 2],
            ),
            (
                "public.orders.user_id create_profile".to_owned(),
                [2, 0, 0, 0, 2],
            ),
        ];
        assert_eq!(tables(&planned), expected);
    }
}

#[tokio::test]
async fn whom_an_operator_included_again_is_one_of_them() {
    let world = world(NOTES, &CHILDREN).await;
    come_back(&world).await;
    let function = repair(&world).await;
    let event = |action: &str| json!({"action": action, "user_ids": [id(51)]});
    let mut excluded = event("exclude");
    excluded["reason"] = json!("a test");
    function.invoke(excluded).await.unwrap();
    let planned = plan(&function, json!({})).await;
    assert_eq!(
        counts(&planned["tables"][1]),
        [5, 0, 0, 0, 5],
        "{planned:#}"
    );
    function.invoke(event("include")).await.unwrap();
    let done = apply(&function, &planned).await;
    assert_eq!(counts(&done["tables"][1]), [5, 4, 0, 1, 0], "{done:#}");
}

#[tokio::test]
async fn what_an_operator_wants_in_quarantine_goes_there_all_the_same() {
    let world = world(NOTES, &CHILDREN).await;
    let function = repair(&world).await;
    let policies = json!({"public.notes": "quarantine", "public.orders": "quarantine"});
    let planned = plan(&function, policies).await;
    come_back(&world).await;
    let done = apply(&function, &planned).await;
    assert_eq!(counts(&done["tables"][0]), [3, 3, 0, 0, 0], "{done:#}");
    assert_eq!(counts(&done["tables"][1]), [6, 6, 0, 0, 0], "{done:#}");
}
