//! Storing what a repair of child rows would do.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    KIND, Policy, answer,
    decide::{Part, Target, decide, new_users},
    scope,
};
use crate::{
    database::{Database, Limit},
    error::{Error, sqlstate},
    repair::{AlsoNamed, Answer},
    run::{self, Stop},
    unnamed::Unnamed,
    words,
};

/// What an operator asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// By table, `schema.table`, or by column, `schema.table.column`, which goes before. What is not named has
    /// the default: a profile for whoever can get one, quarantine for the other rows.
    pub policies: BTreeMap<String, Policy>,
    /// Why, for the record.
    pub reason: Option<String>,
}

/// Stores as the run `run_id` what would be done about orphaned child rows, and changes nothing
/// else.
pub async fn plan(
    database: &Database,
    run_id: Uuid,
    order: &Order,
    elapsed_ms: impl Fn() -> u64,
) -> Result<Answer, Stop> {
    const DOING: &str = "looking for columns that refer to users";
    let (targets, missing) = database
        .transaction(Limit::Survey, DOING, async |connection| {
            let targets = targets(&mut *connection).await?;
            Ok((targets, without_profile(connection, &order.policies).await?))
        })
        .await?;
    if let Some(user) = missing {
        return Err(Stop::BadRequest(format!(
            "rows cannot be reassigned to user {user}, who has no profile"
        )));
    }
    let parts = decide(&targets, &order.policies)?;
    let also_named = database
        .transaction(Limit::Survey, "planning the repair", async |connection| {
            store(connection, run_id, order, &parts).await
        })
        .await?;
    let answer = answer::read(database, run_id, &elapsed_ms).await;
    let answer = answer.map_err(|stop| stop.within(KIND, run_id))?;
    run::keep_effects(database, run_id, &answer.side_effects).await?;
    Ok(Answer {
        also_named,
        ..answer
    })
}

async fn targets(connection: &mut PgConnection) -> Result<Vec<Target>, Error> {
    sqlx::query_as!(
        Target,
        r#"
        select
            relation as "relation!", table_name as "table!", column_name as "column!",
            known_by as "known_by!",
            has_key as "has_key!", is_plain as "is_plain!", may_read as "may_read!",
            may_move as "may_move!", may_change as "may_change!", referrers as "referrers!",
            family as "family!", partition_names as "partition_names!"
        from rollcall.reference_targets()
        "#
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking for columns that refer to users", error))
}

/// Somebody to whom rows were to be reassigned, and who has no profile.
async fn without_profile(
    connection: &mut PgConnection,
    policies: &BTreeMap<String, Policy>,
) -> Result<Option<Uuid>, Error> {
    for user in new_users(policies) {
        let has_profile = sqlx::query_scalar!(
            r#"select has_profile as "has_profile!" from rollcall.has_profile($1) has_profile"#,
            user
        )
        .fetch_one(Unnamed(&mut *connection))
        .await
        .map_err(|error| Error::new("looking for a profile", error))?;
        if !has_profile {
            return Ok(Some(user));
        }
    }
    Ok(None)
}

async fn store(
    connection: &mut PgConnection,
    run_id: Uuid,
    order: &Order,
    parts: &[Part],
) -> Result<Vec<AlsoNamed>, Error> {
    const DOING: &str = "planning the repair";
    let failed = |error| Error::new(DOING, error);
    let scope = scope::kept(&mut *connection, &order.policies).await?;
    sqlx::query!(
        "select rollcall.begin_references($1, $2, $3)",
        run_id,
        scope,
        words::kept(order.reason.as_deref())
    )
    .fetch_one(Unnamed(&mut *connection))
    .await
    .map_err(failed)?;
    let mut also_named = BTreeMap::<(&str, &str), AlsoNamed>::new();
    for (number, part) in (1..).zip(parts) {
        let rows = sqlx::query_scalar!(
            r#"
            select also_named
            from rollcall.plan_references($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            "#,
            run_id,
            number,
            part.relation,
            part.table,
            part.column,
            part.policy.word(),
            part.whose,
            part.policy.new_user(),
            part.refused_as,
            &part.other_columns,
            &part.circle
        )
        .fetch_one(Unnamed(&mut *connection))
        .await
        .map_err(|error| match sqlstate(&error).as_deref() {
            Some("55P03") => Error::Locked {
                doing: DOING,
                holders: format!("{} or the profile table", part.table),
            },
            _ => failed(error),
        })?;
        if let Some(rows @ 1..) = rows {
            // One for all partitions.
            let also = also_named.entry((&part.table, &part.column));
            also.or_insert_with(|| AlsoNamed {
                table: part.table.clone(),
                column: part.column.clone(),
                other_columns: part.other_columns.clone(),
                rows: 0,
            })
            .rows += rows;
        }
    }
    sqlx::query!("select rollcall.end_references_plan($1)", run_id)
        .fetch_one(Unnamed(connection))
        .await
        .map_err(failed)?;
    Ok(also_named.into_values().collect())
}
