//! Sources and the types of columns: what never fits is refused, and what is not refused fits.

use rollcall_install::{mapping::Kind, render};
use sqlx::{AssertSqlSafe, Row};

use super::{check, file_for_t, refusal};
use rollcall_tests::World;

const TYPES: &str = "
    create extension citext schema extensions;
    create type public.mood as enum ('happy', 'sad');
    create domain public.short as varchar(5);
    create table public.t (
        id uuid primary key, a_uuid uuid, a_text text, a_short public.short, a_citext extensions.citext,
        a_bool boolean, an_int int, a_bigint bigint, a_numeric numeric(10, 2), a_json json,
        a_jsonb jsonb, a_tz timestamptz(3), a_ts timestamp, a_date date, a_time time,
        a_mood public.mood, an_array text[], an_inet inet, a_char char(3)
    );";

#[rustfmt::skip]
const ALL: &[&str] = &[
    "a_uuid", "a_text", "a_short", "a_citext", "a_bool", "an_int", "a_bigint", "a_numeric",
    "a_json", "a_jsonb", "a_tz", "a_ts", "a_date", "a_time", "a_mood", "an_array", "an_inet",
    "a_char",
];

/// Sources, and all columns that they fit.
#[rustfmt::skip]
const FITTING: &[(&str, &str)] = &[
    ("\"id\"", "a_uuid a_text a_citext a_json a_jsonb"),
    ("\"email\"", "a_text a_short a_citext a_char a_json a_jsonb"),
    ("\"email_local_part\"", "a_text a_short a_citext a_char a_json a_jsonb"),
    ("\"phone\"", "a_text a_short a_citext a_char a_json a_jsonb an_int a_bigint a_numeric"),
    ("\"provider\"", "a_text a_short a_citext a_char a_json a_jsonb a_mood"),
    ("\"email_confirmed\"", "a_text a_short a_citext a_char a_json a_jsonb a_bool an_int"),
    ("\"is_anonymous\"", "a_text a_short a_citext a_char a_json a_jsonb a_bool an_int"),
    ("\"created_at\"", "a_text a_short a_citext a_char a_json a_jsonb a_tz a_ts a_date"),
    ("\"now\"", "a_text a_short a_citext a_char a_json a_jsonb a_tz a_ts a_date"),
    ("{ bool = true }", "a_text a_short a_citext a_char a_json a_jsonb a_bool an_int"),
    ("{ number = -1 }", "a_text a_short a_citext a_char an_int a_bigint a_numeric"),
    ("{ number = 2.5 }", "a_text a_short a_citext a_char an_int a_bigint a_numeric"),
    ("{ json = {} }", "a_text a_short a_citext a_char a_json a_jsonb"),
    ("{ text = \"12345\" }", "a_text a_short a_citext a_json a_jsonb a_tz a_ts a_date a_time an_int a_bigint a_numeric an_array an_inet"),
    ("{ text = \"sad\" }", "a_text a_short a_citext a_char a_json a_jsonb a_tz a_ts a_date a_time a_mood an_array an_inet"),
    ("{ text = \"yes\" }", "a_text a_short a_citext a_char a_json a_jsonb a_tz a_ts a_date a_time a_bool an_array an_inet"),
];

#[tokio::test]
async fn types_are_spelled_with_their_schema_and_without_length() {
    let world = World::bare(TYPES).await;
    let columns = [
        ("a_short", "character varying", Kind::Text),
        ("a_citext", "extensions.citext", Kind::Text),
        ("a_char", "bpchar", Kind::Text),
        ("a_numeric", "numeric", Kind::Other),
        ("a_tz", "timestamp with time zone", Kind::TimestampTz),
        ("a_mood", "public.mood", Kind::Other),
        ("an_array", "text[]", Kind::Other),
    ];
    for (column, name, kind) in columns {
        let file = file_for_t(&format!("columns.{column} = \"meta.x\""));
        let mapping = check(&world, &file).await.unwrap();
        let sql_type = &mapping.columns[0].sql_type;
        assert_eq!((&*sql_type.name, sql_type.kind), (name, kind), "{column}");
    }
}

#[tokio::test]
async fn a_source_that_never_fits_its_column_is_refused() {
    let world = World::bare(TYPES).await;
    for (source, fitting) in FITTING {
        for column in ALL {
            let file = file_for_t(&format!("columns.{column} = {source}"));
            let outcome = check(&world, &file).await;
            let fits = fitting.split(' ').any(|fitting| fitting == *column);
            assert_eq!(outcome.is_ok(), fits, "{source} {column} {outcome:?}");
        }
    }
    for column in ALL {
        check(
            &world,
            &file_for_t(&format!("columns.{column} = \"meta.x\"")),
        )
        .await
        .unwrap();
    }
    let file = file_for_t("columns.a_bool = \"email\"");
    assert_eq!(
        refusal(&world, &file).await,
        "profile.columns.a_bool: email is a text and never fits a_bool, which is boolean; write \
         { bool = false }, or leave the column out"
    );
    let file = file_for_t("columns.a_mood = { text = \"angry\" }");
    assert_eq!(
        refusal(&world, &file).await,
        "profile.columns.a_mood: \"angry\" is no value of public.mood; write one of happy, sad"
    );
}

#[tokio::test]
async fn a_source_that_is_not_refused_fits() {
    // Whether a text fits a length, or one of a type's values, is for each user to show.
    let open = |source: &str, column: &str| {
        matches!(column, "a_short" | "a_char")
            || source.contains("text") && !column.ends_with("text")
    };
    for (source, fitting) in FITTING {
        let columns: Vec<String> = fitting
            .split(' ')
            .filter(|column| !open(source, column))
            .map(|column| format!("columns.{column} = {source}"))
            .collect();
        let world = World::bare(TYPES).await;
        let mapping = check(&world, &file_for_t(&columns.join("\n")))
            .await
            .unwrap();
        let mut connection = world.connect("postgres").await;
        let migration = render::migration(&mapping);
        sqlx::raw_sql(AssertSqlSafe(migration))
            .execute(&mut connection)
            .await
            .unwrap();
        world
            .run(
                "supabase_auth_admin",
                "insert into auth.users (id, email, phone, created_at, raw_app_meta_data)
                 values (gen_random_uuid(), 'ann@example.com', '15551', now(),
                     '{\"provider\": \"happy\"}')",
            )
            .await;
        let row = sqlx::query(
            "select (select count(*) from public.t),
                 (select string_agg(reason || ' ' || sqlstate, ', ') from rollcall.sync_failures)",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        let (profiles, failures): (i64, Option<String>) = (row.get(0), row.get(1));
        assert_eq!((profiles, failures), (1, None), "{source}");
    }
}
