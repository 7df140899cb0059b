//! The five documents, each in a healthy world, one with ghosts, one with orphans, and one without
//! the trigger.

use rollcall_tests::{Deployed, shapes};
use serde_json::json;

use super::{
    Off, id, quietly,
    session::{Outcome, at, run},
};

/// The documents' SQL, word for word.
pub(super) const ALL: [&str; 5] = [
    include_str!("../../fixtures/runbooks/000.sql"),
    include_str!("../../fixtures/runbooks/001.sql"),
    include_str!("../../fixtures/runbooks/002.sql"),
    include_str!("../../fixtures/runbooks/003.sql"),
    include_str!("../../fixtures/runbooks/004.sql"),
];

/// The trigger as the documents expect to see it, unless it is what is off.
fn assert_trigger(outcome: &Outcome, off: Off, row: &[&str]) {
    let rows: Vec<&[String]> = outcome.rows.iter().map(Vec::as_slice).collect();
    if off == Off::Trigger {
        assert!(rows.is_empty(), "{outcome:?}");
    } else {
        assert_eq!(rows, [row], "{outcome:?}");
    }
}

#[tokio::test]
async fn the_backfill_makes_the_missing_rows() {
    for off in Off::ALL {
        let world = off.world(shapes::USERS).await;
        let affected = id(if off == Off::Ghosts { 10 } else { 3 });
        let outcomes = run(&world, ALL[0], &[("<affected-user-id>", &affected)]).await;
        let inserted = usize::try_from(at(&outcomes, "0.1.1").affected).unwrap();
        assert_eq!(inserted, off.only(Off::Ghosts, 3), "{off:?}");
        let user = at(&outcomes, "0.2.1");
        assert_eq!(user.columns, ["id", "email", "name"]);
        assert_eq!(user.only("id"), affected);
    }
}

#[tokio::test]
async fn the_deployment_is_verified() {
    for off in Off::ALL {
        let world = off.world(shapes::VERIFIED_USERS).await;
        let sign_up =
            "insert into auth.users (id, email) values (gen_random_uuid(), 'test@example.com')";
        world.run("supabase_auth_admin", sign_up).await;
        let outcomes = run(&world, ALL[1], &[]).await;
        let ghosts = off.only(Off::Ghosts, 3) + off.only(Off::Trigger, 1);
        assert_eq!(
            at(&outcomes, "1.1.1").only("ghost_users"),
            ghosts.to_string()
        );
        let counts = at(&outcomes, "1.2.1");
        let users = 6 + off.only(Off::Ghosts, 3) - off.only(Off::Orphans, 2);
        let profiles = 6 - off.only(Off::Trigger, 1);
        assert_eq!(counts.only("auth_users_count"), users.to_string());
        assert_eq!(counts.only("public_users_count"), profiles.to_string());
        let trigger = at(&outcomes, "1.3.1");
        assert_trigger(trigger, off, &["on_auth_user_created", "O", "auth.users"]);
        assert_eq!(at(&outcomes, "1.4.1").rows.len(), 0);
        let has_profile = if off == Off::Trigger { "f" } else { "t" };
        assert_eq!(at(&outcomes, "1.5.1").only("has_profile"), has_profile);
        assert_eq!(at(&outcomes, "1.7.1").only("count"), ghosts.to_string());
    }
}

#[tokio::test]
async fn a_backfill_of_ours_is_in_the_audit_log_where_the_deployment_guide_looks() {
    let world = Off::Ghosts.world(shapes::VERIFIED_USERS).await;
    let backfill = Deployed::start("backfill", &world, "rollcall_operator", &[]).await;
    backfill.invoke(json!({"mode": "run"})).await.unwrap();
    let outcomes = run(&world, ALL[1], &[]).await;
    let log = at(&outcomes, "1.4.1");
    let columns = "job_name status records_affected started_at completed_at error_message";
    assert_eq!(log.columns.join(" "), columns);
    assert_eq!(log.only("job_name"), "backfill_ghost_users");
    assert_eq!(
        (log.only("status"), log.only("records_affected")),
        ("completed", "3")
    );
    assert_ne!(log.only("completed_at"), "null");
    assert_eq!(at(&outcomes, "1.1.1").only("ghost_users"), "0");
}

#[tokio::test]
async fn the_incident_runbook_goes_from_the_page_to_the_proof() {
    for off in Off::ALL {
        let world = off.world(shapes::VERIFIED_USERS).await;
        let ghosts = off.only(Off::Ghosts, 3);
        let gaps = [
            ("<number_of_users_backfilled>", &*ghosts.to_string()),
            ("<root_cause>", "a drill"),
        ];
        let outcomes = run(&world, ALL[2], &gaps).await;
        before_the_backfill(&outcomes, off, ghosts);
        after_the_backfill(&outcomes, off);
        assert_eq!(at(&outcomes, "2.12.1").columns, ["log_cleanup_job"]);
        let audit_row = at(&outcomes, "2.12.1").only("log_cleanup_job");
        let logged = format!(
            "select concat_ws(' ', job_name, job_type, status, records_affected, records_failed,
                completed_at is not null, error_message)
            from public.cleanup_audit_log where id = '{audit_row}'"
        );
        assert_eq!(
            world.ask(&logged).await,
            format!(
                "emergency_ghost_user_backfill one_time completed {ghosts} 0 t Incident response: \
                 Backfilled ghost users due to a drill"
            )
        );
    }
}

fn before_the_backfill(outcomes: &[Outcome], off: Off, ghosts: usize) {
    assert_eq!(at(outcomes, "2.1.1").only("count"), ghosts.to_string());
    assert_eq!(at(outcomes, "2.2.1").rows.len(), ghosts);
    let name = "on_auth_user_created";
    assert_trigger(at(outcomes, "2.3.1"), off, &[name, "O", "auth.users"]);
    assert_trigger(at(outcomes, "2.5.1"), off, &[name, "O"]);
    assert_trigger(at(outcomes, "2.7.1"), off, &[name, "O"]);
    assert_eq!(at(outcomes, "2.7.2").only("proname"), "handle_new_user");
    let definition = at(outcomes, "2.8.2").only("definition");
    assert!(definition.contains("SECURITY DEFINER"), "{definition}");
    assert_eq!(at(outcomes, "2.9.1").rows.len(), ghosts);
    assert_eq!(at(outcomes, "2.10.1").affected, ghosts as u64);
    assert_eq!(at(outcomes, "2.11.1").only("count"), "0");
    assert_eq!(at(outcomes, "2.15.1").rows.len(), 0);
}

fn after_the_backfill(outcomes: &[Outcome], off: Off) {
    let orphans = off.only(Off::Orphans, 2);
    let trigger = if off == Off::Trigger {
        [
            "trigger_exists_check",
            "f",
            "1",
            "critical",
            "on_auth_user_created does not exist on auth.users",
        ]
    } else {
        [
            "trigger_exists_check",
            "t",
            "0",
            "critical",
            "User sync trigger is active",
        ]
    };
    let users = 5 + off.only(Off::Ghosts, 3);
    let parity = format!("User counts match: {users}");
    let healthy = [
        [
            "ghost_users_check",
            "t",
            "0",
            "critical",
            "No ghost users detected",
        ],
        [
            "orphaned_profiles_check",
            "t",
            "0",
            "warning",
            "No orphaned profiles detected",
        ],
        ["count_parity_check", "t", "0", "critical", &parity],
        trigger,
    ];
    let mut with_orphans = healthy;
    with_orphans[1] = [
        "orphaned_profiles_check",
        "f",
        "2",
        "warning",
        "2 profiles without an auth user",
    ];
    let parity = "3 auth users and 5 profiles: 2 profiles without an auth user";
    with_orphans[2] = ["count_parity_check", "f", "2", "critical", parity];
    let mut stamped = healthy;
    let parity =
        "3 auth users and 5 profiles: 2 profiles stamped as deleted, of users who are gone";
    stamped[2] = ["count_parity_check", "t", "0", "critical", parity];
    let [first, second] = match off {
        Off::Orphans => [with_orphans, stamped],
        _ => [healthy, healthy],
    };
    for (place, expected) in [("2.13.1", first), ("2.21.1", second)] {
        let quality = at(outcomes, place);
        assert_eq!(
            quality.columns.join(" "),
            "check_name passed issue_count severity message"
        );
        assert_eq!(quality.rows, expected, "{off:?} {place}");
    }
    let orphaned = at(outcomes, "2.17.1");
    assert_eq!(orphaned.rows.len(), orphans);
    if orphans > 0 {
        assert_eq!(orphaned.columns, ["user_id", "email", "created_at"]);
        assert_eq!(orphaned.rows[0][..2], [id(1), "u1@example.com".to_owned()]);
    }
    assert_eq!(at(outcomes, "2.18.1").affected, orphans as u64);
    let status = match off {
        Off::Nothing | Off::Ghosts => "healthy",
        Off::Orphans => "warning",
        Off::Trigger => "critical",
    };
    let recorded = at(outcomes, "2.16.1").only("record_user_sync_metrics");
    assert!(
        recorded.contains(&format!("\"status\": \"{status}\"")),
        "{recorded}"
    );
    assert_eq!(at(outcomes, "2.19.1").only("status"), status);
    assert_eq!(at(outcomes, "2.20.1").only("status"), status);
    assert_eq!(at(outcomes, "2.20.1").only("kind"), "full");
    assert_eq!(at(outcomes, "2.22.1").only("orphaned_profiles"), "0");
    assert_eq!(at(outcomes, "2.22.1").only("last_status"), status);
}

#[tokio::test]
async fn the_root_cause_analysis_sees_who_is_missing() {
    for off in Off::ALL {
        let world = off.world(shapes::USER_PROFILES).await;
        let outcomes = run(&world, ALL[3], &[]).await;
        let users = at(&outcomes, "3.2.1");
        assert_eq!(users.columns, ["user_id", "email", "profile_id", "status"]);
        let missing = users.rows.iter().filter(|row| row[3].contains("Missing"));
        assert_eq!(missing.count(), off.only(Off::Ghosts, 3), "{off:?}");
    }
}

#[tokio::test]
async fn the_foreign_key_guide_counts_what_is_orphaned() {
    const CHILDREN: [&str; 4] = ["orders", "chat_messages", "conversations", "leads"];
    for off in Off::ALL {
        let world = off.world(shapes::PROFILES).await;
        // A row of somebody who has a profile, and one of a ghost.
        for table in CHILDREN {
            let rows = format!(
                "insert into public.{table} (user_id) select id from auth.users
                where id in ('{}', '{}')",
                id(3),
                id(10)
            );
            quietly(&world, &rows).await;
        }
        let outcomes = run(&world, ALL[4], &[]).await;
        let orphaned = off.only(Off::Ghosts, 1).to_string();
        assert_eq!(at(&outcomes, "4.1.1").only("orphaned_count"), orphaned);
        let keys = at(&outcomes, "4.1.2").rows.concat();
        assert!(keys.contains(&"orders_user_id_fkey".to_owned()), "{keys:?}");
        assert_eq!(at(&outcomes, "4.2.1").rows.len(), 0, "nothing was touched");
        assert!(!at(&outcomes, "4.2.2").rows.is_empty());
        let remaining = [
            ["orders".to_owned(), orphaned.clone()],
            ["chat_messages".to_owned(), orphaned],
        ];
        assert_eq!(at(&outcomes, "4.2.3").rows, remaining);
        let log = "select string_agg(attname, ' ' order by attnum) from pg_attribute
            where attrelid = 'error_logs'::regclass and attnum > 0";
        let columns = world.ask_as("postgres", log).await;
        assert!(columns.contains("error_type created_at"), "{columns}");
    }
}
