//! Why an undo leaves a profile, and what mends that.

/// What an operator does about a reason code.
pub(super) fn mend(reason: &str) -> &'static str {
    match reason {
        "changed_since" => {
            "the profile is no longer as the run made it: somebody, a trigger, Rollcall's own \
             refresh of kept columns, a rewrite of the table or a restore has written it since; \
             look at it, and delete it by hand if it is to go"
        }
        "referred_to" => {
            "rows of the table named under referred_by refer to the profile: move or delete them, \
             then undo again"
        }
        "foreign_key" => {
            "a foreign key keeps the profile, or a row that would have gone with it: look which, \
             then undo again"
        }
        "lock_timeout" => {
            "somebody was at work on the profile, or on what refers to it: undo again when that \
             has ended"
        }
        "no_row" => {
            "a trigger of the application on the profile table kept the row without an error: \
             change or disable it, then undo again"
        }
        "permission" => {
            "a trigger or a policy lacks a right: grant it to the role that owns the schema \
             rollcall, then undo again"
        }
        _ => {
            "the database did not let go of the profile: look the SQLSTATE up, mend what it is \
             about, then undo again"
        }
    }
}
