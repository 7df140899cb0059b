//! A mapping as SQL: the migration that installs it, and the one that takes it out.
//!
//! The texts stand in `sql/`, and read there as they read in the customer's repository. What
//! differs from one customer to the next is filled in by name: identifiers and literals quoted
//! in [`crate::names`], expressions from [`expression`], whole statements from [`write`] and [`recover`].

mod adoption;
mod children;
mod expression;
mod layout;
mod questions;
mod recover;
mod references;
mod roll;
mod statement;
mod template;
mod write;

use crate::{
    mapping::{Mapping, Mode},
    names::literal,
};
pub(crate) use children::uuid_of;
use template::Values;

const STATE_OF: &str = include_str!("../sql/state_of.sql");
const CLOSE: &str = include_str!("../sql/close.sql");
const TOOLBOX: &str = include_str!("../sql/toolbox.sql");
const TAKE_OUT: &str = include_str!("../sql/take_out.sql");
const RETIRE: &str = include_str!("../sql/retire.sql");
const FINISH: &str = include_str!("../sql/finish.sql");
const UNINSTALL_BEGIN: &str = include_str!("../sql/uninstall_begin.sql");
const UNINSTALL: &str = include_str!("../sql/uninstall.sql");
const TRIGGERS: &str = include_str!("../sql/triggers.sql");
const WEBHOOK: &str = include_str!("../sql/webhook.sql");
const PARTS: &[&str] = &[
    include_str!("../sql/tables.sql"),
    include_str!("../sql/profiles_tables.sql"),
    include_str!("../sql/references_tables.sql"),
    include_str!("../sql/history.sql"),
    include_str!("../sql/wanted.sql"),
    include_str!("../sql/write.sql"),
    include_str!("../sql/failures.sql"),
    include_str!("../sql/ensure.sql"),
    include_str!("../sql/roll.sql"),
    include_str!("../sql/drift.sql"),
    include_str!("../sql/children.sql"),
    include_str!("../sql/survey.sql"),
    include_str!("../sql/survey_count.sql"),
    include_str!("../sql/webhook_calls.sql"),
    include_str!("../sql/ledger.sql"),
    include_str!("../sql/trigger_facts.sql"),
    include_str!("../sql/trigger_install.sql"),
    include_str!("../sql/canary.sql"),
    include_str!("../sql/assess.sql"),
    include_str!("../sql/runbooks.sql"),
    include_str!("../sql/backfill_plan.sql"),
    include_str!("../sql/run_lease.sql"),
    include_str!("../sql/run_batch.sql"),
    include_str!("../sql/run_effects.sql"),
    include_str!("../sql/backfill.sql"),
    include_str!("../sql/run_refusals.sql"),
    include_str!("../sql/run_users.sql"),
    include_str!("../sql/undo_plan.sql"),
    include_str!("../sql/undo_look.sql"),
    include_str!("../sql/run_profiles.sql"),
    include_str!("../sql/undo.sql"),
    include_str!("../sql/references_look.sql"),
    include_str!("../sql/references_parts.sql"),
    include_str!("../sql/references_rows.sql"),
    include_str!("../sql/references_referrers.sql"),
    include_str!("../sql/references_targets.sql"),
    include_str!("../sql/references_plan.sql"),
    include_str!("../sql/references_do.sql"),
    include_str!("../sql/references_take_back.sql"),
    include_str!("../sql/references_links.sql"),
    include_str!("../sql/references_pieces.sql"),
    include_str!("../sql/references_create.sql"),
    include_str!("../sql/references_batch.sql"),
    include_str!("../sql/references_undo_plan.sql"),
    include_str!("../sql/references_undo.sql"),
    include_str!("../sql/references_read.sql"),
    include_str!("../sql/references_told.sql"),
    include_str!("../sql/run_leavers.sql"),
    include_str!("../sql/profiles.sql"),
    include_str!("../sql/profiles_stamp.sql"),
    include_str!("../sql/profiles_restore.sql"),
    include_str!("../sql/users.sql"),
    include_str!("../sql/forget_words.sql"),
    include_str!("../sql/forget.sql"),
    include_str!("../sql/evidence.sql"),
    include_str!("../sql/pulse.sql"),
    include_str!("../sql/incidents.sql"),
    include_str!("../sql/history_read.sql"),
    include_str!("../sql/diagnose.sql"),
];

/// The migration that brings a database to just this mapping, whatever version or configuration
/// of Rollcall is in it.
#[must_use]
pub fn migration(mapping: &Mapping) -> String {
    let values = values(mapping);
    let mut parts = vec![TOOLBOX, TAKE_OUT, RETIRE];
    parts.extend(PARTS);
    if mapping.trigger.mode == Mode::Create {
        parts.push(TRIGGERS);
    }
    if mapping.webhook.is_some() {
        parts.push(WEBHOOK);
    }
    parts.push(FINISH);
    template::fill(&parts, &values)
}

/// The migration that takes Rollcall out, all but the profiles, the audit log and the error log. It
/// is the same for every mapping: what there is to take out, the database knows.
#[must_use]
pub fn uninstall() -> String {
    let mut values = Values::default();
    values.set("version", env!("CARGO_PKG_VERSION"));
    template::fill(&[UNINSTALL_BEGIN, TAKE_OUT, UNINSTALL], &values)
}

fn values(mapping: &Mapping) -> Values {
    let table = mapping.table.to_string();
    let signature = format!("{}()", mapping.trigger.function.looked_up());
    let mode = match mapping.trigger.mode {
        Mode::Create => "create",
        Mode::Watch => "watch",
    };
    let mut values = Values::default();
    values
        .set("version", env!("CARGO_PKG_VERSION"))
        .set("version_literal", literal(env!("CARGO_PKG_VERSION")))
        .set("digest", &mapping.digest)
        .set("digest_literal", literal(&mapping.digest))
        .set_lines("state_of", STATE_OF.lines().map(str::to_owned).collect())
        .set_lines("close", CLOSE.lines().map(str::to_owned).collect())
        .set("mode", literal(mode))
        .set("table", &table)
        .set("table_literal", literal(&mapping.table.looked_up()))
        .set("table_words", literal(&mapping.table.text()))
        .set("schema_literal", literal(mapping.table.schema.text()))
        .set("name_literal", literal(mapping.table.name.text()))
        .set("key", mapping.key.name.to_string())
        .set("key_type", &mapping.key.sql_type.name)
        .set("key_name_literal", literal(mapping.key.name.text()))
        .set("key_as_literal", literal(&mapping.key.name.to_string()))
        .set("trigger_name", mapping.trigger.name.to_string())
        .set("trigger_name_literal", literal(mapping.trigger.name.text()))
        .set("trigger_function", mapping.trigger.function.to_string())
        .set("trigger_function_signature", literal(&signature))
        .set("heal_limit", mapping.check.heal_limit.to_string())
        .set("burst", mapping.check.burst.to_string())
        .set("old_seconds", mapping.check.old_seconds.to_string())
        .set("retention_days", mapping.check.retention_days.to_string());
    if let Some(webhook) = &mapping.webhook {
        values
            .set("webhook_url", literal(&webhook.url))
            .set("webhook_secret", literal(&webhook.vault_secret));
    }
    adoption::set(&mut values, mapping);
    children::set(&mut values, mapping);
    expression::set(&mut values, mapping);
    questions::set(&mut values, mapping);
    recover::set(&mut values, mapping);
    references::set(&mut values, mapping);
    roll::set(&mut values, mapping);
    statement::set(&mut values, mapping);
    write::set(&mut values, mapping);
    values
}
