-- Writes down which transaction the reassigned rows show now, whatever triggers did to them.
call pg_temp.define('function', 'rollcall.note_versions(rollcall.reference_parts,bigint[])', '', $ddl$
create or replace function rollcall.note_versions(part rollcall.reference_parts, places bigint[])
returns void
language plpgsql
set search_path = ''
{{image_settings}}
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
as $body$
begin
    execute pg_catalog.format(
        'update rollcall.reference_changes c
        set version = t.xmin
        from only %s t
        where c.run_id = $1 and c.part = $2 and c.place = any ($3) and %s',
        part.relation::pg_catalog.regclass,
        rollcall.same_key_sql(part.relation, part.key_columns, 'c.row_key[#]')
    )
    using part.run_id, part.part, places;
end
$body$
$ddl$);

-- Moves or changes the planned rows in these places, and answers how many; and how many are gone,
-- because somebody has changed them since the plan. The others are refused. First every row is
-- locked, only then is it looked at.
call pg_temp.define(
    'function', 'rollcall.move_planned(rollcall.reference_parts,bigint,bigint,integer)', '', $ddl$
create or replace function rollcall.move_planned(
    part rollcall.reference_parts, first bigint, past bigint, batch_size integer,
    out done bigint, out gone bigint
)
language plpgsql
set search_path = ''
as $body$
#variable_conflict use_column
declare
    locked pg_catalog.record;
    places bigint[];
    rows_at pg_catalog.tid[];
    finished bigint[] := '{}'::bigint[];
begin
    if part.policy = 'quarantine' and rollcall.quarantine_at_once(part, first, past) then
        done := past - first;
        gone := 0;
        return;
    end if;
    select * into locked
    from rollcall.hold_rows(
        part.relation, part.key_columns, rollcall.planned_sql(part),
        -- Whom it names, if that is still the same user.
        pg_catalog.format('case when t.%I::pg_catalog.text = k.user_id then k.user_id end', part.column_name),
        first, past
    );
    perform rollcall.refuse_rows(part, locked.held, 'lock_timeout', '55P03', null);
    -- Only now, which sees every profile that was there before the locks were had.
    execute pg_catalog.format(
        'select
            coalesce(pg_catalog.array_agg(x.place), ''{}''),
            coalesce(pg_catalog.array_agg(x.row_at), ''{}'')
        from rows from (
            pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3)
        ) x (place, row_at, named)
        cross join lateral (select x.named%s as %I) t
        where %s',
        case when rollcall.base_type(part.relation, part.column_name) = 'uuid' then '::pg_catalog.uuid' end,
        part.column_name, rollcall.orphaned_sql(part.relation, part.column_name)
    )
    into places, rows_at
    using locked.places, locked.rows_at, locked.answers;
    gone := past - first - pg_catalog.cardinality(places) - pg_catalog.cardinality(locked.held);
    if part.policy = 'quarantine' then
        select f.places, f.rows_at into places, rows_at
        from rollcall.refuse_referred(part, places, rows_at) f;
    end if;
    if places <> '{}' then
        finished := rollcall.try_part(part, places, rows_at, batch_size);
    end if;
    if part.policy = 'reassign' then
        perform rollcall.note_versions(part, finished);
    end if;
    done := pg_catalog.cardinality(finished);
end
$body$
$ddl$);

-- The next batch of a run on child rows: rows, counts, records and cursor in one transaction, or
-- nothing.
call pg_temp.define('function', 'rollcall.references_batch(uuid,bigint,integer)', 'rollcall_operator', $ddl$
create or replace function rollcall.references_batch(
    the_run uuid, the_fence bigint, batch_size integer,
    out is_fenced boolean, out is_altered boolean, out is_locked boolean, out is_done boolean,
    out planned bigint, out done bigint, out refused bigint, out gone bigint
)
language plpgsql
security definer
set search_path = ''
set row_security = off
set lock_timeout = '500ms'
set jit = off
as $body$
#variable_conflict use_column
declare
    run rollcall.runs := rollcall.hold_run(the_run, the_fence);
    part rollcall.reference_parts;
    refusal pg_catalog.text;
    first bigint := 0;
    past bigint := 0;
    done_now bigint := 0;
    gone_now bigint := 0;
begin
    is_fenced := run.run_id is null;
    if is_fenced then
        return;
    end if;
    -- Having read the configuration, the batch holds it: no migration lands before its end.
    is_altered := run.configuration is distinct from (select c.digest from rollcall.configuration c);
    if is_altered then
        return;
    end if;
    part := rollcall.next_part(the_run);
    if part.part is not null then
        is_locked := not rollcall.hold_table(part.relation);
        if is_locked then
            return;
        end if;
        first := part.done + part.refused + part.gone;
        refusal := case
            when rollcall.layout_of(part.relation) is distinct from part.layout then 'table_changed'
            when part.policy = 'reassign' and not rollcall.has_profile(part.new_user) then 'no_such_user'
        end;
        past := case
            -- All of the rest, where that is refused or refers to one another.
            when refusal is not null or first >= part.linked_from then part.planned
            else least(first + batch_size, part.linked_from, part.planned)
        end;
        case
            when refusal is not null then
                insert into rollcall.reference_refusals (run_id, part, place, reason, number)
                values (the_run, part.part, first, refusal, part.planned - first);
            when part.policy = 'create_profile' then
                select c.done, c.gone into done_now, gone_now
                from rollcall.create_planned(part, first, past, batch_size) c;
            else
                select m.done, m.gone into done_now, gone_now
                from rollcall.move_planned(part, first, past, batch_size) m;
        end case;
        perform rollcall.count_part(part, past - first, done_now, gone_now);
    end if;
    select m.is_done, m.planned, m.created, m.refused, m.gone into is_done, planned, done, refused, gone
    from rollcall.move_on(the_run, past - first, done_now, 0, gone_now) m;
end
$body$
$ddl$);
