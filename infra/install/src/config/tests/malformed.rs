//! Whatever is malformed is named, with its line and its mend.

use super::refusal_below;

/// What is malformed, and how the sentence about it begins.
const MALFORMED: &[(&str, &str)] = &[
    (
        "color = 1",
        "3: profile.color: Rollcall knows no such key; known here are tab",
    ),
    (
        "kee = \"id\"",
        "3: profile.kee: Rollcall knows no such key; did you mean \"key\"?",
    ),
    (
        "key = 1",
        "3: profile.key: a number stands where a text in quotes belongs",
    ),
    ("key = \"\"", "3: profile.key: the name \"\" is empty"),
    (
        "keep = []",
        "3: profile.keep: a list stands where a table belongs",
    ),
    (
        "[profile.keep]\ncolumns = \"a\"",
        "4: profile.keep.columns: a text stands where a list",
    ),
    (
        "[profile.keep]\ncolumns = [\"a\", \"a\"]",
        "4: profile.keep.columns[1]: the column a is",
    ),
    (
        "[profile.keep]\ncolums = []",
        "4: profile.keep.colums: Rollcall knows no such key; did",
    ),
    (
        "[profile.removal]\nrelease = [\"a\"]",
        "3: profile.removal.soft_delete: is missing",
    ),
    (
        "[profile.removal]\nsoft_delete = true",
        "4: profile.removal.soft_delete: a truth value",
    ),
    (
        "[eligible]\nanonymous = 1",
        "4: eligible.anonymous: a number stands where true or false",
    ),
    (
        "[trigger]\nmode = \"creat\"",
        "4: trigger.mode: there is no \"creat\"; did you mean \"c",
    ),
    (
        "[trigger]\nmode = \"off\"",
        "4: trigger.mode: there is no \"off\"; write \"create\" or ",
    ),
    (
        "[trigger]\nfunction = \"f\"",
        "4: trigger.function: \"f\" has no schema; write \"publi",
    ),
    (
        "[trigger]\nfunction = \"a.f()\"",
        "4: trigger.function: a function's name has no paren",
    ),
    (
        "[trigger]\nmode = \"watch\"\nadopt = true",
        "5: trigger.adopt: mode = \"watch\" leaves",
    ),
    (
        "[[references]]\ntable = \"a.b\"",
        "3: references[0].column: is missing; name the column",
    ),
    (
        "[[references]]\ncolumn = \"b\"",
        "3: references[0].table: is missing; name the table",
    ),
    (
        "references = 1",
        "3: profile.references: Rollcall knows no such key",
    ),
    (
        "[webhook]",
        "3: webhook.url: is missing; write the function's address",
    ),
    (
        "[webhook]\nurl = \"http://example.com/\"",
        "4: webhook.url: is not encrypted; write",
    ),
    (
        "[webhook]\nurl = \"ftp://example.com/\"",
        "4: webhook.url: is no address of a web serv",
    ),
    (
        "[webhook]\nurl = \"example.com\"",
        "4: webhook.url: is no address of a web server",
    ),
    (
        "[webhook]\nurl = \"https://a:b@example.com/\"",
        "4: webhook.url: holds a user name or",
    ),
    (
        "[check]\ncanary = \"yes\"",
        "4: check.canary: says neither when to fly nor not to",
    ),
    (
        "[check]\nheal_limit = -1",
        "4: check.heal_limit: -1 is out of range; write a number f",
    ),
    (
        "[check]\nburst = 1.5",
        "4: check.burst: a number stands where a whole number belongs",
    ),
    (
        "[check]\nold = \"24\"",
        "4: check.old: \"24\" is no duration; write a number and s, m, h",
    ),
    ("[check]\nold = \"h\"", "4: check.old: \"h\" is no duration"),
    (
        "[check]\nold = \"-1h\"",
        "4: check.old: \"-1h\" is no duration",
    ),
    (
        "[check]\nold = \"1h30m\"",
        "4: check.old: \"1h30m\" is no duration",
    ),
    (
        "[check]\nold = \"9223372036854775807d\"",
        "4: check.old: \"9223372036854775807d\" is no",
    ),
    (
        "[check]\nold = 24",
        "4: check.old: a number stands where a text in quotes belongs",
    ),
    (
        "[check]\nretention_days = 0",
        "4: check.retention_days: 0 is out of range",
    ),
    (
        "[chek]",
        "3: chek: Rollcall knows no such key; did you mean \"check\"?",
    ),
];

#[test]
fn whatever_is_malformed_is_named_with_its_mend() {
    for (text, wanted) in MALFORMED.iter().copied() {
        let refusal = refusal_below(text);
        assert!(
            refusal.starts_with(wanted),
            "{text}\n  {refusal}\n  {wanted}"
        );
    }
}

#[test]
fn a_malformed_source_is_named_with_its_mend() {
    let cases = [
        (
            "\"emial\"",
            "there is no source \"emial\"; did you mean \"email\"?",
        ),
        (
            "\"birthday\"",
            "there is no source \"birthday\"; write one of id, email",
        ),
        (
            "\"meta\"",
            "there is no source \"meta\"; write \"meta.<key>\"",
        ),
        (
            "\"meta.\"",
            "there is no source \"meta.\"; write \"meta.<key>\"",
        ),
        (
            "\"meta.a..b\"",
            "there is no source \"meta.a..b\"; write \"meta.<key>\"",
        ),
        (
            "\"user_metadata.x\"",
            "there is no source \"user_metadata.x\"; write \"meta.x\"",
        ),
        (
            "\"raw_app_meta_data.x\"",
            "there is no source \"raw_app_meta_data.x\"; write \"app_me",
        ),
        (
            "1",
            "a number is no source; write a literal as { number = … }",
        ),
        (
            "true",
            "a truth value is no source; write a literal as { bool = true }",
        ),
        ("2026-01-01", "a date or time is no source"),
        ("[]", "names no source; name one, or leave the column out"),
        (
            "{}",
            "a literal has one key, not 0; write one of { text = \"…\" }",
        ),
        (
            "{ text = \"a\", number = 1 }",
            "a literal has one key, not 2",
        ),
        ("{ text = \"a\\u0000\" }", "holds a NUL character"),
    ];
    for (spelled, wanted) in cases {
        let refusal = refusal_below(&format!("[profile.columns]\n\"full name\" = {spelled}"));
        let wanted = match spelled {
            "{ text = \"a\\u0000\" }" => format!("4: profile.columns.\"full name\".text: {wanted}"),
            _ => format!("4: profile.columns.\"full name\": {wanted}"),
        };
        assert!(
            refusal.starts_with(&wanted),
            "{spelled}\n  {refusal}\n  {wanted}"
        );
    }
}

#[test]
fn a_malformed_literal_is_named_where_it_stands() {
    let cases = [
        ("[\"email\", [\"id\"]]", "x[1]: a list is no source"),
        (
            "[\"email\", \"emial\"]",
            "x[1]: there is no source \"emial\"",
        ),
        (
            "{ txt = \"a\" }",
            "x.txt: Rollcall knows no such key; did you mean \"text\"?",
        ),
        (
            "{ number = \"1\" }",
            "x.number: a text stands where a number belongs",
        ),
        (
            "{ number = inf }",
            "x.number: is no number that SQL can write",
        ),
        (
            "{ number = nan }",
            "x.number: is no number that SQL can write",
        ),
        (
            "{ bool = 1 }",
            "x.bool: a number stands where true or false belongs",
        ),
        (
            "{ json = 2026-01-01 }",
            "x.json: JSON has no dates or times",
        ),
        (
            "{ json = [inf] }",
            "x.json: holds a number that JSON cannot carry",
        ),
        (
            "{ json = 1e999 }",
            "x.json: holds a number that JSON cannot carry",
        ),
    ];
    for (spelled, wanted) in cases {
        let refusal = refusal_below(&format!("[profile.columns]\nx = {spelled}"));
        let wanted = format!("4: profile.columns.{wanted}");
        assert!(
            refusal.starts_with(&wanted),
            "{spelled}\n  {refusal}\n  {wanted}"
        );
    }
}
