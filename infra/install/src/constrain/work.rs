//! One step after another, as the catalog has it.

use std::time::Duration;

use sqlx::PgConnection;

use super::{
    Order, Outcome, Patience, Step, Stop, act,
    decide::{self, Next},
    look::Seen,
    refuse, statement,
};

/// What is remembered from one step to the next.
pub(super) struct Work<'o> {
    pub(super) order: &'o Order,
    pub(super) patience: Patience,
    /// No orphans were there once the key was.
    pub(super) is_clean: bool,
}

impl Work<'_> {
    /// Takes the next step; an outcome ends it.
    pub(super) async fn step(
        &mut self,
        connection: &mut PgConnection,
        seen: &Seen,
        pause: &impl AsyncFn(Duration),
        say: &mut impl FnMut(Step, bool, String),
    ) -> Result<Option<Outcome>, Stop> {
        let order = self.order;
        let names = statement::Names::of(seen, order);
        match decide::next(seen, self.is_clean) {
            Next::Add => {
                let sql = statement::names_nobody(seen, order);
                if !seen.place.is_configured && act::count(connection, &sql).await? > 0 {
                    return Err(Stop::Refused(refuse::names_nobody(seen, order)));
                }
                let sentence = format!("adding {}, not valid yet", names.constraint);
                say(Step::Constraint, false, sentence);
                let sql = statement::add(seen, order, &names);
                act::with_short_lock(connection, &sql, self.patience, pause, say, seen, order)
                    .await?;
                let sentence = format!("{} keeps new orphans out", names.constraint);
                say(Step::Constraint, true, sentence);
            }
            Next::CountOrphans { key } => {
                say(
                    Step::Orphans,
                    false,
                    "counting orphans from before the key".to_owned(),
                );
                let outcome = self.count(connection, seen, key).await?;
                if let Some(sentence) = standing(&outcome) {
                    say(Step::Orphans, true, sentence);
                    return Ok(Some(outcome));
                }
                say(
                    Step::Orphans,
                    true,
                    "no orphans from before the key".to_owned(),
                );
                self.is_clean = true;
            }
            Next::DropLeftover { index } => {
                let sentence = format!("removing {index}, left invalid by an earlier build");
                say(Step::Index, false, sentence);
                act::alone(connection, &statement::drop_index(order, &index)).await?;
            }
            Next::BuildIndex => {
                let sentence = format!(
                    "building {} beside the application; it waits for transactions older than itself",
                    names.index
                );
                say(Step::Index, false, sentence);
                act::alone(connection, &statement::build_index(order, &names)).await?;
                say(Step::Index, true, format!("{} is built", names.index));
            }
            Next::Validate { key } => {
                say(Step::Validate, false, format!("validating {key}"));
                act::validate(connection, &statement::validate(order, &key)).await?;
                say(Step::Validate, true, format!("{key} holds for every row"));
            }
            Next::Done { key } => {
                return Ok(Some(Outcome {
                    validated: true,
                    ..self.outcome(seen, key)
                }));
            }
        }
        Ok(None)
    }

    /// The rows from before the key that it does not hold for.
    async fn count(
        &self,
        connection: &mut PgConnection,
        seen: &Seen,
        key: String,
    ) -> Result<Outcome, Stop> {
        let all = act::count(connection, &statement::orphans(seen, self.order)).await?;
        let spelled_otherwise = match statement::spelled_otherwise(seen, self.order) {
            Some(sql) if all > 0 => act::count(connection, &sql).await?.min(all),
            _ => 0,
        };
        Ok(Outcome {
            orphaned_rows: all - spelled_otherwise,
            spelled_otherwise,
            respell: (spelled_otherwise > 0).then(|| statement::respell(seen, self.order)),
            ..self.outcome(seen, key)
        })
    }

    fn outcome(&self, seen: &Seen, key: String) -> Outcome {
        let whole = seen.place.whole.clone();
        Outcome {
            constraint: key,
            index: seen.serving_index(),
            validated: false,
            orphaned_rows: 0,
            planned_as: whole.unwrap_or_else(|| self.order.table.text()),
            spelled_otherwise: 0,
            respell: None,
        }
    }
}

/// What the key waits for, in a sentence.
fn standing(outcome: &Outcome) -> Option<String> {
    let rows = |count| if count == 1 { "row" } else { "rows" };
    match (outcome.orphaned_rows, outcome.spelled_otherwise) {
        (0, 0) => None,
        (orphaned, 0) => Some(format!(
            "{orphaned} {} of nobody who has a profile",
            rows(orphaned)
        )),
        (orphaned, spelled) => Some(format!(
            "{orphaned} {} of nobody who has a profile, {spelled} {} with the id of a profile spelled \
             otherwise",
            rows(orphaned),
            rows(spelled)
        )),
    }
}
