//! Whatever a row holds, it comes back to the byte.

use super::*;

/// A table whose rows are hard to keep, all of them orphaned.
async fn round_trip(sql: &str, table: &str) {
    let world = world(sql, &[(table, "user_id")]).await;
    let function = repair(&world).await;
    let (before, rows) = (dump(&world, table).await, count(&world, table).await);
    assert!(rows > 0);
    let planned = plan(&function, json!({(table): "quarantine"})).await;
    let done = apply(&function, &planned).await;
    assert_eq!(
        counts(&done["tables"][0]),
        [rows, rows, 0, 0, 0],
        "{done:#}"
    );
    assert_eq!(count(&world, table).await, 0);
    assert_eq!(count(&world, "rollcall.quarantine").await, rows);
    let undone = undo(&function, &done).await;
    assert_eq!(left(&undone), Vec::<String>::new(), "{undone:#}");
    assert_eq!(dump(&world, table).await, before);
}

#[tokio::test]
async fn every_type_comes_back_to_the_byte() {
    round_trip(
        "create type public.mood as enum ('Sad', 'o''k', 'a,b');
         create type public.pair as (a int, \"B c\" text);
         create domain public.positive as int check (value > 0);
         set timezone = 'America/New_York';
         create table public.orders (
             id bigint generated always as identity (start with 7) primary key,
             user_id uuid default gen_random_uuid(),
             \"Mixed \"\"Case\" text, doubled int generated always as (whole * 2) stored, whole public.positive,
             words text[], shifted int[], plain json, binary_json jsonb, moods public.mood[],
             pair public.pair, bytes bytea, span tstzrange, many int4multirange, exact numeric, money_ money,
             precise float8, small float4, day date, moment timestamptz(3), wall timestamp, gap interval,
             padded char(7), bits bit varying(9), address inet, place point, words_of tsvector, x xml, c \"char\"
         );
         insert into public.orders (
             \"Mixed \"\"Case\", whole, words, shifted, plain, binary_json, moods, pair, bytes, span, many, exact,
             money_, precise, small, day, moment, wall, gap, padded, bits, address, place, words_of, x, c
         ) values (
             e'a\\tb\\\\n''\"', 3, array['', null, 'NULL', '{\"}'], '[2:3][-1:0]={{1,2},{3,null}}',
             '{\"b\" :  1, \"a\":1,\"b\":2}', '{\"n\": 1.0000000000000000000001}', array['o''k', 'a,b']::public.mood[],
             row(null, 'x,\"y')::public.pair, '\\x00ff5c27', '[2020-01-01 00:00+00,)', '{[1,3),[7,)}',
             123456789012345678901234567890.1234567890, '$1,234.56',
             0.1::float8 + 0.2::float8, 1.1754944e-38, '0044-03-15 BC', '2024-02-29 23:59:59.999+05:30',
             'infinity', '-1 year -2 mons +3 days -04:05:06.789', 'ab', b'10110', '10.1.2.3/24', '(0.1,-0)',
             '''a b'':1A c', '<a>&amp;<b/></a>', '~'
         );
         insert into public.orders (pair, words, whole) values (row(null, null), '{}', null);
         insert into public.orders default values",
        "public.orders",
    )
    .await;
}

#[tokio::test]
async fn a_hundred_columns_and_hostile_names_come_back() {
    let columns: Vec<String> = (0..100)
        .map(|n| format!("\"c%s {n} '$1\" text default '{n}'"))
        .collect();
    let sql = format!(
        "create schema \"odd %I\";
         create table \"odd %I\".\"T \"\"x\"\" '1'\" (
             \"the %s key\" text, \"Other\" date, user_id text, {},
             primary key (\"Other\", \"the %s key\")
         );
         insert into \"odd %I\".\"T \"\"x\"\" '1'\" (\"the %s key\", \"Other\", user_id)
         values ('a, b', '2020-01-02', 'not-a-uuid'), ('', '2020-01-02', ''), (e'\\n', 'infinity', 'x')",
        columns.join(", ")
    );
    let world = World::bare(&format!("{}; {sql}", shapes::USERS.0)).await;
    world
        .install(&format!(
            "{}\n[[references]]\ntable = {:?}\ncolumn = \"user_id\"\n",
            shapes::USERS.1,
            "odd %I.T \"x\" '1'"
        ))
        .await;
    let function = repair(&world).await;
    let table = "\"odd %I\".\"T \"\"x\"\" '1'\"";
    let before = dump(&world, table).await;
    let planned = plan(&function, json!({})).await;
    let done = apply(&function, &planned).await;
    assert_eq!(counts(&done["tables"][0]), [3, 3, 0, 0, 0], "{done:#}");
    assert_eq!(count(&world, table).await, 0);
    let undone = undo(&function, &done).await;
    assert_eq!(counts(&undone["tables"][0]), [3, 3, 0, 0, 0], "{undone:#}");
    assert_eq!(dump(&world, table).await, before);
}
