//! Drift, as the roll finds it by hashes and as `count_drift` finds it by joining.

use rollcall_tests::World;

use super::*;

/// Every source that the roll compares, in every type that it compares it in.
const COMPARED: (&str, &str) = (
    "create table public.people (
        key text primary key,
        owner uuid,
        email text collate \"C\",
        handle varchar(255),
        phone varchar,
        reach text default 'unknown',
        is_confirmed boolean,
        can_be_called boolean,
        is_anonymous boolean,
        is_sso boolean,
        is_person boolean,
        origin text,
        signed_up timestamptz,
        changed timestamp,
        removed_at timestamptz
    )",
    r#"
[profile]
table = "public.people"
key = "key"

[profile.columns]
owner = "id"
email = "email"
handle = "email_local_part"
phone = "phone"
reach = ["phone", "email"]
is_confirmed = "email_confirmed"
can_be_called = "phone_confirmed"
is_anonymous = "is_anonymous"
is_sso = "is_sso_user"
is_person = { bool = true }
origin = { text = "app" }
signed_up = "created_at"
changed = "updated_at"

[profile.keep]
columns = [
    "owner", "email", "handle", "phone", "reach", "is_confirmed", "can_be_called", "is_anonymous",
    "is_sso", "is_person", "origin", "signed_up", "changed",
]

[profile.removal]
soft_delete = "removed_at"
"#,
);

/// What the roll counts, which is what `count_drift` counts.
async fn drifted(world: &World) -> i64 {
    let by_roll =
        "select eligible_with_profile - retired || ' ' || drifted from rollcall.take_roll()";
    let by_join = "select examined || ' ' || drifted from rollcall.count_drift()";
    let by_roll = world.ask(by_roll).await;
    assert_eq!(by_roll, world.ask(by_join).await);
    let (_, drifted) = by_roll.split_once(' ').unwrap();
    drifted.parse().unwrap()
}

#[tokio::test]
async fn each_source_and_type_that_the_roll_compares_is_told_apart() {
    let (sql, toml) = COMPARED;
    let world = World::with(sql, toml).await;
    people(&world, 1, 20).await;
    assert_eq!(drifted(&world).await, 0);
    let changed = id(7);
    for set in [
        "owner = gen_random_uuid()",
        "owner = null",
        "email = 'other'",
        "email = null",
        "email = ''",
        "email = upper(email)",
        "email = handle, handle = email",
        "handle = handle || ' '",
        "phone = ''",
        "phone = '49'",
        "reach = null",
        "is_confirmed = true",
        "is_confirmed = null",
        "is_confirmed = true, can_be_called = true",
        "can_be_called = null",
        "is_anonymous = true",
        "is_sso = true",
        "is_person = false",
        "origin = null",
        "signed_up = signed_up + interval '1 microsecond'",
        "signed_up = 'infinity'",
        "signed_up = null",
        "changed = now() at time zone 'UTC'",
        "changed = '-infinity'",
    ] {
        let keep = format!(
            "create table public.kept as select * from public.people;
             update public.people set {set} where key = '{changed}'"
        );
        quietly(&world, &keep).await;
        assert_eq!(drifted(&world).await, 1, "{set}");
        let put_back = format!(
            "delete from public.people where key = '{changed}';
             insert into public.people select * from public.kept where key = '{changed}';
             drop table public.kept"
        );
        quietly(&world, &put_back).await;
        assert_eq!(drifted(&world).await, 0, "{set}");
    }
}

#[tokio::test]
async fn what_the_auth_user_says_is_told_apart_too() {
    let (sql, toml) = COMPARED;
    let world = World::with(sql, toml).await;
    people(&world, 1, 20).await;
    let user = id(7);
    for (of_user, of_profile) in [
        (
            "email = 'new@example.com'",
            "email = 'new@example.com', handle = 'new', reach = 'new@example.com'",
        ),
        (
            "email = ''",
            "email = null, handle = null, reach = 'unknown'",
        ),
        // An address that is empty is none.
        ("email = null", ""),
        ("phone = '49'", "phone = '49', reach = '49'"),
        ("email_confirmed_at = now()", "is_confirmed = true"),
        ("phone_confirmed_at = now()", "can_be_called = true"),
        ("is_anonymous = true", "is_anonymous = true"),
        ("is_sso_user = true", "is_sso = true"),
        ("created_at = 'infinity'", "signed_up = 'infinity'"),
        ("created_at = null", "signed_up = null"),
        ("updated_at = '-infinity'", "changed = '-infinity'"),
        (
            "updated_at = '2026-10-25 01:30+00'",
            "changed = '2026-10-25 01:30'",
        ),
    ] {
        let sql = format!("update auth.users set {of_user} where id = '{user}'");
        quietly(&world, &sql).await;
        let expected = i64::from(!of_profile.is_empty());
        assert_eq!(drifted(&world).await, expected, "{of_user}");
        if expected == 1 {
            let sql = format!("update public.people set {of_profile} where key = '{user}'");
            quietly(&world, &sql).await;
        }
        assert_eq!(drifted(&world).await, 0, "{of_user}");
    }
}

#[tokio::test]
async fn two_who_have_each_others_values_do_not_cancel_out() {
    let (sql, toml) = COMPARED;
    let world = World::with(sql, toml).await;
    people(&world, 1, 1000).await;
    // Of one bucket of the roll.
    let pair = world
        .ask(
            "select a.id || ' ' || b.id
             from auth.users a
             join auth.users b on a.id < b.id
                 and pg_catalog.hashtextextended(a.id::text, 0) & 4095
                     = pg_catalog.hashtextextended(b.id::text, 0) & 4095
             limit 1",
        )
        .await;
    let (one, other) = pair.split_once(' ').unwrap();
    let exchange = format!(
        "update public.people p set email = o.email, handle = o.handle, reach = o.reach
         from public.people o
         where (p.key, o.key) in (('{one}', '{other}'), ('{other}', '{one}'))"
    );
    quietly(&world, &exchange).await;
    assert_eq!(drifted(&world).await, 2);
    // The same change twice does not, either.
    quietly(&world, &exchange).await;
    assert_eq!(drifted(&world).await, 0);
    let both = format!(
        "update public.people set is_confirmed = true, email = null where key in ('{one}', '{other}')"
    );
    quietly(&world, &both).await;
    assert_eq!(drifted(&world).await, 2);
}

#[tokio::test]
async fn who_is_in_another_class_does_not_drift() {
    let (sql, toml) = COMPARED;
    let world = World::with(sql, toml).await;
    people(&world, 1, 10).await;
    let sql = format!(
        "update public.people set email = 'other' || key;
         update public.people set removed_at = now() where key in ('{}', '{}');
         insert into rollcall.exclusions values ('{}');
         update auth.users set deleted_at = now() where id = '{}';
         delete from auth.users where id = '{}'",
        id(1),
        id(2),
        id(3),
        id(4),
        id(5)
    );
    quietly(&world, &sql).await;
    assert_eq!(drifted(&world).await, 5);
    let seen = look(&world).await;
    assert_eq!(
        verdict(&seen, "drifted_profiles_check"),
        (Some(false), 5, Some(5))
    );
}

/// Worlds in which each person is one of many, all of them often enough to share a bucket.
#[tokio::test]
async fn the_roll_and_the_join_agree_on_generated_worlds() {
    let (sql, toml) = COMPARED;
    let world = World::with(sql, toml).await;
    for seed in ["0.1", "0.2", "0.3"] {
        let fill = format!(
            "truncate public.people, rollcall.exclusions;
             delete from auth.users;
             select setseed({seed});
             insert into auth.users (
                 id, email, phone, email_confirmed_at, phone_confirmed_at, is_sso_user,
                 created_at, updated_at
             )
             select
                 md5(n || 'of {seed}')::uuid,
                 case when random() < 0.9 then 'u' || n || '@example.com' end,
                 case when random() < 0.3 then n::text end,
                 case when random() < 0.5 then now() end,
                 case when random() < 0.5 then now() end,
                 random() < 0.5,
                 case when random() < 0.9 then now() - random() * interval '1 year' else 'infinity' end,
                 case when random() < 0.9 then now() end
             from generate_series(1, 9000) n;
             insert into public.people
             select
                 w.key, w.owner, w.email, w.handle, w.phone, w.reach, w.is_confirmed,
                 w.can_be_called, w.is_anonymous, w.is_sso, w.is_person, w.origin, w.signed_up,
                 w.changed
             from rollcall.wanted w;
             update public.people set email = null where random() < 0.02;
             update public.people set is_confirmed = not is_confirmed where random() < 0.02;
             update public.people set signed_up = now() where random() < 0.02;
             update public.people set removed_at = now() where random() < 0.02;
             update public.people p set handle = o.handle
             from public.people o where random() < 0.02 and o.phone = (p.phone::integer + 1)::text;
             delete from public.people where random() < 0.02;
             delete from auth.users where random() < 0.02;
             update auth.users set deleted_at = now() where random() < 0.02;
             insert into rollcall.exclusions select id from auth.users where random() < 0.02"
        );
        quietly(&world, &fill).await;
        assert!(drifted(&world).await > 100, "{seed}");
        let counted = "select concat_ws(' ', auth_users, eligible, profiles, live, ghosts, retired,
                orphaned_profiles, leftover, excluded, ineligible_without_profile,
                stamped_without_user)
            from rollcall.take_roll()";
        let joined = "select concat_ws(' ', count(s.user_id), count(*) filter (where s.is_eligible),
                count(p.key), count(*) filter (where p.key is not null and p.removed_at is null),
                count(*) filter (where s.is_eligible and p.key is null),
                count(*) filter (where s.is_eligible and p.removed_at is not null),
                count(*) filter (where s.user_id is null and p.removed_at is null),
                count(*) filter (where not s.is_eligible and p.key is not null and p.removed_at is null),
                count(*) filter (where s.is_excluded),
                count(*) filter (where not s.is_eligible and p.key is null),
                count(*) filter (where s.user_id is null and p.removed_at is not null))
            from rollcall.standing s
            full join public.people p on p.key = s.profile_key";
        assert_eq!(world.ask(counted).await, world.ask(joined).await, "{seed}");
    }
}

#[tokio::test]
async fn what_may_fail_for_one_user_is_left_to_the_join() {
    let sql = "create table public.people (id uuid primary key, email text, name text)";
    let toml = "[profile]\ntable = \"public.people\"\nkey = \"id\"\n[profile.columns]\n\
                email = \"email\"\nname = \"meta.name\"\n\
                [profile.keep]\ncolumns = [\"email\", \"name\"]\n";
    let world = World::with(sql, toml).await;
    people(&world, 1, 3).await;
    quietly(
        &world,
        "update public.people set name = 'other', email = null",
    )
    .await;
    let by_roll = "select coalesce(drifted::text, 'unknown') from rollcall.take_roll()";
    assert_eq!(world.ask(by_roll).await, "unknown");
    assert_eq!(
        verdict(&look(&world).await, "drifted_profiles_check"),
        (Some(false), 3, Some(3))
    );
}
