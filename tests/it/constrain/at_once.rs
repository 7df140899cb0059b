//! Several at the same work, through a pooler, and what a key does not take.

use rollcall_tests::Pooler;

use super::*;

/// About ten seconds of others' work.
const PATIENT: Patience = Patience {
    tries: 200,
    pause: Duration::from_millis(50),
};

async fn constrain_patiently(world: &World) -> Result<Outcome, Stop> {
    let mut connection = world.connect("postgres").await;
    // Whoever looks again does so soon.
    let pause = async |_| tokio::time::sleep(Duration::from_millis(50)).await;
    constrain::constrain(&mut connection, &orders(), PATIENT, pause, |_| {}).await
}

#[tokio::test]
async fn several_at_once_make_one_key_and_one_index() {
    for _ in 0..5 {
        let world = world_with_orders().await;
        let ended = tokio::join!(
            constrain_patiently(&world),
            constrain_patiently(&world),
            constrain_patiently(&world),
        );
        for outcome in [ended.0, ended.1, ended.2] {
            assert!(outcome.unwrap().validated);
        }
        assert_eq!(catalog(&world, "public.orders").await, CONSTRAINED);
    }
}

#[tokio::test]
async fn whoever_is_overtaken_goes_on_from_the_catalog() {
    let world = world_with_orders().await;
    // As it says that it begins a step, somebody else has just taken it.
    let mut connection = world.connect("postgres").await;
    let url = world.url("postgres");
    let overtake = |told: &Told| {
        let sql = match (told.step, told.is_done) {
            (Step::Constraint, false) => {
                "alter table public.orders add constraint orders_user_id_fkey
                     foreign key (user_id) references public.profiles not valid"
            }
            (Step::Index, false) => "create index orders_user_id_idx on public.orders (user_id)",
            _ => return,
        };
        let url = url.clone();
        let work = async move {
            let mut other = PgConnection::connect(&url).await.unwrap();
            // The second time it is there.
            let _ = sqlx::raw_sql(sql).execute(&mut other).await;
        };
        std::thread::spawn(|| {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(work);
        })
        .join()
        .unwrap();
    };
    let pause = tokio::time::sleep;
    let order = orders();
    let outcome = constrain::constrain(&mut connection, &order, PATIENT, pause, overtake);
    assert!(outcome.await.unwrap().validated);
    assert_eq!(catalog(&world, "public.orders").await, CONSTRAINED);
}

#[tokio::test]
async fn through_a_pooler_in_transaction_mode_it_is_the_same() {
    if crate::pooler::is_left_out() {
        return;
    }
    let world = world_with_orders().await;
    let pooler = Pooler::start(2);
    let url: PgConnectOptions = pooler.url("postgres", &world).parse().unwrap();
    let url = url.extra_float_digits(None);
    let pause = tokio::time::sleep;
    let order = orders();
    for _ in 0..2 {
        let mut connection = PgConnection::connect_with(&url).await.unwrap();
        let outcome = constrain::constrain(&mut connection, &order, PATIENT, pause, |_| {});
        assert!(outcome.await.unwrap().validated);
        assert_eq!(catalog(&world, "public.orders").await, CONSTRAINED);
    }
    // The words of one transaction are not left with the pooler's connection.
    let mut connection = PgConnection::connect_with(&url).await.unwrap();
    let left: String = sqlx::query_scalar("select current_setting('lock_timeout')")
        .persistent(false)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, "0");
}

#[tokio::test]
async fn orphans_of_a_partition_are_planned_under_its_table() {
    let world = world(
        "create table public.events (user_id uuid, day int) partition by range (day);
         create table public.of_day partition of public.events for values from (0) to (9)",
    )
    .await;
    let sql = format!(
        "insert into public.events values ('{}', 1), ('{}', 1)",
        id(9),
        id(1)
    );
    world.run("postgres", &sql).await;
    let order = order("public.of_day", "user_id");
    let outcome = constrain_now(&world, &order).await.unwrap();
    assert_eq!(
        (outcome.orphaned_rows, &*outcome.planned_as),
        (1, "public.events")
    );
}

#[tokio::test]
async fn ids_that_are_spelled_otherwise_are_told_from_orphans_and_can_be_mended() {
    let world = World::with(
        "create table public.\"Profile\" (\"userId\" text primary key, name text);
         create table public.\"Chats\" (\"ownerId\" varchar(50))",
        "profile.table = \"public.Profile\"\nprofile.key = \"userId\"\n\
         profile.columns.name = \"meta.name\"",
    )
    .await;
    let order = order("public.Chats", "ownerId");
    let sql = "set session_replication_role = replica;
         insert into public.\"Profile\" values ('abcdef00-0000-4000-8000-000000000001', 'a');
         insert into public.\"Chats\" values
             ('abcdef00-0000-4000-8000-000000000001'), (null), ('ABCDEF00-0000-4000-8000-000000000001'),
             (' {abcdef00-0000-4000-8000-000000000001}'), ('nobody')";
    world.run("supabase_admin", sql).await;
    let outcome = constrain_now(&world, &order).await.unwrap();
    assert_eq!((outcome.orphaned_rows, outcome.spelled_otherwise), (1, 2));
    let sql = "delete from public.\"Chats\" where \"ownerId\" = 'nobody'";
    world.run("postgres", sql).await;
    let outcome = constrain_now(&world, &order).await.unwrap();
    assert_eq!(
        (
            outcome.validated,
            outcome.orphaned_rows,
            outcome.spelled_otherwise
        ),
        (false, 0, 2)
    );
    world.run("postgres", &outcome.respell.unwrap()).await;
    assert!(constrain_now(&world, &order).await.unwrap().validated);
}
