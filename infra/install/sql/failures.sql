-- Which living or orphaned profile holds the unique value that a user's row wants.
call pg_temp.define('function', 'rollcall.unique_reason(uuid,text)', '', $ddl$
create or replace function rollcall.unique_reason(the_user uuid, index_name text)
returns text
language plpgsql
stable
set search_path = ''
as $body$
declare
    matches text;
    answer text;
begin
    select pg_catalog.string_agg(
        pg_catalog.format('held.value_%1$s = wanted.value_%1$s', k.number), ' and ' order by k.number
    )
    into matches
    from pg_catalog.pg_index i
    cross join lateral pg_catalog.generate_series(1, i.indnkeyatts) k (number)
    where i.indrelid = {{table_literal}}::pg_catalog.regclass
        and i.indexrelid::pg_catalog.regclass::text = pg_catalog.format(
            '%I.%I', {{schema_literal}}::text, index_name
        );
    if matches is null then
        return 'other';
    end if;
    -- The index's own expressions, over the table's rows and over the wanted one, whose columns
    -- have the same names.
    execute (
        select pg_catalog.format(
            'select case when exists (
                    select from rollcall.standing s
                    where s.profile_key = held.holder and not s.is_deleted
                ) then ''unique_held_by_live'' else ''unique_held_by_orphan'' end
            from (select %1$s, {{key_in_format}} as holder from {{table_in_format}}) held
            join (select %1$s from (select {{wanted_list_in_format}} from rollcall.wanted w where w.for_user = $1) row_wanted) wanted
                on %2$s
            order by 1
            limit 1',
            pg_catalog.string_agg(
                pg_catalog.format(
                    '%s as value_%s', pg_catalog.pg_get_indexdef(i.indexrelid, k.number, true), k.number
                ),
                ', ' order by k.number
            ),
            matches
        )
        from pg_catalog.pg_index i
        cross join lateral pg_catalog.generate_series(1, i.indnkeyatts) k (number)
        where i.indexrelid = pg_catalog.format('%I.%I', {{schema_literal}}::text, index_name)::pg_catalog.regclass
    )
    into answer
    using the_user;
    return coalesce(answer, 'other');
exception
    -- An index on a column that is not mapped, or one that left meanwhile: no better word.
    when others then
        return 'other';
end
$body$
$ddl$);

-- The contract's word for why the database did not accept a profile.
call pg_temp.define('function', 'rollcall.reason_of(uuid,text,text,text,text)', '', $ddl$
create or replace function rollcall.reason_of(
    the_user uuid, state text, schema_name text, table_name text, constraint_name text
)
returns text
language plpgsql
stable
set search_path = ''
as $body$
begin
    return case
        when state = 'RC001' then 'no_row'
        when state = '23505' and schema_name = {{schema_literal}} and table_name = {{name_literal}}
            then rollcall.unique_reason(the_user, constraint_name)
        when state = '23502' then 'not_null'
        when state = '23503' then 'foreign_key'
        when state = '23514' then 'check'
        when state = '55P03' then 'lock_timeout'
        -- Data exceptions, and types that do not fit each other.
        when state like '22%' or state in ('42804', '42846') then 'cast'
        when state = '42501' then
            case when pg_catalog.row_security_active({{table_literal}}) then 'row_security' else 'permission' end
        else 'other'
    end;
exception
    -- The table itself may be what is missing.
    when others then
        return 'other';
end
$body$
$ddl$);

-- Writes the ledger. The next attempt waits a minute, then twice as long each time, up to a day.
call pg_temp.define('function', 'rollcall.record_failure(uuid,text,text)', '', $ddl$
create or replace function rollcall.record_failure(the_user uuid, state text, reason text)
returns void
language sql
set search_path = ''
as $body$
    insert into rollcall.sync_failures as f (
        user_id, sqlstate, reason, first_failed_at, last_failed_at, attempts, next_attempt_at
    )
    values (
        the_user, nullif(state, 'RC001'), reason,
        pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp(), 1,
        -- A degraded profile is there; nothing is left to attempt.
        case when reason <> 'degraded' then pg_catalog.clock_timestamp() + interval '1 minute' end
    )
    on conflict (user_id) do update
    set
        sqlstate = excluded.sqlstate,
        reason = excluded.reason,
        last_failed_at = excluded.last_failed_at,
        attempts = f.attempts + 1,
        next_attempt_at = case
            when excluded.reason <> 'degraded' then
                excluded.last_failed_at
                + least(interval '1 minute' * pg_catalog.power(2, least(f.attempts, 11)), interval '1 day')
        end;
$body$
$ddl$);

-- After a failed attempt: the profile without its metadata, or the reason in the ledger. Answers
-- 'degraded' or the reason.
call pg_temp.define('function', 'rollcall.recover(uuid,boolean,text,text,text,text)', '', $ddl$
create or replace function rollcall.recover(
    the_user uuid, everything boolean, state text, schema_name text, table_name text, constraint_name text
)
returns text
language plpgsql
set search_path = ''
as $body$
declare
    reason text;
begin
{{recover_degraded}}
    reason := coalesce(
        reason, rollcall.reason_of(the_user, state, schema_name, table_name, constraint_name)
    );
    perform rollcall.record_failure(the_user, state, reason);
    return reason;
end
$body$
$ddl$);
