-- The columns of the profile table's unique indexes, each as the index itself computes and compares
-- it: in its own type, by its own collation and operator, which no unqualified name would find.
call pg_temp.define('function', 'rollcall.unique_keys()', '', $ddl$
create or replace function rollcall.unique_keys(
    out index_id oid, out number integer, out value text, out equals text
)
returns setof record
language sql
stable
set search_path = pg_temp
as $body$
    select
        i.indexrelid,
        k.number,
        pg_catalog.format(
            '(%s)::%s',
            pg_catalog.pg_get_indexdef(i.indexrelid, k.number, true),
            pg_catalog.format_type(t.atttypid, -1)
        )
            || case
                when c.oid is null then ''
                else pg_catalog.format(' collate %I.%I', collated.nspname, c.collname)
            end,
        pg_catalog.format('operator(%I.%s)', compared.nspname, o.oprname)
    from pg_catalog.pg_index i
    cross join lateral pg_catalog.generate_series(1, i.indnkeyatts::integer) k (number)
    join pg_catalog.pg_attribute t on t.attrelid = i.indexrelid and t.attnum = k.number
    join pg_catalog.pg_opclass p on p.oid = i.indclass[k.number - 1]
    join pg_catalog.pg_amop a on a.amopfamily = p.opcfamily
        -- Three is equality in a b-tree, and only b-trees are unique.
        and (a.amoplefttype, a.amoprighttype, a.amopstrategy) = (p.opcintype, p.opcintype, 3)
    join pg_catalog.pg_operator o on o.oid = a.amopopr
    join pg_catalog.pg_namespace compared on compared.oid = o.oprnamespace
    left join (
        pg_catalog.pg_collation c
        join pg_catalog.pg_namespace collated on collated.oid = c.collnamespace
    ) on c.oid = i.indcollation[k.number - 1]
    where i.indrelid = {{table_literal}}::pg_catalog.regclass and i.indisunique;
$body$
$ddl$);

-- Whether a living or an orphaned profile holds the unique value that a user's row wants.
call pg_temp.define('function', 'rollcall.unique_reason(uuid,text)', '', $ddl$
create or replace function rollcall.unique_reason(the_user uuid, index_name text)
returns text
language plpgsql
stable
set search_path = pg_temp
as $body$
declare
    question pg_catalog.text;
    answer pg_catalog.text;
begin
    -- The index's own expressions and condition, over the table's rows and over the wanted one,
    -- whose columns have the same names.
    select pg_catalog.format(
        'select case when exists (
                select from rollcall.standing s
                where s.profile_key = held.holder and not s.is_deleted
            ) then ''unique_held_by_live'' else ''unique_held_by_orphan'' end
        from (select %1$s, %2$s as holder from %3$s where %4$s) held
        join (
            select %1$s
            from (select w.* from rollcall.wanted w where w.%5$s = $1) row_wanted
        ) wanted on %6$s
        order by 1
        limit 1',
        pg_catalog.string_agg(
            pg_catalog.format('%s as value_%s', k.value, k.number), ', ' order by k.number
        ),
        {{key_as_literal}}::pg_catalog.text,
        {{table_literal}}::pg_catalog.text,
        coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), 'true'),
        {{for_user_literal}}::pg_catalog.text,
        pg_catalog.string_agg(
            pg_catalog.format('held.value_%1$s %2$s wanted.value_%1$s', k.number, k.equals),
            ' and ' order by k.number
        )
    )
    into question
    from rollcall.unique_keys() k
    join pg_catalog.pg_index i on i.indexrelid = k.index_id
    join pg_catalog.pg_class c on c.oid = k.index_id
    where c.relname = unique_reason.index_name
    group by i.indexrelid, i.indrelid, i.indpred;
    if question is null then
        return 'other';
    end if;
    execute question into answer using the_user;
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
set search_path = pg_temp
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
        -- A division by zero is no value that does not fit.
        when state = '22012' then 'other'
        -- Data exceptions, and types that do not fit each other.
        when state like '22%' or state in ('42804', '42846') then 'cast'
        when state = '42501' then coalesce(
            (
                -- By its names: the right to name it may be just what is missing.
                select 'row_security'
                from pg_catalog.pg_class c
                join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where n.nspname = {{schema_literal}}
                    and c.relname = {{name_literal}}
                    and pg_catalog.row_security_active(c.oid)
            ),
            'permission'
        )
        else 'other'
    end;
end
$body$
$ddl$);

-- Writes the ledger. The next attempt waits a minute, then twice as long each time, up to a day.
-- The attempts of one transaction count as one.
call pg_temp.define('function', 'rollcall.record_failure(uuid,text,text)', '', $ddl$
create or replace function rollcall.record_failure(the_user uuid, state text, reason text)
returns void
language sql
set search_path = pg_temp
as $body$
    insert into rollcall.sync_failures as f (
        user_id, sqlstate, reason, first_failed_at, last_failed_at, attempts, next_attempt_at
    )
    select
        the_user, nullif(state, 'RC001'), reason, t.time, t.time, 1,
        -- A degraded profile is there; nothing is left to attempt.
        case when reason <> 'degraded' then t.time + interval '1 minute' end
    from pg_catalog.clock_timestamp() t (time)
    on conflict (user_id) do update
    set
        sqlstate = excluded.sqlstate,
        reason = excluded.reason,
        last_failed_at = excluded.last_failed_at,
        attempts = f.attempts + case when f.last_failed_at < now() then 1 else 0 end,
        next_attempt_at = case
            when excluded.reason <> 'degraded' then
                excluded.last_failed_at + least(
                    interval '1 minute' * pg_catalog.power(
                        2, least(f.attempts - case when f.last_failed_at < now() then 0 else 1 end, 11)
                    ),
                    interval '1 day'
                )
        end;
$body$
$ddl$);

-- After a failed attempt: the profile without the metadata that does not fit, or else the reason
-- in the ledger. Answers 'degraded', or the reason, or nothing if it all went well now.
call pg_temp.define('function', 'rollcall.recover(uuid,boolean,text,text,text,text)', '', $ddl$
create or replace function rollcall.recover(
    the_user uuid, everything boolean, state text, schema_name text, table_name text, constraint_name text
)
returns text
language plpgsql
set search_path = pg_temp
as $body$
declare
    reason pg_catalog.text;
{{recover_variables}}
begin
{{recover_degraded}}
    if state in ('55P03', '57014') then
        -- Whoever signs up has waited long enough: what follows in this transaction tries nothing.
        perform rollcall.mark('rollcall.gave_up', the_user);
    end if;
    reason := coalesce(
        reason, rollcall.reason_of(the_user, state, schema_name, table_name, constraint_name)
    );
    begin
        perform rollcall.record_failure(the_user, state, reason);
    exception
        -- A ledger that is missing must not cost the profile, either.
        when others or query_canceled or assert_failure then
            raise warning 'rollcall: % (SQLSTATE %) for user %, and no ledger (SQLSTATE %)',
                reason, state, the_user, sqlstate;
    end;
    return reason;
end
$body$
$ddl$);
