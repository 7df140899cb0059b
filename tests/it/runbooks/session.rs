//! An operator with a runbook in one hand: its SQL, statement by statement, in the SQL editor.

use futures_util::TryStreamExt;
use rollcall_tests::World;
use sqlx::{AssertSqlSafe, Column, Either, Row, ValueRef, postgres::PgRow};

/// What came of a statement.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Where it stands: the document, the block, and the statement within, as in `2.7.1`.
    pub(super) place: String,
    pub(super) columns: Vec<String>,
    /// The values as text, "null" for null.
    pub(super) rows: Vec<Vec<String>>,
    pub(super) affected: u64,
}

impl Outcome {
    /// The value of a column in the only row.
    pub(super) fn only(&self, column: &str) -> &str {
        assert_eq!(self.rows.len(), 1, "{self:?}");
        let at = self.columns.iter().position(|name| name == column);
        &self.rows[0][at.unwrap_or_else(|| panic!("no {column} in {self:?}"))]
    }
}

/// Runs every SELECT, INSERT and UPDATE of a document in its order, after filling it in.
pub(super) async fn run(world: &World, document: &str, fill_in: &[(&str, &str)]) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for (place, statement) in statements(document) {
        let mut sql = statement;
        for (gap, text) in fill_in {
            sql = sql.replace(gap, text);
        }
        outcomes.push(execute(world, place, sql).await);
    }
    outcomes
}

/// What came of the statement at a place.
pub(super) fn at<'o>(outcomes: &'o [Outcome], place: &str) -> &'o Outcome {
    let found = outcomes.iter().find(|outcome| outcome.place == place);
    found.unwrap_or_else(|| panic!("nothing was run at {place}: {outcomes:#?}"))
}

async fn execute(world: &World, place: String, sql: String) -> Outcome {
    let mut connection = world.connect("postgres").await;
    let mut outcome = Outcome {
        place,
        columns: vec![],
        rows: vec![],
        affected: 0,
    };
    let mut stream = sqlx::raw_sql(AssertSqlSafe(sql.clone())).fetch_many(&mut connection);
    loop {
        match stream.try_next().await {
            Ok(Some(Either::Left(done))) => outcome.affected += done.rows_affected(),
            Ok(Some(Either::Right(row))) => {
                let columns = row.columns().iter();
                outcome.columns = columns.map(|column| column.name().to_owned()).collect();
                outcome.rows.push(texts(&row));
            }
            Ok(None) => return outcome,
            Err(error) => panic!("{}: {error}\nin: {sql}", outcome.place),
        }
    }
}

/// A row of the simple protocol, in which every value is text.
fn texts(row: &PgRow) -> Vec<String> {
    let value = |at| {
        let value = row.try_get_raw(at).unwrap();
        if value.is_null() {
            "null".to_owned()
        } else {
            value.as_str().unwrap().to_owned()
        }
    };
    (0..row.len()).map(value).collect()
}

/// The statements of a document that ask for or write rows, and where they stand.
fn statements(document: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for block in document.split("-- block ").skip(1) {
        let (place, sql) = block.split_once('\n').unwrap();
        let statements = split(sql);
        for (number, statement) in statements.iter().enumerate() {
            let verb = statement.split_whitespace().next().unwrap().to_lowercase();
            if ["select", "insert", "update"].contains(&&*verb) {
                found.push((format!("{place}.{}", number + 1), statement.clone()));
            }
        }
    }
    found
}

/// Splits SQL at the semicolons that end a statement, and leaves comments out.
fn split(sql: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        // What a comment, a text or a quoted body hides is no end of a statement.
        let length = if rest.starts_with("--") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
            continue;
        } else if c == '\'' {
            rest[1..].find('\'').unwrap() + 2
        } else if let Some(body) = rest.strip_prefix("$$") {
            body.find("$$").unwrap() + 4
        } else {
            c.len_utf8()
        };
        if c == ';' {
            statements.push(String::new());
        } else {
            statements.last_mut().unwrap().push_str(&rest[..length]);
        }
        rest = &rest[length..];
    }
    statements.retain(|statement| !statement.trim().is_empty());
    statements
}

#[test]
fn every_statement_of_the_documents_is_found() {
    let count = |document| statements(document).len();
    assert_eq!(super::documents::ALL.map(count), [2, 6, 22, 1, 5]);
}
