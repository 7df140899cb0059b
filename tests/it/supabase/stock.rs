//! Supabase's stock database webhook, as its page sets it up and takes it away.

use std::{fs, path::Path};

use rollcall_tests::{World, project::PG_NET, shapes};

/// What *Database Webhooks* adds to a project once they are enabled, as far as its trigger goes.
const SUPABASE_FUNCTIONS: &str = "
    create schema supabase_functions;
    create function supabase_functions.http_request()
    returns trigger language plpgsql security definer set search_path = '' as $$
    begin
        if tg_argv[1] <> 'POST' or tg_argv[2]::jsonb ->> 'Content-Type' <> 'application/json' then
            raise exception 'not of these forms';
        end if;
        perform net.http_post(
            url := tg_argv[0],
            body := jsonb_build_object(
                'type', tg_op, 'schema', tg_table_schema, 'table', tg_table_name, 'record', to_jsonb(new),
                'old_record', null
            ),
            headers := tg_argv[2]::jsonb, timeout_milliseconds := tg_argv[4]::int
        );
        return new;
    end $$;
    grant usage on schema supabase_functions to postgres;";

/// The page's statements: those that hold this.
fn statements(holding: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/webhooks-stock.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks = page.split("```sql\n").skip(1);
    let mut blocks = blocks.filter_map(|block| block.split("```").next());
    let found = blocks.find(|block| block.contains(holding));
    found
        .unwrap_or_else(|| panic!("nothing holds {holding}"))
        .to_owned()
}

#[tokio::test]
async fn the_stock_webhook_is_set_up_and_taken_away_as_the_page_says() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let set_up = statements("create trigger signup_webhook").replace('…', "example");
    // Before webhooks are enabled, the error is the one that the page names.
    let refused = world.attempt("postgres", &set_up).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("\"supabase_functions\" does not exist"),
        "{refused}"
    );
    for part in [PG_NET, SUPABASE_FUNCTIONS] {
        world.run("supabase_admin", part).await;
    }
    world.run("postgres", &set_up).await;
    let sign_up = |number: u32| {
        format!(
            "insert into auth.users (id, email) values (gen_random_uuid(), '{number}@example.com')"
        )
    };
    world.run("supabase_auth_admin", &sign_up(1)).await;
    let queued = "select string_agg(url || ' ' || (headers ->> 'x-rollcall-token'), ',')
        from net.http_request_queue";
    assert_eq!(
        world.ask(queued).await,
        "https://example.lambda-url.<region>.on.aws/ example"
    );

    world
        .run("postgres", &statements("create or replace trigger"))
        .await;
    world.run("supabase_auth_admin", &sign_up(2)).await;
    assert_eq!(
        world
            .ask("select count(*) from net.http_request_queue")
            .await,
        "1"
    );
    let left = "select string_agg(tgname, ',' order by tgname) from pg_trigger
        where tgrelid = 'auth.users'::regclass and not tgisinternal";
    let left = world.ask(left).await;
    assert!(left.contains("on_auth_user_created"), "{left}");
    assert!(!left.contains("signup_webhook"), "{left}");
    assert_eq!(world.ask("select count(*) from public.users").await, "2");
}
