//! Every malformed thing gets one sentence that names it, its line and the mend.

mod digest;
mod malformed;

use super::*;
use crate::mapping::{Canary, Mode};

const LEAST: &str = "[profile]\ntable = \"public.users\"\n";

fn parse(text: &str) -> Config {
    Config::parse("rollcall.toml", text).unwrap()
}

/// The only refusal of a text, as a sentence without the file's name.
fn refusal(text: &str) -> String {
    let refusals = Config::parse("rollcall.toml", text).unwrap_err();
    let sentences: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    assert_eq!(sentences.len(), 1, "{text}\n{sentences:#?}");
    sentences[0]
        .strip_prefix("rollcall.toml:")
        .unwrap()
        .to_owned()
}

/// The only refusal of a text that stands below the least there has to be, from line 3 on.
fn refusal_below(text: &str) -> String {
    refusal(&format!("{LEAST}{text}"))
}

#[test]
fn the_least_there_has_to_be_has_the_contracts_defaults() {
    let config = parse(LEAST);
    assert_eq!(config.profile.table.text(), "public.users");
    assert_eq!(config.profile.key.text(), "id");
    assert!(config.profile.columns.is_empty() && config.profile.keep.is_empty());
    assert!(config.profile.removal.is_none() && config.webhook.is_none());
    assert!(config.anonymous);
    assert_eq!(config.trigger.mode, Mode::Create);
    assert_eq!(config.trigger.name.text(), "on_auth_user_created");
    assert_eq!(config.trigger.function.text(), "public.handle_new_user");
    assert!(!config.trigger.adopt);
    assert_eq!(config.check.canary, Canary::Auto);
    assert_eq!((config.check.heal_limit, config.check.burst), (100, 5));
    assert_eq!(
        (config.check.old_seconds, config.check.retention_days),
        (86_400, 90)
    );
}

/// The contract's own example, with an address in the place of its ellipsis.
const WHOLE: &str = r#"
[profile]
table = "public.users"
key = "id"
allow_user_controlled = ["name"]

[profile.columns]
email = "email"
name = ["meta.full_name", "meta.name", "email"]
email_verified = "email_confirmed"
created_at = "created_at"
updated_at = "now"
preferences = { json = {} }

[profile.keep]
columns = ["email", "email_verified"]

[profile.removal]
soft_delete = "deleted_at"
release = ["email"]

[eligible]
anonymous = true

[trigger]
mode = "create"
name = "on_auth_user_created"
function = "public.handle_new_user"
adopt = false

[[references]]
table = "public.orders"
column = "user_id"

[webhook]
url = "https://rollcall.example.com/hook"
vault_secret = "rollcall_webhook"

[check]
canary = "auto"
heal_limit = 100
burst = 5
old = "24h"
retention_days = 90
"#;

#[test]
fn the_contracts_example_is_read_as_it_stands() {
    let config = parse(WHOLE);
    let columns: Vec<(&str, usize)> = config
        .profile
        .columns
        .iter()
        .map(|(name, sources)| (name.text(), sources.len()))
        .collect();
    assert_eq!(
        columns,
        [
            ("email", 1),
            ("name", 3),
            ("email_verified", 1),
            ("created_at", 1),
            ("updated_at", 1),
            ("preferences", 1)
        ]
    );
    assert_eq!(config.profile.removal.unwrap().release.len(), 1);
    assert_eq!(config.references.len(), 1);
    assert_eq!(config.webhook.unwrap().vault_secret, "rollcall_webhook");
}

#[test]
fn every_source_is_read() {
    let words = [
        ("\"id\"", Source::Id),
        ("\"email\"", Source::Email),
        ("\"phone\"", Source::Phone),
        ("\"email_confirmed\"", Source::EmailConfirmed),
        ("\"phone_confirmed\"", Source::PhoneConfirmed),
        ("\"created_at\"", Source::CreatedAt),
        ("\"updated_at\"", Source::UpdatedAt),
        ("\"now\"", Source::Now),
        ("\"provider\"", Source::Provider),
        ("\"is_anonymous\"", Source::IsAnonymous),
        ("\"is_sso_user\"", Source::IsSsoUser),
        ("\"email_local_part\"", Source::EmailLocalPart),
        (
            "\"meta.a.b c\"",
            Source::Meta(vec!["a".into(), "b c".into()]),
        ),
        ("\"app_meta.plan\"", Source::AppMeta(vec!["plan".into()])),
        ("{ text = \"x\" }", Source::Text("x".into())),
        ("{ text = \"\" }", Source::Text(String::new())),
        ("{ number = 1_000 }", Source::Number("1000".into())),
        ("{ number = 0xff }", Source::Number("255".into())),
        ("{ number = +1.50 }", Source::Number("1.50".into())),
        ("{ number = -3 }", Source::Number("-3".into())),
        (
            "{ number = 123456789012345678901234567890.5 }",
            Source::Number("123456789012345678901234567890.5".into()),
        ),
        ("{ bool = true }", Source::Bool(true)),
        (
            "{ json = { a = [1, 2.5, \"x\", false, { b = 18446744073709551615 }] } }",
            Source::Json(serde_json::json!({"a": [1, 2.5, "x", false, {"b": u64::MAX}]})),
        ),
    ];
    for (spelled, source) in words {
        let config = parse(&format!("{LEAST}[profile.columns]\nx = {spelled}"));
        assert_eq!(config.profile.columns[0].1, [source], "{spelled}");
    }
}

#[test]
fn what_is_no_toml_is_told_by_its_line() {
    let sentence = refusal("[profile]\ntable = \"public.users\nkey = 1");
    assert!(sentence.starts_with("2: this is no TOML: "), "{sentence}");
    assert!(!sentence.contains('\n'));
    assert!(refusal("[profile]\ntable = \"a.b\"\ntable = \"a.c\"").contains("duplicate key"));
}

#[test]
fn an_empty_file_misses_its_profile() {
    assert_eq!(
        refusal(""),
        " profile: is missing; write [profile] with table = \"schema.name\", or let `rollcall init` \
         write it"
    );
    assert!(refusal("[profile]\nkey = \"id\"").starts_with("1: profile.table: is missing"));
}

#[test]
fn all_refusals_come_at_once_in_the_order_of_the_file() {
    let text = "[profile]\ntable = 1\n[profile.columns]\nb = \"nope\"\na = 2\n[trigger]\nmode = 3";
    let lines: Vec<_> = Config::parse("rollcall.toml", text)
        .unwrap_err()
        .into_iter()
        .map(|refusal| (refusal.line.unwrap(), refusal.key))
        .collect();
    let expected = [
        (2, "profile.table"),
        (4, "profile.columns.b"),
        (5, "profile.columns.a"),
        (7, "trigger.mode"),
    ];
    assert_eq!(lines, expected.map(|(line, key)| (line, key.to_owned())));
}

#[test]
fn http_is_for_the_loopback_interface() {
    for url in [
        "http://localhost:8000/x",
        "http://127.0.0.1/",
        "http://[::1]:1/",
    ] {
        parse(&format!("{LEAST}[webhook]\nurl = \"{url}\""));
    }
    for url in [
        "http://localhost.example.com/",
        "http://128.0.0.1/",
        "https://",
        "//x",
    ] {
        refusal_below(&format!("[webhook]\nurl = \"{url}\""));
    }
}

#[test]
fn durations_have_a_unit() {
    for (text, seconds) in [
        ("90s", 90),
        ("5m", 300),
        ("24h", 86_400),
        ("2d", 172_800),
        ("0s", 0),
    ] {
        let config = parse(&format!("{LEAST}[check]\nold = \"{text}\""));
        assert_eq!(config.check.old_seconds, seconds);
    }
}

proptest::proptest! {
    #[test]
    fn no_text_whatever_makes_it_stumble(
        text in "([a-z]{1,4}|\\[|\\]|\\{|\\}|=|\\.|,|\"|'|\n|#| |[0-9]|é|\\\\|profile|columns|trigger){0,40}",
    ) {
        let _ = Config::parse("rollcall.toml", &text);
        let below = format!("{LEAST}[profile.columns]\n{text}");
        for refusal in Config::parse("rollcall.toml", &below).err().unwrap_or_default() {
            proptest::prop_assert!(!refusal.to_string().contains('\n'));
        }
    }
}
