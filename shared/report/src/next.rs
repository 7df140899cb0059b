//! What to do next, as far as the history tells.

use rollcall_domain::{history::History, next_step, run};

use crate::words;

/// What to do, and the command that does it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) sentence: String,
    pub(crate) command: String,
}

/// The first thing to do, or nothing.
pub(crate) fn step(history: &History) -> Option<Step> {
    let step = |sentence: &str, command: &str| {
        Some(Step {
            sentence: sentence.to_owned(),
            command: command.to_owned(),
        })
    };
    let Some(latest) = history.latest.as_ref() else {
        return step("Take the roll for the first time.", "rollcall check");
    };
    if history.is_stale() {
        let sentence = "Find out why the nightly check does not run, and take the roll meanwhile.";
        return step(sentence, "rollcall check");
    }
    let mut checks = latest.checks.iter();
    if checks.any(|check| check.check_name == "guard_check" && check.passed == Some(false)) {
        return step(&whole(next_step::GUARD), "rollcall doctor");
    }
    let state = latest.trigger_state.as_deref();
    if state.is_some_and(|state| state != "active") {
        let sentence =
            "Bring the trigger back; signups are missed until then. Then see who is missing.";
        return step(sentence, "rollcall repair trigger install");
    }
    if let Some(unfinished) = history.runs.iter().find(|run| run.state == "running") {
        return Some(Step {
            sentence: "Go on with the run that is unfinished.".to_owned(),
            command: run::go_on(&unfinished.kind, unfinished.run_id),
        });
    }
    if latest.has_healed_all() {
        return None;
    }
    let count = |name| latest.count(name).unwrap_or(0);
    let (ghosts, refused) = (count("ghosts") - latest.healed, count("refused"));
    if ghosts > 0 && ghosts == refused {
        let sentence = "The database accepts none of the missing profiles: mend what the refusals below \
             name, then create them.";
        return step(sentence, "rollcall backfill --run");
    }
    if ghosts > 0 {
        return step(
            "See who would get a profile.",
            "rollcall backfill --preview",
        );
    }
    let checks = latest.checks.iter();
    let checks = checks.map(|check| (&*check.check_name, check.passed));
    // What the alert says; its last words are the call.
    if let Some((said, call)) =
        next_step::after(checks.clone()).and_then(|step| step.rsplit_once(": "))
    {
        return step(&whole(said), call);
    }
    let mut passed = checks.map(|(_, passed)| passed);
    if passed.any(|passed| passed != Some(true)) {
        return step(
            "Look again, and read what each check says.",
            "rollcall check",
        );
    }
    None
}

/// A sentence of its own.
fn whole(said: &str) -> String {
    format!("{}.", words::sentence(said))
}
