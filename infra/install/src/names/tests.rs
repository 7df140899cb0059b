//! Quoting, read back as PostgreSQL's scanner reads it.

use super::*;

/// Reads an identifier as PostgreSQL's scanner does; `None` unless it is all of the text.
fn scan(sql: &str) -> Option<String> {
    let (quoted, escapes) = match sql.strip_prefix("U&") {
        Some(quoted) => (quoted, true),
        None => (sql, false),
    };
    let Some(quoted) = quoted.strip_prefix('"') else {
        let plain = sql
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        return (plain && !sql.starts_with(|c: char| c.is_ascii_digit())).then(|| sql.into());
    };
    let mut name = String::new();
    let mut rest = quoted.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => match rest.next() {
                Some('"') => name.push('"'),
                Some(_) => return None,
                None => return Some(name),
            },
            '\\' if escapes => match rest.next()? {
                '+' => name.push(code_point(&mut rest, 6)?),
                '\\' => name.push('\\'),
                _ => return None,
            },
            c => name.push(c),
        }
    }
    None
}

/// Reads a literal as PostgreSQL's scanner does; `None` unless it is all of the text.
fn scan_literal(sql: &str) -> Option<String> {
    let (quoted, escapes) = match sql.strip_prefix('e') {
        Some(quoted) => (quoted, true),
        None => (sql, false),
    };
    let mut text = String::new();
    let mut rest = quoted.strip_prefix('\'')?.chars();
    while let Some(c) = rest.next() {
        match c {
            '\'' => match rest.next() {
                Some('\'') => text.push('\''),
                Some(_) => return None,
                None => return Some(text),
            },
            '\\' if escapes => text.push(match rest.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '\\' => '\\',
                'U' => code_point(&mut rest, 8)?,
                _ => return None,
            }),
            // Without escapes it depends on standard_conforming_strings.
            '\\' => return None,
            c => text.push(c),
        }
    }
    None
}

fn code_point(rest: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let hex: String = rest.take(digits).collect();
    u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32)
}

#[test]
fn words_that_mean_something_are_sorted_and_quoted() {
    assert!(NEEDS_QUOTES.is_sorted());
    for word in [
        "user",
        "order",
        "json_table",
        "system_user",
        "loop",
        "position",
    ] {
        assert_eq!(Name::new(word).unwrap().to_string(), format!("\"{word}\""));
    }
}

#[test]
fn plain_names_stay_as_they_are() {
    for plain in ["users", "full_name", "_x9", "name", "key"] {
        assert_eq!(Name::new(plain).unwrap().to_string(), plain);
    }
}

#[test]
fn everything_else_is_quoted() {
    let cases = [
        ("Profile", "\"Profile\""),
        ("my table", "\"my table\""),
        ("9lives", "\"9lives\""),
    ];
    for (name, sql) in cases {
        assert_eq!(Name::new(name).unwrap().to_string(), sql);
    }
    assert_eq!(
        Name::new("a\"; drop table x; --").unwrap().to_string(),
        "\"a\"\"; drop table x; --\""
    );
    assert_eq!(Name::new("größe").unwrap().to_string(), "\"größe\"");
}

#[test]
fn a_table_splits_at_its_first_dot() {
    let table = Qualified::parse("public.My.Table").unwrap();
    assert_eq!(table.to_string(), "public.\"My.Table\"");
    assert_eq!(Qualified::parse("users"), Err(NameError::NoSchema));
    assert_eq!(Qualified::parse(".users"), Err(NameError::Empty));
}

#[test]
fn what_no_catalog_can_hold_is_no_name() {
    assert_eq!(Name::new(""), Err(NameError::Empty));
    assert_eq!(Name::new("a\0b"), Err(NameError::Nul));
    assert_eq!(Name::new("ü".repeat(32)), Err(NameError::TooLong));
    assert!(Name::new("ü".repeat(31)).is_ok());
}

#[test]
fn literals_are_closed_by_nothing_but_their_end() {
    assert_eq!(literal("it's"), "'it''s'");
    assert_eq!(literal("a\\'b"), "e'a\\\\''b'");
}

#[test]
fn what_nobody_would_see_is_shown() {
    let name = Name::new("a\r\nb\u{202e}\\\"").unwrap();
    assert_eq!(name.to_string(), r#"U&"a\+00000D\+00000Ab\+00202E\\""""#);
    assert_eq!(name.looked_up(), "\"a\r\nb\u{202e}\\\"\"\"");
    assert_eq!(literal("a\r\nb\u{202e}"), r"e'a\r\nb\U0000202E'");
}

proptest::proptest! {
    #[test]
    fn no_name_escapes_its_quotes(text in "[\"';\\\\/*$a-cA-C0 .\n\t\u{200b}\\-]{1,20}|.{1,15}") {
        let Ok(name) = Name::new(text.as_str()) else { return Ok(()) };
        proptest::prop_assert_eq!(scan(&name.to_string()), Some(text.clone()));
        proptest::prop_assert_eq!(scan(&name.looked_up()), Some(text));
    }

    #[test]
    fn no_text_escapes_its_literal(text in "[\"';\\\\/*$a-c \n\r\t\u{200b}]{0,20}|.{0,15}") {
        let sql = literal(&text);
        proptest::prop_assert!(!sql.contains(char::is_control));
        proptest::prop_assert_eq!(scan_literal(&sql), Some(text));
    }
}
