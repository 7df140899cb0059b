//! What has to hold of a stack. Each answers with what does not, in words.

mod failing;
mod functions;
mod kept;
mod operators;
mod rights;
mod schedules;
pub(super) mod watched;

use super::stack::Stack;

/// A check's name, and the check.
pub(super) type Check = (&'static str, fn(&Stack) -> Problems);

pub(super) const ALL: [Check; 25] = [
    ("references", references),
    ("packages", functions::packages),
    ("logs", functions::logs),
    ("destinations", functions::destinations),
    ("secrets", functions::secrets),
    ("url", functions::url),
    ("own roles", rights::own_roles),
    ("named resources", rights::named_resources),
    ("no more than used", rights::no_more_than_used),
    ("state machine", rights::state_machine),
    ("operators", operators::rights_of_operators),
    ("encrypted", kept::encrypted),
    ("bucket", kept::bucket),
    ("forgotten", kept::forgotten),
    ("schedules", schedules::schedules),
    ("function alarms", failing::function_alarms),
    ("stopped executions", failing::stopped_executions),
    ("dead letters", failing::dead_letters),
    ("dead letters are found", operators::dead_letters_are_found),
    ("refused requests", failing::refused_requests),
    ("heartbeats", watched::heartbeats),
    ("ghosts", watched::ghosts),
    ("unsent alerts", watched::unsent_alerts),
    ("measured", watched::measured),
    ("told", watched::told),
];

/// What does not hold.
#[derive(Debug, Default)]
pub(super) struct Problems(pub(super) Vec<String>);

impl Problems {
    fn unless(&mut self, holds: bool, problem: impl Into<String>) {
        if !holds {
            self.0.push(problem.into());
        }
    }
}

/// Whatever is referred to is there, whatever was chosen.
fn references(stack: &Stack) -> Problems {
    let dangling = stack.dangling.iter();
    Problems(
        dangling
            .map(|path| format!("{path} is referred to, and is not there"))
            .collect(),
    )
}
