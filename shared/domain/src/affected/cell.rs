//! Text that a spreadsheet shows, and does not execute.
//!
//! A cell that begins with one of a few characters is taken for a formula, which can send the rest
//! of the sheet to somebody else; and an e-mail address is whatever its owner typed. An apostrophe
//! in front makes it text.

/// With what a formula begins; some spreadsheets take the full-width forms for it, too.
const STARTS_FORMULA: &[char] = &['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// What separates cells for a spreadsheet that is set up for another country, or a hasty reader.
const SEPARATES: &[char] = &[
    '\t', '\n', '\r', ',', ';', '|', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}',
];

/// The text with an apostrophe before whatever could begin a formula: at its beginning, and after
/// what could separate cells; blanks before it do not hide it. A text that begins with a control
/// character gets one, too.
#[must_use]
pub fn neutral(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    // Where a cell could begin, while nothing but blanks has come of it.
    let mut begin = Some(0);
    for c in text.chars() {
        if let Some(at) = begin
            && (STARTS_FORMULA.contains(&c) || (safe.is_empty() && c.is_control()))
        {
            safe.insert(at, '\'');
        }
        safe.push(c);
        if SEPARATES.contains(&c) {
            begin = Some(safe.len());
        } else if !is_blank(c) {
            begin = None;
        }
    }
    safe
}

/// Whether nothing is seen of it.
fn is_blank(c: char) -> bool {
    let is_invisible = matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    );
    c.is_whitespace() || c.is_control() || is_invisible
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_begins_a_formula_is_made_text_and_the_rest_is_left() {
        for (text, safe) in [
            ("ada@example.com", "ada@example.com"),
            ("o'neil+news@example.com", "o'neil+news@example.com"),
            ("=1+1@example.com", "'=1+1@example.com"),
            ("+ada@example.com", "'+ada@example.com"),
            ("-ada@example.com", "'-ada@example.com"),
            ("@SUM(1)", "'@SUM(1)"),
            ("  =1", "'  =1"),
            ("\u{feff}\u{200b}=1", "'\u{feff}\u{200b}=1"),
            ("＝1", "'＝1"),
            ("\tada", "'\tada"),
            ("\rada", "'\rada"),
            ("ada;=1", "ada;'=1"),
            ("ada\n +1", "ada\n' +1"),
            ("\"=1\"@example.com", "\"=1\"@example.com"),
            ("", ""),
        ] {
            assert_eq!(neutral(text), safe, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_could_be_a_cell_begins_a_formula(
            text in "([=+@;,\"' \t\r\n\u{200b}＝－-]|[a-z0-9.]|\\PC){0,24}",
        ) {
            let safe = neutral(&text);
            for cell in safe.split(SEPARATES) {
                let first = cell.trim_start_matches(is_blank).chars().next();
                prop_assert!(!first.is_some_and(|c| STARTS_FORMULA.contains(&c)), "{safe:?}");
            }
            prop_assert!(!safe.starts_with(char::is_control), "{safe:?}");
            // Apostrophes were put in, and nothing was taken away.
            let mut left = safe.chars();
            for c in text.chars() {
                prop_assert!(left.by_ref().take_while(|found| *found != c).all(|more| more == '\''));
            }
            prop_assert_eq!(left.count(), 0);
        }
    }
}
