//! What to do about users whom the database does not accept.

/// What to do about a reason, the call to make afterwards included. Each has a section in
/// docs/refusals.md.
pub(crate) fn mend(reason: &str) -> &'static str {
    match reason {
        "unique_held_by_orphan" => {
            "a profile without a user holds the value: change or delete that profile \
             (docs/refusals.md#unique_held_by_orphan), then `rollcall backfill`"
        }
        "unique_held_by_live" => {
            "another user's profile holds or wants the same value: find out whose it is and change \
             the other, or map the column otherwise (docs/refusals.md#unique_held_by_live), then \
             `rollcall backfill`"
        }
        "not_null" => {
            "a column that must not be null gets nothing: give it a default, or a source in \
             rollcall.toml and apply `rollcall sql` (docs/refusals.md#not_null), then \
             `rollcall backfill`"
        }
        "cast" => {
            "a value does not fit its column's type: correct it, or change the column's type or \
             its source in rollcall.toml (docs/refusals.md#cast), then `rollcall backfill`"
        }
        "check" => {
            "a check constraint, or a partition that is missing, refuses the row: change the \
             constraint, add the partition, or correct the value (docs/refusals.md#check), then \
             `rollcall backfill`"
        }
        "foreign_key" => {
            "a column refers to a row that is not there: add that row, or change the column's \
             source in rollcall.toml (docs/refusals.md#foreign_key), then `rollcall backfill`"
        }
        "row_security" => {
            "row-level security forbids the row: give BYPASSRLS back to the role that owns the \
             schema rollcall (docs/refusals.md#row_security), then `rollcall backfill`"
        }
        "permission" => {
            "the role that owns the schema rollcall lacks a right on the profile table, or on what \
             its triggers touch: grant it (docs/refusals.md#permission), then `rollcall backfill`"
        }
        "no_row" => {
            "a trigger on the profile table takes no row and gives no reason: have it return the \
             row or raise an error (docs/refusals.md#no_row), then `rollcall backfill`"
        }
        "lock_timeout" => {
            "another transaction kept the row or its unique value locked: wait for it or end it \
             (docs/refusals.md#lock_timeout), then `rollcall backfill`"
        }
        _ => {
            "look the SQLSTATE up, and what in the profile table or its triggers raises it \
             (docs/refusals.md#other), then `rollcall backfill`"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contract's, as `rollcall.reason_of` gives them.
    const REASONS: [&str; 11] = [
        "unique_held_by_orphan",
        "unique_held_by_live",
        "not_null",
        "cast",
        "check",
        "foreign_key",
        "row_security",
        "permission",
        "no_row",
        "lock_timeout",
        "other",
    ];

    const PAGE: &str = include_str!("../../../../docs/refusals.md");

    #[test]
    fn the_page_has_a_section_for_each_reason_and_for_nothing_else() {
        let sections: Vec<_> = PAGE
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        assert_eq!(sections, REASONS);
        for section in PAGE.split("\n## ").skip(1) {
            for part in ["**Why it happens.**", "**What to do.**"] {
                assert!(section.contains(part), "{section}: {part}");
            }
        }
    }

    #[test]
    fn each_mend_is_its_own_names_its_section_and_the_next_call() {
        let mut mends: Vec<_> = REASONS.map(mend).into();
        for reason in REASONS {
            let section = format!("(docs/refusals.md#{reason})");
            assert!(mend(reason).contains(&section), "{reason}");
            assert!(mend(reason).ends_with("then `rollcall backfill`"));
        }
        mends.sort_unstable();
        mends.dedup();
        assert_eq!(mends.len(), REASONS.len());
    }

    #[test]
    fn these_are_the_reasons_that_the_database_gives() {
        let sql = include_str!("../../../../infra/install/sql/failures.sql");
        for reason in REASONS {
            assert!(sql.contains(&format!("'{reason}'")), "{reason}");
        }
    }
}
