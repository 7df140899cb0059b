//! From the loss to the profile within a minute: whatever happens between two pulses is seen by
//! the second, and healed.

use super::*;

/// A world that one pulse and one check have seen well.
async fn calm() -> Watched {
    let watched = Watched::new().await;
    watched.sign_up(1, 5).await;
    watched.check().await;
    watched.beat().await;
    let report = watched.beat().await;
    assert_eq!(report["status"], "healthy", "{report:#}");
    assert_eq!(
        report["counts"]["auth_users"],
        Value::Null,
        "a pulse counts nobody"
    );
    let _ = watched.mailbox.take();
    watched
}

#[tokio::test]
async fn a_restore_under_the_replica_role_is_seen_by_the_next_pulse() {
    let watched = calm().await;
    watched.restore(10, 3).await;
    let report = watched.beat().await;
    assert_eq!(report["healed"]["created"], 3, "{report:#}");
    assert_eq!(cause(&report), "trigger_bypassed");
    assert_eq!(watched.ghosts().await, 0);
    assert_eq!(watched.headlines().len(), 1);
}

#[tokio::test]
async fn a_dropped_and_a_disabled_trigger_are_seen_before_anybody_signs_up() {
    for (role, sql, kind) in [
        (
            "postgres",
            "drop function public.handle_new_user() cascade",
            "trigger_missing",
        ),
        (
            "supabase_admin",
            "alter table auth.users disable trigger on_auth_user_created",
            "trigger_disabled",
        ),
    ] {
        let watched = calm().await;
        watched.world.run(role, sql).await;
        let report = watched.beat().await;
        assert_eq!(cause(&report), kind);
        assert_eq!(report["incident"]["state"], "opened", "{report:#}");
        assert_eq!(watched.headlines().len(), 1);
        // People go on signing up, and have to wait for a pulse only.
        watched.sign_up(10, 2).await;
        let report = watched.beat().await;
        assert_eq!(report["healed"]["created"], 2, "{report:#}");
        assert_eq!(watched.ghosts().await, 0);
        assert_eq!(watched.headlines(), [""; 0], "it is the same incident");
    }
}

#[tokio::test]
async fn failed_writes_are_tried_again_when_their_time_has_come() {
    let watched = calm().await;
    watched
        .world
        .run(
            "postgres",
            "alter table public.users add constraint nobody check (false) not valid",
        )
        .await;
    watched.sign_up(10, 2).await;
    watched
        .world
        .run(
            "postgres",
            "alter table public.users drop constraint nobody",
        )
        .await;
    let due = "update rollcall.sync_failures set next_attempt_at = now()";
    watched.world.run("postgres", due).await;
    let report = watched.beat().await;
    assert_eq!(report["healed"]["created"], 2, "{report:#}");
    assert_eq!(
        watched
            .world
            .ask("select count(*) from rollcall.sync_failures")
            .await,
        "0"
    );
}

#[tokio::test]
async fn a_failed_write_is_not_tried_again_before_its_time_and_waits_longer_each_time() {
    let watched = calm().await;
    watched
        .world
        .run(
            "postgres",
            "alter table public.users add constraint nobody check (false) not valid",
        )
        .await;
    watched.sign_up(10, 1).await;
    let attempts = "select attempts from rollcall.sync_failures";
    watched.beat().await;
    assert_eq!(
        watched.world.ask(attempts).await,
        "2",
        "a fresh one is tried at once"
    );
    watched.beat().await;
    assert_eq!(watched.world.ask(attempts).await, "2", "not due yet");
    let wait = "select extract(epoch from next_attempt_at - last_failed_at)::int from rollcall.sync_failures";
    let mut waits = vec![];
    for _ in 0..3 {
        watched
            .world
            .run(
                "postgres",
                "update rollcall.sync_failures set next_attempt_at = now()",
            )
            .await;
        watched.beat().await;
        waits.push(watched.world.ask(wait).await);
    }
    assert_eq!(waits, ["240", "480", "960"]);
}

#[tokio::test]
async fn whoever_signs_in_without_a_profile_is_found_by_their_session() {
    let watched = calm().await;
    // Nothing but the session tells of this one.
    watched
        .counted(
            "supabase_admin",
            "set session_replication_role = replica;
             delete from public.users where id = '00000000-0000-4000-8000-000000000001';",
        )
        .await;
    watched
        .world
        .run(
            "postgres",
            "update rollcall.baseline set profiles_deleted = profiles_deleted + 1",
        )
        .await;
    assert_eq!(watched.beat().await["status"], "healthy");
    watched
        .world
        .run(
            "supabase_admin",
            "set session_replication_role = replica;
             insert into auth.refresh_tokens (token, user_id, updated_at)
             values ('t', '00000000-0000-4000-8000-000000000001', now()), ('x', 'rubbish', now())",
        )
        .await;
    let report = watched.beat().await;
    assert_eq!(report["healed"]["created"], 1, "{report:#}");
}

#[tokio::test]
async fn profiles_deleted_or_truncated_away_are_seen() {
    for (sql, kind) in [
        (
            "delete from public.users where email < 'u4'",
            "profiles_deleted",
        ),
        ("truncate public.users", "profiles_truncated"),
    ] {
        let watched = calm().await;
        watched.counted("postgres", sql).await;
        let report = watched.beat().await;
        assert!(report["healed"]["created"].as_i64() > Some(0), "{report:#}");
        assert_eq!(cause(&report), kind, "{report:#}");
        assert_eq!(watched.ghosts().await, 0);
    }
}

#[tokio::test]
async fn a_lost_third_of_the_webhooks_is_made_good() {
    let (sql, toml) = shapes::USERS;
    let toml = format!("{toml}\n[trigger]\nmode = \"watch\"\n");
    let world = World::bare(sql).await;
    world
        .run(
            "postgres",
            "create function public.handle_new_user() returns trigger language plpgsql
             security definer set search_path = '' as $$ begin return null; end $$;
             create trigger on_auth_user_created after insert on auth.users
             for each row execute function public.handle_new_user()",
        )
        .await;
    world.install(&toml).await;
    let watched = Watched::of(world).await;
    watched.sign_up(1, 1).await;
    watched.check().await;
    watched.beat().await;
    watched.sign_up(1000, 300).await;
    // The webhook reaches two of three.
    watched
        .counted(
            "rollcall_app",
            "select rollcall.ensure_profile(
                 ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid
             ) from generate_series(1000, 1299) n where n % 3 <> 0",
        )
        .await;
    assert_eq!(watched.ghosts().await, 100);
    let report = watched.beat().await;
    assert_eq!(report["healed"]["created"], 100, "{report:#}");
    assert_eq!(watched.ghosts().await, 0);
}

#[tokio::test]
async fn with_the_database_out_of_reach_it_throws_unavailable() {
    let function = Deployed::with_url(
        "pulse",
        "postgres://rollcall_app@127.0.0.1:1/none?sslmode=disable",
        &[],
    )
    .await;
    let (kind, _) = rollcall_tests::thrown(function.invoke(json!({})).await);
    assert_eq!(kind, "Unavailable");
}

#[tokio::test]
async fn what_a_check_explains_again_and_again_makes_the_pulse_quiet_and_one_false_alarm_does_not()
{
    let (sql, toml) = shapes::USERS;
    let toml = format!("{toml}\n[eligible]\nanonymous = false\n");
    let watched = Watched::of(World::with(sql, &toml).await).await;
    watched.sign_up(1, 1).await;
    watched.check().await;
    watched.beat().await;
    let anonymous = "insert into auth.users (id, is_anonymous, created_at)
        values (gen_random_uuid(), true, now())";
    let checks = "select count(*) from rollcall.checks where kind = 'pulse'";
    watched.counted("supabase_auth_admin", anonymous).await;
    watched.beat().await;
    assert_eq!(watched.world.ask(checks).await, "1");
    // The quiet after the first false alarm is over in a second, long before the next pulse.
    let over = "update rollcall.baseline set quiet_until = now()
        where quiet_for <= interval '1 second'";
    watched.world.run("postgres", over).await;
    watched.restore(10, 2).await;
    let report = watched.beat().await;
    assert_eq!(
        report["healed"]["created"], 2,
        "one false alarm is no reason to wait: {report:#}"
    );
    // The server counts what a connection wrote with the next thing it does after a second. The
    // first pulse has it counted, the second takes note: later it would hide the gaps to come.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    watched.beat().await;
    watched.beat().await;
    for calls in ["3", "4", "4", "4"] {
        watched.world.run("postgres", over).await;
        watched.counted("supabase_auth_admin", anonymous).await;
        let report = watched.beat().await;
        assert_eq!(report["status"], "healthy", "{report:#}");
        assert_eq!(watched.world.ask(checks).await, calls);
    }
}
