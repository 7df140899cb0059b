//! What the catalog says of a run's tables, for people: what would keep rows from coming back, and
//! whose code it was that kept them.

use sqlx::PgConnection;
use uuid::Uuid;

use super::reason;
use crate::{error::Error, unnamed::Unnamed};

/// A foreign key that keeps rows out of a table of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// The table, as SQL spells it.
    relation_name: String,
    /// Its name, as SQL spells it.
    constraint_name: String,
    /// The table that it refers to.
    target: String,
    is_validated: bool,
}

impl Key {
    /// What whoever applies the run has to know.
    pub(super) fn warning(&self) -> String {
        format!(
            "foreign key {} of {} refers to {}{}: while it stands, no row that names nobody there can \
             be put back by an undo",
            self.constraint_name,
            self.relation_name,
            self.target,
            if self.is_validated {
                ""
            } else {
                " (not validated)"
            }
        )
    }
}

/// The keys of the run's tables: of a run those to the users, of an undo those that kept rows.
pub(super) async fn keys(connection: &mut PgConnection, run_id: Uuid) -> Result<Vec<Key>, Error> {
    sqlx::query_as!(
        Key,
        r#"
        select
            relation_name as "relation_name!", constraint_name as "constraint_name!",
            target as "target!", is_validated as "is_validated!"
        from rollcall.part_keys($1)
        "#,
        run_id
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking for foreign keys of the tables", error))
}

/// What the checks that were never validated do to rows of the run's tables.
pub(super) async fn checks(
    connection: &mut PgConnection,
    run_id: Uuid,
) -> Result<Vec<String>, Error> {
    let rows = sqlx::query!(
        r#"
        select relation_name as "relation_name!", constraint_name as "constraint_name!"
        from rollcall.part_checks($1)
        "#,
        run_id
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking for checks of the tables", error))?;
    let warnings = rows.iter().map(|row| {
        format!(
            "check {} of {} is not validated: while it stands, no row that fails it can be reassigned, \
             or put back by an undo",
            row.constraint_name, row.relation_name
        )
    });
    Ok(warnings.collect())
}

/// The application's rules on the run's tables.
pub(super) async fn rules(
    connection: &mut PgConnection,
    run_id: Uuid,
) -> Result<Vec<String>, Error> {
    sqlx::query_scalar!(
        r#"select effect as "effect!" from rollcall.part_rules($1)"#,
        run_id
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking for rules on the tables", error))
}

/// What an operator does about a reason, with the names of what is in the way: of an undo the keys
/// that kept rows, of any run the application's own code, triggers and rules.
pub(super) fn mend(reason: &str, kept_by: &[Key], code: &[String]) -> String {
    match reason {
        "foreign_key" if !kept_by.is_empty() => keys_mend(kept_by),
        "other" | "no_row" | "altered" | "permission" | "check" | "not_null"
            if !code.is_empty() =>
        {
            format!(
                "{}; the application's own code there: {}",
                reason::mend(reason),
                code.join(", ")
            )
        }
        _ => reason::mend(reason).to_owned(),
    }
}

fn keys_mend(keys: &[Key]) -> String {
    let named = keys.iter().map(|key| {
        format!(
            "{} of {} (to {})",
            key.constraint_name, key.relation_name, key.target
        )
    });
    let drops = keys.iter().map(|key| {
        format!(
            "alter table {} drop constraint {}",
            key.relation_name, key.constraint_name
        )
    });
    format!(
        "a foreign key of the row's own table keeps out what names nobody: {}. Bring back whom the row \
         names, or drop the key by `{}`; then undo again, and add the key again by `rollcall repair \
         references constrain`",
        named.collect::<Vec<_>>().join(", "),
        drops.collect::<Vec<_>>().join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key {
            relation_name: "public.orders".to_owned(),
            constraint_name: "orders_user_id_fkey".to_owned(),
            target: "public.users".to_owned(),
            is_validated: false,
        }
    }

    #[test]
    fn a_key_is_named_with_the_statement_that_drops_it() {
        let mend = mend("foreign_key", &[key()], &[]);
        let drop = "`alter table public.orders drop constraint orders_user_id_fkey`";
        assert!(mend.contains(drop), "{mend}");
        assert!(key().warning().contains("(not validated)"));
    }

    #[test]
    fn code_is_named_only_where_it_may_have_done_it() {
        let code = ["rule keep on public.orders".to_owned()];
        assert!(mend("other", &[], &code).ends_with("rule keep on public.orders"));
        assert_eq!(
            mend("key_taken", &[key()], &code),
            reason::mend("key_taken")
        );
    }
}
