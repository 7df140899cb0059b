//! What stands where Rollcall's own things go, and is not Rollcall's.

use super::Mode;
use crate::{
    catalog::{Catalog, Function, NamedFunction},
    config::Config,
    names::{Name, Qualified},
    objects::{MARK, OTHER_TRIGGERS, Object, PUBLIC_FUNCTIONS, PUBLIC_TABLES, is_other_trigger},
    refusal::Refusal,
};

/// Refuses every function, trigger and table of Rollcall's names that Rollcall did not make.
pub(super) fn refuse(config: &Config, catalog: &Catalog) -> Vec<Refusal> {
    if catalog.rollcall.is_hidden {
        let what = "Rollcall is installed, and this role may not read what it made";
        return vec![config.refuse("", what, "connect as the role that installed it")];
    }
    let mut refusals = Vec::new();
    if catalog.rollcall.is_foreign {
        let what = "there is a schema named rollcall that Rollcall did not make";
        let mend = "rename that schema: Rollcall keeps its own things under this name";
        refusals.push(config.refuse("", what, mend));
    }
    for name in PUBLIC_TABLES {
        refusals.extend(refuse_table(config, catalog, name));
    }
    for (name, arguments) in PUBLIC_FUNCTIONS {
        refusals.extend(refuse_functions(config, catalog, name, arguments));
    }
    refusals.extend(refuse_own_names(config));
    if config.trigger.mode == Mode::Create {
        refusals.extend(refuse_trigger_function(config, catalog));
    }
    refusals.extend(refuse_triggers(config, catalog));
    refusals
}

/// Refuses names that Rollcall has given to something else of its own.
fn refuse_own_names(config: &Config) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let (name, function) = (&config.trigger.name, &config.trigger.function);
    if is_other_trigger(name) {
        let what = format!("{name} is another trigger of Rollcall's");
        refusals.push(config.refuse("trigger.name", what, "write another name"));
    }
    let is_public = function.schema.text() == "public";
    if function.schema.text() == "rollcall"
        || is_public
            && PUBLIC_FUNCTIONS
                .iter()
                .any(|(name, _)| *name == function.name.text())
    {
        let what = format!("{function}() is a name that Rollcall keeps for its own functions");
        let mend = "write another name, in a schema of the application's";
        refusals.push(config.refuse("trigger.function", what, mend));
    }
    refusals
}

fn public(name: &str) -> Option<Qualified> {
    Qualified::parse(&format!("public.{name}")).ok()
}

fn refuse_table(config: &Config, catalog: &Catalog, name: &str) -> Option<Refusal> {
    let standing = catalog.standing.get(&Name::new(name).ok()?)?;
    let object = Object::Table(public(name)?);
    // The audit log outlives an uninstallation; its comment says whose it is.
    if catalog.rollcall.once_made(&object) || standing.comment.starts_with(MARK) {
        return None;
    }
    let what = format!(
        "the {} public.{name} exists already, and Rollcall did not make it",
        standing.kind
    );
    // Whatever `alter table` renames, it renames also as a view, a sequence or an index.
    let kind = if standing.kind == "type" {
        "type"
    } else {
        "table"
    };
    let mend = format!(
        "rename it, as in `alter {kind} public.{name} rename to {name}_before_rollcall`: Rollcall \
         needs the name for its own table"
    );
    Some(config.refuse("", what, mend))
}

/// Refuses the functions of a name that are not Rollcall's. Where Rollcall's takes arguments, that
/// is every one: PostgreSQL would take whichever fits a call best.
fn refuse_functions(
    config: &Config,
    catalog: &Catalog,
    name: &str,
    arguments: &str,
) -> Vec<Refusal> {
    let ours = format!("public.{name}({arguments})");
    let known = catalog.rollcall.made.get(&format!("function {ours}"));
    let is_in_the_way = |standing: &&NamedFunction| {
        if standing.signature == ours {
            return !known.copied().unwrap_or(standing.is_rollcalls);
        }
        standing.name.text() == name && (!arguments.is_empty() || standing.needs_nothing)
    };
    let refuse = |standing: &NamedFunction| {
        let signature = &standing.signature;
        let what =
            format!("the function {signature} exists already, and is not what Rollcall made");
        let mend = format!(
            "rename it, as in `alter function {signature} rename to {name}_before_rollcall`: \
             Rollcall needs the name for its own function"
        );
        config.refuse("", what, mend)
    };
    let standing = catalog.named_functions.iter();
    standing.filter(is_in_the_way).map(refuse).collect()
}

/// Whether a function is as Rollcall made it, or is left of an installation that was lost.
fn is_ours(catalog: &Catalog, name: &Qualified) -> bool {
    catalog.rollcall.made(&Object::Function(name.clone())) || is_left_behind(catalog, name)
}

/// Whether a function looks like Rollcall's and nothing is known of it: its schema was dropped, or
/// was not part of a restore.
fn is_left_behind(catalog: &Catalog, name: &Qualified) -> bool {
    let is_rollcalls = |function: &Function| function.is_rollcalls;
    catalog.functions.get(name).is_some_and(is_rollcalls)
        && !catalog.rollcall.once_made(&Object::Function(name.clone()))
}

const OFFER: &str = "write trigger.mode = \"watch\" to leave it as it is, or trigger.adopt = true \
     to have Rollcall replace it and `rollcall sql --uninstall` bring it back";

fn refuse_trigger_function(config: &Config, catalog: &Catalog) -> Option<Refusal> {
    let name = &config.trigger.function;
    let function = catalog
        .functions
        .get(name)
        .filter(|function| function.takes_nothing)?;
    if is_ours(catalog, name) {
        return None;
    }
    if !config.trigger.adopt {
        let what = format!("the function {name}() exists already, and is not what Rollcall made");
        return Some(config.refuse("trigger.function", what, OFFER));
    }
    if !function.is_trigger {
        let what = format!("{name}() is no trigger function, so it cannot be adopted");
        return Some(config.refuse("trigger.function", what, "name another function"));
    }
    if !function.is_owned {
        let what = format!("{name}() belongs to another role, which alone can replace it");
        let mend = "connect as its owner, or name another function";
        return Some(config.refuse("trigger.function", what, mend));
    }
    None
}

fn refuse_triggers(config: &Config, catalog: &Catalog) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for trigger in &catalog.triggers {
        let was_made = |object: Object| catalog.rollcall.once_made(&object);
        let is_made = was_made(Object::Trigger(trigger.name.clone()))
            && was_made(Object::Function(trigger.function.clone()));
        if is_made || is_left_behind(catalog, &trigger.function) {
            continue;
        }
        let name = &trigger.name;
        let what =
            format!("the trigger {name} on auth.users exists already, and is not Rollcall's");
        if *name == config.trigger.name && config.trigger.mode == Mode::Create {
            if !config.trigger.adopt {
                refusals.push(config.refuse("trigger.name", what, OFFER));
            }
        } else if is_needed(config, name) {
            let mend = "rename it: Rollcall needs the name for its own trigger";
            refusals.push(config.refuse("", what, mend));
        }
    }
    refusals
}

/// Whether this configuration makes another trigger of this name.
fn is_needed(config: &Config, name: &Name) -> bool {
    OTHER_TRIGGERS.iter().any(|(other, _, maker)| {
        *other == name.text() && maker.is_asked(config.trigger.mode, config.webhook.is_some())
    })
}
