//! Which columns a plan is about, what is to become of their rows, and in which order.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Policy;
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
}

/// The parts of a plan in the order in which they are carried out: rows in quarantine first, those
/// that refer before those that are referred to, and profiles last.
///
/// A column that is only guessed by its name counts where its table is named and no other column of
/// it is known to refer to users.
pub(super) fn decide(
    targets: &[Target],
    policies: &BTreeMap<String, Policy>,
) -> Result<Vec<Part>, Stop> {
    if let Some(table) = policies
        .keys()
        .find(|table| !targets.iter().any(|target| target.table == **table))
    {
        return Err(Stop::BadRequest(format!(
            "no column of {table} is known to refer to users: name the table as schema.table, or \
             add the column to rollcall.toml under [[references]]"
        )));
    }
    let is_known = |target: &Target| target.known_by != "name";
    let knows_another = |table: &str| targets.iter().any(|t| t.table == table && is_known(t));
    let meant = children_first(targets).into_iter().filter(|target| {
        is_known(target) || policies.contains_key(&target.table) && !knows_another(&target.table)
    });
    let mut parts = vec![];
    for target in meant {
        match policies.get(&target.table) {
            Some(policy) => parts.push(part(target, *policy, "all")),
            None => parts.extend([
                part(target, Policy::Quarantine, "others"),
                part(target, Policy::CreateProfile, "creatable"),
            ]),
        }
    }
    parts.sort_by_key(|part| match part.policy {
        Policy::Quarantine => 0,
        Policy::Reassign(_) => 1,
        Policy::CreateProfile => 2,
    });
    Ok(parts)
}

fn part(target: &Target, policy: Policy, whose: &'static str) -> Part {
    let may_touch = match policy {
        Policy::CreateProfile => true,
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
    Part {
        relation: target.relation,
        table: target.table.clone(),
        column: target.column.clone(),
        policy,
        whose,
        refused_as,
    }
}

/// Whoever refers to a table comes before it; in a circle, somebody has to begin.
fn children_first(targets: &[Target]) -> Vec<&Target> {
    fn visit<'t>(
        target: &'t Target,
        targets: &'t [Target],
        seen: &mut Vec<i64>,
        sorted: &mut Vec<&'t Target>,
    ) {
        if seen.contains(&target.relation) {
            return;
        }
        seen.push(target.relation);
        for other in targets {
            if other
                .family
                .iter()
                .any(|relation| target.referrers.contains(relation))
            {
                visit(other, targets, seen, sorted);
            }
        }
        let same = |other: &&Target| other.relation == target.relation;
        sorted.extend(targets.iter().filter(same));
    }
    let (mut seen, mut sorted) = (vec![], vec![]);
    for target in targets {
        visit(target, targets, &mut seen, &mut sorted);
    }
    sorted
}

/// Those to whom rows are reassigned.
pub(super) fn new_users(policies: &BTreeMap<String, Policy>) -> Vec<Uuid> {
    policies
        .values()
        .filter_map(|policy| policy.new_user())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(relation: i64, table: &str, column: &str, known_by: &str) -> Target {
        Target {
            relation,
            table: table.to_owned(),
            column: column.to_owned(),
            known_by: known_by.to_owned(),
            has_key: true,
            is_plain: true,
            may_read: true,
            may_move: true,
            may_change: true,
            referrers: vec![],
            family: vec![relation],
        }
    }

    fn shown(parts: &[Part]) -> Vec<String> {
        let line = |part: &Part| {
            let (table, column, word) = (&part.table, &part.column, part.policy.word());
            format!(
                "{table}.{column} {word} {} {:?}",
                part.whose, part.refused_as
            )
        };
        parts.iter().map(line).collect()
    }

    #[test]
    fn children_come_first_and_profiles_last() {
        let mut parents = target(1, "p.a", "user_id", "configured");
        parents.referrers = vec![2, 1];
        let mut children = target(2, "p.b", "user_id", "foreign_key");
        // A circle ends somewhere.
        children.referrers = vec![3];
        let mut circle = target(3, "p.c", "user_id", "foreign_key");
        circle.referrers = vec![2];
        let parts = decide(&[parents, children, circle], &BTreeMap::new()).unwrap();
        assert_eq!(
            shown(&parts),
            [
                "p.c.user_id quarantine others None",
                "p.b.user_id quarantine others None",
                "p.a.user_id quarantine others None",
                "p.c.user_id create_profile creatable None",
                "p.b.user_id create_profile creatable None",
                "p.a.user_id create_profile creatable None",
            ]
        );
    }

    #[test]
    fn a_guess_counts_where_its_table_is_named_and_nothing_better_is_known() {
        let targets = [
            target(1, "p.a", "user_id", "name"),
            target(2, "p.b", "created_by", "name"),
            target(2, "p.b", "user_id", "configured"),
        ];
        let to = Uuid::from_u128(7);
        let policies = [
            ("p.a".to_owned(), Policy::Quarantine),
            ("p.b".to_owned(), Policy::Reassign(to)),
        ];
        let parts = decide(&targets, &policies.into()).unwrap();
        assert_eq!(
            shown(&parts),
            [
                "p.a.user_id quarantine all None",
                "p.b.user_id reassign all None"
            ]
        );
        let parts = decide(&targets, &BTreeMap::new()).unwrap();
        assert_eq!(parts.len(), 2);
        let unknown = [("p.x".to_owned(), Policy::Quarantine)].into();
        let Err(Stop::BadRequest(sentence)) = decide(&targets, &unknown) else {
            panic!("taken");
        };
        assert!(sentence.contains("p.x"), "{sentence}");
    }

    #[test]
    fn what_cannot_be_done_says_why() {
        let mut targets = [target(1, "p.a", "user_id", "configured")];
        let quarantine: BTreeMap<_, _> = [("p.a".to_owned(), Policy::Quarantine)].into();
        let create: BTreeMap<_, _> = [("p.a".to_owned(), Policy::CreateProfile)].into();
        let why = |targets: &[Target], policies| decide(targets, policies).unwrap()[0].refused_as;
        targets[0].has_key = false;
        assert_eq!(why(&targets, &quarantine), Some("no_primary_key"));
        assert_eq!(why(&targets, &create), None);
        targets[0].is_plain = false;
        assert_eq!(why(&targets, &quarantine), Some("not_a_table"));
        targets[0].may_move = false;
        assert_eq!(why(&targets, &quarantine), Some("permission"));
        targets[0].may_read = false;
        assert_eq!(why(&targets, &create), Some("permission"));
    }
}
