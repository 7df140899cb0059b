-- Stores as a run what a finished run on child rows did and no undo of it has dealt with for good, in
-- the opposite order. Changes nothing else.
call pg_temp.define('function', 'rollcall.plan_references_undo(uuid,uuid,text)', 'rollcall_operator', $ddl$
create or replace function rollcall.plan_references_undo(
    the_run uuid, undone uuid, why text, out planned bigint
)
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
set jit = off
as $body$
begin
    perform rollcall.store_undo(the_run, undone, why, '{references}');
    insert into rollcall.reference_parts (
        run_id, part, undone_part, relation, relation_name, table_name, column_name, policy, new_user,
        key_columns, columns, layout, linked_from, circle, reached, planned
    )
    select
        the_run, pg_catalog.row_number() over (order by p.part desc), p.part,
        -- Renamed it is still the one that had the rows; restored from a dump it has another number.
        case
            when rollcall.columns_of(p.relation) = p.columns
                and (p.policy = 'create_profile' or rollcall.key_of(p.relation) = p.key_columns)
                then p.relation
            else coalesce(
                pg_catalog.to_regclass(
                    pg_catalog.format(
                        '%I.%I', pg_catalog.split_part(p.relation_name, '.', 1),
                        pg_catalog.substr(p.relation_name, pg_catalog.strpos(p.relation_name, '.') + 1)
                    )
                )::pg_catalog.oid,
                p.relation
            )
        end,
        p.relation_name, p.table_name, p.column_name, p.policy, p.new_user, p.key_columns, p.columns,
        p.layout, p.linked_from,
        -- Of those that have this in common the first, as they stand next to one another.
        pg_catalog.rank() over (order by coalesce(p.circle, p.part) desc), n.past, n.number
    from rollcall.reference_parts p
    cross join lateral (
        select count(*) as number, max(d.place) + 1 as past
        from (
            select q.place from rollcall.quarantine q where q.run_id = p.run_id and q.part = p.part
            union all
            select c.place from rollcall.reference_changes c where c.run_id = p.run_id and c.part = p.part
        ) d
    ) n
    where p.run_id = undone and n.number > 0;
    select coalesce(sum(p.planned), 0) into planned
    from rollcall.reference_parts p
    where p.run_id = the_run;
    update rollcall.runs r
    set
        planned = plan_references_undo.planned,
        -- Whatever is undone as a whole has one digest.
        digest = pg_catalog.left(
            pg_catalog.md5(u.digest || ' ' || plan_references_undo.planned), 32
        )
    from rollcall.runs u
    where r.run_id = the_run and u.run_id = undone;
end
$body$
$ddl$);
