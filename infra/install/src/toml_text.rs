//! Keys and strings as TOML spells them.

use std::fmt::Write as _;

/// A key: bare where that is allowed, quoted otherwise.
#[must_use]
pub(crate) fn key(text: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !text.is_empty() && text.bytes().all(bare) {
        text.to_owned()
    } else {
        string(text)
    }
}

/// A basic string on one line.
#[must_use]
pub(crate) fn string(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_text_comes_back(text in "[\\x00-\\x7f]{0,10}|.{0,20}") {
            let line = format!("{} = {}", key(&text), string(&text));
            let table: toml::Table = line.parse().unwrap();
            proptest::prop_assert_eq!(table.get(&text).and_then(|v| v.as_str()), Some(&*text));
        }
    }
}
