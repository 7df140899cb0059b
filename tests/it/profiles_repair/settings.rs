//! What a stamp wrote over comes back as it was, whatever the role's settings are by then.

use super::*;

const ODD: [&str; 7] = [
    "array_nulls = off",
    "bytea_output = escape",
    "datestyle = 'German, DMY'",
    "extra_float_digits = -15",
    "intervalstyle = sql_standard",
    "quote_all_identifiers = on",
    "xmloption = document",
];

async fn set(world: &World, is_odd: bool) {
    let role = format!("alter role rollcall_operator in database {}", world.name());
    for odd in ODD {
        let (name, _) = odd.split_once(' ').unwrap();
        let change = if is_odd {
            format!("set {odd}")
        } else {
            format!("reset {name}")
        };
        world
            .run("supabase_admin", &format!("{role} {change}"))
            .await;
    }
}

#[tokio::test]
async fn what_was_released_comes_back_as_it_was_stored() {
    let released = "tags, gap, amount, day, bytes, x, kind, pay, blank";
    let quoted: Vec<String> = released
        .split(", ")
        .map(|name| format!("{name:?}"))
        .collect();
    for odd in [[true, false], [false, true], [true, true]] {
        let world = World::with(
            "create table public.users (id uuid primary key, email text, tags text[], gap interval,
                 amount float8, day date, bytes bytea[], x xml, kind regclass, pay money, blank bpchar,
                 deleted_at timestamptz)",
            &format!(
                "[profile]\ntable = \"public.users\"\nkey = \"id\"\n[profile.columns]\nemail = \"email\"\n\
                 [profile.removal]\nsoft_delete = \"deleted_at\"\nrelease = [{}]\n",
                quoted.join(", ")
            ),
        )
        .await;
        people(&world, 1, 40).await;
        let lost = format!(
            "update public.users set tags = '[3:5]={{NULL,\"NULL\",null}}', gap = '1 year -2 days +03:04:05.000006',
                 amount = 0.1::float8 + 0.2::float8, day = '2004-03-02', bytes = '{{\"\\\\x5c00ff\",NULL}}',
                 x = 'a<b/>c', kind = 'public.users', pay = '-1234.56', blank = 'ab   ';
             create table public.before as table public.users;
             delete from auth.users where id = '{}'",
            id(1)
        );
        quietly(&world, &lost).await;
        set(&world, odd[0]).await;
        let planned = plan(&world).await;
        apply(&world, &planned).await;
        set(&world, odd[1]).await;
        let undone = undo(&world, &planned).await;
        assert_eq!(undone["tables"][0]["done"], 1, "{odd:?} {undone:#}");
        let same = "select count(*) from public.users o join public.before b on o *= b";
        let there =
            "select string_agg(u::text, ' ') from public.users u where right(id::text, 2) = '01'";
        let there = world.ask(there).await;
        assert_eq!(world.ask(same).await, "40", "{odd:?} {there}");
    }
}
