//! What has become of what a run did.

use uuid::Uuid;

use crate::{
    database::{Database, Limit},
    error::Error,
    unnamed::Unnamed,
    words::counted,
};

/// How much of a run has been taken back, or is gone for good.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Aftermath {
    /// The undos that took some of it back, in their order.
    pub(crate) undone_by: Vec<Uuid>,
    /// How many rows these did.
    pub(crate) taken_back: i64,
    /// How many rows a purge deleted.
    pub(crate) purged: i64,
    /// How many rows are in quarantine.
    pub(crate) held: i64,
}

impl Aftermath {
    /// The end that the run has met, if any: who took back how much, and what was purged.
    pub(crate) fn sentence(&self, noun: &str) -> Option<String> {
        let mut parts = vec![];
        if self.taken_back > 0 {
            let undos = self.undone_by.iter().map(Uuid::to_string);
            parts.push(format!(
                "{} of it {} taken back, by undo {}",
                counted(self.taken_back, noun),
                was(self.taken_back),
                undos.collect::<Vec<_>>().join(", ")
            ));
        }
        if self.purged > 0 {
            parts.push(format!(
                "{} {} deleted for good, by a purge",
                counted(self.purged, noun),
                was(self.purged)
            ));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

fn was(count: i64) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

pub(crate) async fn read(database: &Database, run_id: Uuid) -> Result<Aftermath, Error> {
    const DOING: &str = "looking what has become of the run";
    database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query_as!(
                Aftermath,
                r#"
                select
                    undone_by as "undone_by!", taken_back as "taken_back!", purged as "purged!",
                    held as "held!"
                from rollcall.run_aftermath($1)
                "#,
                run_id
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_told_and_none_where_there_was_none() {
        assert_eq!(Aftermath::default().sentence("row"), None);
        let both = Aftermath {
            undone_by: vec![Uuid::nil()],
            taken_back: 1,
            purged: 1200,
            held: 0,
        };
        assert_eq!(
            both.sentence("row").unwrap(),
            format!(
                "1 row of it was taken back, by undo {}; 1,200 rows were deleted for good, by a purge",
                Uuid::nil()
            )
        );
    }
}
