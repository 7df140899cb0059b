//! What may be shown of a driver's error.

use sqlx::{error::DatabaseError, postgres::PgDatabaseError};

/// Whether it is one of Rollcall's functions, or its schema, that the caller may not use.
pub(super) fn is_about_rollcall(error: &sqlx::Error) -> bool {
    let words = describe(error);
    words.contains("for function ") || words.contains("for schema rollcall ")
}

/// What a pooler says of a user that it does not know, or of another project's.
const NO_TENANT: &str = "Tenant or user not found";

/// The one line of a driver's error that may be shown: never DETAIL, and a message only of the
/// classes in which it is PostgreSQL's own and quotes no row's values.
pub(super) fn describe(error: &sqlx::Error) -> String {
    let Some(database) = error.as_database_error() else {
        return error.to_string();
    };
    match database.code().as_deref() {
        Some(code) if quotes_no_values(code) && raised_by(database) != Some(Author::Stranger) => {
            format!("{} (SQLSTATE {code})", database.message())
        }
        Some("XX000") if database.message().contains(NO_TENANT) => NO_TENANT.to_owned(),
        Some(code) => format!("the database gave an error (SQLSTATE {code})"),
        None => "the database gave an error without a code".to_owned(),
    }
}

/// Whose function raised an error by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    Rollcall,
    /// Code and message are whatever somebody chose, and may hold a row's values.
    Stranger,
}

/// Who raised it; nobody, where it is the server's own.
pub(super) fn raised_by(error: &dyn DatabaseError) -> Option<Author> {
    let context = error.try_downcast_ref::<PgDatabaseError>()?.r#where()?;
    let innermost = context.lines().next()?;
    if !innermost.ends_with("at RAISE") {
        return None;
    }
    Some(if innermost.contains(" rollcall.") {
        Author::Rollcall
    } else {
        Author::Stranger
    })
}

/// Names of objects at most. What is missing here are data exceptions (`invalid input syntax for
/// type integer: "…"`), broken constraints, and whatever code the application's triggers raise.
fn quotes_no_values(code: &str) -> bool {
    const CLASSES: [&str; 13] = [
        "08", "0A", "25", "26", "28", "3D", "3F", "40", "42", "53", "55", "57", "58",
    ];
    CLASSES.iter().any(|class| code.starts_with(class))
}
