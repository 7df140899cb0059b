//! How fast things are, as ratios against their rivals in the same run.
//!
//! `cargo bench` prints them and writes `target/rollcall-bench.json`. Nothing here passes or
//! fails: a ratio over its aim is printed as one.

mod backfill;
mod check;
mod constrain;
mod export;
mod fix;
mod forget;
mod function;
mod measure;
mod pulse;
mod quarantine;
mod survey;
mod trigger;

use measure::Results;

fn main() {
    // `cargo test --benches` runs this without the flag: then there is nothing to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    // `cargo bench -- trigger` measures only that.
    let only = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut results = Results::default();
    runtime.block_on(async {
        if wanted("backfill") {
            backfill::run(&mut results).await;
        }
        if wanted("check") {
            check::run(&mut results).await;
        }
        if wanted("constrain") {
            constrain::run(&mut results).await;
        }
        if wanted("export") {
            export::run(&mut results).await;
        }
        if wanted("fix") {
            fix::run(&mut results).await;
        }
        if wanted("forget") {
            forget::run(&mut results).await;
        }
        if wanted("function") {
            function::run(&mut results).await;
        }
        if wanted("quarantine") {
            Box::pin(quarantine::run(&mut results)).await;
        }
        if wanted("survey") {
            survey::run(&mut results).await;
        }
        if wanted("trigger") {
            trigger::run(&mut results).await;
        }
        if wanted("pulse") {
            pulse::run(&mut results).await;
        }
    });
    results.write();
}
