//! A foreign key on a child table of a million rows, under two hundred writes a second.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use rollcall_install::{
    constrain::{self, Order, Patience},
    names::{Name, Qualified},
};
use rollcall_tests::World;

use crate::{
    measure::{Results, ms_since, percentile},
    survey::a_million_orders,
};

/// Between two writes.
const BEAT: Duration = Duration::from_millis(5);

pub(crate) async fn run(results: &mut Results) {
    let world = a_million_orders().await;
    let mend = "delete from public.orders o
        where not exists (select from public.profiles p where p.id = o.user_id)";
    world.run("postgres", mend).await;
    let is_over = AtomicBool::new(false);
    let work = async {
        // So that there are writes before and after it, too.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let begun = Instant::now();
        let mut connection = world.connect("postgres").await;
        let order = Order {
            table: Qualified::parse("public.orders").expect("a name"),
            column: Name::new("user_id").expect("a name"),
            on_delete: None,
        };
        let pause = tokio::time::sleep;
        let outcome =
            constrain::constrain(&mut connection, &order, Patience::default(), pause, |_| {})
                .await
                .expect("a key");
        assert!(outcome.validated && outcome.index.is_some());
        let took = ms_since(begun);
        tokio::time::sleep(Duration::from_secs(1)).await;
        is_over.store(true, Ordering::Relaxed);
        took
    };
    let (took, mut writes) = tokio::join!(work, write(&world, &is_over));
    results.aside("constraining a million rows", took, "ms");
    let rate = f64::from(u32::try_from(writes.len()).expect("some writes")) / (took / 1000.0 + 2.0);
    results.aside("writes meanwhile", rate, "a second");
    results.aside(
        "of these, the middle one",
        percentile(&mut writes, 0.5),
        "ms",
    );
    let longest = percentile(&mut writes, 1.0);
    results.note("constrain: the longest write", longest, "ms", 250.0);
}

/// Inserts, updates and deletes, one every beat, until it is over. Each has to succeed.
async fn write(world: &World, is_over: &AtomicBool) -> Vec<f64> {
    let mut connection = world.connect("postgres").await;
    let mut times = vec![];
    let mut beat = tokio::time::interval(BEAT);
    while !is_over.load(Ordering::Relaxed) {
        beat.tick().await;
        let sql = match times.len() % 3 {
            0 => "insert into public.orders (user_id) select id from public.profiles limit 1",
            1 => {
                "update public.orders set note = 'new' where id = (select max(id) from public.orders)"
            }
            _ => {
                "update public.profiles set name = 'new' where id = (select max(id::text)::uuid
                  from (select id from public.profiles limit 1) p)"
            }
        };
        let begun = Instant::now();
        sqlx::query(sql)
            .execute(&mut connection)
            .await
            .expect("a write");
        times.push(ms_since(begun));
    }
    times
}
