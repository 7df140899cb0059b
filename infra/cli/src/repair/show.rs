//! What a repair answers, for people.

use rollcall_domain::repair::{Answer, Status as Course};

use crate::output::Output;

/// Prints an answer for people.
pub(super) fn show(answer: &Answer, output: &mut Output) -> std::io::Result<()> {
    if answer.status == Course::NothingToDo {
        output.line(match answer.undoes {
            Some(_) => "nothing is left to undo: nothing that this run did is there as its own",
            None => "there is nothing to repair",
        })?;
        return Ok(());
    }
    let total = answer.total();
    let is_removal = answer.tables.iter().all(|table| table.policy == "remove");
    output.line(format_args!(
        "{} planned = {} {} + {} refused + {} gone + {} remaining",
        total.planned,
        total.created,
        if is_removal { "removed" } else { "done" },
        total.refused,
        total.gone,
        total.remaining
    ))?;
    if !is_removal {
        let rows = answer.tables.iter().map(|table| {
            [
                table.table.clone(),
                table.column.clone(),
                table.policy.clone(),
                table.planned.to_string(),
                table.done.to_string(),
            ]
        });
        output.table(
            ["table", "column", "policy", "planned", "done"],
            &rows.collect::<Vec<_>>(),
        )?;
    }
    for sample in &answer.samples {
        output.line(format_args!(
            "for example {} of {}: {}",
            sample.key, sample.table, sample.policy
        ))?;
    }
    if !answer.refusals.is_empty() {
        let rows = answer.refusals.iter().map(|refusal| {
            [
                refusal.key.clone(),
                refusal.reason.clone(),
                refusal.referred_by.clone().unwrap_or_default(),
                refusal.sqlstate.clone().unwrap_or_default(),
            ]
        });
        output.table(
            ["profile left", "reason", "referred to by", "SQLSTATE"],
            &rows.collect::<Vec<_>>(),
        )?;
    }
    for reason in &answer.reasons {
        output.line(format_args!(
            "{} {}: {}",
            reason.rows, reason.reason, reason.mend
        ))?;
    }
    for effect in &answer.side_effects {
        output.line(format_args!("fires for each profile: {effect}"))?;
    }
    if let Some(step) = &answer.next_step {
        output.line(step)?;
    }
    if answer.status == Course::Partial {
        let word = answer.undoes.map_or("apply", |_| "undo");
        output.line(format_args!(
            "next: rollcall repair {word} {}",
            answer.run_id
        ))?;
    }
    Ok(())
}
