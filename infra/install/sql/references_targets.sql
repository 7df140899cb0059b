-- The tables that hold rows of the columns that refer to users: of a partitioned table its
-- partitions. With what a plan has to know of each: whether its rows can be told apart, whether they
-- may be read and written, and which tables refer to it by a foreign key.
call pg_temp.define('function', 'rollcall.reference_targets()', 'rollcall_operator', $ddl$
create or replace function rollcall.reference_targets(
    out relation bigint, out table_name text, out column_name text, out known_by text,
    out has_key boolean, out is_plain boolean, out may_read boolean,
    out may_move boolean, out may_change boolean, out referrers bigint[], out family bigint[],
    out partition_names text[]
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
set jit = off
as $body$
    select
        c.oid::bigint, f.table_name, f.column_name, f.known_by,
        pg_catalog.cardinality(rollcall.key_of(c.oid)) > 0,
        c.relkind = 'r',
        r.may and pg_catalog.has_table_privilege(c.oid, 'select'),
        r.may and pg_catalog.has_table_privilege(c.oid, 'select')
            and pg_catalog.has_table_privilege(c.oid, 'update')
            and pg_catalog.has_table_privilege(c.oid, 'delete')
            and pg_catalog.has_table_privilege(c.oid, 'insert'),
        r.may and pg_catalog.has_table_privilege(c.oid, 'update'),
        array(select distinct g.referrer::pg_catalog.oid::bigint from rollcall.referrers_of(c.oid) g),
        array(select a.relid::pg_catalog.oid::bigint from pg_catalog.pg_partition_ancestors(c.oid) a)
            || c.oid::bigint,
        array(
            select an.nspname || '.' || ac.relname
            from pg_catalog.pg_partition_ancestors(c.oid) a
            join pg_catalog.pg_class ac on ac.oid = a.relid
            join pg_catalog.pg_namespace an on an.oid = ac.relnamespace
            where ac.relispartition
        )
    from rollcall.find_references() f
    cross join lateral (
        select t.relid::pg_catalog.oid as oid from pg_catalog.pg_partition_tree(f.relation) t where t.isleaf
        union
        -- Tables that inherit, too, hold rows of their own.
        select f.relation::pg_catalog.oid where not f.is_partitioned
        union
        select i.inhrelid
        from pg_catalog.pg_inherits i
        where i.inhparent = f.relation and not f.is_partitioned
    ) l
    join pg_catalog.pg_class c on c.oid = l.oid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral (
        select pg_catalog.has_schema_privilege(n.oid, 'usage')
            and not pg_catalog.row_security_active(c.oid)
    ) r (may)
    where f.known_by <> 'foreign_key' or f.by_key
    order by f.table_name, f.column_name, n.nspname, c.relname;
$body$
$ddl$);
