//! `rollcall repair references plan`: what would become of orphaned rows.

use std::time::Instant;

use rollcall_domain::{
    orphans::{self, Policy},
    repair::AlsoNamed,
};
use rollcall_install::shell;

use serde_json::json;

use crate::{
    backfill::failure,
    clock::{elapsed_ms, new_id},
    connect::{Access, Place},
    deployed::Operation,
    failure::{Failure, Status},
    output::Output,
    repair::carry_out::tell,
};

/// Stores what would become of orphaned rows, table by table, and changes nothing else.
///
/// Without a policy of its own a table has the default: whoever can get a profile gets one, the other
/// rows go into quarantine.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall repair references plan\n  \
    rollcall repair references plan --policy public.orders=quarantine \\\n    \
    --policy public.leads=reassign:0e8f9a60-1111-4222-8333-444455556666")]
pub(super) struct Args {
    /// What becomes of a table's rows, or of those of one column (`public.orders.user_id`):
    /// `create_profile`, `quarantine`, `reassign:<user id>`, or `default`, which names a column that is only guessed
    #[arg(long = "policy", value_name = "TABLE=POLICY", value_parser = policy)]
    policies: Vec<(String, Policy)>,

    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// A table's name may hold an equals sign; a policy never does.
fn policy(text: &str) -> Result<(String, Policy), String> {
    let (table, policy) = text
        .rsplit_once('=')
        .ok_or("write it as public.orders=quarantine")?;
    Ok((table.to_owned(), policy.parse()?))
}

pub(super) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let place = access.place()?;
    let order = orphans::Order {
        policies: args.policies.into_iter().collect(),
        reason: args.reason,
    };
    let begun = Instant::now();
    let answer = match place {
        Place::Database(database) => {
            let answer = orphans::plan(&database, new_id(), &order, || elapsed_ms(begun)).await;
            answer.map_err(failure)?
        }
        Place::Stack(stack) => {
            let event = json!({
                "action": "references.plan", "policies": order.policies, "reason": order.reason
            });
            stack.ask(Operation::Repair, &event, output).await?
        }
    };
    let status = tell(&answer, output)?;
    for also in &answer.also_named {
        output.line(warning(also))?;
    }
    // What could not be looked at is refused without a number.
    Ok(if answer.refusals.is_empty() {
        status
    } else {
        Status::Found
    })
}

/// A row goes whole, whoever else is named in it.
fn warning(also: &AlsoNamed) -> String {
    let AlsoNamed {
        table,
        column,
        other_columns,
        rows,
    } = also;
    let others = other_columns.join(" or ");
    let name = shell::word(&format!("{table}.{column}"));
    format!(
        "{rows} of the rows of {table} that are to go into quarantine because of {column} name somebody who \
         has a profile in {others}; where they had better stay, plan again with --policy \
         {name}=create_profile or {name}=reassign:<user id>"
    )
}
