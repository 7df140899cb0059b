//! An application's own trigger and function: replaced on request, and brought back as they were.

use rollcall_tests::{World, shapes};

use super::{apply, catalog, is_kept, uninstall};

const ADOPT: &str = "\n[trigger]\nadopt = true\n";

/// The application's trigger, with a function of unusual rights that another table's trigger calls
/// as well.
fn application() -> String {
    format!(
        "{};
        create table public.invites (id uuid primary key, name text);
        create table public.log (what text);
        create function public.handle_new_user() returns trigger
        language plpgsql cost 7 security definer set search_path = 'public' set work_mem = '5MB' as $$
        begin
            -- The application's own, to the last blank.   
            insert into log values (tg_table_name || ' ' || new.id);
            return new;
        end $$;
        comment on function public.handle_new_user() is 'It''s the application''s.';
        revoke all on function public.handle_new_user() from public;
        grant execute on function public.handle_new_user() to anon;
        grant execute on function public.handle_new_user() to authenticated with grant option;
        create trigger on_auth_user_created after insert on auth.users
        for each row when (new.email is not null) execute function public.handle_new_user();
        create trigger also_here after insert on public.invites
        for each row execute function public.handle_new_user('with', 'arguments');
        alter table public.invites disable trigger also_here",
        shapes::USERS.0
    )
}

async fn sign_up(world: &World, number: u32) {
    world
        .run(
            "supabase_auth_admin",
            &format!(
                "insert into auth.users (id, email)
                values ('00000000-0000-4000-8000-{number:012}', '{number}@example.com')"
            ),
        )
        .await;
}

async fn log(world: &World) -> String {
    world
        .ask("select coalesce(string_agg(left(what, 7), ', '), 'empty') from public.log")
        .await
}

#[tokio::test]
async fn what_was_adopted_comes_back_as_it_was() {
    let toml = format!("{}{ADOPT}", shapes::USERS.1);
    let world = World::bare(&application()).await;
    let before = catalog(&world, false).await;
    for number in 1..=2 {
        apply(&world, &toml).await.expect("adopted");
        apply(&world, &toml).await.expect("adopted, again");
        sign_up(&world, number).await;
        assert_eq!(
            world.ask("select count(*) from public.users").await,
            number.to_string()
        );
        uninstall(&world).expect("taken out");
        let after = catalog(&world, false).await;
        let theirs: Vec<_> = after.into_iter().filter(|line| !is_kept(line)).collect();
        assert_eq!(theirs, before);
    }
    assert_eq!(log(&world).await, "empty");
    sign_up(&world, 3).await;
    assert_eq!(log(&world).await, "users 0");
}

#[tokio::test]
async fn whatever_else_calls_the_adopted_function_goes_on_calling_it() {
    let world = World::bare(&application()).await;
    world
        .run(
            "postgres",
            "alter table public.invites enable trigger also_here",
        )
        .await;
    apply(&world, &format!("{}{ADOPT}", shapes::USERS.1))
        .await
        .expect("adopted");
    world
        .run(
            "postgres",
            "insert into public.invites values (gen_random_uuid())",
        )
        .await;
    sign_up(&world, 1).await;
    assert_eq!(log(&world).await, "invites");
    assert_eq!(world.ask("select count(*) from public.users").await, "1");
}

#[tokio::test]
async fn a_trigger_alone_is_adopted_and_its_function_left_where_it_is() {
    let world = World::bare(&format!(
        "{}; create table public.log (what text);
        create function public.mine() returns trigger language plpgsql security definer
        as 'begin insert into public.log values (tg_name); return new; end';
        create trigger on_auth_user_created after insert on auth.users
        for each row execute function public.mine()",
        shapes::USERS.0
    ))
    .await;
    let toml = format!("{}{ADOPT}", shapes::USERS.1);
    apply(&world, &toml).await.expect("adopted");
    sign_up(&world, 1).await;
    assert_eq!(log(&world).await, "empty");
    uninstall(&world).expect("taken out");
    sign_up(&world, 2).await;
    assert_eq!(log(&world).await, "on_auth");
}

#[tokio::test]
async fn what_the_application_hung_on_our_function_is_not_taken_along_in_silence() {
    let (sql, toml) = shapes::USERS;
    let world = World::bare(&format!("{sql}; create table public.invites (id uuid)")).await;
    apply(&world, toml).await.expect("installed");
    world
        .run(
            "postgres",
            "create trigger also_here after insert on public.invites
            for each row execute function public.handle_new_user()",
        )
        .await;
    let error = uninstall(&world).expect_err("a trigger would go along");
    assert!(
        error.contains("the trigger also_here on public.invites calls"),
        "{error}"
    );
    world
        .run("postgres", "drop trigger also_here on public.invites")
        .await;
    uninstall(&world).expect("taken out");
}
