-- Rows of a part of a run on child rows: which they are, how they are held, and how they are refused.

-- The rows of a part that have these places: each with its place, its key and the user it named, as
-- text to ask from in `from`.
call pg_temp.define('function', 'rollcall.planned_sql(rollcall.reference_parts)', '', $ddl$
create or replace function rollcall.planned_sql(part rollcall.reference_parts)
returns text
language sql
stable
set search_path = pg_temp
as $body$
    -- In the list of what is selected the arrays are unnested in step, and faster than as tables.
    select pg_catalog.format(
        '(
            select *
            from (
                select
                    r.chunk * 1000::bigint + pg_catalog.generate_subscripts(r.users, 1) - 1 as place,
                    pg_catalog.unnest(r.users) as user_id, pg_catalog.unnest(r.rows_at) as row_at%s
                from rollcall.reference_rows r
                where r.run_id = %L and r.part = %s and r.chunk between $1 / 1000 and ($2 - 1) / 1000
            ) k
            where k.place between $1 and $2 - 1
        )',
        (
            select pg_catalog.string_agg(
                pg_catalog.format(', pg_catalog.unnest(r.row_keys[%s:%1$s]) as key_%1$s', n), ''
            )
            from pg_catalog.generate_subscripts((part).key_columns, 1) n
        ),
        (part).run_id, (part).part
    );
$body$
$ddl$);

-- Writes down rows that stay as they are.
call pg_temp.define(
    'function', 'rollcall.refuse_rows(rollcall.reference_parts,bigint[],text,text,text)', '', $ddl$
create or replace function rollcall.refuse_rows(
    part rollcall.reference_parts, places bigint[], reason text, state text, referrer text
)
returns void
language sql
set search_path = pg_temp
as $body$
    insert into rollcall.reference_refusals (
        run_id, part, place, row_key, user_id, reason, sqlstate, referrer
    )
    select
        (refuse_rows.part).run_id, (refuse_rows.part).part, p.place, k.row_key, k.user_id,
        refuse_rows.reason, state, refuse_rows.referrer
    from pg_catalog.unnest(places) p (place)
    left join lateral (
        select
            pg_catalog.array_to_string(
                r.row_keys[:][p.place % 1000 + 1:p.place % 1000 + 1], ', ', ''
            ),
            r.users[p.place % 1000 + 1]
        from rollcall.reference_rows r
        where r.run_id = (refuse_rows.part).run_id and r.part = (refuse_rows.part).part
            and r.chunk = p.place / 1000
        union all
        select
            (
                select pg_catalog.string_agg(
                    q.image[pg_catalog.array_position((refuse_rows.part).columns, c.name)], ', '
                    order by c.place
                )
                from pg_catalog.unnest((refuse_rows.part).key_columns) with ordinality c (name, place)
            ),
            q.user_id
        from rollcall.runs u
        join rollcall.quarantine q
            on q.run_id = u.undoes and q.part = (refuse_rows.part).undone_part and q.place = p.place
        where u.run_id = (refuse_rows.part).run_id
        union all
        select pg_catalog.array_to_string(c.row_key, ', '), c.user_id
        from rollcall.runs u
        join rollcall.reference_changes c
            on c.run_id = u.undoes and c.part = (refuse_rows.part).undone_part and c.place = p.place
        where u.run_id = (refuse_rows.part).run_id
    ) k (row_key, user_id) on true;
$body$
$ddl$);

-- Of these rows in quarantine, whose primary key a row of the table has.
call pg_temp.define(
    'function', 'rollcall.taken_keys(rollcall.reference_parts,uuid,integer,bigint[])', '', $ddl$
create or replace function rollcall.taken_keys(
    part rollcall.reference_parts, its_run uuid, its_part integer, places bigint[]
)
returns bigint[]
language plpgsql
set search_path = pg_temp
{{image_settings}}
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
as $body$
declare
    taken bigint[];
begin
    execute pg_catalog.format(
        'select coalesce(pg_catalog.array_agg(q.place), ''{}'')
        from rollcall.quarantine q
        join %s t on %s
        where q.run_id = $1 and q.part = $2 and q.place = any ($3)',
        rollcall.rows_of(part.relation),
        rollcall.same_image_sql(part.relation, part.key_columns, part.columns)
    )
    into taken
    using its_run, its_part, places;
    return taken;
end
$body$
$ddl$);

-- Locks rows of a table by their keys, which `source` has as text. Those that somebody else holds
-- are waited for a moment. Answers which were locked, where they lie, and what `asked` says of each
-- as it is now; and which are still held.
call pg_temp.define(
    'function', 'rollcall.hold_rows(oid,text[],text,text,bigint,bigint)', '', $ddl$
create or replace function rollcall.hold_rows(
    relation oid, key_columns text[], source text, asked text, first bigint, past bigint,
    out places bigint[], out rows_at tid[], out answers text[], out held bigint[]
)
language plpgsql
set search_path = pg_temp
{{image_settings}}
-- By the index, whatever the statistics say.
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
as $body$
declare
    question pg_catalog.text := pg_catalog.format(
        'from %s k join %s t on %s', source, rollcall.rows_of(relation),
        rollcall.same_key_sql(relation, key_columns, 'k.key_#')
    );
    locking pg_catalog.text := 'select
            coalesce(pg_catalog.array_agg(h.place), ''{}''),
            coalesce(pg_catalog.array_agg(h.row_at), ''{}''),
            coalesce(pg_catalog.array_agg(h.answer), ''{}'')
        from (select k.place, t.ctid as row_at, ' || asked || ' as answer ' || question;
    only_held constant pg_catalog.text := ' where k.place = any ($3)';
    waiting constant pg_catalog.text := ' for update of t) h';
    not_waiting constant pg_catalog.text := ' for update of t skip locked) h';
    more_places bigint[];
    more_rows pg_catalog.tid[];
    more_answers pg_catalog.text[];
begin
    held := '{}';
    execute locking || not_waiting into places, rows_at, answers using first, past;
    if pg_catalog.cardinality(places) = past - first then
        return;
    end if;
    -- Some are locked, or there are fewer.
    execute 'select coalesce(pg_catalog.array_agg(k.place), ''{}'') ' || question
        || ' where k.place <> all ($3)'
    into held
    using first, past, places;
    if held <> '{}' then
        begin
            execute locking || only_held || waiting
            into more_places, more_rows, more_answers
            using first, past, held;
            held := '{}';
        exception
            when lock_not_available or deadlock_detected then
                execute locking || only_held || not_waiting
                into more_places, more_rows, more_answers
                using first, past, held;
                held := array(
                    select pg_catalog.unnest(held) except select pg_catalog.unnest(more_places)
                );
        end;
        places := places || more_places;
        rows_at := rows_at || more_rows;
        answers := answers || more_answers;
    end if;
end
$body$
$ddl$);
