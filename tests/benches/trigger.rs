//! What the trigger costs a signup, against the trigger that the runbooks paste.

use std::time::Instant;

use rollcall_tests::{
    SECRET, World,
    project::{PG_NET, VAULT},
    shapes,
};

use crate::measure::{Results, ms_since};

const SIGNUPS: u32 = 100_000;
const ROUNDS: usize = 5;

/// The trigger of the third runbook, on the same table.
const NAIVE: &str = "
create function public.handle_new_user() returns trigger as $$
begin
    insert into public.user_profiles (id, email, full_name, preferences)
    values (
        new.id, new.email,
        coalesce(new.raw_user_meta_data ->> 'full_name', new.raw_user_meta_data ->> 'name'), '{}'
    )
    on conflict (id) do nothing;
    return new;
end;
$$ language plpgsql security definer;
create trigger on_auth_user_created after insert on auth.users
for each row execute function public.handle_new_user()";

const WEBHOOK: &str = "
[webhook]
url = \"https://rollcall.example.com/\"
vault_secret = \"rollcall_webhook\"
";

pub(crate) async fn run(results: &mut Results) {
    let (sql, toml) = shapes::USER_PROFILES;
    let bare = World::bare(sql).await;
    let naive = World::bare(sql).await;
    naive.run("postgres", NAIVE).await;
    let rollcall = World::with(sql, toml).await;
    let calling = World::bare(sql).await;
    let secret =
        format!("insert into vault.secrets (name, secret) values ('rollcall_webhook', '{SECRET}')");
    for sql in [PG_NET, VAULT, &secret] {
        calling.run("supabase_admin", sql).await;
    }
    calling.install(&format!("{toml}{WEBHOOK}")).await;

    // In turns, and the best of each: whatever else the machine does disturbs all four.
    let [mut without, mut rival, mut ours, mut with_call] = [f64::MAX; 4];
    for _ in 0..ROUNDS {
        without = without.min(signups(&bare).await);
        rival = rival.min(signups(&naive).await);
        ours = ours.min(signups(&rollcall).await);
        with_call = with_call.min(signups(&calling).await);
        let tidy = "truncate net.http_request_queue, rollcall.webhook_calls";
        calling.run("supabase_admin", tidy).await;
    }
    let each = |total: f64| total * 1000.0 / f64::from(SIGNUPS);
    let ratio = (ours - without) / (rival - without);
    results.note(
        "trigger: cost against the naive trigger's",
        ratio,
        "times",
        1.5,
    );
    results.aside("a signup without a trigger", each(without), "µs");
    results.aside("with the naive trigger", each(rival), "µs");
    results.aside("with Rollcall's", each(ours), "µs");
    // Vault's decryption and pg_net's sending are not in it: both are stood in for.
    results.aside(
        "and with the webhook called by the database",
        each(with_call),
        "µs",
    );
    results.aside(
        "a whole signup against one with the naive trigger",
        ours / rival,
        "times",
    );
}

/// Milliseconds for a hundred thousand single-row signups, a transaction each.
async fn signups(world: &World) -> f64 {
    world
        .run("supabase_admin", "truncate auth.users cascade")
        .await;
    let sql = format!(
        "do $$
        begin
            for n in 1 .. {SIGNUPS} loop
                insert into auth.users (id, email, raw_user_meta_data, created_at)
                values (
                    gen_random_uuid(), 'user' || n || '@example.com',
                    jsonb_build_object('full_name', 'User ' || n), now()
                );
                commit;
            end loop;
        end
        $$"
    );
    let begun = Instant::now();
    world.run("supabase_admin", &sql).await;
    ms_since(begun)
}
