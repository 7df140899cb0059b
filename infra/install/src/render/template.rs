//! Filling named values into SQL texts.

use std::collections::BTreeMap;

/// The values of the placeholders, by name.
#[derive(Debug, Default)]
pub(super) struct Values(BTreeMap<&'static str, Vec<String>>);

impl Values {
    /// Sets a value that stands within a line.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) -> &mut Self {
        self.0.insert(name, vec![value.into()]);
        self
    }

    /// Sets a value of several lines, each put in at the indentation of its placeholder, which
    /// has a line of its own. A line break within an item is a customer's, and stays untouched.
    pub(super) fn set_lines(&mut self, name: &'static str, lines: Vec<String>) -> &mut Self {
        self.0.insert(name, lines);
        self
    }
}

/// Joins texts and fills their placeholders, written `{{name}}`.
///
/// # Panics
/// If a text has a placeholder without a value: a mistake in these sources, met by every test.
pub(super) fn fill(texts: &[&str], values: &Values) -> String {
    let (body, ddl) = (tag("body", values), tag("ddl", values));
    let text = texts
        .join("\n")
        .replace("$body$", &body)
        .replace("$ddl$", &ddl);
    let mut filled = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        let alone = line
            .trim()
            .strip_prefix("{{")
            .and_then(|line| line.strip_suffix("}}"));
        if let Some(lines) = alone.and_then(|name| values.0.get(name)) {
            let indent = &line[..line.len() - line.trim_start().len()];
            for value in lines {
                if !value.is_empty() {
                    filled.push_str(indent);
                }
                filled.push_str(value);
                filled.push('\n');
            }
        } else {
            put_line(&mut filled, line, values);
        }
    }
    filled
}

fn put_line(filled: &mut String, line: &str, values: &Values) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after
            .split_once("}}")
            .unwrap_or_else(|| panic!("a placeholder is not closed: {line}"));
        match values.0.get(name).map(Vec::as_slice) {
            Some([value]) => {
                filled.push_str(before);
                filled.push_str(value);
            }
            Some(_) => panic!("{{{{{name}}}}} has several lines and stands within one: {line}"),
            None => panic!("nothing fills {{{{{name}}}}}"),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled.push('\n');
}

/// A dollar quote that no value can end.
fn tag(word: &str, values: &Values) -> String {
    let mut tag = format!("${word}$");
    let mut number = 0;
    while values
        .0
        .values()
        .flatten()
        .any(|value| value.contains(&tag))
    {
        number += 1;
        tag = format!("${word}{number}$");
    }
    tag
}
