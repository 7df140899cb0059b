use sqlx::postgres::types::Oid;

use super::*;
use crate::{
    constrain::{
        look::{Index, Key, Place},
        refuse::{being_built, refuse},
        statement::{self, Names},
    },
    names::Qualified,
};

fn order() -> Order {
    order_of("public.orders", "user_id")
}

fn order_of(table: &str, column: &str) -> Order {
    Order {
        table: Qualified::parse(table).unwrap(),
        column: Name::new(column).unwrap(),
        on_delete: None,
    }
}

/// A uuid column without a key and without an index.
fn seen() -> Seen {
    let text = |text: &str| Some(text.to_owned());
    Seen {
        place: Place {
            relation: Some(Oid(1)),
            kind: text("r"),
            owner: text("postgres"),
            is_owner: true,
            number: Some(2),
            not_null: false,
            type_name: text("uuid"),
            family: text("uuid"),
            profile: "public.profiles".to_owned(),
            key: "id".to_owned(),
            key_type: text("uuid"),
            key_family: text("uuid"),
            may_refer: true,
            key_is_unique: true,
            is_key: Some(false),
            constraints: vec![],
            whole: None,
            leaves: vec![],
            unserved: vec![],
            its_default: None,
            named_by: vec![],
            is_configured: false,
            may_read_auth: true,
        },
        keys: vec![],
        indexes: vec![],
    }
}

fn key(is_valid: bool) -> Key {
    Key {
        name: "a_key".to_owned(),
        target: "public.profiles".to_owned(),
        ties: true,
        is_wanted: true,
        is_valid,
        is_enforced: true,
        on_delete: "a".to_owned(),
    }
}

fn index(serves: bool, is_leftover: bool) -> Index {
    Index {
        name: "orders_user_id_idx".to_owned(),
        serves,
        has_our_name: true,
        is_leftover,
        builder: None,
    }
}

fn refusal(seen: &Seen, order: &Order) -> String {
    let stop = refuse(seen, order).unwrap_err();
    stop.to_string()
}

#[test]
fn the_steps_follow_from_the_catalog_alone() {
    let mut seen = seen();
    refuse(&seen, &order()).unwrap();
    assert_eq!(next(&seen, false), Next::Add);
    seen.keys = vec![key(false)];
    let name = || "a_key".to_owned();
    assert_eq!(next(&seen, false), Next::CountOrphans { key: name() });
    assert_eq!(next(&seen, true), Next::BuildIndex);
    seen.indexes = vec![index(false, true)];
    let leftover = "orders_user_id_idx".to_owned();
    assert_eq!(next(&seen, true), Next::DropLeftover { index: leftover });
    seen.indexes = vec![index(true, false)];
    assert_eq!(next(&seen, true), Next::Validate { key: name() });
    seen.keys = vec![key(true)];
    assert_eq!(next(&seen, false), Next::Done { key: name() });
    seen.indexes = vec![];
    assert_eq!(next(&seen, false), Next::BuildIndex);
}

/// What is wrong, and words of the refusal.
type Case = (fn(&mut Seen), &'static [&'static str]);

#[test]
fn each_refusal_says_what_to_do() {
    let cases: [Case; 10] = [
        (|seen| seen.place.relation = None, &["there is no table"]),
        (|seen| seen.place.number = None, &["no column user_id"]),
        (|seen| seen.place.is_key = Some(true), &["own key"]),
        (|seen| seen.place.kind = Some("v".to_owned()), &["a view"]),
        (
            |seen| seen.place.is_owner = false,
            &["belongs to", "connect as"],
        ),
        (|seen| seen.place.key_is_unique = false, &["unique index"]),
        (
            |seen| seen.place.may_refer = false,
            &["grant references (id) on public.profiles to postgres"],
        ),
        (
            |seen| {
                seen.place.family = Some("text".to_owned());
                seen.place.type_name = Some("text".to_owned());
            },
            &[
                "alter table public.orders alter column user_id type uuid using user_id::uuid",
                "locks it",
            ],
        ),
        (
            |seen| {
                seen.keys = vec![Key {
                    is_wanted: false,
                    target: "auth.users".to_owned(),
                    ..key(true)
                }];
            },
            &["a_key ties user_id to auth.users", "drop constraint a_key"],
        ),
        (
            |seen| {
                seen.keys = vec![Key {
                    is_enforced: false,
                    ..key(false)
                }];
            },
            &["not enforced"],
        ),
    ];
    for (change, words) in cases {
        let mut seen = seen();
        change(&mut seen);
        let sentence = refusal(&seen, &order());
        for word in words {
            assert!(sentence.contains(word), "{word}: {sentence}");
        }
    }
}

#[test]
fn a_rule_that_is_asked_for_is_kept_to() {
    let mut order = order();
    let mut seen = seen();
    seen.keys = vec![key(true)];
    refuse(&seen, &order).unwrap();
    order.on_delete = Some(OnDelete::NoAction);
    refuse(&seen, &order).unwrap();
    order.on_delete = Some(OnDelete::Cascade);
    assert!(refusal(&seen, &order).contains("another rule than on delete cascade"));
    seen.keys = vec![];
    seen.place.not_null = true;
    order.on_delete = Some(OnDelete::SetNull);
    assert!(refusal(&seen, &order).contains("is not null"));
}

#[test]
fn a_partitioned_table_is_refused_with_a_command_for_each_partition() {
    let mut seen = seen();
    seen.place.kind = Some("p".to_owned());
    seen.place.leaves = vec!["public.a".to_owned(), "public.B's".to_owned()];
    let sentence = refusal(&seen, &order());
    for words in [
        "constrain --table public.a --column user_id`",
        r"constrain --table 'public.B'\''s' --column user_id`",
        "alter table public.orders add foreign key (user_id) references public.profiles (id)",
    ] {
        assert!(sentence.contains(words), "{words}: {sentence}");
    }
}

#[test]
fn names_are_as_long_as_postgresql_keeps_them_and_never_taken() {
    let long = format!("public.{}", "ä".repeat(31));
    let order = order_of(&long, "besitzer");
    let mut seen = seen();
    let names = Names::of(&seen, &order);
    assert_eq!(names.constraint, format!("{}_fkey", "ä".repeat(29)));
    assert!(names.index.len() <= 63 && names.index.ends_with("_idx"));
    seen.place.constraints = vec![names.constraint];
    seen.indexes = vec![Index {
        name: names.index,
        ..index(false, false)
    }];
    let names = Names::of(&seen, &order);
    assert!(names.constraint.ends_with("_fkey1") && names.index.ends_with("_idx1"));
}

#[test]
fn statements_quote_every_name() {
    let order = order_of("Shop.Or\"der; --", "user Id");
    let seen = seen();
    let names = Names::of(&seen, &order);
    assert_eq!(
        statement::add(&seen, &order, &names),
        "alter table only \"Shop\".\"Or\"\"der; --\" add constraint \
         \"Or\"\"der; --_user Id_fkey\" foreign key (\"user Id\") \
         references public.profiles (id) on delete no action not valid"
    );
    assert_eq!(
        statement::build_index(&order, &names),
        "create index concurrently \"Or\"\"der; --_user Id_idx\" on \"Shop\".\"Or\"\"der; --\" \
         (\"user Id\")"
    );
}

#[test]
fn an_index_that_is_being_built_is_waited_for_where_none_serves() {
    let mut seen = seen();
    assert_eq!(being_built(&seen), None);
    seen.indexes = vec![Index {
        builder: Some(7),
        ..index(false, true)
    }];
    let sentence = being_built(&seen).unwrap();
    assert!(
        sentence.contains("is being built by process 7"),
        "{sentence}"
    );
    seen.indexes.push(index(true, false));
    assert_eq!(being_built(&seen), None);
}
