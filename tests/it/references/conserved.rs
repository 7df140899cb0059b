//! Whatever a run or its undo does, rows before are rows after and those in quarantine.

use std::ops::Deref;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::*;

/// The function `repair`, and the database that it is at work in.
pub(super) struct Repair {
    function: Function,
    database: String,
}

impl Deref for Repair {
    type Target = Function;

    fn deref(&self) -> &Function {
        &self.function
    }
}

impl Repair {
    pub(super) async fn of(world: &World) -> Self {
        Self {
            function: Deployed::start("repair", world, "rollcall_operator", &[]).await,
            database: world.url("supabase_admin"),
        }
    }

    /// What an event about a run is answered with, which loses no row and makes none.
    pub(super) async fn conserving(&self, event: Value) -> Value {
        let run = event["run_id"].as_str().unwrap().to_owned();
        let before = self.rows(&run).await;
        let answer = answer(self, event).await;
        assert_eq!(self.rows(&run).await, before, "{answer:#}");
        answer
    }

    /// The rows of the tables that a run is about, of the profile table, and in quarantine, but for the
    /// profiles that a run has created and not taken back.
    async fn rows(&self, run: &str) -> i64 {
        let mut connection = PgConnection::connect(&self.database).await.unwrap();
        let sql = format!(
            "with parts as (
                 select p.* from rollcall.reference_parts p where p.run_id = '{run}'
             ), tables as (
                 select p.relation from parts p
                 union
                 -- After a restore it is the one of that name.
                 select to_regclass(format(
                     '%I.%I', split_part(p.relation_name, '.', 1),
                     substr(p.relation_name, strpos(p.relation_name, '.') + 1)
                 ))
                 from parts p
                 union
                 select rollcall.written_by(
                     jsonb_populate_record(null::rollcall.reference_parts, '{{\"policy\": \"create_profile\"}}')
                 )
             ), counts as (
                 select query_to_xml('select count(*) as n from ' || rollcall.rows_of(t.relation), false, true, '')
                 from tables t
                 join pg_class c on c.oid = t.relation
             )
             select
                 (select sum(substring(c.xml::text from '<n>([0-9]+)</n>')::bigint) from counts c (xml))
                 + (select count(*) from rollcall.quarantine)
                 - (
                     select count(*)
                     from rollcall.reference_changes c
                     join rollcall.reference_parts p using (run_id, part)
                     where p.policy = 'create_profile' and rollcall.has_profile(c.user_id::uuid)
                 )"
        );
        let rows: String = sqlx::query_scalar(AssertSqlSafe(format!(
            "select answer::text from ({sql}) q (answer)"
        )))
        .fetch_one(&mut connection)
        .await
        .unwrap();
        rows.parse().unwrap()
    }
}
