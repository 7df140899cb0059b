-- What is in one of these columns. `orphaned` rows name no user who has a profile; `no_uuid` of them
-- name nobody who could have one; the others name `missing_users`, of whom some are in auth.users
-- still. `misspelt` rows name a user who has a profile, and not as its key is spelled. A column that
-- refers to a profile by something else than its user's id has its rows counted and no more.
--
-- The table and the column are numbers of the catalog, and count only if find_references() has them.
call pg_temp.define(
    'function', 'rollcall.survey_column(oid,smallint)', 'rollcall_operator', $ddl$
create or replace function rollcall.survey_column(
    the_table oid, the_column smallint,
    out rows bigint, out named bigint, out orphaned bigint, out no_uuid bigint,
    out missing_users bigint, out still_in_auth bigint, out rows_in_auth bigint, out misspelt bigint
)
language plpgsql
stable
security definer
set search_path = pg_temp
set row_security = off
set jit = off
-- The profiles' keys are collected by all the processes that count, and not by each for itself.
set min_parallel_table_scan_size = '1MB'
-- Whoever waits for a table that is locked keeps others waiting behind.
set lock_timeout = '500ms'
as $body$
declare
    r pg_catalog.record;
    child pg_catalog.text;
    profiles pg_catalog.regclass := {{table_literal}};
    same pg_catalog.text;
    user_id pg_catalog.text := 'm.held::pg_catalog.uuid';
    is_misspelt pg_catalog.text := 'false';
begin
    select f.* into r from rollcall.references_in(array[the_table]) f where f.number = the_column;
    if not found then
        raise exception 'column % of table % refers to no users', the_column, the_table
            using errcode = 'undefined_column';
    end if;
    -- Each row once, also where tables inherit from it.
    child := case when r.is_partitioned then '' else 'only ' end || r.relation;
    -- How many name anybody tells something only where the name is all there is to go by; it takes
    -- longer, because each row has to be opened.
    execute pg_catalog.format(
        case
            when r.known_by = 'name' then 'select count(*), count(c.%1$I) from %2$s c'
            else 'select count(*) from %2$s c'
        end,
        r.column_name, child
    )
    into survey_column.rows, survey_column.named;
    if r.kind = 'other' or r.refers_to in ('profile', 'auth') and not r.by_key then
        return;
    end if;
    same := case
        when r.kind = 'uuid' and r.fits_key then 'p.%1$I = c.%2$I'
        when r.kind = 'uuid' then 'p.%1$I = c.%2$I::pg_catalog.text'
        else 'p.%1$I::pg_catalog.text = c.%2$I::pg_catalog.text collate pg_catalog."C"'
    end;
    if r.kind = 'text' then
        user_id := rollcall.uuid_sql('m.held::pg_catalog.text');
        is_misspelt := pg_catalog.format(
            'exists (select from %s p where p.%I%s)',
            profiles, {{key_name_literal}},
            case when {{key_kind}} = 'uuid' then ' = u.id' else '::pg_catalog.text = u.id::pg_catalog.text' end
        );
    end if;
    execute pg_catalog.format(
        'with missing as materialized (
            select c.%1$I as held, count(*) as rows
            from %2$s c
            where c.%1$I is not null and not exists (select from %3$s p where %4$s)
            group by 1
        ), missing_users as materialized (
            select
                m.rows, u.id, %6$s as is_misspelt,
                exists (select from auth.users a where a.id = u.id offset 0) as is_in_auth
            from missing m
            cross join lateral (select %5$s offset 0) u (id)
        )
        select
            coalesce(pg_catalog.sum(m.rows) filter (where not m.is_misspelt), 0),
            coalesce(pg_catalog.sum(m.rows) filter (where m.id is null), 0),
            count(distinct m.id) filter (where not m.is_misspelt),
            count(distinct m.id) filter (where not m.is_misspelt and m.is_in_auth),
            coalesce(pg_catalog.sum(m.rows) filter (where not m.is_misspelt and m.is_in_auth), 0),
            coalesce(pg_catalog.sum(m.rows) filter (where m.is_misspelt), 0)
        from missing_users m',
        r.column_name, child, profiles, pg_catalog.format(same, {{key_name_literal}}, r.column_name),
        user_id, is_misspelt
    )
    into survey_column.orphaned, survey_column.no_uuid, survey_column.missing_users,
        survey_column.still_in_auth, survey_column.rows_in_auth, survey_column.misspelt;
end
$body$
$ddl$);
