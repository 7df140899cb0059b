//! What is to be true afterwards, asked of the tables.

use rollcall_tests::World;

use super::acts::Act;
use crate::backfill::id;

pub(super) const SETTLED_ROWS: &str = "
    select md5(string_agg(u::text || u.xmin, ',' order by u.id))
    from public.users u where u.email like 'theirs %'";

/// Who will be what when their turn comes, by what the tables say.
pub(super) const EXPECTED: &str = "
    create table public.expected as
    select
        p.user_id,
        case
            when u.id is null or u.deleted_at is not null or e.user_id is not null then 'gone'
            when h.id is not null then 'present'
            when o.id is not null then 'refused'
            else 'created'
        end as outcome
    from rollcall.run_plans r
    cross join unnest(r.user_ids) p (user_id)
    left join auth.users u on u.id = p.user_id
    left join rollcall.exclusions e on e.user_id = p.user_id
    left join public.users h on h.id = p.user_id
    left join public.users o on o.email = u.email
    where r.run_id = ";

/// What became of each planned user, one row for each time that they are named.
pub(super) const OUTCOMES: &str = "
    create view public.outcomes as
    select run_id, u as user_id, 'created' as outcome from rollcall.run_batches, unnest(created) u
    union all select run_id, u, 'present' from rollcall.run_batches, unnest(present) u
    union all select run_id, u, 'gone' from rollcall.run_batches, unnest(gone) u
    union all select run_id, user_id, 'refused' from rollcall.run_refusals";

/// What one run left behind.
pub(super) struct Facts<'w> {
    pub(super) world: &'w World,
    pub(super) run_id: &'w str,
}

impl Facts<'_> {
    async fn assert_none(&self, what: &str, sql: &str) {
        let sql = sql.replace("$run", &format!("'{}'", self.run_id));
        assert_eq!(self.world.ask(&sql).await, "null", "{what}");
    }

    pub(super) async fn assert_nobody_is_lost(&self) {
        self.assert_none(
            "planned and not named just once, or named and not planned",
            "select string_agg(user_id::text, ' ') from (
                 select user_id from (
                     select user_id, 1 as times from rollcall.run_plans, unnest(user_ids) user_id
                     where run_id = $run
                     union all
                     select user_id, -1 from public.outcomes where run_id = $run
                 ) named
                 group by user_id having sum(times) <> 0 or count(*) <> 2
             ) wrong",
        )
        .await;
    }

    pub(super) async fn assert_created_by_this_run(&self) {
        self.assert_none(
            "recorded as created, and not by this run's transaction; or the other way round",
            "with recorded as (
                 select u, transaction_id from rollcall.run_batches, unnest(created) u
                 where run_id = $run
             ), written as (
                 select n.id, n.by from public.notes n
                 join rollcall.run_batches b on b.transaction_id = n.by and b.run_id = $run
                 where n.op = 'INSERT'
                     -- Of whoever left in the midst of a batch, it was taken back.
                     and not exists (
                         select from public.outcomes o
                         where o.run_id = $run and o.user_id = n.id and o.outcome = 'gone'
                     )
             )
             select string_agg(user_id::text, ' ') from (
                 (table recorded except table written)
                 union all
                 (table written except table recorded)
             ) wrong (user_id)",
        )
        .await;
    }

    /// Whoever was left alone meanwhile came to what they were before.
    pub(super) async fn assert_as_expected(&self, meanwhile: &[Act]) {
        let busy: Vec<_> = meanwhile
            .iter()
            .filter_map(|act| act.whom())
            .map(|number| format!("'{}'", id(number)))
            .collect();
        // A check that heals may have been quicker.
        let healed = meanwhile.iter().any(|act| act.heals());
        let sql = format!(
            "select string_agg(concat_ws(' ', user_id, e.outcome, o.outcome), ', ')
             from public.expected e join public.outcomes o using (user_id)
             where o.run_id = $run and e.outcome <> o.outcome
                 and user_id <> all (array[{}]::uuid[])
                 and not ({healed} and (e.outcome, o.outcome) = ('created', 'present'))",
            busy.join(",")
        );
        self.assert_none("left alone, and come to something else", &sql)
            .await;
    }
}
