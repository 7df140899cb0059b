-- Foreign keys to the users of the tables that a run takes rows out of or changes: while one stands, no
-- row that names nobody is let in again. Of an undo: every foreign key of the tables that one has kept
-- rows out of, those to the users first.
call pg_temp.define('function', 'rollcall.part_keys(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.part_keys(
    the_run uuid, out relation_name text, out constraint_name text, out target text,
    out is_validated boolean
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    with parts as (
        select p.relation, p.column_name, r.undoes is not null as is_undo
        from rollcall.reference_parts p
        join rollcall.runs r using (run_id)
        where p.run_id = the_run
            and p.policy <> 'create_profile'
            and p.refused_as is null
            and (r.undoes is null or exists (
                select from rollcall.reference_refusals f
                where f.run_id = p.run_id and f.part = p.part and f.reason = 'foreign_key'
            ))
    ), keys as (
        -- A partition's key is that of its table, where it has it from there.
        select
            k.conrelid::pg_catalog.regclass::pg_catalog.text as relation_name,
            pg_catalog.format('%I', k.conname) as constraint_name,
            k.confrelid::pg_catalog.regclass::pg_catalog.text as target, k.convalidated as is_validated, p.is_undo,
            a.attname = p.column_name
                and k.confrelid in (
                    {{table_literal}}::pg_catalog.regclass, pg_catalog.to_regclass('auth.users')
                ) as is_of_users
        from parts p
        join pg_catalog.pg_constraint k
            on k.conrelid in (
                select p.relation
                union
                select t.relid from pg_catalog.pg_partition_ancestors(p.relation) t
            )
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
        where k.contype = 'f' and k.conparentid = 0
    )
    select k.relation_name, k.constraint_name, k.target, k.is_validated
    from keys k
    where k.is_of_users or k.is_undo
    group by k.relation_name, k.constraint_name, k.target, k.is_validated
    order by bool_or(k.is_of_users) desc, k.relation_name, k.constraint_name;
$body$
$ddl$);

-- Check constraints that were never validated, of the tables that a run takes rows out of or changes: a row
-- that lies there may be none that they let in.
call pg_temp.define('function', 'rollcall.part_checks(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.part_checks(
    the_run uuid, out relation_name text, out constraint_name text
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select distinct
        k.conrelid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%I', k.conname)
    from rollcall.reference_parts p
    join pg_catalog.pg_class c on c.oid = p.relation
    join pg_catalog.pg_constraint k
        on k.conrelid in (
            select c.oid
            union
            select t.relid from pg_catalog.pg_partition_ancestors(c.oid) t
        )
        -- A partition's is that of its table, where it has it from there.
        and (k.coninhcount = 0 or not c.relispartition)
    where p.run_id = the_run and p.policy <> 'create_profile' and p.refused_as is null
        and k.contype = 'c' and not k.convalidated
    order by 1, 2;
$body$
$ddl$);

-- Rules of the tables that a run takes rows out of, changes rows of, or puts rows back into: what they
-- make of that is the application's doing.
call pg_temp.define('function', 'rollcall.part_rules(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.part_rules(the_run uuid, out effect text)
returns setof text
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
set quote_all_identifiers = off
as $body$
    select distinct pg_catalog.format(
        'rule %s on %s', w.rulename, w.ev_class::pg_catalog.regclass
    )
    from rollcall.reference_parts p
    join rollcall.runs r using (run_id)
    join pg_catalog.pg_rewrite w
        on w.ev_class = case p.policy
            when 'create_profile' then {{table_literal}}::pg_catalog.regclass
            else p.relation
        end
        and w.ev_enabled in ('O', 'A')
        -- Update, insert, delete.
        and w.ev_type = case
            when p.policy = 'reassign' then '2'
            when (p.policy = 'create_profile') = (r.undoes is not null) then '4'
            else '3'
        end
    where p.run_id = the_run and p.refused_as is null and p.planned > 0
    order by 1;
$body$
$ddl$);

-- What has become of what a run did: the undos that took some of it back, and how much; how many of
-- its rows were purged, and how many are in quarantine still.
call pg_temp.define('function', 'rollcall.run_aftermath(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.run_aftermath(
    the_run uuid, out undone_by uuid[], out taken_back bigint, out purged bigint, out held bigint
)
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        coalesce(pg_catalog.array_agg(u.run_id order by u.started_at), '{}'),
        coalesce(sum(u.created), 0)::bigint,
        (
            select coalesce(sum(l.records_affected), 0)::bigint
            from public.cleanup_audit_log l
            where l.run_id = the_run and l.job_name = 'purge_quarantine'
        ),
        (select count(*) from rollcall.quarantine q where q.run_id = the_run)
    from rollcall.runs u
    where u.undoes = the_run and u.created > 0;
$body$
$ddl$);
