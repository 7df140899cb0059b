//! Each check misses what it looks for: the template with one thing taken out, or spoilt, is
//! noticed by the check whose affair it is.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    CHOICES,
    checks::ALL,
    stack::{Stack, translated},
};

/// Of each: the check that has to notice, where among the resources or under `Outputs/`, and what is
/// there instead; nothing if it is taken out.
const MUTANTS: &str = include_str!("mutants.json");

/// The template with the mutant in it.
fn mutated(template: &Value, at: &str, value: Option<Value>) -> Value {
    let mut template = template.clone();
    let (parent, last) = at
        .rsplit_once('/')
        .map_or(("", at), |(parent, last)| (parent, last));
    let path = match parent.strip_prefix("Outputs") {
        Some(of_output) => format!("/Outputs{of_output}"),
        None => format!("/Resources/{parent}"),
    };
    let parent = template.pointer_mut(path.trim_end_matches('/'));
    let parent = parent.unwrap_or_else(|| panic!("there is no {at}"));
    match (parent, value) {
        (Value::Object(fields), None) => {
            assert!(fields.remove(last).is_some(), "there is no {at}");
        }
        (Value::Array(items), None) => drop(items.remove(last.parse().unwrap())),
        (parent, Some(value)) => {
            let index = last.parse::<usize>();
            let there = match index {
                Ok(index) => parent.get_mut(index),
                Err(_) => parent.get_mut(last),
            };
            *there.unwrap_or_else(|| panic!("there is no {at}")) = value;
        }
        (other, None) => panic!("{other} has no parts"),
    }
    template
}

#[test]
fn whatever_is_taken_out_or_spoilt_is_noticed_by_the_check_whose_affair_it_is() {
    let Some(template) = translated() else { return };
    let mutants: Vec<Vec<Value>> = serde_json::from_str(MUTANTS).unwrap();
    let mut noticing = BTreeSet::new();
    for mutant in &mutants {
        let (check, at) = (mutant[0].as_str().unwrap(), mutant[1].as_str().unwrap());
        let mutated = mutated(template, at, mutant.get(2).cloned());
        let problems = ALL.iter().find(|(name, _)| *name == check).unwrap().1;
        let notices = CHOICES.iter().any(|choice| {
            let stack = Stack::new(&mutated, choice);
            !problems(&stack).0.is_empty()
        });
        assert!(notices, "{check} does not notice {at}");
        noticing.insert(check);
    }
    let all = ALL.map(|(name, _)| name).into();
    assert_eq!(noticing, all, "each check has a mutant");
}
