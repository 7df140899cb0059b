-- The rows of a part that have these places: each with its place, its key and the user it named, as
-- text to ask from in `from`.
call pg_temp.define('function', 'rollcall.planned_sql(rollcall.reference_parts)', '', $ddl$
create or replace function rollcall.planned_sql(part rollcall.reference_parts)
returns text
language sql
stable
set search_path = ''
as $body$
    -- In the list of what is selected the arrays are unnested in step, and faster than as tables.
    select pg_catalog.format(
        '(
            select *
            from (
                select
                    r.chunk * 1000::bigint + pg_catalog.generate_subscripts(r.users, 1) - 1 as place,
                    pg_catalog.unnest(r.users) as user_id%s
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
set search_path = ''
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
        select pg_catalog.array_to_string(q.row_key, ', '), q.user_id
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
    key_sql text := rollcall.image_sql(part.relation, part.key_columns);
    touched bigint;
begin
    if part.policy = 'quarantine' then
        execute pg_catalog.format(
            'with taken as (
                delete from only %1$s t
                using rows from (pg_catalog.unnest($1), pg_catalog.unnest($2)) x (place, row_at)
                where t.ctid = x.row_at
                returning x.place, %2$s as row_key, t.%3$I::text as user_id, %4$s as image
            )
            insert into rollcall.quarantine (run_id, part, place, row_key, user_id, image)
            select $3, $4, taken.* from taken',
            part.relation::pg_catalog.regclass, key_sql, part.column_name,
            rollcall.image_sql(part.relation, part.columns)
        )
        using places, rows_at, part.run_id, part.part;
        get diagnostics touched = row_count;
    else
        -- Whom the row named, before it names somebody else.
        execute pg_catalog.format(
            'insert into rollcall.reference_changes (run_id, part, place, row_key, user_id, version)
            select $3, $4, x.place, %2$s, t.%3$I::text, t.xmin
            from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2)) x (place, row_at)
            join only %1$s t on t.ctid = x.row_at',
            part.relation::pg_catalog.regclass, key_sql, part.column_name
        )
        using places, rows_at, part.run_id, part.part;
        execute pg_catalog.format(
            'update only %1$s t set %2$I = $2::%3$s where t.ctid = any ($1)',
            part.relation::pg_catalog.regclass, part.column_name,
            rollcall.type_of(part.relation, part.column_name)
        )
        using rows_at, part.new_user::text;
        get diagnostics touched = row_count;
    end if;
    if touched <> pg_catalog.cardinality(places) then
        raise exception 'a trigger of the application kept a row' using errcode = 'RC001';
    end if;
end
$body$
$ddl$);

-- Does it to all of these rows at once; where that fails, row by row, and writes down those that
-- stay. Answers the places of the others. What is not about anybody's row fails, and so does a batch
-- that is too large to be taken to pieces.
call pg_temp.define(
    'function', 'rollcall.do_rows(rollcall.reference_parts,bigint[],tid[],integer)', '', $ddl$
create or replace function rollcall.do_rows(
    part rollcall.reference_parts, places bigint[], rows_at tid[], batch_size integer
)
returns bigint[]
language plpgsql
set search_path = ''
as $body$
<<own>>
declare
    -- The classes of a lost connection, a standby, a lack of room, a shutdown, a broken disk.
    about_no_row constant text[] := '{08,25,53,57,58}';
    most_in_pieces constant integer := 250;
    pending integer[] := array(select pg_catalog.generate_subscripts(places, 1));
    left_over integer[];
    done bigint[] := '{}';
    state text;
    context text;
    one integer;
begin
    begin
        if part.undone_part is null then
            perform rollcall.carry_out(part, places, rows_at);
        else
            perform rollcall.take_back(part, places, rows_at);
        end if;
        -- Nothing may strike at the commit, where nobody could tell whose row it was about.
        set constraints all immediate;
        return places;
    exception
        when others or query_canceled or assert_failure then
            get stacked diagnostics context = pg_exception_context;
            if pg_catalog.left(sqlstate, 2) = any (own.about_no_row)
                and (sqlstate <> '57014' or batch_size > 1)
                and pg_catalog.split_part(context, e'\n', 1) not like '%at RAISE' then
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
                if part.undone_part is null then
                    perform rollcall.carry_out(part, places[one:one], rows_at[one:one]);
                else
                    perform rollcall.take_back(part, places[one:one], rows_at[one:one]);
                end if;
                set constraints all immediate;
                done := done || places[one];
            exception
                when others or query_canceled or assert_failure then
                    get stacked diagnostics context = pg_exception_context;
                    if pg_catalog.left(sqlstate, 2) = any (own.about_no_row) and sqlstate <> '57014'
                        and pg_catalog.split_part(context, e'\n', 1) not like '%at RAISE' then
                        raise exception 'the database has no room, or cannot write now'
                            using errcode = sqlstate;
                    end if;
                    state := sqlstate;
                    left_over := left_over || one;
                    if sqlstate not in ('23503', '23001') or pg_catalog.cardinality(pending) = 1 then
                        left_over := left_over[:pg_catalog.cardinality(left_over) - 1];
                        perform rollcall.refuse_rows(
                            part, places[one:one], rollcall.refusal_of(state),
                            case when state not like 'RC%' then state end, null
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

-- Why a row stays, by the SQLSTATE.
call pg_temp.define('function', 'rollcall.refusal_of(text)', '', $ddl$
create or replace function rollcall.refusal_of(state text)
returns text
language sql
immutable
set search_path = ''
as $body$
    select case state
        when 'RC001' then 'no_row'
        when 'RC003' then 'altered'
        when '23505' then 'unique_held'
        when '23P01' then 'unique_held'
        when '23502' then 'not_null'
        when '23514' then 'check'
        when '23503' then 'foreign_key'
        when '23001' then 'foreign_key'
        when '42501' then 'permission'
        when '55P03' then 'lock_timeout'
        else 'other'
    end;
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
set search_path = ''
{{image_settings}}
-- By the index, whatever the statistics say.
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
as $body$
declare
    question text := pg_catalog.format(
        'from %s k join only %s t on %s', source, relation::pg_catalog.regclass,
        rollcall.same_key_sql(relation, key_columns, 'k.key_#')
    );
    locking text := 'select
            coalesce(pg_catalog.array_agg(h.place), ''{}''),
            coalesce(pg_catalog.array_agg(h.row_at), ''{}''),
            coalesce(pg_catalog.array_agg(h.answer), ''{}'')
        from (select k.place, t.ctid as row_at, ' || asked || ' as answer ' || question;
    only_held constant text := ' where k.place = any ($3)';
    waiting constant text := ' for update of t) h';
    not_waiting constant text := ' for update of t skip locked) h';
    more_places bigint[];
    more_rows tid[];
    more_answers text[];
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

-- The next batch of a run on child rows: rows, counts, records and cursor in one transaction, or
-- nothing. First every row is locked, only then is it looked at; what somebody has changed since the
-- plan is gone from it, and what others refer to stays.
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
    run rollcall.runs;
    part rollcall.reference_parts;
    first bigint;
    past bigint;
    todo record;
    places bigint[];
    rows_at tid[];
    referrer record;
    referred bigint[];
    found_again boolean;
    finished bigint[] := '{}';
    lost bigint := 0;
    everything boolean := false;
begin
    select * into run from rollcall.runs r where r.run_id = the_run for update;
    -- Also if the run is gone.
    is_fenced := (run.fence, run.state) is distinct from (the_fence, 'running');
    if is_fenced then
        return;
    end if;
    -- Having read the configuration, the batch holds it: no migration lands before its end.
    is_altered := run.configuration is distinct from (select c.digest from rollcall.configuration c);
    if is_altered then
        return;
    end if;
    select * into part
    from rollcall.reference_parts p
    where p.run_id = the_run and p.planned > p.done + p.refused + p.gone
    order by p.part
    limit 1;
    if found then
        begin
            execute pg_catalog.format(
                'lock table only %s in row exclusive mode', part.relation::pg_catalog.regclass
            );
        exception
            when lock_not_available then
                is_locked := true;
                return;
            when others then
                -- The look at its layout will say it.
                null;
        end;
        first := part.done + part.refused + part.gone;
        past := least(first + batch_size, part.planned);
        if first >= part.linked_from then
            past := part.planned;
        elsif past > part.linked_from then
            past := part.linked_from;
        end if;

        if rollcall.layout_of(part.relation) is distinct from part.layout
            or part.policy = 'reassign' and not rollcall.has_profile(part.new_user) then
            everything := true;
            insert into rollcall.reference_refusals (run_id, part, place, reason, number)
            values (
                the_run, part.part, first,
                case
                    when rollcall.layout_of(part.relation) is distinct from part.layout then 'table_changed'
                    else 'no_such_user'
                end,
                part.planned - first
            );
            past := part.planned;
        elsif part.policy = 'create_profile' then
            select c.finished, c.gone into finished, lost
            from rollcall.create_planned(part, first, past, batch_size) c;
        else
            select * into todo
            from rollcall.hold_rows(
                part.relation, part.key_columns, rollcall.planned_sql(part),
                -- Whom it names, if that is still the same user.
                pg_catalog.format(
                    'case when t.%I::text = k.user_id then k.user_id end', part.column_name
                ),
                first, past
            );
            perform rollcall.refuse_rows(part, todo.held, 'lock_timeout', '55P03', null);
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
                case
                    when rollcall.base_type(part.relation, part.column_name) = 'uuid' then '::uuid'
                end,
                part.column_name, rollcall.orphaned_sql(part.relation, part.column_name)
            )
            into places, rows_at
            using todo.places, todo.rows_at, todo.answers;
            lost := past - first - pg_catalog.cardinality(places) - pg_catalog.cardinality(todo.held);
            if part.policy = 'quarantine' then
                loop
                    found_again := false;
                    for referrer in select * from rollcall.referrers_of(part.relation) r loop
                        exit when places = '{}';
                        referred := rollcall.referred_places(
                            part.relation, referrer.referrer, referrer.is_same, referrer.is_within,
                            places, rows_at
                        );
                        continue when referred = '{}';
                        perform rollcall.refuse_rows(
                            part, referred, 'referred_to', null, referrer.referrer::text
                        );
                        select
                            coalesce(pg_catalog.array_agg(x.place), '{}'),
                            coalesce(pg_catalog.array_agg(x.row_at), '{}')
                        into places, rows_at
                        from rows from (
                            pg_catalog.unnest(places), pg_catalog.unnest(rows_at)
                        ) x (place, row_at)
                        where x.place <> all (referred);
                        -- What it refers to is now referred to from outside.
                        found_again := true;
                    end loop;
                    exit when not found_again;
                end loop;
            end if;
            if places <> '{}' then
                finished := rollcall.do_rows(part, places, rows_at, batch_size);
            end if;
            if part.policy = 'reassign' then
                perform rollcall.note_versions(part, finished);
            end if;
        end if;
        if everything then
            lost := 0;
        end if;
        update rollcall.reference_parts p
        set
            done = p.done + pg_catalog.cardinality(finished),
            gone = p.gone + lost,
            refused = p.refused + past - first - pg_catalog.cardinality(finished) - lost
        where p.run_id = the_run and p.part = part.part;
    else
        first := 0;
        past := 0;
    end if;
    update rollcall.runs r
    set
        created = r.created + pg_catalog.cardinality(finished),
        gone = r.gone + lost,
        refused = r.refused + past - first - pg_catalog.cardinality(finished) - lost,
        lease_until = pg_catalog.clock_timestamp() + interval '60 seconds'
    where r.run_id = the_run
    returning r.planned, r.created, r.refused, r.gone into planned, done, refused, gone;
    is_done := planned = done + refused + gone;
    if is_done then
        perform rollcall.end_run(the_run, 'completed');
    end if;
end
$body$
$ddl$);

-- Which of these rows are referred to from elsewhere than from one another.
call pg_temp.define(
    'function', 'rollcall.referred_places(oid,regclass,text,boolean,bigint[],tid[])', '', $ddl$
create or replace function rollcall.referred_places(
    relation oid, referrer regclass, is_same text, is_within boolean, places bigint[], rows_at tid[]
)
returns bigint[]
language plpgsql
stable
set search_path = ''
-- A table without an index is read once, not once for each.
set enable_mergejoin = off
as $body$
declare
    referred bigint[];
begin
    execute pg_catalog.format(
        'select coalesce(pg_catalog.array_agg(x.place), ''{}'')
        from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2)) x (place, row_at)
        join only %s t on t.ctid = x.row_at
        where exists (select from %s c where %s %s)',
        relation::pg_catalog.regclass, referrer, is_same,
        case when is_within then pg_catalog.format(
            'and (c.tableoid <> %s or c.ctid <> all ($2))', relation
        ) end
    )
    into referred
    using places, rows_at;
    return referred;
end
$body$
$ddl$);

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

-- Profiles for the users of a part in these places: all at once, and where that fails one by one.
call pg_temp.define(
    'function', 'rollcall.create_planned(rollcall.reference_parts,bigint,bigint,integer)', '', $ddl$
create or replace function rollcall.create_planned(
    part rollcall.reference_parts, first bigint, past bigint, batch_size integer,
    out finished bigint[], out gone bigint
)
language plpgsql
{{writing_settings}}
set enable_seqscan = off
as $body$
#variable_conflict use_column
declare
    places bigint[];
    users uuid[];
    strangers bigint[];
    ghosts uuid[];
    present uuid[];
    made uuid[] := '{}';
    candidate uuid;
    answer record;
    verdict record;
    state text;
begin
    execute 'select
            coalesce(pg_catalog.array_agg(k.place order by k.place) filter (where k.is_id), ''{}''),
            coalesce(pg_catalog.array_agg(case when k.is_id then k.user_id end::uuid order by k.place)
                filter (where k.is_id), ''{}''),
            coalesce(pg_catalog.array_agg(k.place) filter (where not k.is_id), ''{}'')
        from (
            select
                k.place, k.user_id,
                k.user_id ~ ''^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'' as is_id
            from ' || rollcall.planned_sql(part) || ' k
        ) k'
    into places, users, strangers
    using first, past;
    perform rollcall.refuse_rows(part, strangers, 'no_uuid', null, null);
    select f.ghosts, f.present into ghosts, present from rollcall.face(users) f;
    if ghosts <> '{}' then
        begin
            if rollcall.insert_profiles(ghosts) <> pg_catalog.cardinality(ghosts) then
                raise exception 'not all were taken' using errcode = 'RC001';
            end if;
            made := ghosts;
        exception
            when others or assert_failure then
                if batch_size > 1 and (sqlstate = '55P03' or sqlstate like '40%') then
                    raise exception 'the batch met a lock' using errcode = sqlstate;
                elsif batch_size > 250 and pg_catalog.cardinality(ghosts) > 250 then
                    raise exception 'too many to be taken one by one' using errcode = 'RC002';
                end if;
                foreach candidate in array ghosts loop
                    select e.outcome, e.reason into answer from rollcall.ensure_profile(candidate) e;
                    if answer.outcome = 'created' then
                        made := made || candidate;
                    elsif answer.outcome in ('present', 'updated') then
                        present := present || candidate;
                    elsif answer.outcome = 'refused' then
                        state := (
                            select f.sqlstate from rollcall.sync_failures f where f.user_id = candidate
                        );
                        if pg_catalog.left(state, 2) = any ('{08,25,53,57,58}') then
                            raise exception 'the database could not take the profile now'
                                using errcode = state;
                        end if;
                        perform rollcall.refuse_rows(
                            part, array[places[pg_catalog.array_position(users, candidate)]],
                            answer.reason, state, null
                        );
                        strangers := strangers || places[pg_catalog.array_position(users, candidate)];
                    end if;
                end loop;
        end;
    end if;
    -- A trigger may have taken away again what was inserted.
    insert into rollcall.reference_changes (run_id, part, place, row_key, user_id, version)
    select part.run_id, part.part, x.place, array[x.user_id::text], x.user_id::text, v.version
    from rows from (pg_catalog.unnest(places), pg_catalog.unnest(users)) x (place, user_id)
    cross join lateral (
        select p.xmin as version
        from {{table}} p, (select x.user_id) u
        where p.{{key}} = {{undo_key}}
    ) v
    where x.user_id = any (made);
    delete from rollcall.sync_failures f where f.user_id = any (made);
    finished := '{}';
    gone := 0;
    for verdict in
        with faces as (
            select
                x.place,
                case
                    when c.place is not null then 'done'
                    when x.user_id = any (present) then
                        case
                            -- Of another table of the same run.
                            when exists (
                                select from rollcall.reference_changes o
                                where o.run_id = part.run_id and o.part < part.part
                                    and o.user_id = x.user_id::text
                            ) then 'done'
                            else 'gone'
                        end
                    when x.user_id = any (made) then 'no_row'
                    when exists (select from rollcall.standing s where s.user_id = x.user_id) then 'excluded'
                    else 'unknown_user'
                end as face
            from rows from (pg_catalog.unnest(places), pg_catalog.unnest(users)) x (place, user_id)
            left join rollcall.reference_changes c
                on c.run_id = part.run_id and c.part = part.part and c.place = x.place
            where x.place <> all (strangers)
        )
        select f.face, pg_catalog.array_agg(f.place) as places
        from faces f
        group by f.face
    loop
        case verdict.face
            when 'done' then finished := verdict.places;
            when 'gone' then gone := pg_catalog.cardinality(verdict.places);
            else perform rollcall.refuse_rows(part, verdict.places, verdict.face, null, null);
        end case;
    end loop;
end
$body$
$ddl$);
