-- How many of the users that rows of a part named, which lie nowhere by now, are whom it is about. By itself,
-- because here, unlike among the rows, the best way depends on how many users there are. Volatile: it has to
-- see who came while locks were waited for.
call pg_temp.define(
    'function', 'rollcall.count_due(rollcall.reference_parts,uuid[],text[])', '', $ddl$
create or replace function rollcall.count_due(
    part rollcall.reference_parts, ids uuid[], names text[], out due bigint
)
language plpgsql
volatile
set search_path = pg_temp
set enable_seqscan = on
set enable_hashjoin = on
as $body$
begin
    execute pg_catalog.format(
        'select count(*) from pg_catalog.unnest(%s) t (%I) where %s',
        case when ids is null then '$2' else '$1' end, part.column_name,
        rollcall.due_sql(part.relation, part.column_name, part.whose)
    )
    into due
    using ids, names;
end
$body$
$ddl$);

-- Takes all of the rows in these places out at once, where they lay, and answers whether: only where
-- nothing fires on it, and nothing if any is not as it was planned. It touches first and looks then:
-- a row that somebody else holds is waited for, and seen as they leave it.
call pg_temp.define(
    'function', 'rollcall.quarantine_at_once(rollcall.reference_parts,bigint,bigint)', '', $ddl$
create or replace function rollcall.quarantine_at_once(
    part rollcall.reference_parts, first bigint, past bigint
)
returns boolean
language plpgsql
set search_path = pg_temp
{{image_settings}}
-- By the index, whatever the statistics say.
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
as $body$
declare
    is_uuid boolean := rollcall.base_type(part.relation, part.column_name) = 'uuid';
    ids pg_catalog.uuid[];
    names pg_catalog.text[];
begin
    -- Bit 8: fires on delete, as also foreign keys do in the table that they refer to.
    if exists (select from pg_catalog.pg_trigger g where g.tgrelid = part.relation and g.tgtype & 8 <> 0) then
        return false;
    end if;
    execute pg_catalog.format(
        'with taken as (
            delete from only %1$s t
            using %2$s k
            where t.ctid = k.row_at and %3$s and t.%4$I::pg_catalog.text = k.user_id
            returning k.place, k.user_id, %5$s as image, t.%4$I as named
        ), kept as (
            insert into rollcall.quarantine (run_id, part, place, user_id, image)
            select $3, $4, t.place, t.user_id, t.image from taken t
        )
        select %6$s from taken t',
        part.relation::pg_catalog.regclass, rollcall.planned_sql(part),
        rollcall.same_key_sql(part.relation, part.key_columns, 'k.key_#'), part.column_name,
        rollcall.image_sql(part.relation, part.columns),
        case
            when is_uuid then 'pg_catalog.array_agg(t.named::pg_catalog.uuid), null'
            else 'null, pg_catalog.array_agg(t.named::pg_catalog.text)'
        end
    )
    into ids, names
    using first, past, part.run_id, part.part;
    -- Only now, which sees every profile that was there before the rows were had.
    if rollcall.count_due(part, ids, names) <> past - first then
        raise exception 'not all are as they were planned' using errcode = 'RC004';
    end if;
    set constraints all immediate;
    return true;
exception
    when query_canceled then
        raise exception 'the batch took too long' using errcode = sqlstate;
    when others or assert_failure then
        -- Row by row it will be said whose.
        return false;
end
$body$
$ddl$);

-- Takes these rows out, all in one statement: whatever a foreign key of a row that goes would do to
-- another one, that has gone, too, when it comes to it.
call pg_temp.define(
    'function', 'rollcall.quarantine_rows(uuid,integer[],bigint[],tid[])', '', $ddl$
create or replace function rollcall.quarantine_rows(
    the_run uuid, parts integer[], places bigint[], rows_at tid[]
)
returns bigint
language plpgsql
set search_path = pg_temp
{{image_settings}}
set enable_seqscan = off
as $body$
declare
    deletes pg_catalog.text;
    taken pg_catalog.text;
    touched bigint;
begin
    select
        pg_catalog.string_agg(
            pg_catalog.format(
                'taken_%1$s as (
                    delete from only %2$s t
                    using rows from (
                        pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)
                    ) x (part, place, row_at)
                    where x.part = %1$s and t.ctid = x.row_at
                    returning x.part, x.place, t.%3$I::pg_catalog.text as user_id, %4$s as image
                )',
                p.part, p.relation::pg_catalog.regclass, p.column_name,
                rollcall.image_sql(p.relation, p.columns)
            ), ', '
        ),
        pg_catalog.string_agg(pg_catalog.format('select * from taken_%s', p.part), ' union all ')
    into deletes, taken
    from rollcall.reference_parts p
    where p.run_id = the_run and p.part = any (parts);
    execute pg_catalog.format(
        'with %s
        insert into rollcall.quarantine (run_id, part, place, user_id, image)
        select $1, t.* from (%s) t',
        deletes, taken
    )
    using the_run, parts, places, rows_at;
    get diagnostics touched = row_count;
    return touched;
end
$body$
$ddl$);

-- Has these rows name another user, and notes whom they named before.
call pg_temp.define(
    'function', 'rollcall.reassign_rows(rollcall.reference_parts,bigint[],tid[])', '', $ddl$
create or replace function rollcall.reassign_rows(
    part rollcall.reference_parts, places bigint[], rows_at tid[]
)
returns bigint
language plpgsql
set search_path = pg_temp
{{image_settings}}
set enable_seqscan = off
as $body$
declare
    touched bigint;
begin
    execute pg_catalog.format(
        'insert into rollcall.reference_changes (run_id, part, place, row_key, user_id, version)
        select $3, $4, x.place, %2$s, t.%3$I::pg_catalog.text, t.xmin
        from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2)) x (place, row_at)
        join only %1$s t on t.ctid = x.row_at',
        part.relation::pg_catalog.regclass,
        rollcall.image_sql(part.relation, part.key_columns), part.column_name
    )
    using places, rows_at, part.run_id, part.part;
    execute pg_catalog.format(
        'update only %1$s t set %2$I = $2::%3$s where t.ctid = any ($1)',
        part.relation::pg_catalog.regclass, part.column_name,
        rollcall.type_of(part.relation, part.column_name)
    )
    using rows_at, part.new_user::pg_catalog.text;
    get diagnostics touched = row_count;
    return touched;
end
$body$
$ddl$);

-- Does to these rows, which are locked, what is planned for them, or an error. Rows of several parts
-- are all for the quarantine, or all out of it.
call pg_temp.define('function', 'rollcall.do_rows(uuid,integer[],bigint[],tid[])', '', $ddl$
create or replace function rollcall.do_rows(
    the_run uuid, parts integer[], places bigint[], rows_at tid[]
)
returns void
language plpgsql
set search_path = pg_temp
as $body$
declare
    part rollcall.reference_parts;
    touched bigint;
begin
    select p.* into part from rollcall.reference_parts p where p.run_id = the_run and p.part = parts[1];
    touched := case
        when part.undone_part is not null then case part.policy
            when 'quarantine' then rollcall.put_back(the_run, parts, places)
            else rollcall.take_back(part, places)
        end
        else case part.policy
            when 'quarantine' then rollcall.quarantine_rows(the_run, parts, places, rows_at)
            else rollcall.reassign_rows(part, places, rows_at)
        end
    end;
    if touched <> pg_catalog.cardinality(places) then
        raise exception 'a trigger of the application kept a row' using errcode = 'RC001';
    end if;
    -- Nothing may strike at the commit, where nobody could tell whose row it was about.
    set constraints all immediate;
    if part.undone_part is null and part.policy = 'quarantine' and exists (
        select
        from rollcall.reference_parts p
        where p.run_id = the_run and p.part = any (parts)
            and rollcall.taken_keys(p, the_run, p.part, rollcall.places_of(p.part, parts, places)) <> '{}'
    ) then
        raise exception 'a trigger of the application brought a row back' using errcode = 'RC001';
    end if;
end
$body$
$ddl$);
