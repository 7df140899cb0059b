//! Commands in what is told: what a function tells knows nothing of the stack that it belongs to,
//! and whoever types the next command would do it somewhere else.

/// Those that a stack's functions carry out.
const COMMANDS: [&str; 4] = ["check", "backfill", "repair", "diagnose"];
/// What of them the functions do not, or just cannot for want of a bucket.
const OTHERS: [&str; 2] = ["repair references constrain", "repair export <run>"];

/// The text, with the stack named in each of its commands.
pub(super) fn of_stack(text: &str, stack: &str) -> String {
    let mut parts = text.split("rollcall ");
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        told.push_str("rollcall ");
        if is_a_functions(part) {
            told.extend(["--deployed ", stack, " "]);
        }
        told.push_str(part);
    }
    told
}

fn is_a_functions(words: &str) -> bool {
    let is_one = COMMANDS.iter().any(|command| {
        words
            .strip_prefix(command)
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    });
    is_one && !OTHERS.iter().any(|other| words.starts_with(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_stack_if_its_functions_can_do_it() {
        for (text, told) in [
            (
                "next: rollcall backfill",
                "next: rollcall --deployed prod backfill",
            ),
            (
                "by `rollcall repair undo 7`, then rollcall check",
                "by `rollcall --deployed prod repair undo 7`, then rollcall --deployed prod check",
            ),
            (
                "rollcall repair references constrain --table t",
                "rollcall repair references constrain --table t",
            ),
            ("run rollcall sql again", "run rollcall sql again"),
            ("what rollcall checks", "what rollcall checks"),
            ("", ""),
        ] {
            assert_eq!(of_stack(text, "prod"), told);
        }
    }
}
