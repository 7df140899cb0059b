//! What to do next about what was found: one sentence, with the call that mends it where there is
//! one. Only calls that this version has; the page that is named says more.

use crate::{
    check::Seen,
    run::{self, Unfinished},
    trigger::State,
};

/// What to do where no number is to be believed, and nobody is to remove anything.
pub const GUARD: &str = "if people have signed up, find out what became of auth.users before \
    anything is repaired; if nobody has yet, nothing is wrong";
const CANARY: &str = "mend what the message of canary_check says (docs/checks/canary_check.md), \
    then see who is missing: rollcall backfill --preview";
const BLIND: &str = "mend what it names (docs/runbook.md, \"A check could not look\"), \
    then look again: rollcall check";

/// What keeps nobody from working: the kind of the incident, the check that finds it, and the step.
const LESSER: [(&str, &str, &str); 6] = [
    (
        "retired_profiles",
        "retired_profiles_check",
        "the application may have meant it; if not, unstamp the profile, delete the auth user, or \
         exclude them by `rollcall repair exclude` (docs/checks/retired_profiles_check.md); then look \
         again: rollcall check",
    ),
    (
        "orphaned_profiles",
        "orphaned_profiles_check",
        "see which, and stamp them by the run that this stores \
         (docs/checks/orphaned_profiles_check.md): rollcall repair profiles plan",
    ),
    (
        "leftover_profiles",
        "leftover_profiles_check",
        "see which, and stamp them by the run that this stores, unless they are meant to stay \
         (docs/checks/leftover_profiles_check.md): rollcall repair profiles plan",
    ),
    (
        "drifted_profiles",
        "drifted_profiles_check",
        "each is brought up to date by the next change of its user, if the triggers are active \
         (docs/checks/drifted_profiles_check.md); how many are left: rollcall check",
    ),
    (
        "orphaned_child_rows",
        "child_rows_check",
        "plan what becomes of them: a profile where the user exists, quarantine otherwise \
         (docs/checks/child_rows_check.md): rollcall repair references plan",
    ),
    (
        "failed_deliveries",
        "deliveries_check",
        "see which webhooks there are and what net._http_response says of them; whoever was missing \
         is counted (docs/checks/deliveries_check.md): rollcall doctor",
    ),
];

/// What to do about an incident of a lesser kind.
#[must_use]
pub fn about(kind: &str) -> Option<&'static str> {
    let known = LESSER.iter().find(|(known, ..)| *known == kind);
    known.map(|(.., step)| *step)
}

/// What to do about one of these, by its check.
#[must_use]
pub fn after_check(check_name: &str) -> Option<&'static str> {
    let known = LESSER.iter().find(|(_, check, _)| *check == check_name);
    known.map(|(.., step)| *step)
}

/// What to do about checks that failed or could not look, where the triggers do their work and
/// nobody is missing: each by its name and whether it passed. The canary and what could not be
/// looked at come before what keeps nobody from working.
pub fn after<'a>(
    checks: impl Iterator<Item = (&'a str, Option<bool>)> + Clone,
) -> Option<&'static str> {
    let mut all = checks.clone();
    if all
        .clone()
        .any(|check| check == ("canary_check", Some(false)))
    {
        return Some(CANARY);
    }
    if all.any(|(_, passed)| passed.is_none()) {
        return Some(BLIND);
    }
    let failed = checks.filter(|(_, passed)| *passed == Some(false));
    let mut steps = failed.filter_map(|(name, _)| LESSER.iter().find(|lesser| lesser.1 == name));
    steps.next().map(|(.., step)| *step)
}

/// What to do about what a full check saw: the gravest first.
pub(crate) fn of(seen: &Seen) -> Option<String> {
    if seen.is_guard_tripped() {
        return Some(GUARD.to_owned());
    }
    if let Some(triggers) = seen.triggers.seen()
        && triggers.state != State::Active
    {
        return Some(bring_back(triggers.state, &seen.configuration.mode).to_owned());
    }
    if let Some(Unfinished { run_id, kind, .. }) = seen.unfinished.first() {
        return Some(format!(
            "go on with the unfinished run: {}",
            run::go_on(kind, *run_id)
        ));
    }
    match seen.roll.seen().map(|roll| (roll.ghosts, roll.refused)) {
        None | Some((0, _)) => {
            let checks = seen.checks();
            let checks = checks
                .iter()
                .map(|check| (&*check.check_name, check.passed));
            after(checks).map(str::to_owned)
        }
        Some((ghosts, refused)) if ghosts == refused => Some(
            "the database accepts none of these profiles; see why: \
             select reason, sqlstate, count(*) from rollcall.sync_failures group by 1, 2; \
             mend that, then: rollcall backfill --run"
                .to_owned(),
        ),
        Some(_) => Some("see who would get a profile: rollcall backfill --preview".to_owned()),
    }
}

/// What to do about triggers that do not do their work.
pub(crate) fn bring_back(state: State, mode: &str) -> &'static str {
    match state {
        _ if mode == "watch" => {
            "bring the application's own trigger back by its migration, \
             then see who is missing: rollcall backfill --preview"
        }
        // What somebody else wrote is not written over unasked.
        State::Altered | State::Foreign => {
            "the message of trigger_exists_check names what is altered: give a lost right or column \
             back; for an object that was changed, find out by whom, then: rollcall repair trigger \
             install; it refuses what is somebody else's code now, which adopt = true in \
             rollcall.toml and the output of `rollcall sql` replace"
        }
        _ => {
            "bring the trigger back: rollcall repair trigger install; \
             then see who is missing: rollcall backfill --preview"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_ends_in_its_call_and_names_its_page() {
        for (kind, check, step) in LESSER {
            let (sentence, call) = step.rsplit_once(": ").unwrap();
            assert!(
                sentence.contains(&format!("(docs/checks/{check}.md)")),
                "{step}"
            );
            assert!(
                call.starts_with("rollcall ") || call.starts_with("select "),
                "{step}"
            );
            assert_eq!(about(kind), Some(step));
            assert_eq!(after_check(check), Some(step));
            let failed = [("ghost_users_check", Some(true)), (check, Some(false))];
            assert_eq!(after(failed.into_iter()), Some(step));
        }
        assert_eq!(about("trigger_missing"), None);
    }

    #[test]
    fn what_could_not_be_looked_at_comes_first_and_the_canary_before_that() {
        let mut checks = vec![
            ("count_parity_check", Some(false)),
            ("orphaned_profiles_check", Some(false)),
        ];
        assert_eq!(after(checks.iter().copied()), about("orphaned_profiles"));
        checks.push(("drifted_profiles_check", None));
        assert_eq!(after(checks.iter().copied()), Some(BLIND));
        checks.push(("canary_check", Some(false)));
        assert_eq!(after(checks.iter().copied()), Some(CANARY));
        let well = [("orphaned_profiles_check", Some(true))];
        assert_eq!(after(well.into_iter()), None);
    }
}
