//! Whatever the rows, whoever they name, and whatever is to become of them: an apply loses none, and
//! its undo brings all of them back to the byte. `PROPTEST_CASES` says how many cases are tried.

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};

use super::*;

const TABLES: [&str; 3] = ["public.orders", "public.items", "public.lines"];

const SCHEMA: &str = "
    create table public.orders (
        id int primary key, user_id uuid, words text[], exact numeric, doc json,
        doubled numeric generated always as (exact * 2) stored
    );
    create table public.items (
        part text, id bigint generated always as identity, user_id text, order_id int, precise float8,
        moment timestamptz, primary key (id, part)
    );
    create table public.lines (id int primary key, item_id bigint, part text, note char(5));
    create index on public.items (order_id)";

#[derive(Debug, Clone)]
struct Case {
    orders: Vec<(Option<u32>, String, i32)>,
    /// Each with the number of an order to which it belongs.
    items: Vec<(Option<u32>, Option<usize>, f64)>,
    /// The numbers of items.
    lines: Vec<usize>,
    rules: (&'static str, &'static str),
    policies: (Option<Value>, Option<Value>),
}

/// Users with a profile, with an auth user only, and of whom nothing is known.
fn user() -> impl Strategy<Value = Option<u32>> {
    option::weighted(0.9, prop_oneof![1..=9_u32, 11..=19_u32, 30..=39_u32])
}

fn policy() -> impl Strategy<Value = Option<Value>> {
    let system = (1..=9_u32).prop_map(|user| json!({"policy": "reassign", "to": id(user)}));
    option::of(prop_oneof![
        Just(json!("quarantine")),
        Just(json!("create_profile")),
        system
    ])
}

fn case() -> impl Strategy<Value = Case> {
    let rule = || select(vec!["cascade", "set null", "restrict", "no action"]);
    (
        vec((user(), ".{0,6}", any::<i32>()), 0..14),
        vec((user(), option::of(any::<usize>()), any::<f64>()), 0..14),
        vec(any::<usize>(), 0..4),
        (rule(), rule()),
        (policy(), policy()),
    )
        .prop_map(|(orders, items, lines, rules, policies)| Case {
            orders,
            items,
            lines,
            rules,
            policies,
        })
}

impl Case {
    fn sql(&self) -> String {
        let mut sql = vec![format!(
            "truncate {};
             alter table public.items drop constraint if exists of_order,
                 add constraint of_order foreign key (order_id) references public.orders on delete {};
             alter table public.lines drop constraint if exists of_item,
                 add constraint of_item foreign key (item_id, part) references public.items
                     on delete {};",
            TABLES.join(", "),
            self.rules.0,
            self.rules.1
        )];
        let named = |user: &Option<u32>| user.map_or("null".to_owned(), |u| format!("'{}'", id(u)));
        for (number, (user, word, exact)) in self.orders.iter().enumerate() {
            let word = word.replace('\0', "").replace('\'', "''");
            let user = named(user);
            sql.push(format!(
                "insert into public.orders
                 values ({number}, {user}, array['{word}', null], {exact}.50, '{{\"a\":  {exact}}}');"
            ));
        }
        for (number, (user, order, precise)) in self.items.iter().enumerate() {
            let order = order.and_then(|order| order.checked_rem(self.orders.len()));
            let order = order.map_or("null".to_owned(), |order| order.to_string());
            let user = match user {
                Some(39) => "'nobody''s id'".to_owned(),
                user => named(user),
            };
            sql.push(format!(
                "insert into public.items overriding system value
                 values ('p', {number}, {user}, {order}, '{precise:e}', now());"
            ));
        }
        for (number, item) in self.lines.iter().enumerate() {
            if let Some(item) = item.checked_rem(self.items.len()) {
                sql.push(format!(
                    "insert into public.lines values ({number}, {item}, 'p', 'x');"
                ));
            }
        }
        sql.concat()
    }

    fn policies(&self) -> Value {
        let tables = [&self.policies.0, &self.policies.1];
        let named = TABLES.into_iter().zip(tables);
        named
            .filter_map(|(table, policy)| Some((table.to_owned(), policy.clone()?)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

/// Every row of the child tables and of the profiles.
async fn everything(world: &World) -> Vec<String> {
    let mut dumps = vec![dump(world, "public.users").await];
    for table in TABLES {
        dumps.push(dump(world, table).await);
    }
    dumps
}

async fn rows(world: &World, tables: &[&str]) -> i64 {
    let mut rows = 0;
    for table in tables {
        rows += count(world, table).await;
    }
    rows
}

async fn there_and_back(world: &World, function: &Repair, case: &Case) {
    // A case that failed may have left something.
    let clean = "delete from rollcall.quarantine; delete from public.users where right(id::text, 2)::int > 9";
    world.run("supabase_admin", clean).await;
    world.run("postgres", &case.sql()).await;
    let (before, all) = (everything(world).await, rows(world, &TABLES).await);
    let planned = plan(function, case.policies()).await;
    assert_eq!(everything(world).await, before);
    if planned["status"] == "nothing_to_do" {
        return;
    }
    let done = apply(function, &planned).await;
    assert_eq!(done["status"], "completed", "{done:#}");
    let quarantined = count(world, "rollcall.quarantine").await;
    assert_eq!(rows(world, &TABLES).await + quarantined, all, "{done:#}");
    // What is in no plan is not touched, whatever it refers to.
    assert_eq!(dump(world, TABLES[2]).await, before[3], "{done:#}");
    let undone = undo(function, &done).await;
    assert_eq!(left(&undone), Vec::<String>::new(), "{undone:#}");
    assert_eq!(everything(world).await, before, "{undone:#}");
    assert_eq!(count(world, "rollcall.quarantine").await, 0);
}

#[test]
fn no_row_is_lost_and_each_comes_back() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let children = [("public.orders", "user_id"), ("public.items", "user_id")];
    let (world, function) = runtime.block_on(async {
        let world = world(SCHEMA, &children).await;
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
    TestRunner::new(config)
        .run(&case(), |case| {
            runtime.block_on(there_and_back(&world, &function, &case));
            Ok(())
        })
        .unwrap();
}
