//! In a server that has never seen Rollcall: its roles come and go with it.

use crate::alone::Alone;

const TOML: &str = r#"
[profile]
table = "app.users"
key = "id"

[profile.columns]
email = "email"
"#;

const ROLES: &str =
    "select coalesce(string_agg(rolname || ' ' || rolcanlogin, ', ' order by rolname), 'none')
    from pg_roles where rolname like 'rollcall%'";

#[tokio::test]
async fn the_roles_come_without_login_and_go_again() {
    let alone = Alone::new("postgres").await;
    for _ in 0..2 {
        alone.install(TOML).await;
        assert_eq!(
            alone.ask(ROLES).await,
            "rollcall_app false, rollcall_operator false"
        );
        alone.install(TOML).await;
        alone
            .run(
                "supabase_auth_admin",
                "insert into auth.users (id, email) values (gen_random_uuid(), 'ada@example.com');
                delete from auth.users",
            )
            .await;
        assert_eq!(
            alone.ask("select min(email) from app.users").await,
            "ada@example.com"
        );
        alone.uninstall().await;
        assert_eq!(alone.ask(ROLES).await, "none");
    }
}

#[tokio::test]
async fn a_role_that_somebody_logs_in_by_stays() {
    let alone = Alone::new("postgres").await;
    alone.install(TOML).await;
    alone.run("postgres", "alter role rollcall_app login").await;
    alone.uninstall().await;
    assert_eq!(alone.ask(ROLES).await, "rollcall_app true");
    alone.install(TOML).await;
    assert_eq!(
        alone.ask(ROLES).await,
        "rollcall_app true, rollcall_operator false"
    );
}
