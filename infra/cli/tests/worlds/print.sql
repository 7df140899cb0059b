create function pg_temp.rows_of(name text) returns text language plpgsql as $$
declare
    print text;
begin
    execute format('select md5(string_agg(t::text, e''\n'' order by t::text)) from %s t', name)
    into print;
    return coalesce(print, 'empty');
end $$;

create function pg_temp.print(locked text) returns text language sql as $$
    with ours as (
        select oid from pg_namespace where nspname in ('auth', 'public', 'rollcall')
    )
    select concat_ws(
        e'\n',
        (
            select string_agg(
                concat_ws(' ', c.oid, c.relname, c.relkind, c.relowner, c.relacl, c.relrowsecurity,
                    c.relfilenode),
                e'\n' order by c.oid
            )
            from pg_class c join ours on ours.oid = c.relnamespace
        ),
        (
            select string_agg(concat_ws(' ', a.attrelid, a.attname, a.atttypid, a.attnotnull, a.attacl),
                e'\n' order by a.attrelid, a.attnum)
            from pg_attribute a join pg_class c on c.oid = a.attrelid join ours on ours.oid = c.relnamespace
        ),
        (
            select md5(string_agg(p::text, '' order by p.oid))
            from pg_proc p join ours on ours.oid = p.pronamespace
        ),
        (select string_agg(t::text, '' order by t.oid) from pg_trigger t),
        (select string_agg(c::text, '' order by c.oid) from pg_constraint c),
        (select string_agg(p::text, '' order by p.oid) from pg_policy p),
        (
            select string_agg(c.oid::regclass || ' ' || pg_temp.rows_of(c.oid::regclass::text), e'\n' order by c.oid)
            from pg_class c join ours on ours.oid = c.relnamespace
            where c.relkind = 'r' and c.oid is distinct from to_regclass(locked)
        )
    )
$$;
