-- Writes down which transaction the reassigned rows show now, whatever triggers did to them.
call pg_temp.define('function', 'rollcall.note_versions(rollcall.reference_parts,bigint[])', '', $ddl$
create or replace function rollcall.note_versions(part rollcall.reference_parts, places bigint[])
returns void
language plpgsql
set search_path = pg_temp
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

-- Locks the planned rows in these places, and only then looks at them. Answers those that are as they
-- were planned, and how many somebody has changed since. Those that are held are refused.
call pg_temp.define(
    'function', 'rollcall.hold_planned(rollcall.reference_parts,bigint,bigint)', '', $ddl$
create or replace function rollcall.hold_planned(
    part rollcall.reference_parts, first bigint, past bigint,
    out places bigint[], out rows_at tid[], out gone bigint
)
language plpgsql
set search_path = pg_temp
as $body$
#variable_conflict use_column
declare
    locked pg_catalog.record;
begin
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
        part.column_name, rollcall.due_sql(part.relation, part.column_name, part.whose)
    )
    into places, rows_at
    using locked.places, locked.rows_at, locked.answers;
    gone := past - first - pg_catalog.cardinality(places) - pg_catalog.cardinality(locked.held);
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
set search_path = pg_temp
set row_security = off
set lock_timeout = '500ms'
set jit = off
as $body$
#variable_conflict use_column
declare
    run rollcall.runs := rollcall.hold_run(the_run, the_fence, 'references');
    next_parts rollcall.reference_parts[];
    part rollcall.reference_parts;
    refusal pg_catalog.text;
    is_taken boolean;
    first bigint;
    past bigint;
    parts integer[] := '{}'::integer[];
    places bigint[] := '{}'::bigint[];
    rows_at pg_catalog.tid[] := '{}'::pg_catalog.tid[];
    turn pg_catalog.record;
    turns bigint := 0;
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
    next_parts := rollcall.next_parts(the_run);
    is_locked := not rollcall.hold_tables(next_parts);
    if is_locked then
        return;
    end if;
    foreach part in array next_parts loop
        first := part.done + part.refused + part.gone;
        refusal := case
            when rollcall.layout_of(part.relation) is distinct from part.layout then 'table_changed'
            when part.policy = 'reassign' and not rollcall.has_profile(part.new_user) then 'no_such_user'
        end;
        past := case
            -- All of the rest, where that is refused or refers to one another.
            when refusal is not null or rollcall.is_linked(part) then part.planned
            else least(first + batch_size, part.linked_from, part.planned)
        end;
        is_taken := refusal is null and part.policy = 'quarantine'
            and rollcall.quarantine_at_once(part, first, past);
        -- Asked only where it may be the reason: it costs as much as a thousand rows.
        if refusal is null and not is_taken and part.policy <> 'create_profile' and not rollcall.may_work(part) then
            refusal := 'permission';
            past := part.planned;
        end if;
        case
            when is_taken then
                select past - first as done, 0::bigint as gone into turn;
            when refusal is not null then
                insert into rollcall.reference_refusals (run_id, part, place, reason, number)
                values (the_run, part.part, first, refusal, part.planned - first);
                select 0::bigint as done, 0::bigint as gone into turn;
            when part.policy = 'create_profile' then
                select c.done, c.gone into turn
                from rollcall.create_planned(part, first, past, batch_size) c;
            else
                select 0::bigint as done, h.gone, h.places, h.rows_at into turn
                from rollcall.hold_planned(part, first, past) h;
                parts := parts || pg_catalog.array_fill(
                    part.part, array[pg_catalog.cardinality(turn.places)]
                );
                places := places || turn.places;
                rows_at := rows_at || turn.rows_at;
        end case;
        perform rollcall.count_part(part, past - first, turn.done, turn.gone);
        turns := turns + past - first;
        done_now := done_now + turn.done;
        gone_now := gone_now + turn.gone;
    end loop;
    if places <> '{}' then
        done_now := done_now + rollcall.settle_rows(the_run, parts, places, rows_at, batch_size);
    end if;
    select m.is_done, m.planned, m.created, m.refused, m.gone into is_done, planned, done, refused, gone
    from rollcall.move_on(the_run, turns, done_now, 0, gone_now) m;
end
$body$
$ddl$);
