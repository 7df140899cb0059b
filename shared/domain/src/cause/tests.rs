use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::{
    evidence::{Explained, Ghosts},
    trigger::Triggers,
};

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
}

fn evidence(ghosts: i64) -> Evidence {
    Evidence {
        triggers: Triggers {
            state: State::Active,
            detail: "User sync trigger is active".to_owned(),
            examined: 3,
            beside: vec![],
        },
        triggers_active_at: Some(at(5)),
        watches: false,
        profiles: Some(100),
        ghosts: Ghosts {
            ghosts,
            first_created: Some(at(1)),
            last_created: Some(at(2)),
            ..Ghosts::default()
        },
        reasons: vec![],
        moved: Some(Moved::default()),
        moved_since: Some(at(4)),
        before: None,
        clean_at: Some(at(0)),
        migrations: vec![],
    }
}

fn kind(evidence: &Evidence) -> Option<String> {
    find(evidence).map(|cause| cause.kind)
}

fn refused(reason: &str, users: i64) -> Reason {
    Reason {
        reason: reason.to_owned(),
        sqlstate: Some("23502".to_owned()),
        users,
        first_failed_at: at(3),
    }
}

#[test]
fn nobody_missing_needs_no_cause() {
    assert_eq!(find(&evidence(0)), None);
}

#[test]
fn a_trigger_that_is_not_active_is_the_cause_with_its_neighbours() {
    let mut seen = evidence(2);
    seen.triggers.state = State::Disabled;
    seen.triggers.detail = "on_auth_user_created is disabled".to_owned();
    seen.migrations = vec!["20260101000000_cleanup".to_owned()];
    let cause = find(&seen).unwrap();
    assert_eq!(cause.kind, "trigger_disabled");
    assert_eq!(
        cause.sentence,
        "on_auth_user_created is disabled; last seen active 1970-01-01 00:05 UTC; \
         migrations from about then: 20260101000000_cleanup"
    );
}

#[test]
fn the_ledger_explains_only_whom_it_knows() {
    let mut seen = evidence(10);
    seen.ghosts.in_ledger = 10;
    seen.reasons = vec![refused("not_null", 10)];
    assert_eq!(kind(&seen).as_deref(), Some("refused_not_null"));
    seen.reasons = vec![refused("not_null", 5), refused("cast", 5)];
    assert_eq!(
        kind(&seen).as_deref(),
        Some(UNKNOWN),
        "two reasons are none"
    );
    seen.ghosts.in_ledger = 5;
    seen.reasons = vec![refused("not_null", 5)];
    assert_eq!(kind(&seen).as_deref(), Some(UNKNOWN), "half is not all");
}

#[test]
fn counters_tell_a_deletion_from_a_restore() {
    let mut seen = evidence(10);
    seen.moved = Some(Moved {
        profiles_deleted: 10,
        ..Moved::default()
    });
    assert_eq!(kind(&seen).as_deref(), Some("profiles_deleted"));
    seen.moved = Some(Moved {
        users_inserted: 10,
        ..Moved::default()
    });
    assert_eq!(kind(&seen).as_deref(), Some("trigger_bypassed"));
    seen.watches = true;
    assert_eq!(
        kind(&seen).as_deref(),
        Some(UNKNOWN),
        "the application's trigger may have swallowed its error"
    );
}

#[test]
fn what_the_counters_told_once_holds_while_no_others_are_missing() {
    let mut seen = evidence(10);
    let told = Cause::new(DELETED, "10 profiles were deleted");
    let explained = |cause: &Cause| {
        Some(Explained {
            cause: cause.clone(),
            ghosts: 10,
        })
    };
    seen.before = explained(&told);
    assert_eq!(find(&seen), Some(told.clone()));
    seen.ghosts.ghosts = 4;
    assert_eq!(find(&seen), Some(told), "some were mended");
    seen.ghosts.ghosts = 20;
    assert_eq!(kind(&seen).as_deref(), Some(UNKNOWN), "others came");
    seen.moved = Some(Moved {
        profiles_deleted: 10,
        ..Moved::default()
    });
    let both = find(&seen).unwrap();
    assert_eq!(both.kind, DELETED);
    assert!(both.sentence.ends_with(", and 10 before that"), "{both:?}");
    seen.ghosts.ghosts = 10;
    seen.moved = Some(Moved::default());
    seen.before = explained(&Cause::new("trigger_disabled", "it is disabled"));
    assert_eq!(kind(&seen).as_deref(), Some(UNKNOWN), "it is active again");
}

#[test]
fn an_emptied_table_is_told_from_a_rewritten_one() {
    let mut seen = evidence(100);
    seen.profiles = Some(0);
    seen.moved = Some(Moved {
        has_new_file: true,
        ..Moved::default()
    });
    assert_eq!(kind(&seen).as_deref(), Some("profiles_truncated"));
    seen.profiles = Some(100);
    assert_eq!(kind(&seen).as_deref(), Some(UNKNOWN));
}

#[test]
fn older_than_rollcall_holds_until_a_check_found_nobody_missing() {
    let mut seen = evidence(4);
    seen.ghosts.before_install = 4;
    seen.clean_at = None;
    assert_eq!(kind(&seen).as_deref(), Some("older_than_rollcall"));
    seen.clean_at = Some(at(0));
    assert_eq!(kind(&seen).as_deref(), Some(UNKNOWN));
}

#[test]
fn it_began_no_earlier_than_when_nobody_was_missing() {
    let mut seen = evidence(1);
    assert_eq!(began_at(&seen, at(9)), at(1));
    seen.clean_at = Some(at(3));
    assert_eq!(began_at(&seen, at(9)), at(3), "a restored user is older");
    seen.ghosts = Ghosts::default();
    assert_eq!(
        began_at(&seen, at(9)),
        at(5),
        "when the trigger was last seen"
    );
}
