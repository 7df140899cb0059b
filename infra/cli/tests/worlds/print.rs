//! A fingerprint of a world: what its catalog says, and every row.

use rollcall_tests::World;

/// The rows of a table that somebody has locked are left out: nobody could change them.
pub(crate) async fn of(world: &World, locked: Option<&str>) -> String {
    let mut superuser = world.connect("supabase_admin").await;
    sqlx::raw_sql(include_str!("print.sql"))
        .execute(&mut superuser)
        .await
        .unwrap();
    sqlx::query_scalar("select pg_temp.print($1)")
        .bind(locked)
        .fetch_one(&mut superuser)
        .await
        .unwrap()
}
