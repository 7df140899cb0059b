//! Which columns a plan is about, what is to become of their rows, and in which order.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Policy, circles::children_first};
use crate::run::Stop;

/// A column that refers to users, and the table that holds its rows.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of the catalog's, independent of the others"
)]
pub(super) struct Target {
    pub(super) relation: i64,
    /// The one that people name: of a partition, its table.
    pub(super) table: String,
    pub(super) column: String,
    /// `foreign_key`, `configured`, `name`.
    pub(super) known_by: String,
    pub(super) has_key: bool,
    /// Not a foreign table.
    pub(super) is_plain: bool,
    pub(super) may_read: bool,
    pub(super) may_move: bool,
    pub(super) may_change: bool,
    /// The tables with a foreign key to this one.
    pub(super) referrers: Vec<i64>,
    /// Itself, and what it is a partition of.
    pub(super) family: Vec<i64>,
    /// What it is called as a partition, and the partitions that it is in.
    pub(super) partition_names: Vec<String>,
}

impl Target {
    /// The name of the column, as a policy may give it.
    fn column_name(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }
}

/// What is planned for the rows of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) relation: i64,
    pub(super) table: String,
    pub(super) column: String,
    pub(super) policy: Policy,
    /// `all` of the orphaned rows, the `creatable` ones whose user can get a profile, or the
    /// `others`.
    pub(super) whose: &'static str,
    /// Why none of it can be done.
    pub(super) refused_as: Option<&'static str>,
    /// Of a quarantine: the tables that refer to each other with this one in a circle, itself, and what
    /// they are partitions of.
    pub(super) circle: Vec<i64>,
    /// The table's other columns that may refer to users, whose rows go too where whole rows go.
    pub(super) other_columns: Vec<String>,
}

/// The parts of a plan in the order in which they are carried out.
///
/// A policy is for a table, or for one column of it. A column that is only guessed by its name counts
/// where it is named, or where its table is and no other column of that is known to refer to users.
pub(super) fn decide(
    targets: &[Target],
    policies: &BTreeMap<String, Policy>,
) -> Result<Vec<Part>, Stop> {
    if let Some(name) = policies.keys().find(|name| !is_met(name, targets)) {
        return Err(Stop::BadRequest(unmet(name, targets)));
    }
    let is_table = |name: &str| targets.iter().any(|target| target.table == name);
    let of_column = |target: &Target| {
        let name = target.column_name();
        policies.get(&name).filter(|_| !is_table(&name))
    };
    let is_known = |target: &Target| target.known_by != "name";
    let knows_another = |table: &str| targets.iter().any(|t| t.table == table && is_known(t));
    let mut parts = vec![];
    for target in targets {
        let of_table = policies
            .get(&target.table)
            .filter(|_| is_known(target) || !knows_another(&target.table));
        match of_column(target).or(of_table) {
            None if !is_known(target) => {}
            None | Some(Policy::Default) => parts.extend([
                part(target, targets, Policy::Quarantine, "others"),
                part(target, targets, Policy::CreateProfile, "creatable"),
            ]),
            Some(policy) => parts.push(part(target, targets, *policy, "all")),
        }
    }
    sort(&mut parts, targets);
    Ok(parts)
}

/// Rows for the quarantine first, those that refer before those that are referred to, and profiles last.
fn sort(parts: &mut [Part], targets: &[Target]) {
    let is_emptied = |part: &Part| part.policy == Policy::Quarantine && part.refused_as.is_none();
    let emptied: Vec<_> = targets
        .iter()
        .filter(|target| {
            let mut parts = parts.iter().filter(|part| is_emptied(part));
            parts.any(|part| part.relation == target.relation)
        })
        .collect();
    let circles = children_first(&emptied);
    let place = |relation| circles.iter().position(|circle| circle.contains(&relation));
    for part in parts.iter_mut().filter(|part| is_emptied(part)) {
        let circle = place(part.relation);
        let members = emptied
            .iter()
            .filter(|target| place(target.relation) == circle);
        part.circle = members.flat_map(|target| target.family.clone()).collect();
    }
    parts.sort_by_key(|part| {
        let kind = match part.policy {
            Policy::Quarantine => 0,
            Policy::Reassign(_) => 1,
            Policy::CreateProfile | Policy::Default => 2,
        };
        (kind, place(part.relation).filter(|_| is_emptied(part)))
    });
}

/// Whether a policy's name is that of a table or a column.
fn is_met(name: &str, targets: &[Target]) -> bool {
    targets
        .iter()
        .any(|target| target.table == name || target.column_name() == name)
}

/// What to name instead.
fn unmet(name: &str, targets: &[Target]) -> String {
    let whole = targets.iter().find(|target| {
        let mut names = target.partition_names.iter();
        names.any(|partition| partition == name || format!("{partition}.{}", target.column) == name)
    });
    match whole {
        Some(target) => format!(
            "{name} is of a partition of {table}, and a policy is for all of them: name {table} or \
             {column}",
            table = target.table,
            column = target.column_name()
        ),
        None => format!(
            "no column of {name} is known to refer to users, nor is it such a column: name the table \
             as schema.table or the column as schema.table.column, or add the column to \
             rollcall.toml under [[references]]"
        ),
    }
}

fn part(target: &Target, targets: &[Target], policy: Policy, whose: &'static str) -> Part {
    let may_touch = match policy {
        Policy::CreateProfile | Policy::Default => true,
        Policy::Quarantine => target.may_move,
        Policy::Reassign(_) => target.may_change,
    };
    let needs_key = policy != Policy::CreateProfile;
    let refused_as = if !target.may_read || !may_touch {
        Some("permission")
    } else if needs_key && !target.is_plain {
        Some("not_a_table")
    } else if needs_key && !target.has_key {
        Some("no_primary_key")
    } else {
        None
    };
    let others = targets.iter().filter(|other| {
        (other.relation, &*other.table) == (target.relation, &*target.table)
            && other.column != target.column
            && policy == Policy::Quarantine
    });
    Part {
        relation: target.relation,
        table: target.table.clone(),
        column: target.column.clone(),
        policy,
        whose,
        refused_as,
        circle: vec![],
        other_columns: others.map(|other| other.column.clone()).collect(),
    }
}

/// Those to whom rows are reassigned.
pub(super) fn new_users(policies: &BTreeMap<String, Policy>) -> Vec<Uuid> {
    policies
        .values()
        .filter_map(|policy| policy.new_user())
        .collect()
}

#[cfg(test)]
mod tests;
