-- Whether all rows of a table may be read; false if it is gone.
call pg_temp.define('function', 'rollcall.may_read(oid)', '', $ddl$
create or replace function rollcall.may_read(relation oid)
returns boolean
language sql
stable
set search_path = pg_temp
as $body$
    select exists (
        select from pg_catalog.pg_class c
        where c.oid = may_read.relation
            and pg_catalog.has_schema_privilege(c.relnamespace, 'usage')
            and pg_catalog.has_table_privilege(c.oid, 'select')
            and not pg_catalog.row_security_active(c.oid)
    );
$body$
$ddl$);

-- Whether they may be changed; or taken out and put back, too.
call pg_temp.define('function', 'rollcall.may_write(oid,boolean)', '', $ddl$
create or replace function rollcall.may_write(relation oid, is_moved boolean)
returns boolean
language sql
stable
set search_path = pg_temp
as $body$
    select rollcall.may_read(may_write.relation)
        and pg_catalog.has_table_privilege(may_write.relation, 'update')
        and (
            not is_moved
            or pg_catalog.has_table_privilege(may_write.relation, 'delete')
            and pg_catalog.has_table_privilege(may_write.relation, 'insert')
        );
$body$
$ddl$);

-- Whether the rows of a part may be, with what refers to those that are taken out.
call pg_temp.define('function', 'rollcall.may_work(rollcall.reference_parts)', '', $ddl$
create or replace function rollcall.may_work(part rollcall.reference_parts)
returns boolean
language sql
stable
set search_path = pg_temp
as $body$
    select rollcall.may_write(rollcall.written_by(part), (part).policy <> 'reassign')
        and not exists (
            select from rollcall.part_referrers(part) r
            where rollcall.takes_out(part) and not rollcall.may_read(r.referrer)
        );
$body$
$ddl$);

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
        rollcall.may_read(c.oid),
        rollcall.may_write(c.oid, true)
            and not exists (
                select from rollcall.referrers_of(c.oid) g where not rollcall.may_read(g.referrer)
            ),
        rollcall.may_write(c.oid, false),
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
    where f.known_by <> 'foreign_key' or f.by_key
    order by f.table_name, f.column_name, n.nspname, c.relname;
$body$
$ddl$);
