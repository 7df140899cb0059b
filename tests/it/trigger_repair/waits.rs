//! Locks: nobody who signs up waits for an installation, and it does not wait for ever.

use rollcall_tests::thrown;
use sqlx::{Connection, Executor};

use super::*;

const DROP: &str = "drop function rollcall.on_user_updated() cascade";

#[tokio::test]
async fn where_nothing_differs_no_lock_is_asked_for() {
    let world = world().await;
    let mut holder = world.connect("supabase_admin").await;
    let lock = "begin; lock auth.users in exclusive mode; lock public.users in exclusive mode";
    holder.execute(lock).await.unwrap();
    assert!(made(&act(&world, "install").await).is_empty());
}

#[tokio::test]
async fn a_lock_that_is_let_go_of_is_waited_for_and_another_is_told() {
    let world = world().await;
    world.run("postgres", DROP).await;
    let mut holder = world.connect("supabase_auth_admin").await;
    holder
        .execute("begin; insert into auth.users (id) values (gen_random_uuid())")
        .await
        .unwrap();
    let function = repair(&world).await;
    let event = json!({"action": "trigger.install"});
    let (kind, sentence) = thrown(function.invoke(event.clone()).await);
    assert_eq!(kind, "Unavailable");
    let pid = "select pid from pg_stat_activity
        where datname = current_database() and usename = 'supabase_auth_admin'";
    let pid = world.ask(pid).await;
    for words in [
        "auth.users",
        &format!("process {pid}"),
        "rollcall repair trigger install",
    ] {
        assert!(sentence.contains(words), "{words}: {sentence}");
    }
    assert_eq!(act(&world, "status").await["state"], "missing");

    let let_go = async {
        // Any time within its attempts will do.
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        holder.execute("commit").await.unwrap();
        holder.close().await.unwrap();
    };
    let (installed, ()) = tokio::join!(function.invoke(event), let_go);
    assert_eq!(installed.unwrap()["state"], "active");
}

#[tokio::test]
async fn signups_go_on_while_it_is_installed_again_and_again() {
    let world = world().await;
    let function = repair(&world).await;
    let world = &world;
    let signups = async {
        let mut failed = 0;
        let mut connection = world.connect("supabase_auth_admin").await;
        connection
            .execute("set statement_timeout = '5s'")
            .await
            .unwrap();
        for _ in 0..400 {
            let sql = "insert into auth.users (id, email)
                values (gen_random_uuid(), gen_random_uuid() || '@example.com')";
            failed += u32::from(connection.execute(sql).await.is_err());
        }
        failed
    };
    let installs = async {
        for change in [
            "alter function public.handle_new_user() security invoker",
            "drop function rollcall.on_user_deleted() cascade",
            "do $do$ begin execute replace(
                pg_get_functiondef('public.handle_new_user()'::regprocedure), 'degraded', 'graded'
            ); end $do$",
            DROP,
        ] {
            // Until it is let in, as whoever changes a table that is in use does.
            while world
                .attempt("postgres", &format!("set lock_timeout = '50ms'; {change}"))
                .await
                .is_err()
            {}
            let event = json!({"action": "trigger.install"});
            let installed = function.invoke(event).await.unwrap();
            assert_eq!(installed["state"], "active", "{installed:#}");
        }
    };
    let (failed, ()) = tokio::join!(signups, installs);
    assert_eq!(failed, 0);
    let clear = "delete from auth.users; delete from public.users";
    world.run("supabase_admin", clear).await;
    assert!(signs_up(world).await);
}
