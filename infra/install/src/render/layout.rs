//! Lines of SQL, broken where a person would break them.

/// Longer lines are broken, if they have a place to be broken at.
const WIDTH: usize = 100;

/// One item a line, with a comma behind all but the last.
pub(super) fn comma_separated(items: &[String]) -> Vec<String> {
    let last = items.len().saturating_sub(1);
    items
        .iter()
        .enumerate()
        .map(|(n, item)| {
            if n == last {
                item.clone()
            } else {
                format!("{item},")
            }
        })
        .collect()
}

/// The lines, each four spaces further to the right for every level. A line break within a line
/// is a customer's, and stays untouched.
pub(super) fn indented(lines: Vec<String>, levels: usize) -> Vec<String> {
    let indent = "    ".repeat(levels);
    lines
        .into_iter()
        .map(|line| format!("{indent}{line}"))
        .collect()
}

/// A list between two texts, in one line if it fits, or else one item a line. `depth` is how far
/// to the right it will stand.
pub(super) fn list(before: &str, items: &[String], after: &str, depth: usize) -> Vec<String> {
    let one_line = format!("{before}{}{after}", items.join(", "));
    if items.len() < 2 || one_line.chars().count() + 4 * depth <= WIDTH {
        return vec![one_line];
    }
    let mut lines = vec![before.trim_end().to_owned()];
    lines.extend(indented(comma_separated(items), 1));
    if !after.is_empty() {
        lines.push(after.to_owned());
    }
    lines
}

/// A list between two texts, in one line if it fits, or else as many items a line as fit.
pub(super) fn wrapped(before: &str, items: &[String], after: &str, depth: usize) -> Vec<String> {
    let broken = list(before, items, after, depth);
    if broken.len() == 1 {
        return broken;
    }
    let mut lines = vec![before.trim_end().to_owned()];
    lines.extend(filled(items, depth + 1));
    if !after.is_empty() {
        lines.push(after.to_owned());
    }
    lines
}

/// Items with commas between them, as many a line as fit, a level further to the right.
pub(super) fn filled(items: &[String], depth: usize) -> Vec<String> {
    let mut lines = vec![];
    let mut line = String::new();
    for item in comma_separated(items) {
        if !line.is_empty() && line.chars().count() + 1 + item.chars().count() + 4 * depth > WIDTH {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&item);
    }
    lines.push(line);
    indented(lines, 1)
}

/// Whether two rows of values differ.
pub(super) fn row_is_distinct(
    before: &str,
    left: &[String],
    right: &[String],
    depth: usize,
) -> Vec<String> {
    if let ([left], [right]) = (left, right) {
        return vec![format!("{before}{left} is distinct from {right}")];
    }
    let (left_row, right_row) = (left.join(", "), right.join(", "));
    let one_line = format!("{before}({left_row}) is distinct from ({right_row})");
    if one_line.chars().count() + 4 * depth <= WIDTH {
        return vec![one_line];
    }
    let mut lines = vec![format!("{before}(")];
    lines.extend(filled(left, depth + 1));
    lines.push(") is distinct from (".to_owned());
    lines.extend(filled(right, depth + 1));
    lines.push(")".to_owned());
    lines
}
