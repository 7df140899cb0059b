//! Whatever types a table has, whatever its columns are called and whatever they hold: a row comes
//! back as it was stored. `PROPTEST_CASES` says how many tables are tried.

mod kinds;

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};

use super::*;
use kinds::KINDS;

const TYPES: &str = r#"
    create type public."Mood" as enum ('Sad', 'o''k', 'a,b', '', 'NULL', '"');
    create domain public.whole as int check (value > 0);
    create domain public.blank as bpchar;
    create domain public.email as text check (value like '%@%');
    create domain public.words as text[];
    create type public.inner_pair as (a numeric, "B c" text);
    create type public.pair as (one public.inner_pair[], at timestamptz, "Mood" public."Mood", b bytea);
    create domain public.checked_pair as public.pair;
    create type public.floats as range (subtype = float8)"#;

/// Types that tell rows apart.
const KEYS: &[&str] = &[
    "text",
    "char(5)",
    "int",
    "numeric",
    "bytea",
    "date",
    "timestamptz",
    "public.\"Mood\"",
    "inet",
];

/// A table, column by column: its name, its type, and what each row has in it.
#[derive(Debug, Clone)]
struct Case {
    keys: Vec<Column>,
    others: Vec<Column>,
    is_generated: bool,
}

#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: String,
    values: Vec<Option<String>>,
}

const ROWS: usize = 12;

fn column((kind, texts): (&'static str, &'static [&'static str])) -> impl Strategy<Value = Column> {
    let known = select(texts).prop_map(str::to_owned);
    let value = if ["text", "name"].contains(&kind) {
        prop_oneof![known, "[^\\x00]{0,12}"].boxed()
    } else {
        known.boxed()
    };
    ("[^\\x00]{1,9}", vec(option::weighted(0.85, value), ROWS)).prop_map(move |(name, values)| {
        let kind = kind.to_owned();
        Column { name, kind, values }
    })
}

fn case() -> impl Strategy<Value = Case> {
    let keys = KINDS
        .iter()
        .copied()
        .filter(|(kind, _)| KEYS.contains(kind));
    let keys = select(keys.collect::<Vec<_>>()).prop_flat_map(column);
    let others = select(KINDS).prop_flat_map(column);
    (vec(keys, 0..3), vec(others, 1..14), any::<bool>()).prop_map(|(keys, others, is_generated)| {
        Case {
            keys,
            others,
            is_generated,
        }
    })
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Case {
    fn sql(&self) -> String {
        let columns = || self.keys.iter().chain(&self.others).enumerate();
        // No two have one name.
        let name = |at: usize, column: &Column| quoted(&format!("{}{at}", column.name));
        let mut parts: Vec<String> = columns()
            .map(|(at, column)| format!("{} {}", name(at, column), column.kind))
            .collect();
        let keys: Vec<String> = columns()
            .take(self.keys.len())
            .map(|(at, column)| name(at, column))
            .collect();
        parts.push("user_id uuid default gen_random_uuid()".to_owned());
        parts.push(format!(
            "number int generated {} as identity",
            if self.is_generated {
                "always"
            } else {
                "by default"
            }
        ));
        if self.is_generated {
            parts.push("twice int generated always as (number * 2) stored".to_owned());
        }
        parts.push(format!(
            "primary key ({})",
            [keys, vec!["number".to_owned()]].concat().join(", ")
        ));
        let mut sql = format!(
            "drop table if exists public.anything, public.before; create table public.anything ({});",
            parts.join(", ")
        );
        let names: Vec<String> = columns().map(|(at, column)| name(at, column)).collect();
        let rows = (0..ROWS).filter_map(|row| {
            let values = columns().map(|(at, column)| match &column.values[row] {
                None if at < self.keys.len() => literal(column.values.iter().flatten().next()),
                value => literal(value.as_ref()),
            });
            let values: Vec<String> = values.collect();
            // A key that has no value in any row has none to fall back on.
            let is_told = values[..self.keys.len()]
                .iter()
                .all(|value| value != "null");
            is_told.then(|| {
                let (names, values) = (names.join(", "), values.join(", "));
                format!("insert into public.anything ({names}) values ({values});")
            })
        });
        sql.extend(rows);
        sql + "create table public.before as table public.anything"
    }
}

fn literal(value: Option<&String>) -> String {
    value.map_or("null".to_owned(), |text| {
        format!("'{}'", text.replace('\'', "''"))
    })
}

async fn there_and_back(world: &World, function: &Repair, case: &Case) {
    world
        .run("supabase_admin", "delete from rollcall.quarantine")
        .await;
    world.run("postgres", &case.sql()).await;
    let (before, rows) = (
        dump(world, "public.anything").await,
        count(world, "public.before").await,
    );
    if rows == 0 {
        return;
    }
    let planned = plan(function, json!({"public.anything": "quarantine"})).await;
    let done = apply(function, &planned).await;
    assert_eq!(
        counts(&done["tables"][0]),
        [rows, rows, 0, 0, 0],
        "{done:#}"
    );
    assert_eq!(count(world, "public.anything").await, 0);
    assert_eq!(count(world, "rollcall.quarantine").await, rows);
    let undone = undo(function, &done).await;
    assert_eq!(left(&undone), Vec::<String>::new(), "{undone:#}");
    assert_eq!(dump(world, "public.anything").await, before);
    // As they are stored, which is more than a text says.
    let same = "public.anything a join public.before b on a *= b";
    assert_eq!(count(world, same).await, rows);
    assert_eq!(count(world, "rollcall.quarantine").await, 0);
}

#[test]
fn whatever_a_row_holds_it_comes_back_as_it_was_stored() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (world, function) = runtime.block_on(async {
        let world = world(TYPES, &[]).await;
        let function = repair(&world).await;
        (world, function)
    });
    let mut config = Config {
        failure_persistence: None,
        max_shrink_iters: 100,
        ..Config::default()
    };
    if config.cases == 256 {
        config.cases = 12;
    }
    // First each type by itself.
    for kind in KINDS {
        let values = kind.1.iter().map(|text| Some((*text).to_owned()));
        let values = values.chain(std::iter::repeat(None)).take(ROWS);
        let others = vec![Column {
            name: "a".to_owned(),
            kind: kind.0.to_owned(),
            values: values.collect(),
        }];
        let case = Case {
            keys: vec![],
            others,
            is_generated: false,
        };
        runtime.block_on(there_and_back(&world, &function, &case));
    }
    TestRunner::new(config)
        .run(&case(), |case| {
            runtime.block_on(there_and_back(&world, &function, &case));
            Ok(())
        })
        .unwrap();
}
