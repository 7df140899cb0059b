-- The columns of a table's primary key, in its order; none if it has no key.
call pg_temp.define('function', 'rollcall.key_of(oid)', '', $ddl$
create or replace function rollcall.key_of(relation oid)
returns text[]
language sql
stable
set search_path = pg_temp
as $body$
    select array(
        select a.attname::pg_catalog.text
        from pg_catalog.pg_constraint k
        cross join lateral pg_catalog.unnest(k.conkey) with ordinality c (attnum, place)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.attnum
        where k.conrelid = key_of.relation and k.contype = 'p'
        order by c.place
    );
$body$
$ddl$);

-- What the catalog says of a table, as far as a plan depends on it; null if it is gone.
call pg_temp.define('function', 'rollcall.layout_of(oid)', '', $ddl$
create or replace function rollcall.layout_of(relation oid)
returns text
language sql
stable
set search_path = pg_temp
as $body$
    select pg_catalog.md5(
        pg_catalog.concat_ws(
            '|', n.nspname, c.relname, c.relkind, rollcall.key_of(c.oid)::pg_catalog.text,
            (
                select pg_catalog.string_agg(
                    pg_catalog.concat_ws(
                        ' ', a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
                        a.attnotnull, a.attgenerated, a.attidentity
                    ),
                    ',' order by a.attnum
                )
                from pg_catalog.pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            )
        )
    )
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.oid = layout_of.relation;
$body$
$ddl$);

-- The columns of a table, in their order.
call pg_temp.define('function', 'rollcall.columns_of(oid)', '', $ddl$
create or replace function rollcall.columns_of(relation oid)
returns text[]
language sql
stable
set search_path = pg_temp
as $body$
    select array(
        select a.attname::pg_catalog.text
        from pg_catalog.pg_attribute a
        where a.attrelid = columns_of.relation and a.attnum > 0 and not a.attisdropped
        order by a.attnum
    );
$body$
$ddl$);

-- A table to ask for its rows. What inherits from it is asked by itself; a partitioned table has no rows
-- but its partitions', in which the same place may be taken more than once.
call pg_temp.define('function', 'rollcall.rows_of(regclass)', '', $ddl$
create or replace function rollcall.rows_of(relation regclass)
returns text
language sql
stable
set search_path = pg_temp
as $body$
    select case c.relkind when 'p' then '' else 'only ' end || c.oid::pg_catalog.regclass
    from pg_catalog.pg_class c
    where c.oid = rows_of.relation;
$body$
$ddl$);

-- The type of a column as a cast names it.
call pg_temp.define('function', 'rollcall.type_of(oid,text)', '', $ddl$
create or replace function rollcall.type_of(relation oid, column_name text)
returns text
language sql
stable
set search_path = pg_temp
as $body$
    select pg_catalog.format_type(a.atttypid, a.atttypmod)
    from pg_catalog.pg_attribute a
    where a.attrelid = type_of.relation and a.attname = type_of.column_name
        and a.attnum > 0 and not a.attisdropped;
$body$
$ddl$);

-- The type of a column, whatever domains are around it.
call pg_temp.define('function', 'rollcall.base_type(oid,text)', '', $ddl$
create or replace function rollcall.base_type(relation oid, column_name text)
returns text
language sql
stable
set search_path = pg_temp
as $body$
    with recursive types as (
        select t.oid, t.typtype, t.typbasetype
        from pg_catalog.pg_attribute a
        join pg_catalog.pg_type t on t.oid = a.atttypid
        where a.attrelid = base_type.relation and a.attname = base_type.column_name and a.attnum > 0
        union all
        select t.oid, t.typtype, t.typbasetype
        from types d
        join pg_catalog.pg_type t on t.oid = d.typbasetype
        where d.typtype = 'd'
    )
    select pg_catalog.format_type(t.oid, null) from types t where t.typtype <> 'd';
$body$
$ddl$);

-- The expression that makes an image of a row `t`: the columns as text. A type whose owner has
-- another idea of its text is written as it is stored all the same, and so are the blanks at the end
-- of a `bpchar`, which its own cast takes away.
call pg_temp.define('function', 'rollcall.image_sql(oid,text[])', '', $ddl$
create or replace function rollcall.image_sql(relation oid, columns text[])
returns text
language sql
stable
set search_path = pg_temp
as $body$
    select 'array[' || coalesce(
        pg_catalog.string_agg(
            case
                when exists (
                    select from pg_catalog.pg_cast k
                    where k.castsource = a.atttypid
                        and k.casttarget = 'text'::pg_catalog.regtype
                        and k.castmethod = 'f' and k.oid >= 16384
                ) or rollcall.base_type(image_sql.relation, c.name) = 'character' then pg_catalog.format(
                    'case when pg_catalog.num_nulls(t.%1$I) = 0 then pg_catalog.format(''%%s'', t.%1$I) end',
                    c.name
                )
                else pg_catalog.format('t.%I::pg_catalog.text', c.name)
            end,
            ', ' order by c.place
        ), ''
    ) || ']::pg_catalog.text[]'
    from pg_catalog.unnest(columns) with ordinality c (name, place)
    join pg_catalog.pg_attribute a
        on a.attrelid = image_sql.relation and a.attname = c.name and a.attnum > 0;
$body$
$ddl$);

-- What each row `t` of a table is told by: one condition for each column of the key, whose values
-- are in `source` as text.
call pg_temp.define('function', 'rollcall.same_key_sql(oid,text[],text)', '', $ddl$
create or replace function rollcall.same_key_sql(relation oid, key_columns text[], source text)
returns text
language sql
stable
set search_path = pg_temp
as $body$
    select pg_catalog.string_agg(
        pg_catalog.format(
            't.%I = (%s)::%s', c.name, pg_catalog.replace(source, '#', c.place::pg_catalog.text),
            rollcall.type_of(same_key_sql.relation, c.name)
        ),
        ' and ' order by c.place
    )
    from pg_catalog.unnest(key_columns) with ordinality c (name, place);
$body$
$ddl$);

-- The same, where the values are in the image of a row `q` in quarantine.
call pg_temp.define('function', 'rollcall.same_image_sql(oid,text[],text[])', '', $ddl$
create or replace function rollcall.same_image_sql(relation oid, key_columns text[], columns text[])
returns text
language sql
stable
set search_path = pg_temp
as $body$
    select pg_catalog.string_agg(
        pg_catalog.format(
            't.%I = (q.image[%s])::%s', c.name, pg_catalog.array_position(columns, c.name),
            rollcall.type_of(same_image_sql.relation, c.name)
        ),
        ' and ' order by c.place
    )
    from pg_catalog.unnest(key_columns) with ordinality c (name, place);
$body$
$ddl$);

-- The condition that a row `t` names a user without a profile.
call pg_temp.define('function', 'rollcall.orphaned_sql(oid,text)', '', $ddl$
create or replace function rollcall.orphaned_sql(relation oid, column_name text)
returns text
language sql
stable
set search_path = pg_temp
as $body$
    select pg_catalog.format('t.%I is not null', orphaned_sql.column_name) || pg_catalog.string_agg(
        pg_catalog.format(
            ' and not exists (select from %s q where q.%s = %s)',
            {{table_literal}},
            {{key_as_literal}} || case when {{key_kind}} = 'text' then '::pg_catalog.text' else '' end,
            s.named
        ),
        ''
    )
    from (
        select
            pg_catalog.format('t.%I', orphaned_sql.column_name) as held,
            rollcall.base_type(orphaned_sql.relation, orphaned_sql.column_name) = 'uuid' as is_uuid
    ) c
    cross join lateral (
        -- An id is the same however it is spelled.
        select case when c.is_uuid then c.held else rollcall.uuid_sql(c.held || '::pg_catalog.text') end as user_id
    ) u
    cross join lateral (
        select u.user_id as named where {{key_kind}} = 'uuid'
        union all
        select '(' || u.user_id || ')::pg_catalog.text' where {{key_kind}} = 'text'
        union all
        -- Whatever it is, it is the key of a profile.
        select c.held || '::pg_catalog.text' where {{key_kind}} = 'text' and not c.is_uuid
    ) s;
$body$
$ddl$);

-- The condition that a row `t` names a user without a profile who is one of these: `all`, the `creatable` ones
-- who can get one, or the `others`.
call pg_temp.define('function', 'rollcall.due_sql(oid,text,text)', '', $ddl$
create or replace function rollcall.due_sql(relation oid, column_name text, whose text)
returns text
language sql
stable
set search_path = pg_temp
as $body$
    select rollcall.orphaned_sql(due_sql.relation, due_sql.column_name) || case
        when whose in ('creatable', 'others') then pg_catalog.format(
            ' and %s exists (select from rollcall.standing s where s.is_eligible and s.user_id = %s)',
            case when whose = 'others' then 'not' else '' end,
            case
                when rollcall.base_type(due_sql.relation, due_sql.column_name) = 'uuid' then c.held
                else rollcall.uuid_sql(c.held || '::pg_catalog.text')
            end
        )
        else ''
    end
    from pg_catalog.format('t.%I', due_sql.column_name) c (held);
$body$
$ddl$);
