//! Child rows whose user has no profile.

use super::{Check, Seen, list::Answer};
use crate::{database::Looked, words::counted};

impl Seen {
    /// All orphaned child rows; nothing if a table could not be counted.
    pub(super) fn orphaned_rows(&self) -> Option<i64> {
        let children = self.children.seen()?.iter();
        children
            .map(|child| child.rows.seen().map(|rows| rows.orphaned))
            .sum()
    }

    /// Those of the tables that could be counted.
    pub(super) fn known_orphaned_rows(&self) -> i64 {
        let children = self.children.seen().into_iter().flatten();
        children
            .filter_map(|child| child.rows.seen())
            .map(|rows| rows.orphaned)
            .sum()
    }

    pub(super) fn child_rows(&self) -> Check {
        let name = "child_rows_check";
        let mut check = Check::of(name, "warning", &self.children, |children| {
            let mut parts = vec![];
            let (mut issues, mut examined) = (0, 0);
            for child in children {
                let place = format!("{}.{}", child.table.table, child.table.column);
                match &child.rows {
                    Looked::Seen(rows) => {
                        issues += rows.orphaned;
                        examined += rows.examined;
                        if rows.orphaned > 0 {
                            parts.push(format!("{} in {place}", counted(rows.orphaned, "row")));
                        }
                    }
                    Looked::CutOff { why } => {
                        parts.push(format!("could not look at {place}: {why}"));
                    }
                }
            }
            Answer {
                issues,
                message: if children.is_empty() {
                    "Nothing configured: no child table is named".to_owned()
                } else if parts.is_empty() {
                    "No orphaned child rows detected".to_owned()
                } else {
                    format!("Child rows without a profile: {}", parts.join("; "))
                },
                examined,
            }
        });
        if self.orphaned_rows().is_none() {
            check.passed = None;
        }
        check
    }
}
