-- Parts of a run on child rows: what each does, and which have their turn.

-- The table that a part writes to.
call pg_temp.define('function', 'rollcall.written_by(rollcall.reference_parts)', '', $ddl$
create or replace function rollcall.written_by(part rollcall.reference_parts)
returns regclass
language sql
stable
set search_path = pg_temp
as $body$
    select case (part).policy
        when 'create_profile' then {{table_literal}}::pg_catalog.regclass
        else (part).relation::pg_catalog.regclass
    end;
$body$
$ddl$);

-- By which columns the rows are known that a part writes.
call pg_temp.define('function', 'rollcall.known_by(rollcall.reference_parts)', '', $ddl$
create or replace function rollcall.known_by(part rollcall.reference_parts)
returns text[]
language sql
stable
set search_path = pg_temp
as $body$
    select case (part).policy when 'create_profile' then array[{{key_name_literal}}] else (part).key_columns end;
$body$
$ddl$);

-- Whether what comes next of a part are the rows that refer to one another.
call pg_temp.define('function', 'rollcall.is_linked(rollcall.reference_parts)', '', $ddl$
create or replace function rollcall.is_linked(part rollcall.reference_parts)
returns boolean
language sql
immutable
set search_path = pg_temp
as $body$
    select coalesce(
        case
            when (part).undone_part is not null then (part).reached > (part).linked_from
            else (part).done + (part).refused + (part).gone >= (part).linked_from
        end,
        false
    );
$body$
$ddl$);

-- The part of a run that is next, or none; of those in a circle together what refers to one another: in
-- a run when all else of them is done, in its undo before. And what came of so many turns of a part.
call pg_temp.define('function', 'rollcall.next_parts(uuid)', '', $ddl$
create or replace function rollcall.next_parts(the_run uuid)
returns rollcall.reference_parts[]
language sql
stable
set search_path = pg_temp
as $body$
    with waiting as (
        select
            p as part, p.part as number, coalesce(p.circle, p.part) as circle,
            rollcall.is_linked(p) as is_linked, p.undone_part is not null as is_undo
        from rollcall.reference_parts p
        where p.run_id = the_run and p.planned > p.done + p.refused + p.gone
    ), next as (
        select *
        from waiting w
        order by w.circle, w.is_linked <> w.is_undo, w.number
        limit 1
    )
    select coalesce(pg_catalog.array_agg(w.part order by w.number), '{}')
    from waiting w
    join next n on n.number = w.number or n.is_linked and w.is_linked and n.circle = w.circle;
$body$
$ddl$);
call pg_temp.define(
    'function', 'rollcall.count_part(rollcall.reference_parts,bigint,bigint,bigint)', '', $ddl$
create or replace function rollcall.count_part(
    part rollcall.reference_parts, turns bigint, done_now bigint, gone_now bigint
)
returns void
language sql
set search_path = pg_temp
as $body$
    update rollcall.reference_parts p
    set
        done = p.done + done_now,
        gone = p.gone + gone_now,
        refused = p.refused + turns - done_now - gone_now
    where p.run_id = (count_part.part).run_id and p.part = (count_part.part).part;
$body$
$ddl$);

-- Keeps the tables that these parts write to from being changed while the batch lasts; false if somebody
-- has one locked.
call pg_temp.define('function', 'rollcall.hold_tables(rollcall.reference_parts[])', '', $ddl$
create or replace function rollcall.hold_tables(parts rollcall.reference_parts[])
returns boolean
language sql
set search_path = pg_temp
as $body$
    select coalesce(bool_and(rollcall.hold_table(rollcall.written_by(p))), true)
    from pg_catalog.unnest(parts) p;
$body$
$ddl$);

-- Whether a part takes rows out of a table: with what refers to them something would happen.
call pg_temp.define('function', 'rollcall.takes_out(rollcall.reference_parts)', '', $ddl$
create or replace function rollcall.takes_out(part rollcall.reference_parts)
returns boolean
language sql
immutable
set search_path = pg_temp
as $body$
    select (part).policy <> 'reassign' and ((part).policy = 'quarantine') = ((part).undone_part is null);
$body$
$ddl$);

-- Of rows of several parts the places of those that are of this one.
call pg_temp.define('function', 'rollcall.places_of(integer,integer[],bigint[])', '', $ddl$
create or replace function rollcall.places_of(the_part integer, parts integer[], places bigint[])
returns bigint[]
language sql
immutable
set search_path = pg_temp
as $body$
    select array(
        select x.place
        from rows from (pg_catalog.unnest(parts), pg_catalog.unnest(places)) x (part, place)
        where x.part = the_part
    );
$body$
$ddl$);
