//! Auth users of every kind.

use proptest::prelude::*;
use rollcall_install::names::literal;
use serde_json::{Value, json};

/// A row of `auth.users`, each value as SQL.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) is_anonymous: bool,
    pub(super) is_sso: bool,
    pub(super) confirmed_at: String,
    pub(super) phone_confirmed_at: String,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    pub(super) deleted_at: String,
    pub(super) meta: String,
    pub(super) app_meta: String,
    /// What the metadata is at first, before GoTrue completes it.
    pub(super) first_meta: String,
}

impl User {
    /// Gives the users their ids, in order, and what only one of them may have.
    pub(super) fn numbered(mut users: Vec<Self>) -> Vec<Self> {
        for (number, user) in users.iter_mut().enumerate() {
            user.id = format!("00000000-0000-4000-8000-{number:012}");
            user.email = user.email.replace("NUMBER", &number.to_string());
            user.phone = user.phone.replace("NUMBER", &number.to_string());
        }
        users
    }
}

/// A user, without a number.
pub(super) fn user() -> impl Strategy<Value = User> {
    let who = prop_oneof![
        4 => (email(), Just("null".to_owned()), Just((false, false))),
        1 => (Just("null".to_owned()), phone(), Just((false, false))),
        1 => (email(), phone(), Just((false, false))),
        1 => (Just("null".to_owned()), Just("null".to_owned()), Just((true, false))),
        2 => (Just("'twin@example.com'".to_owned()), Just("null".to_owned()), Just((false, true))),
    ];
    let times = (
        time(),
        time(),
        time(),
        time(),
        prop_oneof![5 => Just("null".to_owned()), 1 => time()],
    );
    (who, times, metadata(), metadata(), app_metadata()).prop_map(
        |((email, phone, (is_anonymous, is_sso)), times, meta, first_meta, app_meta)| User {
            id: String::new(),
            email,
            phone,
            is_anonymous,
            is_sso,
            confirmed_at: times.0,
            phone_confirmed_at: times.1,
            created_at: times.2,
            updated_at: times.3,
            deleted_at: times.4,
            meta,
            app_meta,
            first_meta,
        },
    )
}

fn email() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "uNUMBER@example.com",
        "Ada.NUMBER+Tag@Example.COM",
        "it's\\NUMBER@example.com",
        "größe-NUMBER-🦀@example.com",
        "no-at-sign-NUMBER",
        "@NUMBER.example.com",
        "very-long-name-of-somebody-who-has-one-NUMBER@example.com",
    ])
    .prop_map(literal)
}

fn phone() -> impl Strategy<Value = String> {
    Just("'1555000NUMBER'".to_owned())
}

fn time() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("null".to_owned()),
        4 => (0_i64..4_000_000_000, 0..1_000_000_i64)
            .prop_map(|(s, us)| format!("to_timestamp({s}) + {us} * interval '1 microsecond'")),
        2 => prop::sample::select(vec![
            "'infinity'", "'-infinity'", "'4713-01-01 00:00:00 BC'", "'0044-03-15 12:00:00+00 BC'",
            "'294276-12-31 23:59:59+00'", "'2024-03-10 02:30:00+00'", "now()",
        ])
        .prop_map(str::to_owned),
    ]
}

/// Metadata as SQL, `null` included.
fn metadata() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just("null".to_owned()),
        1 => prop::sample::select(vec![
            "null", "{}", "[]", "[{\"name\": \"a\"}]", "7", "1e400", "true", "\"\"", "\"rubbish\"",
            "\"{\\\"name\\\": \"", "\"\\\\u0000\"", "\"\\\"twice\\\"\"", "{\"name\": 1e400}",
        ])
        .prop_map(literal),
        1 => Just(literal(&format!("{{\"nested\": {}{}}}", "[".repeat(900), "]".repeat(900)))),
        1 => Just(literal(&Value::String(format!("{}{}", "[".repeat(9000), "]".repeat(9000))).to_string())),
        2 => object().prop_map(|object| literal(&Value::String(object.to_string()).to_string())),
        7 => object().prop_map(|object| literal(&object.to_string())),
    ]
}

fn app_metadata() -> impl Strategy<Value = String> {
    let address = prop::sample::select(vec!["10.0.0.1", "::1", "nowhere", ""]);
    prop_oneof![
        Just("null".to_owned()),
        Just("'{}'".to_owned()),
        address.prop_map(|address| literal(
            &json!({"provider": "email", "providers": ["email"], "address": address}).to_string()
        )),
        Just(literal(
            &Value::String(json!({"provider": "google"}).to_string()).to_string()
        )),
    ]
}

/// An object with keys that the mappings know.
fn object() -> impl Strategy<Value = Value> {
    let keys = [
        "full_name",
        "name",
        "user_name",
        "avatar_url",
        "email",
        "age",
        "score",
        "vip",
        "plan",
        "born",
        "seen",
        "took",
        "tags",
        "nested",
        "other",
    ];
    prop::collection::btree_map(prop::sample::select(keys.to_vec()), value(), 0..8).prop_map(
        |map| {
            map.into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()
        },
    )
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => text().prop_map(Value::String),
        2 => prop::sample::select(vec![
            json!(null), json!(true), json!(0), json!(-7), json!(36.6), json!(1e300),
            json!([]), json!(["a", "b"]), json!({}), json!(99_999_999_999_i64),
            json!({"it's \"deep\"": {"a": [1, null, "x"]}}), json!({"it's \"deep\"": null}),
        ]),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => prop::sample::select(vec![
            "", " ", "Ada", "ada lovelace the first", "admin", "it's", "\\", "\u{2028}\u{2029}",
            "🦀", "36", "1e400", "NaN", "t", "yes", "paid", "gold", "it's complicated",
            "{a,b}", "{\"a\": 1}", "10.0.0.1", "2024-02-29", "2024-02-30", "01/02/2024",
            "2024-01-02 03:04:05", "2024-01-02T03:04:05.6+05:30", "2024-01-02 03:04 Europe/Berlin",
            "0044-03-15 BC", "infinity", "-infinity", "now", "today", "yesterday", "tomorrow",
            "epoch", "1 day", "-1:30", "P1Y2M", "1 year -2 mons",
        ])
        .prop_map(str::to_owned),
        1 => "[^\0]{0,20}",
    ]
}
