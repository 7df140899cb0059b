-- Where rows may refer to those of a part, with the condition for a row `c`: by a foreign key; and of
-- profiles that a run created, where a configured table without one names them. Such a row was
-- orphaned before, and may be so again, if nobody has written it since.
call pg_temp.define('function', 'rollcall.part_referrers(rollcall.reference_parts)', '', $ddl$
create or replace function rollcall.part_referrers(
    part rollcall.reference_parts, out referrer regclass, out is_same text, out is_within boolean
)
returns setof record
language sql
stable
set search_path = ''
as $body$
    select f.referrer, f.is_same, f.is_within from rollcall.referrers_of(rollcall.written_by(part)) f
    union all
    select
        r.oid,
        'pg_catalog.age(c.xmin) <= pg_catalog.age(t.xmin) and ' || s.is_same,
        false
    from (
        {{child_referrers}}
    ) s (referrer, is_same)
    join pg_catalog.pg_class r on r.oid = pg_catalog.to_regclass(s.referrer) and r.relkind in ('r', 'p')
    where (part).policy = 'create_profile';
$body$
$ddl$);

-- Rows of these that others refer to are written down, and the rest answered: what refers to one
-- another may go together.
call pg_temp.define(
    'function', 'rollcall.refuse_referred(rollcall.reference_parts,bigint[],tid[])', '', $ddl$
create or replace function rollcall.refuse_referred(
    part rollcall.reference_parts, inout places bigint[], inout rows_at tid[]
)
language plpgsql
set search_path = ''
-- A table without an index is read once, not once for each.
set enable_mergejoin = off
as $body$
declare
    relation pg_catalog.regclass := rollcall.written_by(part);
    referrer pg_catalog.record;
    referred bigint[];
    found_again boolean;
begin
    loop
        found_again := false;
        for referrer in select * from rollcall.part_referrers(part) r loop
            exit when places = '{}';
            execute pg_catalog.format(
                'select coalesce(pg_catalog.array_agg(x.place), ''{}'')
                from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2)) x (place, row_at)
                join only %s t on t.ctid = x.row_at
                where exists (select from %s c where %s %s)',
                relation, referrer.referrer, referrer.is_same,
                case when referrer.is_within then pg_catalog.format(
                    'and (c.tableoid <> %s or c.ctid <> all ($2))', relation::pg_catalog.oid
                ) end
            )
            into referred
            using places, rows_at;
            continue when referred = '{}';
            perform rollcall.refuse_rows(part, referred, 'referred_to', null, referrer.referrer::pg_catalog.text);
            select
                coalesce(pg_catalog.array_agg(x.place), '{}'),
                coalesce(pg_catalog.array_agg(x.row_at), '{}')
            into places, rows_at
            from rows from (pg_catalog.unnest(places), pg_catalog.unnest(rows_at)) x (place, row_at)
            where x.place <> all (referred);
            found_again := true;
        end loop;
        -- What a refused row refers to is now referred to from outside.
        exit when not found_again;
    end loop;
end
$body$
$ddl$);

-- What follows where rows are taken out of a table, or changed in it: triggers of the application,
-- and foreign keys.
call pg_temp.define('function', 'rollcall.part_effects(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.part_effects(the_run uuid, out is_trigger boolean, out effect text)
returns setof record
language sql
stable
security definer
set search_path = ''
set row_security = off
as $body$
    with parts as (
        select distinct
            case p.policy
                when 'create_profile' then {{table_literal}}::pg_catalog.regclass
                else p.relation
            end as relation,
            p.policy,
            r.undoes is not null as is_undo
        from rollcall.reference_parts p
        join rollcall.runs r using (run_id)
        where p.run_id = the_run and p.refused_as is null and p.planned > 0
    )
    select
        true,
        pg_catalog.format(
            'trigger %s on %s calls %s', g.tgname, p.relation::pg_catalog.regclass,
            g.tgfoid::pg_catalog.regprocedure
        )
    from parts p
    join pg_catalog.pg_trigger g on g.tgrelid = p.relation
    where not g.tgisinternal
        and g.tgenabled in ('O', 'A')
        -- The bits of insert, delete and update.
        and g.tgtype & case
            when p.policy = 'reassign' then 16
            when (p.policy = 'create_profile') = p.is_undo then 8
            else 4
        end <> 0
    union
    select
        false,
        pg_catalog.format(
            'foreign key %s of %s refers to %s (on delete %s): a row that is referred to stays',
            f.constraint_name, f.referrer, p.relation::pg_catalog.regclass, f.on_delete
        )
    from parts p
    cross join lateral rollcall.referrers_of(p.relation) f
    where case p.policy
        when 'quarantine' then not p.is_undo
        when 'create_profile' then p.is_undo
        else false
    end
    order by 1 desc, 2;
$body$
$ddl$);
