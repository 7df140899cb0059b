//! Very many traces, and very many who are deleted at once.

use super::*;

/// A run that put so many rows into quarantine, and of each user one thing in everything else.
async fn quarantined(world: &World, rows: u32, users: u32) {
    let sql = format!(
        "insert into rollcall.runs (run_id, kind, state, configuration, digest, planned)
         values (gen_random_uuid(), 'references', 'completed', '', '', {rows});
         insert into rollcall.reference_parts (run_id, part, relation, relation_name, table_name,
             column_name, policy, key_columns, columns, layout, planned)
         select run_id, 0, 'public.users'::regclass, '', 'public.orders', 'user_id', 'quarantine',
             '{{id}}', '{{id,user_id,note}}', '', {rows}
         from rollcall.runs where kind = 'references';
         insert into rollcall.reference_rows
         select r.run_id, 0, n / 1000, array[array_agg(n::text order by n)], array_agg(u.id order by n)
         from rollcall.runs r, generate_series(0, {rows} - 1) n, lateral (
             select '00000000-0000-4000-8000-' || lpad((1 + n % {users})::text, 12, '0') as id
         ) u
         where r.kind = 'references'
         group by 1, 3;
         insert into rollcall.quarantine (run_id, part, place, user_id, image)
         select r.run_id, 0, n, u.id, array[n::text, u.id, repeat('x', 200)]
         from rollcall.runs r, generate_series(0, {rows} - 1) n, lateral (
             select '00000000-0000-4000-8000-' || lpad((1 + n % {users})::text, 12, '0') as id
         ) u
         where r.kind = 'references'"
    );
    world.run("supabase_admin", &sql).await;
}

/// How many are noted, how many rows name somebody who is erased, and how many somebody else stands
/// in for.
const LEFT: &str = "select concat_ws(' ', (select count(*) from rollcall.forgetting),
    (select count(*) from rollcall.quarantine q
     where translate(lower(user_id), '{}-', '') like '0000000000004%' or image[2] <> user_id),
    (select count(distinct user_id) from rollcall.quarantine))";

#[tokio::test]
async fn whoever_has_a_hundred_thousand_rows_in_quarantine_is_forgotten_in_a_pulse() {
    for users in [1, 1000] {
        let world = world().await;
        people(&world, 1, users).await;
        quarantined(&world, 100_000, users).await;
        let delete = format!("delete from auth.users where id <= '{}'", id(users));
        world.run("supabase_auth_admin", &delete).await;
        let pulse = Deployed::start("pulse", &world, "rollcall_app", &[]).await;
        pulse.invoke(json!({})).await.unwrap();
        assert_eq!(world.ask(LEFT).await, format!("0 0 {users}"));
        let planned = "select count(distinct u) || ' ' || min(cardinality(users))
            from rollcall.reference_rows, unnest(users) u where u not like '00000000-0000-4%'";
        assert_eq!(world.ask(planned).await, format!("{users} 1000"));
    }
}

#[tokio::test]
async fn a_person_is_forgotten_however_a_text_spells_the_id() {
    let world = world().await;
    people(&world, 1, 3).await;
    quarantined(&world, 3, 3).await;
    for (number, spelled) in [
        (1, "upper(%)"),
        (2, "'{' || upper(%) || '}'"),
        (3, "replace(%, '-', '')"),
    ] {
        let user = spelled.replace('%', "user_id");
        let spell = format!(
            "update rollcall.quarantine
             set user_id = {user}, image[2] = {user} where user_id = '{0}';
             update rollcall.reference_rows set users = array_replace(users, '{0}', {1})",
            id(number),
            spelled.replace('%', &format!("'{}'", id(number)))
        );
        world.run("supabase_admin", &spell).await;
    }
    let before = "select string_agg(u, ' ') from rollcall.reference_rows, unnest(users) u";
    let before = world.ask(before).await;
    let delete = format!("delete from auth.users where id <= '{}'", id(3));
    world.run("supabase_auth_admin", &delete).await;
    let pulse = Deployed::start("pulse", &world, "rollcall_app", &[]).await;
    pulse.invoke(json!({})).await.unwrap();
    assert_eq!(world.ask(LEFT).await, "0 0 3");
    for spelled in before.split(' ') {
        let traces = format!(
            "select count(*) from rollcall.reference_rows r where r::text like '%{spelled}%'"
        );
        assert_eq!(world.ask(&traces).await, "0", "{spelled}");
    }
}

#[tokio::test]
async fn a_pulse_forgets_a_thousand_of_those_who_were_deleted_and_the_next_ones_the_others() {
    let world = world().await;
    people(&world, 1, 2500).await;
    // Each of them in fifty runs.
    let runs = "insert into rollcall.runs (run_id, kind, state, configuration, digest, planned)
        select gen_random_uuid(), 'backfill', 'completed', '', '', 2500 from generate_series(1, 50);
        insert into rollcall.run_plans (run_id, chunk, user_ids)
        select r.run_id, c.chunk, c.ids from rollcall.runs r, (
            select (n - 1) / 1000 as chunk, array_agg(
                ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid order by n) as ids
            from generate_series(1, 2500) n group by 1
        ) c";
    world.run("supabase_admin", runs).await;
    let delete = format!("delete from auth.users where id <= '{}'", id(2500));
    world.run("supabase_auth_admin", &delete).await;
    let noted = "select count(*) from rollcall.forgetting";
    let named = "select count(*) from rollcall.run_plans, unnest(user_ids) u
        where u::text like '00000000-0000-4%'";
    assert_eq!(world.ask(noted).await, "2500");
    let pulse = Deployed::start("pulse", &world, "rollcall_app", &[]).await;
    for left in [1500, 500, 0] {
        pulse.invoke(json!({})).await.unwrap();
        assert_eq!(world.ask(noted).await, left.to_string());
        assert_eq!(world.ask(named).await, (50 * left).to_string());
    }
    let places = "select concat_ws(' ', count(*), count(distinct u)) from rollcall.run_plans, unnest(user_ids) u";
    assert_eq!(world.ask(places).await, "125000 2500");
}
