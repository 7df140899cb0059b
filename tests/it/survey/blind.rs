//! Whoever row security hides rows from is told so, and not that there are none. Rights of a role belong to
//! the whole server, so this has one of its own.

use crate::alone::Alone;

const TOML: &str = r#"
[profile]
table = "app.users"
key = "id"

[profile.columns]
email = "email"

[[references]]
table = "app.orders"
column = "user_id"
"#;

const RUN: &str = "00000000-0000-4000-8000-000000000001";

/// What a survey, the check's count and a plan for the one child table are answered with.
async fn answers(alone: &Alone) -> [Result<String, String>; 3] {
    let plan = format!(
        "select p.planned::text from rollcall.plan_references(
             '{RUN}', (select count(*)::int + 1 from rollcall.reference_parts),
             'app.orders'::regclass::oid::bigint, 'app.orders', 'user_id', 'quarantine', 'others', null,
             null, '{{}}', '{{}}') p"
    );
    [
        alone
            .try_ask("select orphaned::text from rollcall.survey_column('app.orders'::regclass, 2::smallint)")
            .await,
        alone.try_ask("select orphaned::text from rollcall.count_child_rows(1)").await,
        alone.try_ask(&plan).await,
    ]
}

#[tokio::test]
async fn whoever_row_security_blinds_gets_an_error_and_no_number() {
    let alone = Alone::new("postgres").await;
    let orders = "create table app.orders (id int primary key, user_id uuid);
         insert into app.orders values (1, gen_random_uuid());
         grant all on app.orders, app.users to postgres";
    alone.run("supabase_admin", orders).await;
    alone.install(TOML).await;
    let begin = format!("select rollcall.begin_references('{RUN}', '{{}}', null)");
    alone.run("postgres", &begin).await;
    let seen = Ok("1".to_owned());
    assert_eq!(
        answers(&alone).await,
        [seen.clone(), seen.clone(), seen.clone()]
    );

    let hide = "alter role postgres nobypassrls; alter table app.orders enable row level security";
    alone.run("supabase_admin", hide).await;
    let blind = Err("42501".to_owned());
    assert_eq!(
        answers(&alone).await,
        [blind.clone(), blind.clone(), blind.clone()]
    );
    // A plan knows it beforehand.
    let may = "select string_agg(concat_ws(' ', may_read, may_move), ', ') from rollcall.reference_targets()";
    assert_eq!(alone.ask(may).await, "f f");

    // So it is where the profiles are hidden, by whose absence rows are orphaned.
    let hide = "alter table app.orders disable row level security; alter table app.users owner to supabase_admin;
         alter table app.users enable row level security";
    alone.run("supabase_admin", hide).await;
    assert_eq!(answers(&alone).await, [blind.clone(), blind.clone(), blind]);
}
