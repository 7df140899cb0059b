//! What the checks left behind, under the names of the runbooks.

use rollcall_tests::{World, shapes};

use super::{Off, ghosts};

async fn ask(world: &World, sql: &str) -> String {
    world.ask_as("postgres", sql).await
}

const STATUS: &str = "select concat_ws(' | ', status, coalesce(severity, 'null'), ghosts, message)
    from get_latest_sync_status()";

#[tokio::test]
async fn the_status_is_unknown_before_the_first_check_and_26_hours_after_the_last() {
    let world = Off::Nothing.world(shapes::USERS).await;
    assert_eq!(
        ask(&world, STATUS).await,
        "unknown | null | There has been no full check yet"
    );
    ask(&world, "select record_user_sync_metrics()").await;
    assert_eq!(
        ask(&world, STATUS).await,
        "healthy | null | 0 | All checks passed"
    );
    for (minutes, status) in [(26 * 60 - 1, "healthy"), (26 * 60 + 1, "unknown")] {
        let age =
            format!("update rollcall.checks set checked_at = now() - interval '{minutes} minutes'");
        world.run("postgres", &age).await;
        assert!(ask(&world, STATUS).await.starts_with(status), "{minutes}");
    }
    // What a pulse calls does not stand in for the nightly check, but is later than it.
    let called =
        "insert into rollcall.checks (run_id, kind, checked_at, duration_ms, configuration,
            status, severity, counts, checks, trigger_state, trigger_detail, healed)
        values (gen_random_uuid(), 'pulse', now(), 1, '', 'critical', 'P1', '{\"ghosts\": 2}',
            '[{\"passed\": false, \"message\": \"two\"}]', 'active', '', 2)";
    world.run("postgres", called).await;
    assert!(ask(&world, STATUS).await.starts_with("unknown"));
    let fresh =
        "update rollcall.checks set checked_at = now() - interval '3 hours' where kind = 'full'";
    world.run("postgres", fresh).await;
    assert_eq!(
        ask(&world, STATUS).await,
        "critical | P1 | 2 | two; 2 profiles created at once"
    );
}

#[tokio::test]
async fn metrics_hold_the_severity_and_say_what_failed() {
    let world = Off::Ghosts.world(shapes::VERIFIED_USERS).await;
    let severity = "select record_user_sync_metrics() ->> 'severity'";
    assert_eq!(ask(&world, severity).await, "P1");
    ghosts(&world, 20, 3, 1).await;
    assert_eq!(ask(&world, severity).await, "P0");
    assert_eq!(
        ask(&world, STATUS).await,
        "critical | P0 | 6 | 6 auth users without a profile, 0 of them for longer than allowed; \
         11 auth users and 5 profiles: 6 auth users without a profile"
    );
    let stats = "select concat_ws(' ', auth_users, profiles, ghosts, synced_percent, trigger_state,
            last_status)
        from get_user_sync_stats()";
    assert_eq!(ask(&world, stats).await, "11 5 6 45.45 active critical");
}

#[tokio::test]
async fn metrics_weigh_what_is_acknowledged_and_what_drifted() {
    let world = Off::Ghosts.world(shapes::VERIFIED_USERS).await;
    let acknowledge = "insert into rollcall.acknowledgements (user_id, until)
        select user_id, now() + interval '1 day' from rollcall.standing s
        where not exists (select from public.users u where u.id = s.user_id)";
    world.run("postgres", acknowledge).await;
    let metrics =
        "select concat_ws(' ', m ->> 'status', m ->> 'severity', m #>> '{counts,drifted}')
        from record_user_sync_metrics() m";
    assert_eq!(ask(&world, metrics).await, "warning P2 0");
    let drift = "update public.users set email = 'x@example.com' where email = 'u1@example.com'";
    world.run("postgres", drift).await;
    assert_eq!(ask(&world, metrics).await, "warning P2 1");
}

#[tokio::test]
async fn users_who_vanish_by_the_tenth_are_not_believed() {
    let world = Off::Nothing.world(shapes::VERIFIED_USERS).await;
    let status = "select record_user_sync_metrics() ->> 'status'";
    assert_eq!(ask(&world, status).await, "healthy");
    world
        .run(
            "supabase_auth_admin",
            "delete from auth.users where email = 'u1@example.com'",
        )
        .await;
    for _ in 0..2 {
        assert_eq!(
            ask(&world, status).await,
            "unknown",
            "asking again proves nothing"
        );
    }
    world
        .run("rollcall_operator", "select rollcall.believe_auth_users()")
        .await;
    assert_eq!(ask(&world, status).await, "healthy");
}

#[tokio::test]
async fn the_history_goes_back_as_many_days_as_asked() {
    let world = Off::Nothing.world(shapes::USERS).await;
    for days in [1, 6, 8] {
        ask(&world, "select record_user_sync_metrics()").await;
        let age = format!(
            "update rollcall.checks set checked_at = now() - interval '{days} days'
            where checked_at > now() - interval '1 hour'"
        );
        world.run("postgres", &age).await;
    }
    for (days, expected) in [("7", "2"), ("30", "3"), ("0", "0"), ("null", "0")] {
        let sql = format!("select count(*) from get_sync_status_history({days})");
        assert_eq!(ask(&world, &sql).await, expected, "{days}");
    }
    let order = "select bool_and(earlier < later) from (
        select lead(checked_at) over () as earlier, checked_at as later
        from get_sync_status_history(30)) pairs";
    assert_eq!(ask(&world, order).await, "true");
}

#[tokio::test]
async fn work_that_has_begun_is_not_logged_as_ended() {
    let world = Off::Nothing.world(shapes::USERS).await;
    let log = |status| {
        format!(
            "with logged as (select log_cleanup_job('by_hand', 'manual', '{status}', null, 2, null) as id)
            select 1 from logged"
        )
    };
    ask(&world, &log("running")).await;
    ask(&world, &log("failed")).await;
    let rows = "select string_agg(concat_ws(' ', status, records_affected, records_failed,
            completed_at is null), ', ' order by status)
        from cleanup_audit_log";
    assert_eq!(ask(&world, rows).await, "failed 0 2 f, running 0 2 t");
}

#[tokio::test]
async fn nobody_but_the_owner_may_use_them() {
    let world = Off::Nothing.world(shapes::USERS).await;
    for role in [
        "anon",
        "authenticated",
        "service_role",
        "rollcall_app",
        "rollcall_operator",
    ] {
        let sql = format!(
            "select count(*) from (
                select has_function_privilege('{role}', p.oid, 'execute') as has
                from pg_proc p
                where p.pronamespace = 'public'::regnamespace
                    and p.proname not in ('ensure_user_profile')
                union all
                select has_table_privilege('{role}', c.oid, 'select, insert, update, delete')
                from pg_class c
                where c.oid in ('public.error_logs'::regclass, 'public.cleanup_audit_log'::regclass)
            ) rights
            where has"
        );
        assert_eq!(world.ask(&sql).await, "0", "{role}");
    }
}
