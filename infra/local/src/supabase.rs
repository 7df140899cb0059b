//! The true shape of Supabase's database, as far as signups and profiles touch it.
//!
//! What matters is less the columns than who may do what: `postgres` is no superuser and owns
//! nothing in `auth`, and row-level security hides `auth.users` from every role that does not
//! bypass it. Code that works here as `postgres` works on the service. Out of scope: the tables
//! for factors, single sign-on and OAuth, the storage and realtime schemas, and the extensions
//! that only the service has (`pg_net`, Vault, supautils).

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// A failure while a database was given Supabase's shape.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A statement of the shape was refused.
    #[error(
        "cannot {doing}; connect as a superuser named supabase_admin, to a server that has the \
         contrib modules"
    )]
    Refused {
        /// What was being done.
        doing: &'static str,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
}

/// Creates the roles of a Supabase project, cluster-wide, where they are missing.
pub async fn create_roles(superuser: &mut PgConnection) -> Result<(), Error> {
    run(
        superuser,
        "create the roles of a Supabase project",
        include_str!("supabase/roles.sql"),
    )
    .await
}

/// Gives the current database, empty so far, the shape of a Supabase project's; all or nothing.
///
/// The roles must exist already.
pub async fn shape(superuser: &mut PgConnection) -> Result<(), Error> {
    const DOING: &str = "give the database the shape of a Supabase project's";
    let mut transaction = superuser.begin().await.map_err(refused(DOING))?;
    run(
        &mut transaction,
        DOING,
        include_str!("supabase/database.sql"),
    )
    .await?;
    run(
        &mut transaction,
        DOING,
        "set local role supabase_auth_admin",
    )
    .await?;
    run(&mut transaction, DOING, include_str!("supabase/auth.sql")).await?;
    run(
        &mut transaction,
        DOING,
        include_str!("supabase/functions.sql"),
    )
    .await?;
    transaction.commit().await.map_err(refused(DOING))
}

/// Creates the database `name`, owned by `postgres` as on the service, as a copy of `template`.
///
/// A copy has the template's schemas and rights, but not the rights on the database itself: those
/// are granted here. Nobody may be connected to the template meanwhile.
pub async fn create_database(
    superuser: &mut PgConnection,
    name: &str,
    template: &str,
) -> Result<(), Error> {
    let (name, template) = (quote(name), quote(template));
    // Copying the files is twice as fast as writing the copy to the log, for small databases.
    let create =
        format!("create database {name} template {template} owner postgres strategy = file_copy");
    let grant = format!(
        "grant create on database {name} to supabase_auth_admin; \
         grant all on database {name} to dashboard_user"
    );
    for sql in [create, grant] {
        superuser
            .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
            .await
            .map_err(refused("create a database from a template"))?;
    }
    Ok(())
}

fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

async fn run(
    connection: &mut PgConnection,
    doing: &'static str,
    sql: &'static str,
) -> Result<(), Error> {
    connection
        .execute(sqlx::raw_sql(sql))
        .await
        .map_err(refused(doing))?;
    Ok(())
}

fn refused(doing: &'static str) -> impl FnOnce(sqlx::Error) -> Error {
    move |source| Error::Refused { doing, source }
}
