//! The library of faults: what went wrong is done to a world that was well, people sign up, and
//! the check has to say why they are without a profile, or that it does not know.

use rollcall_tests::FAULTS;

use super::*;

#[tokio::test]
async fn each_fault_is_told_by_its_right_cause_and_none_by_a_wrong_one() {
    let mut wrong = vec![];
    let mut right = 0;
    for fault in FAULTS {
        let watched = Watched::new().await;
        watched.sign_up(1, 2).await;
        watched.check().await;
        for (role, sql) in fault.before {
            watched.counted(role, sql).await;
        }
        if fault.restored {
            watched.restore(100, 4).await;
        } else {
            watched.sign_up(100, 4).await;
        }
        for (role, sql) in fault.after {
            watched.counted(role, sql).await;
        }
        let report = watched.check().await;
        let told = cause(&report);
        if told == fault.kind {
            right += 1;
        } else {
            let sentence = &report["cause"]["sentence"];
            wrong.push(format!(
                "{}: {told}, not {}: {sentence}",
                fault.name, fault.kind
            ));
        }
    }
    assert!(wrong.is_empty(), "{right} are right, but {wrong:#?}");
}

/// The counters are compared with those of the last look, whoever looked.
#[tokio::test]
async fn looking_costs_the_next_one_nothing() {
    for (role, sql, kind) in [
        (
            "postgres",
            "delete from public.users where email < 'u4'",
            "profiles_deleted",
        ),
        ("postgres", "truncate public.users", "profiles_truncated"),
        ("supabase_admin", "", "trigger_bypassed"),
    ] {
        let watched = Watched::new().await;
        watched.sign_up(1, 5).await;
        watched.check().await;
        if sql.is_empty() {
            watched.restore(100, 4).await;
        } else {
            watched.counted(role, sql).await;
        }
        let look = || watched.nightly.invoke(rollcall_tests::look());
        let first = look().await.unwrap();
        assert_eq!(cause(&first), kind, "{first:#}");
        let second = look().await.unwrap();
        assert_eq!(second["cause"], first["cause"]);
        watched.restore(200, 4).await;
        let others = look().await.unwrap();
        let kind = if kind == "trigger_bypassed" {
            kind
        } else {
            "unknown"
        };
        assert_eq!(cause(&others), kind, "{others:#}");
    }
}
