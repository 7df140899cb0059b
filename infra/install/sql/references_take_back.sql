-- Puts these rows back, all in one statement: what they refer to may be among them. A row that does not
-- come out just as it went in is an error.
call pg_temp.define('function', 'rollcall.put_back(uuid,integer[],bigint[])', '', $ddl$
create or replace function rollcall.put_back(the_run uuid, parts integer[], places bigint[])
returns bigint
language plpgsql
set search_path = pg_temp
{{image_settings}}
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
as $body$
declare
    undone pg_catalog.uuid := (select r.undoes from rollcall.runs r where r.run_id = the_run);
    stored pg_catalog.record;
    inserts pg_catalog.text[] := '{}'::pg_catalog.text[];
    deletes pg_catalog.text[] := '{}'::pg_catalog.text[];
    statement pg_catalog.text;
    touched bigint := 0;
    total bigint := 0;
begin
    for stored in
        select
            p.part, p.undone_part, p.relation, p.relation::pg_catalog.regclass as name, p.key_columns,
            p.columns as all_columns,
            pg_catalog.string_agg(pg_catalog.format('%I', c.name), ', ' order by c.place) as names,
            pg_catalog.string_agg(
                pg_catalog.format('(q.image[%s])::%s', c.place, rollcall.type_of(p.relation, c.name)),
                ', ' order by c.place
            ) as values,
            pg_catalog.string_agg(pg_catalog.format('q.image[%s]', c.place), ', ' order by c.place) as texts,
            pg_catalog.array_agg(c.name order by c.place) as columns
        from rollcall.reference_parts p
        cross join lateral pg_catalog.unnest(p.columns) with ordinality c (name, place)
        join pg_catalog.pg_attribute a
            on a.attrelid = p.relation and a.attname = c.name and a.attnum > 0
        where p.run_id = the_run and p.part = any (parts) and a.attgenerated = ''
        group by p.run_id, p.part
    loop
        inserts := inserts || pg_catalog.format(
            'insert into %s (%s) overriding system value
            select %s
            from rollcall.quarantine q
            where q.run_id = $1 and q.part = %s and q.place = any (rollcall.places_of(%s, $2, $3))
            order by q.place desc',
            stored.name, stored.names, stored.values, stored.undone_part, stored.part
        );
        deletes := deletes || pg_catalog.format(
            'delete from rollcall.quarantine q
            using %s t
            where q.run_id = $1 and q.part = %s and q.place = any (rollcall.places_of(%s, $2, $3)) and %s
                and %s = array[%s]::pg_catalog.text[]',
            rollcall.rows_of(stored.relation), stored.undone_part, stored.part,
            rollcall.same_image_sql(stored.relation, stored.key_columns, stored.all_columns),
            rollcall.image_sql(stored.relation, stored.columns), stored.texts
        );
    end loop;
    -- The last of them by itself: rules of the application do not apply to the others.
    execute coalesce(
        'with ' || (
            select pg_catalog.string_agg(pg_catalog.format('put_%s as (%s)', n, inserts[n]), ', ')
            from pg_catalog.generate_series(1, pg_catalog.cardinality(inserts) - 1) n
        ), ''
    ) || inserts[pg_catalog.cardinality(inserts)]
    using undone, parts, places;
    -- Whatever triggers did to them.
    foreach statement in array deletes loop
        execute statement using undone, parts, places;
        get diagnostics touched = row_count;
        total := total + touched;
    end loop;
    if total <> pg_catalog.cardinality(places) then
        raise exception 'a row did not come out as it went in' using errcode = 'RC003';
    end if;
    return total;
end
$body$
$ddl$);

-- Takes back what was done to these rows, which are in no quarantine, and answers how many that were. They
-- are known by their keys: a table may be one of partitions by now.
call pg_temp.define('function', 'rollcall.take_back(rollcall.reference_parts,bigint[])', '', $ddl$
create or replace function rollcall.take_back(part rollcall.reference_parts, places bigint[])
returns bigint
language plpgsql
set search_path = pg_temp
{{image_settings}}
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
as $body$
declare
    undone pg_catalog.uuid := (select r.undoes from rollcall.runs r where r.run_id = part.run_id);
    relation pg_catalog.regclass := rollcall.written_by(part);
    touched bigint;
begin
    execute pg_catalog.format(
        case part.policy
            when 'reassign' then 'update %1$s t set %3$I = k.user_id::%4$s from rollcall.reference_changes k'
            else 'delete from %1$s t using rollcall.reference_changes k'
        end || ' where k.run_id = $1 and k.part = $2 and k.place = any ($3) and %2$s',
        rollcall.rows_of(relation),
        rollcall.same_key_sql(relation, rollcall.known_by(part), 'k.row_key[#]'),
        part.column_name, rollcall.type_of(part.relation, part.column_name)
    )
    using undone, part.undone_part, places;
    get diagnostics touched = row_count;
    delete from rollcall.reference_changes c
    where c.run_id = undone and c.part = part.undone_part and c.place = any (places);
    return touched;
end
$body$
$ddl$);
