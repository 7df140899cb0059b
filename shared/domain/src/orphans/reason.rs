//! Why a repair of child rows leaves a row, and what mends that.

/// What an operator does about a reason code.
pub(super) fn mend(reason: &str) -> &'static str {
    match reason {
        "no_primary_key" => {
            "the table has no primary key, so its rows cannot be told apart: add one, or create \
             profiles instead"
        }
        "not_a_table" => "the rows lie in another server's table: mend them there",
        "permission" => {
            "the role that owns the schema rollcall may not read or write the table, or not read one \
             that refers to it, or row security hides rows from it: grant that, then plan or undo again"
        }
        "table_changed" => {
            "the table is gone, or its columns are others by now: plan again what is left; an undo needs \
             the table and its columns as they were, so bring them back, then undo again"
        }
        "no_such_user" => "whom the rows were to be reassigned to has no profile any more",
        "referred_to" => {
            "rows of the table named under referred_by refer to it, and stay: where that table names \
             users, plan its rows too; else, or where they are somebody's, move or change those rows by \
             hand; then plan again"
        }
        "foreign_key" => {
            "a foreign key forbids it: look which row refers to it, or what it would refer to is \
             gone; mend that, then again"
        }
        "lock_timeout" => {
            "somebody was at work on the row: when that has ended, plan again, or undo again"
        }
        "no_row" => {
            "a trigger of the application kept the row as it was, without an error: change or \
             disable it, then again"
        }
        "altered" => {
            "a trigger of the application, or a default that generates a column, makes another row \
             of it: disable that trigger while the row is put back"
        }
        "key_taken" => {
            "another row has its primary key by now: move that one away, or leave this one where \
             it is"
        }
        "unique_held" => "another row holds a value that has to be unique: free it, then again",
        "changed_since" => {
            "somebody has written the row since, or the table was rewritten or restored: look at \
             it, and change it by hand if it is to be as before"
        }
        "not_null" | "check" => {
            "a constraint of the table (one that came after the row, or is not validated, or that \
             forbids the new user) or a trigger does not accept the row: drop or change it, then again"
        }
        "no_uuid" => "what the row says is no user's id: quarantine or reassign it",
        "unknown_user" => {
            "there is no auth user of this id, so there can be no profile: quarantine or reassign \
             the rows"
        }
        "excluded" => {
            "the auth user is not eligible: soft-deleted, anonymous, or excluded by an operator"
        }
        "unique_held_by_orphan" | "unique_held_by_live" => {
            "another profile holds a value that has to be unique: see docs/refusals.md"
        }
        _ => "the database did not accept it: look the SQLSTATE up, mend that, then again",
    }
}
