-- Takes back what was done to these rows, or an error. A row that does not come out just as it went in
-- is one.
call pg_temp.define(
    'function', 'rollcall.take_back(rollcall.reference_parts,bigint[],tid[])', '', $ddl$
create or replace function rollcall.take_back(
    part rollcall.reference_parts, places bigint[], rows_at tid[]
)
returns void
language plpgsql
set search_path = ''
{{image_settings}}
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
as $body$
declare
    undone pg_catalog.uuid := (select r.undoes from rollcall.runs r where r.run_id = part.run_id);
    stored pg_catalog.record;
    touched bigint;
begin
    if part.policy = 'quarantine' then
        select
            pg_catalog.string_agg(pg_catalog.format('%I', c.name), ', ' order by c.place) as names,
            pg_catalog.string_agg(
                pg_catalog.format(
                    '(q.image[%s])::%s', c.place, rollcall.type_of(part.relation, c.name)
                ),
                ', ' order by c.place
            ) as values,
            pg_catalog.string_agg(
                pg_catalog.format('q.image[%s]', c.place), ', ' order by c.place
            ) as texts,
            pg_catalog.array_agg(c.name order by c.place) as columns
        into stored
        from pg_catalog.unnest(part.columns) with ordinality c (name, place)
        join pg_catalog.pg_attribute a
            on a.attrelid = part.relation and a.attname = c.name and a.attnum > 0
        where a.attgenerated = '';
        execute pg_catalog.format(
            'insert into %s (%s) overriding system value
            select %s
            from rollcall.quarantine q
            where q.run_id = $1 and q.part = $2 and q.place = any ($3)
            order by q.place desc',
            part.relation::pg_catalog.regclass, stored.names, stored.values
        )
        using undone, part.undone_part, places;
        -- Whatever triggers did to them.
        execute pg_catalog.format(
            'delete from rollcall.quarantine q
            using only %s t
            where q.run_id = $1 and q.part = $2 and q.place = any ($3) and %s
                and %s = array[%s]::pg_catalog.text[]',
            part.relation::pg_catalog.regclass,
            rollcall.same_image_sql(part.relation, part.key_columns, part.columns),
            rollcall.image_sql(part.relation, stored.columns), stored.texts
        )
        using undone, part.undone_part, places;
        get diagnostics touched = row_count;
        if touched <> pg_catalog.cardinality(places) then
            raise exception 'a row did not come out as it went in' using errcode = 'RC003';
        end if;
        return;
    end if;
    if part.policy = 'reassign' then
        execute pg_catalog.format(
            'update only %s t
            set %I = c.user_id::%s
            from rows from (pg_catalog.unnest($3), pg_catalog.unnest($4)) x (place, row_at)
            join rollcall.reference_changes c on c.place = x.place
            where c.run_id = $1 and c.part = $2 and t.ctid = x.row_at',
            part.relation::pg_catalog.regclass, part.column_name,
            rollcall.type_of(part.relation, part.column_name)
        )
        using undone, part.undone_part, places, rows_at;
    else
        delete from only {{table}} t
        using pg_catalog.unnest(rows_at) x (row_at)
        where t.ctid = x.row_at;
    end if;
    get diagnostics touched = row_count;
    if touched <> pg_catalog.cardinality(places) then
        raise exception 'a trigger of the application kept a row' using errcode = 'RC001';
    end if;
    delete from rollcall.reference_changes c
    where c.run_id = undone and c.part = part.undone_part and c.place = any (places);
end
$body$
$ddl$);
