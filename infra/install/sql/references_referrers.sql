-- The conditions that a row `c` names the user of the profile `t`: one for each spelling, none if the column is
-- gone.
call pg_temp.define('function', 'rollcall.names_profile_sql(oid,text)', '', $ddl$
create or replace function rollcall.names_profile_sql(relation oid, column_name text)
returns setof text
language sql
stable
set search_path = pg_temp
as $body$
    select pg_catalog.format(n.condition, {{key_as_literal}}, c.held)
    from (
        select
            pg_catalog.format('c.%I', names_profile_sql.column_name),
            rollcall.base_type(names_profile_sql.relation, names_profile_sql.column_name) = 'uuid'
    ) c (held, is_uuid)
    cross join lateral (
        select 't.%1$s = %2$s' where {{key_kind}} = 'uuid' and c.is_uuid
        union all
        select 't.%1$s::pg_catalog.text = %2$s::pg_catalog.text' where {{key_kind}} <> 'uuid' or not c.is_uuid
        union all
        -- An id is the same however it is spelled.
        select 't.%1$s::pg_catalog.text = (' || rollcall.uuid_sql('%2$s::pg_catalog.text') || ')::pg_catalog.text'
        where not c.is_uuid
    ) n (condition)
    where c.is_uuid is not null;
$body$
$ddl$);

-- Where rows may refer to those of a part, with the condition for a row `c`: by a foreign key; and of
-- profiles that a run created, where a configured table without one names them, or a column that the run was
-- about. Such a row was orphaned before, and may be so again, if nobody has written it since.
call pg_temp.define('function', 'rollcall.part_referrers(rollcall.reference_parts)', '', $ddl$
create or replace function rollcall.part_referrers(
    part rollcall.reference_parts, out referrer regclass, out is_same text
)
returns setof record
language sql
stable
set search_path = pg_temp
as $body$
    select f.referrer, f.is_same from rollcall.referrers_of(rollcall.written_by(part)) f
    union
    select
        r.oid,
        'pg_catalog.age(c.xmin) <= pg_catalog.age(t.xmin) and ' || s.is_same
    from (
        select pg_catalog.to_regclass(n.referrer), n.is_same
        from (
            {{child_referrers}}
        ) n (referrer, is_same)
        union
        select p.relation::pg_catalog.regclass, n.is_same
        from rollcall.runs u
        join rollcall.reference_parts p on p.run_id = u.undoes and p.policy = 'create_profile'
        cross join lateral rollcall.names_profile_sql(p.relation, p.column_name) n (is_same)
        where u.run_id = (part_referrers.part).run_id
    ) s (referrer, is_same)
    join pg_catalog.pg_class r on r.oid = s.referrer and r.relkind in ('r', 'p')
    where (part).policy = 'create_profile';
$body$
$ddl$);

-- Where the rows `t` of a part are that have their turn as `x`, as text to ask from. What is taken back is
-- found by its key: it may lie in partitions.
call pg_temp.define('function', 'rollcall.at_their_turn_sql(rollcall.reference_parts)', '', $ddl$
create or replace function rollcall.at_their_turn_sql(part rollcall.reference_parts)
returns text
language sql
stable
set search_path = pg_temp
as $body$
    select 'from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3))
        x (part, place, row_at) '
        || case
            when (part).undone_part is null then
                pg_catalog.format('join %s t on t.ctid = x.row_at', rollcall.rows_of(w.relation))
            else
                pg_catalog.format(
                    'join rollcall.reference_changes k
                        on k.run_id = %L and k.part = %s and k.place = x.place
                    join %s t on %s',
                    (select r.undoes from rollcall.runs r where r.run_id = (part).run_id), (part).undone_part,
                    rollcall.rows_of(w.relation),
                    rollcall.same_key_sql(w.relation, rollcall.known_by(part), 'k.row_key[#]')
                )
        end
        || pg_catalog.format(' where x.part = %s', (part).part)
    from rollcall.written_by(part) w (relation);
$body$
$ddl$);

-- Those of these rows that any other row refers to, with its table.
call pg_temp.define(
    'function', 'rollcall.referred_rows(uuid,integer[],bigint[],tid[])', '', $ddl$
create or replace function rollcall.referred_rows(
    the_run uuid, parts integer[], places bigint[], rows_at tid[],
    out part integer, out place bigint, out referrer text
)
returns setof record
language plpgsql
set search_path = pg_temp
-- A table without an index is read once, not once for each.
set enable_mergejoin = off
as $body$
declare
    held pg_catalog.record;
    is_other pg_catalog.text;
begin
    select pg_catalog.string_agg(
        case
            when p.undone_part is null then
                pg_catalog.format(
                    '(c.tableoid <> %s or c.ctid <> all (%L::pg_catalog.tid[]))', p.relation, h.rows_at
                )
            else
                pg_catalog.format(
                    '(c.tableoid, c.ctid) not in (select t.tableoid, t.ctid %s)', rollcall.at_their_turn_sql(p)
                )
        end,
        ' and '
    )
    into is_other
    from (
        select x.part, pg_catalog.array_agg(x.row_at) as rows_at
        from rows from (pg_catalog.unnest(parts), pg_catalog.unnest(rows_at)) x (part, row_at)
        group by x.part
    ) h
    join rollcall.reference_parts p on p.run_id = the_run and p.part = h.part;
    for held in
        select rollcall.at_their_turn_sql(p) as its_rows, r.referrer, r.is_same
        from rollcall.reference_parts p
        cross join lateral rollcall.part_referrers(p) r
        where p.run_id = the_run and p.part = any (parts)
        order by p.part
    loop
        return query execute pg_catalog.format(
            'select x.part, x.place, %L %s and exists (select from %s c where %s and %s)',
            held.referrer::pg_catalog.text, held.its_rows, held.referrer, held.is_same, is_other
        )
        using parts, places, rows_at;
    end loop;
end
$body$
$ddl$);

-- Those of these rows that others refer to are written down, and the rest answered: what refers to one
-- another may go together.
call pg_temp.define(
    'function', 'rollcall.refuse_referred(uuid,integer[],bigint[],tid[])', '', $ddl$
create or replace function rollcall.refuse_referred(
    the_run uuid, inout parts integer[], inout places bigint[], inout rows_at tid[]
)
language plpgsql
set search_path = pg_temp
as $body$
declare
    referred pg_catalog.record;
begin
    -- What a refused row refers to is then referred to from outside.
    loop
        select
            pg_catalog.array_agg(f.part) as parts, pg_catalog.array_agg(f.place) as places,
            pg_catalog.array_agg(f.referrer) as referrers
        into referred
        from (
            select distinct on (r.part, r.place) r.*
            from rollcall.referred_rows(the_run, parts, places, rows_at) r
            order by r.part, r.place, r.referrer
        ) f;
        exit when referred.parts is null;
        perform rollcall.refuse_rows(p, f.places, 'referred_to', null, f.referrer)
        from (
            select x.part, x.referrer, pg_catalog.array_agg(x.place) as places
            from rows from (
                pg_catalog.unnest(referred.parts), pg_catalog.unnest(referred.places),
                pg_catalog.unnest(referred.referrers)
            ) x (part, place, referrer)
            group by x.part, x.referrer
        ) f
        join rollcall.reference_parts p on p.run_id = the_run and p.part = f.part;
        select
            coalesce(pg_catalog.array_agg(x.part), '{}'), coalesce(pg_catalog.array_agg(x.place), '{}'),
            coalesce(pg_catalog.array_agg(x.row_at), '{}')
        into parts, places, rows_at
        from rows from (
            pg_catalog.unnest(parts), pg_catalog.unnest(places), pg_catalog.unnest(rows_at)
        ) x (part, place, row_at)
        where not exists (
            select
            from rows from (
                pg_catalog.unnest(referred.parts), pg_catalog.unnest(referred.places)
            ) f (part, place)
            where f.part = x.part and f.place = x.place
        );
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
set search_path = pg_temp
set row_security = off
set quote_all_identifiers = off
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
            'foreign key %s of %s refers to %s (on delete %s): a row that is referred to stays, unless '
                || 'what refers to it goes, too',
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
