//! What a repair answers, for people.

use rollcall_domain::repair::{Answer, Status as Course, Table};

use crate::output::Output;

/// Prints an answer for people.
pub(super) fn show(answer: &Answer, output: &mut Output) -> std::io::Result<()> {
    if answer.status == Course::NothingToDo {
        output.line(match answer.undoes {
            Some(_) => "nothing is left to undo: nothing that this run did is there as its own",
            None => "nothing to do: nothing is there that it is for",
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
        show_tables(&answer.tables, output)?;
    }
    if !answer.samples.is_empty() {
        let rows = answer.samples.iter().map(|sample| {
            [
                sample.table.clone(),
                sample.key.clone(),
                sample.user_id.clone(),
                sample.policy.clone(),
            ]
        });
        output.table(
            ["for example", "key", "user", "policy"],
            &rows.collect::<Vec<_>>(),
        )?;
    }
    show_left(answer, output)?;
    for effect in &answer.side_effects {
        output.line(format_args!("mind: {effect}"))?;
    }
    if let Some(step) = &answer.next_step {
        output.line(step)?;
    }
    if answer.status == Course::Partial {
        let word = if answer.undoes.is_some() {
            "undo"
        } else {
            "apply"
        };
        output.line(format_args!(
            "next: rollcall repair {word} {}",
            answer.run_id
        ))?;
    }
    Ok(())
}

fn show_tables(tables: &[Table], output: &mut Output) -> std::io::Result<()> {
    let rows = tables.iter().map(|table| {
        [
            format!("{}.{}", table.table, table.column),
            table.policy.clone(),
            table.planned.to_string(),
            table.done.to_string(),
            table.refused.to_string(),
            table.gone.to_string(),
            table.remaining.to_string(),
        ]
    });
    output.table(
        [
            "column",
            "policy",
            "planned",
            "done",
            "refused",
            "gone",
            "remaining",
        ],
        &rows.collect::<Vec<_>>(),
    )
}

fn show_left(answer: &Answer, output: &mut Output) -> std::io::Result<()> {
    if !answer.refusals.is_empty() {
        let rows = answer.refusals.iter().map(|refusal| {
            [
                refusal.table.clone(),
                refusal.key.clone(),
                refusal.reason.clone(),
                refusal.referred_by.clone().unwrap_or_default(),
                refusal.sqlstate.clone().unwrap_or_default(),
            ]
        });
        output.table(
            ["left in", "key", "reason", "referred to by", "SQLSTATE"],
            &rows.collect::<Vec<_>>(),
        )?;
    }
    for reason in &answer.reasons {
        output.line(format_args!(
            "{} {}: {}",
            reason.rows, reason.reason, reason.mend
        ))?;
    }
    Ok(())
}
