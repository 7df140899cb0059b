//! What a repair answers, for people.

use rollcall_domain::repair::{Answer, Status as Course};

use crate::output::Output;

/// Prints an answer for people.
pub(super) fn show(answer: &Answer, output: &mut Output) -> std::io::Result<()> {
    if answer.status == Course::NothingToDo {
        output.line(
            "nothing is left to undo: no profile that this run created is there as its own",
        )?;
        return Ok(());
    }
    let total = answer.total();
    output.line(format_args!(
        "{} planned = {} removed + {} refused + {} gone + {} remaining",
        total.planned, total.created, total.refused, total.gone, total.remaining
    ))?;
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
        output.line(format_args!("next: rollcall repair undo {}", answer.run_id))?;
    }
    Ok(())
}
