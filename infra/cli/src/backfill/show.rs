//! The answer of a backfill, for people.

use rollcall_domain::{
    backfill::{Answer, Proof, Status as Course},
    incident::State,
    run::Progress,
    severity::Status as Health,
    words::counted,
};

use crate::{export, output::Output};

/// Prints an answer for people.
pub(crate) fn show(answer: &Answer, output: &mut Output) -> std::io::Result<()> {
    let Progress {
        planned,
        created,
        present,
        refused,
        gone,
        remaining,
    } = answer.progress;
    let run_id = answer.run_id;
    match answer.status {
        Course::NothingToDo => output.line("nobody in question is missing a profile")?,
        Course::Planned => output.line(format_args!(
            "{planned} to get a profile; nobody has been touched"
        ))?,
        Course::Completed | Course::Partial | Course::Cancelled => {
            output.line(format_args!(
                "{planned} planned = {created} created + {present} present + {refused} refused \
                 + {gone} gone + {remaining} remaining"
            ))?;
            // A call that found the run through has no rate.
            if answer.rows_per_second > 0.0 {
                output.line(format_args!(
                    "in {} ms, {} users a second",
                    answer.duration_ms, answer.rows_per_second
                ))?;
            }
        }
    }
    let refusals = answer.refusals.iter().map(|refusal| {
        let sqlstate = refusal.sqlstate.clone().unwrap_or_default();
        [
            refusal.user_id.to_string(),
            refusal.reason.clone(),
            sqlstate,
        ]
    });
    if !answer.refusals.is_empty() {
        output.table(
            ["refused user", "reason", "SQLSTATE"],
            &refusals.collect::<Vec<_>>(),
        )?;
    }
    show_likely(answer, output)?;
    if let Some(export) = &answer.export {
        export::show(export, output)?;
    }
    for effect in &answer.side_effects {
        output.line(format_args!("fires for each profile: {effect}"))?;
    }
    if let Some(other) = answer.unfinished_run {
        output.line(format_args!(
            "run {other} is unfinished; to go on with it: rollcall backfill --run-id {other}"
        ))?;
    }
    if let Some(proof) = &answer.proof {
        show_proof(proof, output)?;
    }
    if matches!(answer.status, Course::Planned | Course::Partial) {
        output.line(format_args!("next: rollcall backfill --run-id {run_id}"))?;
    }
    Ok(())
}

/// Whom the database is likely to refuse, and what to do about each reason.
pub(crate) fn show_likely(answer: &Answer, output: &mut Output) -> std::io::Result<()> {
    for likely in &answer.likely_refusals {
        output.line(format_args!(
            "{} likely to be refused: {}{}, as {}",
            likely.users,
            likely.reason,
            likely
                .sqlstate
                .as_ref()
                .map_or_else(String::new, |code| format!(" ({code})")),
            likely.first_users[0]
        ))?;
    }
    for (reason, mend) in &answer.mends {
        output.line(format_args!("{reason}: {mend}"))?;
    }
    Ok(())
}

/// What the check after the run found.
fn show_proof(proof: &Proof, output: &mut Output) -> std::io::Result<()> {
    match proof.ghosts {
        Some(0) if proof.status == Health::Healthy => {
            output.line("checked: nobody is missing a profile now, and all else is well")?;
        }
        Some(0) => {
            output.line("checked: nobody is missing a profile now; something else is not well")?;
        }
        Some(ghosts) => output.line(format_args!(
            "checked: {} still missing a profile",
            counted(ghosts, "user")
        ))?,
        None => output.line("checked: it could not be counted who is missing a profile now")?,
    }
    if let Some(sample) = &proof.sample {
        let profile = if sample.has_profile {
            format!("has a profile with {}", sample.columns.join(", "))
        } else {
            "has no profile".to_owned()
        };
        let user = if sample.is_in_auth {
            "is in auth.users"
        } else {
            "is not in auth.users"
        };
        output.line(format_args!(
            "for example {}: {user}, {profile}",
            sample.user_id
        ))?;
    }
    if let Some(incident) = proof.incident {
        output.line(format_args!(
            "incident {}: {}",
            incident.id,
            word(incident.state)
        ))?;
    }
    if let Some(step) = &proof.next_step {
        output.line(format_args!("next: {step}"))?;
    }
    Ok(())
}

fn word(state: State) -> &'static str {
    match state {
        State::Opened => "opened",
        State::Ongoing => "goes on",
        State::Escalated => "got worse",
        State::Resolved => "resolved",
    }
}
