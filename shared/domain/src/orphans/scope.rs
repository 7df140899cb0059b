//! What a plan for child rows was asked for, and whether it can be meant.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::PgConnection;

use super::Policy;
use crate::{error::Error, repair::nobody_seen, run::Run, unnamed::Unnamed, words::counted};

const SAW_USERS: &str = "saw_users";

/// What is kept with the run.
pub(super) async fn kept(
    connection: &mut PgConnection,
    policies: &BTreeMap<String, Policy>,
) -> Result<Value, Error> {
    let saw_users =
        sqlx::query_scalar!(r#"select sees as "sees!" from rollcall.sees_users() sees"#)
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new("looking for auth users", error))?;
    Ok(json!({"policies": policies, SAW_USERS: saw_users}))
}

/// Why what is planned cannot be meant, if it cannot. How many of a table's rows are orphaned says
/// nothing: where users were deleted for years it is most of them.
pub(super) fn doubt(run: &Run) -> Option<String> {
    let rows = run.progress.remaining;
    (rows > 0 && run.scope[SAW_USERS] == false)
        .then(|| nobody_seen(&format!("{} would be dealt with", counted(rows, "row"))))
}
