-- Which rows of a batch hang together.

-- Where the rows of a part are that have their turn, as text to ask from: each as `of_<name>.number`,
-- and its columns as `<name>`. Those in quarantine are read from their images.
call pg_temp.define(
    'function', 'rollcall.having_their_turn_sql(rollcall.reference_parts,text)', '', $ddl$
create or replace function rollcall.having_their_turn_sql(part rollcall.reference_parts, name text)
returns text
language sql
stable
set search_path = pg_temp
as $body$
    select pg_catalog.format(
        case
            when (part).undone_part is null then
                'rows from (pg_catalog.unnest($1), pg_catalog.unnest($3))
                    with ordinality of_%1$s (part, row_at, number)
                join only %3$s %1$s on of_%1$s.part = %2$s and %1$s.ctid = of_%1$s.row_at'
            else
                'rows from (pg_catalog.unnest($1), pg_catalog.unnest($2))
                    with ordinality of_%1$s (part, place, number)
                join rollcall.quarantine at_%1$s
                    on of_%1$s.part = %2$s and at_%1$s.place = of_%1$s.place
                    and (at_%1$s.run_id, at_%1$s.part) = (%4$L, %5$s)
                cross join lateral (select %6$s) %1$s'
        end,
        having_their_turn_sql.name, (part).part, (part).relation::pg_catalog.regclass,
        (select r.undoes from rollcall.runs r where r.run_id = (part).run_id), (part).undone_part,
        (
            select pg_catalog.string_agg(
                pg_catalog.format(
                    '(at_%s.image[%s])::%s as %I', having_their_turn_sql.name, c.place,
                    rollcall.type_of((part).relation, c.name), c.name
                ),
                ', '
            )
            from pg_catalog.unnest((part).columns) with ordinality c (name, place)
        )
    );
$body$
$ddl$);

-- For each of these rows a number, which those have in common that refer to one another.
call pg_temp.define(
    'function', 'rollcall.linked_pieces(uuid,integer[],bigint[],tid[])', '', $ddl$
create or replace function rollcall.linked_pieces(
    the_run uuid, parts integer[], places bigint[], rows_at tid[]
)
returns integer[]
language plpgsql
set search_path = pg_temp
{{image_settings}}
as $body$
declare
    pieces integer[] := array(select pg_catalog.generate_subscripts(places, 1));
    question pg_catalog.text;
    ones integer[];
    others integer[];
    one integer;
    other integer;
begin
    for question in
        select pg_catalog.format(
            'select pg_catalog.array_agg(of_t.number::integer), pg_catalog.array_agg(of_c.number::integer)
            from %s cross join %s where %s',
            rollcall.having_their_turn_sql(p, 't'), rollcall.having_their_turn_sql(child, 'c'), f.is_same
        )
        from rollcall.reference_parts p
        cross join lateral rollcall.referrers_of(p.relation) f
        join rollcall.reference_parts child
            on f.referrer = child.relation
            or f.referrer in (select a.relid from pg_catalog.pg_partition_ancestors(child.relation) a)
        where p.run_id = the_run and p.part = any (parts) and p.policy = 'quarantine'
            and child.run_id = the_run and child.part = any (parts)
    loop
        execute question into ones, others using parts, places, rows_at;
        for n in 1..coalesce(pg_catalog.cardinality(ones), 0) loop
            one := ones[n];
            while pieces[one] <> one loop
                pieces[one] := pieces[pieces[one]];
                one := pieces[one];
            end loop;
            other := others[n];
            while pieces[other] <> other loop
                pieces[other] := pieces[pieces[other]];
                other := pieces[other];
            end loop;
            pieces[greatest(one, other)] := least(one, other);
        end loop;
    end loop;
    for one in 1..pg_catalog.cardinality(pieces) loop
        pieces[one] := pieces[pieces[one]];
    end loop;
    return pieces;
exception
    when others then
        -- A key that is of another type by now.
        return array(select pg_catalog.generate_subscripts(places, 1));
end
$body$
$ddl$);
