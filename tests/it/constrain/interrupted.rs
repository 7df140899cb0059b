//! Killed at each step, in somebody's way, and after somebody else's failed attempts.

use super::*;

/// Runs until a step begins or ends that `kills` knows, and dies there as a process does: its
/// connection goes without a word.
async fn killed(world: &World, kills: impl Fn(&Told) -> bool) {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let mut sender = Some(sender);
    let mut connection = world.connect("postgres").await;
    let order = orders();
    let pause = tokio::time::sleep;
    let work = constrain::constrain(&mut connection, &order, IMPATIENT, pause, |told| {
        if kills(told)
            && let Some(sender) = sender.take()
        {
            sender.send(()).unwrap();
        }
    });
    tokio::select! {
        biased;
        _ = receiver => {}
        ended = work => panic!("it was not killed: {ended:?}"),
    }
}

#[tokio::test]
async fn killed_at_any_step_the_same_command_goes_on() {
    for step in [
        Step::Look,
        Step::Constraint,
        Step::Orphans,
        Step::Index,
        Step::Validate,
    ] {
        for is_done in [false, true] {
            if (step, is_done) == (Step::Look, false) || (step, is_done) == (Step::Validate, true) {
                continue;
            }
            let world = world_with_orders().await;
            killed(&world, |told| told.step == step && told.is_done == is_done).await;
            // A server process notices only when it next speaks.
            let busy = "select count(*) from pg_stat_activity
                 where datname = current_database() and pid <> pg_backend_pid()
                     and backend_type = 'client backend'";
            while world.ask(busy).await != "0" {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let outcome = constrain_now(&world, &orders()).await.unwrap();
            assert!(outcome.validated, "{step:?} {is_done}");
            assert_eq!(catalog(&world, "public.orders").await, CONSTRAINED);
        }
    }
}

#[tokio::test]
async fn whoever_holds_the_table_is_named_and_nothing_is_changed() {
    let world = world_with_orders().await;
    let url = world.url("postgres").parse::<PgConnectOptions>().unwrap();
    let mut holder = PgConnection::connect_with(&url.application_name("a long one"))
        .await
        .unwrap();
    let mut transaction = holder.begin().await.unwrap();
    sqlx::query("update public.orders set user_id = user_id")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let sentence = refusal(&world, &orders()).await;
    assert!(
        sentence.contains("(a long one, idle in transaction)"),
        "{sentence}"
    );
    assert_eq!(catalog(&world, "public.orders").await, "null");

    // It tries again, and whoever let go meanwhile is not in the way.
    let held = std::cell::RefCell::new(Some(transaction));
    let mut connection = world.connect("postgres").await;
    let let_go = async |_| {
        let transaction = held.borrow_mut().take();
        if let Some(transaction) = transaction {
            transaction.rollback().await.unwrap();
        }
    };
    let order = orders();
    let outcome = constrain::constrain(&mut connection, &order, IMPATIENT, let_go, |_| {});
    assert!(outcome.await.unwrap().validated);
}

#[tokio::test]
async fn an_index_that_was_left_invalid_is_built_again() {
    let world = world_with_orders().await;
    world
        .run(
            "postgres",
            "create index orders_user_id_idx on public.orders (user_id)",
        )
        .await;
    let spoil = "update pg_index set indisvalid = false
         where indexrelid = 'public.orders_user_id_idx'::regclass";
    world.run("supabase_admin", spoil).await;
    let before = world
        .ask("select 'public.orders_user_id_idx'::regclass::oid")
        .await;
    assert!(constrain_now(&world, &orders()).await.unwrap().validated);
    assert_eq!(catalog(&world, "public.orders").await, CONSTRAINED);
    let after = world
        .ask("select 'public.orders_user_id_idx'::regclass::oid")
        .await;
    assert_ne!(before, after);
}

#[tokio::test]
async fn a_build_that_is_ended_in_the_middle_is_built_again() {
    let world = world_with_orders().await;
    let sql = "alter table public.orders add constraint orders_user_id_fkey
         foreign key (user_id) references public.profiles not valid";
    world.run("postgres", sql).await;
    // The build waits for whoever has written before it.
    let mut holder = world.connect("postgres").await;
    let mut transaction = holder.begin().await.unwrap();
    sqlx::query("update public.orders set user_id = user_id")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let ended = async {
        let is_building = "select count(*) from pg_stat_progress_create_index
             where datname = current_database()";
        while world.ask(is_building).await == "0" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let sentence = refusal(&world, &orders()).await;
        assert!(sentence.contains("is being built by process"), "{sentence}");
        let mut other = world.connect("postgres").await;
        constrain::cancel_build(&mut other, &orders())
            .await
            .unwrap();
    };
    let order = orders();
    let (built, ()) = tokio::join!(constrain_now(&world, &order), ended);
    let sentence = built.unwrap_err().to_string();
    assert!(
        sentence.contains("the build of the index was ended"),
        "{sentence}"
    );
    assert!(
        catalog(&world, "public.orders")
            .await
            .contains("orders_user_id_idx INVALID")
    );
    transaction.rollback().await.unwrap();
    assert!(constrain_now(&world, &order).await.unwrap().validated);
    assert_eq!(catalog(&world, "public.orders").await, CONSTRAINED);
}
