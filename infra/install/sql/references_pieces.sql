-- What is done to a batch of rows at once, or, where that fails, to as few as can be told apart.

-- Does to these rows what is planned for them: all at once; where that fails, what refers to one
-- another at once, and where that fails, row by row. Writes down those that stay, and answers the numbers
-- of the others. What is not about anybody's row fails, and so does a batch that is too large to be
-- taken to pieces.
call pg_temp.define(
    'function', 'rollcall.try_rows(uuid,integer[],bigint[],tid[],integer)', '', $ddl$
create or replace function rollcall.try_rows(
    the_run uuid, parts integer[], places bigint[], rows_at tid[], batch_size integer
)
returns integer[]
language plpgsql
set search_path = pg_temp
as $body$
declare
    most_in_pieces constant integer := 250;
    takes_out boolean;
    pieces integer[];
    piece integer[];
    its pg_catalog.record;
    -- To which of them each row belonged at first, and why that one failed, if no row of it says why.
    wholes integer[];
    states pg_catalog.text[] := '{}'::pg_catalog.text[];
    has_moved_on boolean;
    done integer[] := '{}'::integer[];
    context pg_catalog.text;
    one integer;
begin
    begin
        perform rollcall.do_rows(the_run, parts, places, rows_at);
        return array(select pg_catalog.generate_subscripts(places, 1));
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
    select rollcall.takes_out(p) into takes_out
    from rollcall.reference_parts p
    where p.run_id = the_run and p.part = parts[1];
    pieces := rollcall.linked_pieces(the_run, parts, places, rows_at);
    wholes := pieces;
    -- As long as one that was done may have stood in the way of another.
    loop
        has_moved_on := false;
        for piece in
            select pg_catalog.array_agg(p.number order by p.number)
            from pg_catalog.unnest(pieces) with ordinality p (piece, number)
            where p.piece is not null
            group by p.piece
            order by 1
        loop
            select
                pg_catalog.array_agg(parts[n]) as parts, pg_catalog.array_agg(places[n]) as places,
                pg_catalog.array_agg(rows_at[n]) as rows_at
            into its
            from pg_catalog.unnest(piece) n;
            -- Whatever would become of those that refer to it: they have their own turn.
            continue when takes_out and exists (
                select from rollcall.referred_rows(the_run, its.parts, its.places, its.rows_at)
            );
            begin
                perform rollcall.do_rows(the_run, its.parts, its.places, its.rows_at);
                done := done || piece;
            exception
                when others or query_canceled or assert_failure then
                    get stacked diagnostics context = pg_exception_context;
                    if rollcall.is_about_no_row(sqlstate, context) and sqlstate <> '57014' then
                        raise exception 'the database has no room, or cannot write now'
                            using errcode = sqlstate;
                    elsif pg_catalog.cardinality(piece) > 1 then
                        -- The next time row by row.
                        states[wholes[piece[1]]] := sqlstate;
                        foreach one in array piece loop
                            pieces[one] := -one;
                        end loop;
                        has_moved_on := true;
                        continue;
                    elsif sqlstate in ('23503', '23001') then
                        continue;
                    end if;
                    states[wholes[piece[1]]] := null;
                    perform rollcall.refuse_rows(
                        p, its.places, rollcall.why_unwritten(sqlstate),
                        case when sqlstate not like 'RC%' then sqlstate end, null
                    )
                    from rollcall.reference_parts p
                    where p.run_id = the_run and p.part = its.parts[1];
            end;
            foreach one in array piece loop
                pieces[one] := null;
            end loop;
            has_moved_on := true;
        end loop;
        exit when not has_moved_on;
    end loop;
    select
        coalesce(pg_catalog.array_agg(parts[p.number]), '{}') as parts,
        coalesce(pg_catalog.array_agg(places[p.number]), '{}') as places,
        coalesce(pg_catalog.array_agg(rows_at[p.number]), '{}') as rows_at
    into its
    from pg_catalog.unnest(pieces) with ordinality p (piece, number)
    where p.piece is not null;
    if takes_out then
        select * into its from rollcall.refuse_referred(the_run, its.parts, its.places, its.rows_at);
    end if;
    perform rollcall.refuse_rows(
        p, array[x.place], rollcall.why_unwritten(s.state), case when s.state not like 'RC%' then s.state end,
        null
    )
    from rows from (pg_catalog.unnest(its.parts), pg_catalog.unnest(its.places)) x (part, place)
    join rollcall.reference_parts p on p.run_id = the_run and p.part = x.part
    cross join lateral (
        select coalesce(states[wholes[n.number]], '23503')
        from pg_catalog.generate_subscripts(places, 1) n (number)
        where parts[n.number] = x.part and places[n.number] = x.place
    ) s (state);
    return done;
end
$body$
$ddl$);

-- What has its turn and is locked: what others refer to stays, with the rest it is tried. Counts for each
-- part what is done, and answers how many that are.
call pg_temp.define(
    'function', 'rollcall.settle_rows(uuid,integer[],bigint[],tid[],integer)', '', $ddl$
create or replace function rollcall.settle_rows(
    the_run uuid, parts integer[], places bigint[], rows_at tid[], batch_size integer
)
returns bigint
language plpgsql
set search_path = pg_temp
as $body$
declare
    part rollcall.reference_parts;
    done integer[];
begin
    select p.* into part from rollcall.reference_parts p where p.run_id = the_run and p.part = parts[1];
    if rollcall.takes_out(part) then
        select f.parts, f.places, f.rows_at into parts, places, rows_at
        from rollcall.refuse_referred(the_run, parts, places, rows_at) f;
    end if;
    if places = '{}' then
        return 0;
    end if;
    done := rollcall.try_rows(the_run, parts, places, rows_at, batch_size);
    if part.policy = 'reassign' and part.undone_part is null then
        perform rollcall.note_versions(part, array(select places[n] from pg_catalog.unnest(done) n));
    end if;
    perform rollcall.count_part(p, 0, d.number, 0)
    from (select parts[n] as part, count(*) as number from pg_catalog.unnest(done) n group by 1) d
    join rollcall.reference_parts p on p.run_id = the_run and p.part = d.part;
    return pg_catalog.cardinality(done);
end
$body$
$ddl$);
