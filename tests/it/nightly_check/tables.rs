//! Every shape of profile table, with a bit of everything in it.

use rollcall_tests::{World, shapes};

use super::*;

#[tokio::test]
async fn all_of_them_at_once_add_up_in_every_shape() {
    for (name, (sql, toml)) in shapes::ALL {
        let world = World::with(sql, toml).await;
        people(&world, 1, 20).await;
        ghosts(&world, 100, 7, 1).await;
        ghosts(&world, 200, 3, 48).await;
        exclude(&world, 1).await;
        exclude(&world, 100).await;
        quietly(
            &world,
            &format!(
                "update auth.users set deleted_at = now() where id in ('{}', '{}');
                 delete from auth.users where id in ('{}', '{}')",
                id(2),
                id(101),
                id(3),
                id(4)
            ),
        )
        .await;
        let report = report(&world).await;
        let counts = [
            "auth_users",
            "eligible",
            "profiles",
            "live",
            "ghosts",
            "ghosts_old",
        ]
        .map(|class| count(&report, class));
        assert_eq!(counts, [28, 24, 20, 20, 8, 3], "{name}: {report:#}");
        let others = [
            "orphaned_profiles",
            "leftover",
            "excluded",
            "retired",
            "refused",
        ]
        .map(|class| count(&report, class));
        assert_eq!(others, [2, 2, 2, 0, 0], "{name}: {report:#}");
    }
}

#[tokio::test]
async fn a_text_key_and_a_key_that_is_null_are_counted_once() {
    let sql = "create table public.\"Profile\" (user_id varchar(40) unique, email text)";
    let toml = "[profile]\ntable = \"public.Profile\"\nkey = \"user_id\"\n\n\
                [profile.columns]\nemail = \"email\"\n";
    let world = World::with(sql, toml).await;
    people(&world, 1, 2).await;
    ghosts(&world, 10, 1, 1).await;
    let first = report(&world).await;
    assert_eq!((count(&first, "ghosts"), count(&first, "live")), (1, 2));
    world
        .run(
            "postgres",
            "insert into public.\"Profile\" values ('no uuid', null)",
        )
        .await;
    assert_eq!(count(&report(&world).await, "orphaned_profiles"), 1);
    world
        .run(
            "postgres",
            "insert into public.\"Profile\" values (null, null)",
        )
        .await;
    let function = check(&world).await;
    let with_null = function.invoke(look()).await.unwrap();
    assert_eq!(verdicts(&with_null)[2], ("count_parity_check", false, 3));
    let words = message(&with_null, "count_parity_check");
    assert!(words.ends_with("1 row that nothing explains"), "{words}");
}
