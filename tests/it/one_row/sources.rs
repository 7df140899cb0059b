//! What each source comes to in each type of column, spelled out.

use rollcall_tests::World;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor};

use super::worlds::RICH;

/// The row of one user, signed up in a session far from UTC.
async fn row_of(columns: &str, values: &str) -> Value {
    let world = World::with(RICH.sql, RICH.toml).await;
    let mut session = world.connect("supabase_auth_admin").await;
    let sql = format!(
        "set timezone = 'Asia/Kathmandu'; set datestyle = 'German, YMD';
        insert into auth.users (id, {columns})
        values ('00000000-0000-4000-8000-000000000001', {values})"
    );
    session
        .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
        .await
        .expect("a signup");
    let row = format!(
        "select to_jsonb(p) - '{{number,signed_up,signed_on,signed_text,touched_at,updated_at}}'::text[]
            || case when u.created_at is null then '{{}}' else jsonb_build_object(
                'signed_up', signed_up, 'signed_on', signed_on, 'signed_text', signed_text
            ) end
        from {} p cross join auth.users u",
        RICH.table
    );
    serde_json::from_str(&world.ask(&row).await).expect("JSON")
}

#[tokio::test]
async fn a_user_with_everything() {
    let row = row_of(
        "email, phone, is_sso_user, phone_confirmed_at, created_at, raw_user_meta_data,
        raw_app_meta_data",
        r#"'Ada@Example.com', '15550001', true, now(), '2024-03-09 23:30:00.123456-05', '{
            "email": "ada@work.example.com", "user_name": "", "name": "Ada", "age": " 36 ",
            "score": 12.345, "vip": "yes", "plan": "it''s complicated", "born": "1815-12-10",
            "seen": "2024-01-02T03:04:05.6+05:30", "took": "1 day 02:03", "tags": "{a,\"b c\"}",
            "nested": {"it''s \"deep\"": [1, null]}
        }', '{"provider": "saml", "address": "10.0.0.1"}'"#,
    )
    .await;
    insta::assert_json_snapshot!(row);
}

#[tokio::test]
async fn a_user_with_nothing() {
    insta::assert_json_snapshot!(row_of("is_anonymous", "true").await);
}

#[tokio::test]
async fn metadata_in_a_string_is_read_through() {
    let row = row_of(
        "email, created_at, raw_user_meta_data",
        r#"'', '2024-02-29 23:59:59.999999+00', to_jsonb('{"name": "Ada", "age": 36, "seen": "0044-03-15 BC"}'::text)"#,
    )
    .await;
    insta::assert_json_snapshot!(row);
}
