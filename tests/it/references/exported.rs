//! A run on child rows has no list of users, and says so; one on profiles has.

use rollcall_domain::{Database, address, affected::List, run::Stop};
use rollcall_tests::people::{people, quietly};

use super::*;

fn database(world: &World) -> Database {
    let options = address::connect_options(&world.url("rollcall_operator"), "a test");
    Database::new(options.unwrap())
}

async fn listed(world: &World, run: &Value) -> Result<String, Stop> {
    let database = database(world);
    let run_id = run["run_id"].as_str().unwrap().parse().unwrap();
    let mut list = List::of(&database, run_id).await?;
    assert!(!list.has_message());
    let mut bytes = vec![];
    while list.write_next(&database, &mut bytes).await? {}
    Ok(String::from_utf8(bytes).unwrap())
}

#[tokio::test]
async fn a_run_on_rows_is_no_list_of_users_and_tells_where_they_are() {
    let orders = "create table public.orders (id int primary key, user_id uuid);
        insert into public.orders values (1, gen_random_uuid())";
    let world = world(orders, &[("public.orders", "user_id")]).await;
    let function = repair(&world).await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    let undone = undo(&function, &done).await;
    for (run, again) in [(&done, "apply"), (&undone, "undo")] {
        let refused = listed(&world, run).await.unwrap_err();
        let sentence = refused.to_string();
        assert!(matches!(refused, Stop::BadRequest(_)), "{sentence}");
        let again = format!(
            "rollcall repair {again} {}",
            run["run_id"].as_str().unwrap()
        );
        assert!(sentence.contains(&again), "{sentence}");
        let kept_by = done["run_id"].as_str().unwrap();
        let look = format!("select * from rollcall.quarantine where run_id = '{kept_by}'");
        assert!(sentence.contains(&look), "{sentence}");
        world.run("postgres", &look).await;
    }
}

#[tokio::test]
async fn whose_profiles_were_stamped_or_put_back_is_listed() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 40).await;
    let deleted = format!(
        "delete from auth.users where id in ('{}', '{}')",
        id(1),
        id(2)
    );
    quietly(&world, &deleted).await;
    let function = repair(&world).await;
    let planned = answer(&function, json!({"action": "profiles.plan"})).await;
    let refused = listed(&world, &planned).await.unwrap_err();
    assert!(refused.to_string().contains("has not ended"), "{refused}");
    let done = apply(&function, &planned).await;
    let undone = undo(&function, &done).await;
    for (run, outcome) in [(&done, "stamped"), (&undone, "restored")] {
        let list = listed(&world, run).await.unwrap();
        let mut lines: Vec<&str> = list.lines().skip(1).collect();
        lines.sort_unstable();
        // Whoever is gone has no address.
        let line = |number| format!("{},,,,{outcome},", id(number));
        assert_eq!(lines, [line(1), line(2)]);
    }
}
