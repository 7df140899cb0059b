//! In which order tables are emptied, and which of them refer to each other in a circle.

use std::collections::BTreeSet;

use super::decide::Target;

/// The tables, those that refer before those they refer to; together those that do so in a circle.
pub(super) fn children_first(targets: &[&Target]) -> Vec<BTreeSet<i64>> {
    let mut circles: Vec<(usize, BTreeSet<i64>)> = vec![];
    for target in targets {
        if circles
            .iter()
            .any(|(_, circle)| circle.contains(&target.relation))
        {
            continue;
        }
        let children = reach(target, targets, |from, to| refers(to, from));
        let parents = reach(target, targets, refers);
        // Whatever a table refers to has more behind it.
        circles.push((children.len(), &children & &parents));
    }
    circles.sort_by_key(|(children, _)| *children);
    circles.into_iter().map(|(_, circle)| circle).collect()
}

fn refers(child: &Target, parent: &Target) -> bool {
    let mut family = child.family.iter();
    family.any(|relation| parent.referrers.contains(relation))
}

/// Where one gets to, step by step, from a table; with itself.
fn reach(
    begin: &Target,
    targets: &[&Target],
    leads: impl Fn(&Target, &Target) -> bool,
) -> BTreeSet<i64> {
    let mut reached = BTreeSet::from([begin.relation]);
    let mut ahead = vec![begin];
    while let Some(from) = ahead.pop() {
        for to in targets {
            if leads(from, to) && reached.insert(to.relation) {
                ahead.push(to);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables 1, 2, …, each with those that refer to it.
    fn order(referrers: &[&[i64]]) -> Vec<Vec<i64>> {
        let targets: Vec<_> = (1..)
            .zip(referrers)
            .map(|(relation, referrers)| Target {
                relation,
                referrers: referrers.to_vec(),
                family: vec![relation],
                ..Target::default()
            })
            .collect();
        let circles = children_first(&targets.iter().collect::<Vec<_>>());
        let listed = circles
            .into_iter()
            .map(|circle| circle.into_iter().collect());
        listed.collect()
    }

    #[test]
    fn whoever_refers_comes_first_and_a_circle_together() {
        assert_eq!(order(&[&[2], &[3], &[]]), [[3], [2], [1]]);
        assert_eq!(order(&[&[1], &[]]), [[1], [2]]);
        // 4 refers into the circle of 1 and 3, which refers to 2.
        let circle = order(&[&[3, 4], &[1], &[1], &[]]);
        assert_eq!(circle, [vec![4], vec![1, 3], vec![2]]);
        // Two circles that have a table in common are one.
        assert_eq!(order(&[&[2, 3], &[1], &[1]]), [[1, 2, 3]]);
        // Whoever is in no plan makes no circle.
        assert_eq!(order(&[&[9, 2], &[]]), [[2], [1]]);
    }

    #[test]
    fn a_partition_refers_as_its_table_does() {
        let partition = |relation| Target {
            relation,
            referrers: vec![9],
            family: vec![9, relation],
            ..Target::default()
        };
        let (one, other) = (partition(1), partition(2));
        assert_eq!(children_first(&[&one, &other]), [BTreeSet::from([1, 2])]);
    }
}
