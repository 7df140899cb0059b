//! What the configuration can ask for and this version does not do yet.

use super::check::Checker;

/// Refuses what would otherwise be accepted and not done.
pub(super) fn check(checker: &mut Checker<'_>) {
    let config = checker.config;
    if config.webhook.is_some() {
        checker.refuse(
            "webhook",
            "is not there in this version",
            "leave the section out, and have a Supabase database webhook call signup-webhook",
        );
    }
}
