//! However the rows of three tables refer to one another, just those go that no row refers to which
//! stays. `PROPTEST_CASES` says how many cases are tried.

use std::collections::BTreeSet;

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};

use super::*;

const TABLES: [&str; 3] = ["public.a", "public.b", "public.c"];

/// A table's number, and that of one of its rows.
type Row = (usize, usize);

#[derive(Debug, Clone)]
struct Case {
    /// Of each table the rows: whether they are orphaned, and to which row of each table they refer.
    rows: [Vec<(bool, [Option<usize>; 3])>; 3],
    /// The rows that a table refers to that is in no plan.
    outside: Vec<(usize, usize)>,
    rules: Vec<&'static str>,
    /// Whether the last table's rows are reassigned, and so stay.
    is_reassigned: bool,
    batch: u8,
}

fn case() -> impl Strategy<Value = Case> {
    let link = || option::weighted(0.4, any::<usize>());
    let rows = || {
        vec(
            (any::<u8>().prop_map(|n| n > 20), [link(), link(), link()]),
            0..8,
        )
    };
    (
        [rows(), rows(), rows()],
        vec((0..3_usize, any::<usize>()), 0..2),
        vec(select(RULES.to_vec()), 10),
        prop::bool::weighted(0.2),
        1..9_u8,
    )
        .prop_map(|(rows, outside, rules, is_reassigned, batch)| Case {
            rows,
            outside,
            rules,
            is_reassigned,
            batch,
        })
}

impl Case {
    fn sql(&self) -> String {
        let mut sql = vec!["truncate public.a, public.b, public.c, public.d;".to_owned()];
        for (number, rule) in self.rules.iter().enumerate() {
            let (child, parent) = (
                ["a", "b", "c", "d"][number / 3],
                ["a", "b", "c"][number % 3],
            );
            sql.push(format!(
                "alter table public.{child} drop constraint if exists of_{parent},
                     add constraint of_{parent} foreign key (to_{parent}) references public.{parent}
                         on delete {rule};"
            ));
        }
        for (name, rows) in TABLES.iter().zip(&self.rows) {
            for (number, (is_orphaned, _)) in rows.iter().enumerate() {
                let user = id(if *is_orphaned { 30 } else { 1 });
                sql.push(format!("insert into {name} values ({number}, '{user}');"));
            }
        }
        for (child, parent) in self.links() {
            let (name, to) = (TABLES[child.0], ["a", "b", "c"][parent.0]);
            let (child, parent) = (child.1, parent.1);
            sql.push(format!(
                "update {name} set to_{to} = {parent} where id = {child};"
            ));
        }
        for (number, (_, parent)) in self.outside().into_iter().enumerate() {
            sql.push(format!(
                "insert into public.d values ({number}, null, {parent});"
            ));
        }
        sql.concat()
    }

    /// Who refers to whom.
    fn links(&self) -> Vec<(Row, Row)> {
        let mut links = vec![];
        for (table, rows) in self.rows.iter().enumerate() {
            for (number, (_, parents)) in rows.iter().enumerate() {
                for (parent, row) in parents.iter().enumerate() {
                    let row = row.and_then(|row| row.checked_rem(self.rows[parent].len()));
                    links.extend(row.map(|row| ((table, number), (parent, row))));
                }
            }
        }
        links
    }

    /// The rows of the first table that are referred to from outside.
    fn outside(&self) -> Vec<Row> {
        let rows = self.outside.iter();
        rows.filter_map(|(_, row)| Some((0, row.checked_rem(self.rows[0].len())?)))
            .collect()
    }

    /// The rows that stay in their tables.
    fn staying(&self) -> BTreeSet<Row> {
        let mut staying = BTreeSet::from_iter(self.outside());
        for (table, rows) in self.rows.iter().enumerate() {
            for (number, (is_orphaned, _)) in rows.iter().enumerate() {
                if !is_orphaned || self.is_reassigned && table == 2 {
                    staying.insert((table, number));
                }
            }
        }
        loop {
            let more = self
                .links()
                .into_iter()
                .filter(|(child, _)| staying.contains(child));
            let more: Vec<Row> = more.map(|(_, parent)| parent).collect();
            let known = staying.len();
            staying.extend(more);
            if staying.len() == known {
                return staying;
            }
        }
    }
}

async fn everything(world: &World) -> Vec<String> {
    let mut dumps = vec![];
    for table in [&TABLES[..], &["public.d"]].concat() {
        dumps.push(dump(world, table).await);
    }
    dumps
}

async fn there_and_back(world: &World, function: &Repair, case: &Case) {
    // A case that failed may have left something.
    let clean = "delete from rollcall.quarantine; delete from rollcall.runs";
    world.run("supabase_admin", clean).await;
    world.run("postgres", &case.sql()).await;
    let before = everything(world).await;
    let policies = if case.is_reassigned {
        json!({"public.c": {"policy": "reassign", "to": id(1)}})
    } else {
        json!({})
    };
    let planned = plan(function, policies).await;
    if planned["status"] == "nothing_to_do" {
        return;
    }
    let one = format!(
        "select b.done is not null from rollcall.take_lease('{0}') l
         cross join lateral rollcall.references_batch('{0}', l.fence, {1}) b",
        planned["run_id"].as_str().unwrap(),
        case.batch
    );
    assert_eq!(world.ask_as("rollcall_operator", &one).await, "true");
    let done = apply(function, &planned).await;
    let mut there = vec![];
    for (number, table) in TABLES.iter().enumerate() {
        let ids =
            format!("select coalesce(string_agg(id::text, ' ' order by id), '') from {table}");
        there.push((number, world.ask(&ids).await));
    }
    let staying = case.staying();
    let expected = (0..3).map(|table| {
        let ids = staying.iter().filter(|row| row.0 == table);
        let ids: Vec<String> = ids.map(|row| row.1.to_string()).collect();
        (table, ids.join(" "))
    });
    assert_eq!(there, expected.collect::<Vec<_>>(), "{done:#}");
    let undone = undo(function, &done).await;
    assert_eq!(left(&undone), Vec::<String>::new(), "{undone:#}");
    assert_eq!(everything(world).await, before, "{undone:#}");
    assert_eq!(count(world, "rollcall.quarantine").await, 0);
}

#[test]
fn just_those_go_that_no_row_refers_to_which_stays() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let tables = ["a", "b", "c", "d"].map(|name| {
        format!("create table public.{name} (id int primary key, user_id uuid, to_a int, to_b int, to_c int);")
    });
    let (world, function) = runtime.block_on(async {
        let children = TABLES.map(|table| (table, "user_id"));
        let world = world(&tables.concat(), &children).await;
        let function = repair(&world).await;
        (world, function)
    });
    let mut config = Config {
        failure_persistence: None,
        max_shrink_iters: 100,
        ..Config::default()
    };
    if config.cases == 256 {
        config.cases = 16;
    }
    TestRunner::new(config)
        .run(&case(), |case| {
            runtime.block_on(there_and_back(&world, &function, &case));
            Ok(())
        })
        .unwrap();
}
