//! What the configuration can ask for and this version does not do yet.

use super::check::Checker;
use crate::mapping::Canary;

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
    if config.check.canary == Canary::On {
        checker.refuse(
            "check.canary",
            "is not there in this version",
            "set it to \"auto\" or false, or leave it out",
        );
    }
}
