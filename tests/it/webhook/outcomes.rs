//! Every outcome of the contract, each from the world that calls for it.

use rollcall_tests::{World, shapes};
use serde_json::json;

use super::{ADA, Webhook, hook, row, sign_up};

async fn world((sql, toml): (&str, &str)) -> (World, Webhook) {
    let world = World::with(sql, toml).await;
    let webhook = Webhook::of(&world).await;
    (world, webhook)
}

#[tokio::test]
async fn an_insert_and_an_after_hook_create_and_the_second_word_finds() {
    for event in [row("INSERT", ADA), hook("after-user-created", ADA)] {
        let (world, webhook) = world(shapes::USERS).await;
        sign_up(&world, ADA, false).await;
        let (status, body) = webhook.send(&event).await;
        assert_eq!(
            (status, body),
            (200, json!({"user_id": ADA, "outcome": "created"}))
        );
        assert_eq!(webhook.plain_outcome(&event).await, "present");
        assert_eq!(world.ask("select name from public.users").await, "Ada");
    }
}

#[tokio::test]
async fn a_before_hook_is_ignored() {
    let (world, webhook) = world(shapes::USERS).await;
    sign_up(&world, ADA, false).await;
    let outcome = webhook
        .plain_outcome(&hook("before-user-created", ADA))
        .await;
    assert_eq!(outcome, "ignored");
    assert_eq!(world.ask("select count(*) from public.users").await, "0");
}

#[tokio::test]
async fn an_update_of_a_kept_column_updates_and_of_another_does_not() {
    let (world, webhook) = world(shapes::VERIFIED_USERS).await;
    sign_up(&world, ADA, true).await;
    let change = async |set: &str| {
        let sql = format!("set session_replication_role = replica; update auth.users set {set}");
        world.run("supabase_admin", &sql).await;
        webhook.plain_outcome(&row("UPDATE", ADA)).await
    };
    assert_eq!(change("last_sign_in_at = now()").await, "present");
    assert_eq!(change("email = 'new@example.com'").await, "updated");
    assert_eq!(
        world.ask("select email from public.users").await,
        "new@example.com"
    );
    assert_eq!(change("email_confirmed_at = now()").await, "updated");
    assert_eq!(
        change("created_at = now() - interval '1 day'").await,
        "present"
    );
}

#[tokio::test]
async fn a_user_whose_row_is_not_accepted_is_refused_with_the_reason() {
    for (change, reason) in [
        ("add check (email not like 'u%')", "check"),
        ("add column plan text not null", "not_null"),
        (
            "add column kind text default 'x' check (kind <> 'x')",
            "check",
        ),
    ] {
        let (world, webhook) = world(shapes::USERS).await;
        let sql = format!("alter table public.users {change}");
        world.run("postgres", &sql).await;
        sign_up(&world, ADA, false).await;
        let refused = webhook.outcome(&row("INSERT", ADA)).await;
        assert_eq!(refused, ("refused".to_owned(), Some(reason.to_owned())));
        let ledger = world.ask("select user_id || ' ' || reason from rollcall.sync_failures");
        assert_eq!(ledger.await, format!("{ADA} {reason}"));
    }
}

#[tokio::test]
async fn a_constraint_that_would_strike_at_the_commit_refuses_too() {
    let (world, webhook) = world(shapes::USERS).await;
    let sql = "create table public.mails (email text unique deferrable initially deferred);
        create function public.theirs() returns trigger language plpgsql as
            'begin insert into public.mails values (new.email), (new.email); return new; end';
        create trigger theirs after insert on public.users
            for each row execute function public.theirs()";
    world.run("postgres", sql).await;
    sign_up(&world, ADA, false).await;
    let refused = webhook.outcome(&row("INSERT", ADA)).await;
    assert_eq!(refused, ("refused".to_owned(), Some("other".to_owned())));
}

#[tokio::test]
async fn a_unique_value_that_is_taken_says_by_whom() {
    let other = "00000000-0000-4000-8000-00000000000b";
    for (holder_lives, reason) in [
        (true, "unique_held_by_live"),
        (false, "unique_held_by_orphan"),
    ] {
        let (world, webhook) = world(shapes::VERIFIED_USERS).await;
        sign_up(&world, ADA, false).await;
        if holder_lives {
            sign_up(&world, other, true).await;
        }
        let email = format!("u{}@example.com", &ADA[30..]);
        let sql = format!(
            "insert into public.users (id, email) values ('{other}', '{email}')
             on conflict (id) do update set email = excluded.email"
        );
        world.run("postgres", &sql).await;
        let refused = webhook.outcome(&row("INSERT", ADA)).await;
        assert_eq!(refused, ("refused".to_owned(), Some(reason.to_owned())));
    }
}

#[tokio::test]
async fn metadata_that_does_not_fit_degrades_the_profile() {
    let sql = "create table public.users (id uuid primary key, email text, name varchar(5))";
    let (world, webhook) = world((sql, shapes::USERS.1)).await;
    sign_up(&world, ADA, false).await;
    let sql = "update auth.users set raw_user_meta_data = '{\"full_name\": \"Ada Lovelace\"}'";
    let quiet = format!("set session_replication_role = replica; {sql}");
    world.run("supabase_admin", &quiet).await;
    let degraded = webhook.outcome(&row("INSERT", ADA)).await;
    assert_eq!(
        degraded,
        ("created".to_owned(), Some("degraded".to_owned()))
    );
    assert_eq!(world.ask("select name from public.users").await, "null");
}

#[tokio::test]
async fn somebody_who_ought_to_have_no_profile_is_excluded() {
    let toml = format!("{}\n[eligible]\nanonymous = false\n", shapes::USERS.1);
    for become_so in [
        "update auth.users set deleted_at = now()",
        "update auth.users set is_anonymous = true",
        "insert into rollcall.exclusions (user_id) select id from auth.users",
    ] {
        let (world, webhook) = world((shapes::USERS.0, &toml)).await;
        sign_up(&world, ADA, false).await;
        let quiet = format!("set session_replication_role = replica; {become_so}");
        world.run("supabase_admin", &quiet).await;
        for event in [row("INSERT", ADA), row("UPDATE", ADA), row("DELETE", ADA)] {
            assert_eq!(
                webhook.plain_outcome(&event).await,
                "excluded",
                "{become_so}"
            );
        }
        assert_eq!(world.ask("select count(*) from public.users").await, "0");
    }
}

#[tokio::test]
async fn a_deleted_user_s_profile_is_removed_or_left_alone_as_configured() {
    for (shape, outcome) in [
        (shapes::VERIFIED_USERS, "removed"),
        (shapes::USERS, "left_alone"),
    ] {
        for gone in [
            "delete from auth.users",
            "update auth.users set deleted_at = now()",
        ] {
            let (world, webhook) = world(shape).await;
            sign_up(&world, ADA, true).await;
            let quiet = format!("set session_replication_role = replica; {gone}");
            world.run("supabase_admin", &quiet).await;
            let kind = if gone.starts_with("delete") {
                "DELETE"
            } else {
                "UPDATE"
            };
            assert_eq!(
                webhook.plain_outcome(&row(kind, ADA)).await,
                outcome,
                "{gone}"
            );
            assert_eq!(
                webhook.plain_outcome(&row(kind, ADA)).await,
                outcome,
                "{gone}"
            );
        }
    }
}

#[tokio::test]
async fn a_stamp_that_is_not_accepted_is_refused() {
    for gone in [
        "delete from auth.users",
        "update auth.users set deleted_at = now()",
    ] {
        let (world, webhook) = world(shapes::VERIFIED_USERS).await;
        sign_up(&world, ADA, true).await;
        let sql = "alter table public.users add check (deleted_at is null)";
        world.run("postgres", sql).await;
        let quiet = format!("set session_replication_role = replica; {gone}");
        world.run("supabase_admin", &quiet).await;
        for event in [row("DELETE", ADA), row("UPDATE", ADA)] {
            if gone.starts_with("delete") && event["type"] == "UPDATE" {
                continue;
            }
            let refused = webhook.outcome(&event).await;
            assert_eq!(
                refused,
                ("refused".to_owned(), Some("check".to_owned())),
                "{gone}"
            );
        }
        let ledger = "select reason from rollcall.sync_failures";
        assert_eq!(world.ask(ledger).await, "check");
        let mend = "alter table public.users drop constraint users_deleted_at_check";
        world.run("postgres", mend).await;
        assert_eq!(webhook.plain_outcome(&row("DELETE", ADA)).await, "removed");
        assert_eq!(
            world
                .ask("select count(*) from rollcall.sync_failures")
                .await,
            "0"
        );
    }
}

#[tokio::test]
async fn a_profile_that_was_retired_stays_so_and_is_said_to_be() {
    let (world, webhook) = world(shapes::VERIFIED_USERS).await;
    sign_up(&world, ADA, true).await;
    world
        .run("postgres", "update public.users set deleted_at = now()")
        .await;
    let retired = webhook.outcome(&row("UPDATE", ADA)).await;
    assert_eq!(retired, ("present".to_owned(), Some("retired".to_owned())));
}

#[tokio::test]
async fn a_body_beyond_every_rust_number_is_read() {
    let (world, webhook) = world(shapes::USERS).await;
    sign_up(&world, ADA, false).await;
    let body = format!(
        r#"{{"type": "INSERT", "table": "users", "record": {{"id": "{ADA}",
            "raw_user_meta_data": {{"huge": 1{}}}}}, "schema": "auth", "old_record": null}}"#,
        "0".repeat(400)
    );
    let token = [("x-rollcall-token", rollcall_tests::TOKEN)];
    let reply = rollcall_tests::post(&webhook.url(), &token, body.as_bytes()).await;
    assert_eq!(reply.json()["outcome"], "created");
}
