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
set search_path = ''
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
    orphaned bigint;
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
    execute pg_catalog.format(
        'select count(*) from pg_catalog.unnest(%s) t (%I) where %s',
        case when is_uuid then '$1' else '$2' end, part.column_name,
        rollcall.orphaned_sql(part.relation, part.column_name)
    )
    into orphaned
    using ids, names;
    if orphaned <> past - first then
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

-- Does to these rows, which are locked, what is planned for them; or an error.
call pg_temp.define(
    'function', 'rollcall.carry_out(rollcall.reference_parts,bigint[],tid[])', '', $ddl$
create or replace function rollcall.carry_out(
    part rollcall.reference_parts, places bigint[], rows_at tid[]
)
returns void
language plpgsql
set search_path = ''
{{image_settings}}
set enable_seqscan = off
as $body$
declare
    touched bigint;
begin
    if part.policy = 'quarantine' then
        execute pg_catalog.format(
            'with taken as (
                delete from only %1$s t
                using rows from (pg_catalog.unnest($1), pg_catalog.unnest($2)) x (place, row_at)
                where t.ctid = x.row_at
                returning x.place, t.%2$I::pg_catalog.text as user_id, %3$s as image
            )
            insert into rollcall.quarantine (run_id, part, place, user_id, image)
            select $3, $4, taken.* from taken',
            part.relation::pg_catalog.regclass, part.column_name,
            rollcall.image_sql(part.relation, part.columns)
        )
        using places, rows_at, part.run_id, part.part;
        get diagnostics touched = row_count;
    else
        -- Whom the row named, before it names somebody else.
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
    end if;
    if touched <> pg_catalog.cardinality(places) then
        raise exception 'a trigger of the application kept a row' using errcode = 'RC001';
    end if;
end
$body$
$ddl$);

-- What a part of a run does to these rows, which are locked, or an error.
call pg_temp.define(
    'function', 'rollcall.do_part(rollcall.reference_parts,bigint[],tid[])', '', $ddl$
create or replace function rollcall.do_part(
    part rollcall.reference_parts, places bigint[], rows_at tid[]
)
returns void
language plpgsql
set search_path = ''
as $body$
begin
    if part.undone_part is null then
        perform rollcall.carry_out(part, places, rows_at);
    else
        perform rollcall.take_back(part, places, rows_at);
    end if;
    -- Nothing may strike at the commit, where nobody could tell whose row it was about.
    set constraints all immediate;
    if part.undone_part is null and part.policy = 'quarantine'
        and rollcall.taken_keys(part, part.run_id, part.part, places) <> '{}' then
        raise exception 'a trigger of the application brought a row back' using errcode = 'RC001';
    end if;
end
$body$
$ddl$);

-- The same to all of these rows at once; where that fails, row by row, and writes down those that
-- stay. Answers the places of the others. What is not about anybody's row fails, and so does a batch
-- that is too large to be taken to pieces.
call pg_temp.define(
    'function', 'rollcall.try_part(rollcall.reference_parts,bigint[],tid[],integer)', '', $ddl$
create or replace function rollcall.try_part(
    part rollcall.reference_parts, places bigint[], rows_at tid[], batch_size integer
)
returns bigint[]
language plpgsql
set search_path = ''
as $body$
declare
    most_in_pieces constant integer := 250;
    pending integer[] := array(select pg_catalog.generate_subscripts(places, 1));
    left_over integer[];
    done bigint[] := '{}'::bigint[];
    context pg_catalog.text;
    one integer;
begin
    begin
        perform rollcall.do_part(part, places, rows_at);
        return places;
    exception
        when others or query_canceled or assert_failure then
            get stacked diagnostics context = pg_exception_context;
            if rollcall.is_about_no_row(sqlstate, context) and (sqlstate <> '57014' or batch_size > 1) then
                raise exception 'the batch took too long, or the database cannot write now'
                    using errcode = sqlstate;
            elsif batch_size > 1 and (sqlstate = '55P03' or sqlstate like '40%') then
                raise exception 'the batch met a lock' using errcode = sqlstate;
            elsif pg_catalog.cardinality(places) > most_in_pieces and batch_size > most_in_pieces then
                raise exception 'too many to be taken one by one' using errcode = 'RC002';
            end if;
    end;
    -- As long as one that was done may have stood in the way of another.
    loop
        left_over := '{}';
        foreach one in array pending loop
            begin
                perform rollcall.do_part(part, places[one:one], rows_at[one:one]);
                done := done || places[one];
            exception
                when others or query_canceled or assert_failure then
                    get stacked diagnostics context = pg_exception_context;
                    if rollcall.is_about_no_row(sqlstate, context) and sqlstate <> '57014' then
                        raise exception 'the database has no room, or cannot write now'
                            using errcode = sqlstate;
                    elsif sqlstate in ('23503', '23001') and pg_catalog.cardinality(pending) > 1 then
                        left_over := left_over || one;
                    else
                        perform rollcall.refuse_rows(
                            part, places[one:one], rollcall.why_unwritten(sqlstate),
                            case when sqlstate not like 'RC%' then sqlstate end, null
                        );
                    end if;
            end;
        end loop;
        exit when left_over = '{}';
        if pg_catalog.cardinality(left_over) = pg_catalog.cardinality(pending) then
            perform rollcall.refuse_rows(
                part, array(select places[n] from pg_catalog.unnest(left_over) n), 'foreign_key',
                '23503', null
            );
            exit;
        end if;
        pending := left_over;
    end loop;
    return done;
end
$body$
$ddl$);
