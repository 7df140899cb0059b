-- Whom a run could not give a profile: the first hundred, and how many for each reason.
call pg_temp.define('function', 'rollcall.run_refusals_of(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.run_refusals_of(
    the_run uuid, out user_id uuid, out reason text, out sqlstate text
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select f.user_id, f.reason, f.sqlstate
    from rollcall.run_refusals f
    where f.run_id = the_run and not rollcall.is_nobody(f.user_id)
    order by f.user_id
    limit 100;
$body$
$ddl$);

-- One user whom a run created a profile for, and which of the profile's columns hold something: what
-- is in them is nobody's business here. No row if the run created none.
call pg_temp.define('function', 'rollcall.sample_of_run(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.sample_of_run(
    the_run uuid, out user_id uuid, out is_in_auth boolean, out has_profile boolean, out columns text[]
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        m.user_id,
        exists (select from auth.users u where u.id = m.user_id),
        p.{{key}} is not null,
        array(
            select k.name
            from pg_catalog.jsonb_object_keys(pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(p))) k (name)
            where p.{{key}} is not null
        )
    from (
        select u.user_id
        from rollcall.run_batches b
        cross join lateral pg_catalog.unnest(b.created) with ordinality u (user_id, place)
        where b.run_id = the_run and not rollcall.is_nobody(u.user_id)
        order by b.begins_at, u.place
        limit 1
    ) m
    left join {{table}} p on p.{{key}} = {{made_key}};
$body$
$ddl$);

call pg_temp.define('function', 'rollcall.run_reasons(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.run_reasons(the_run uuid, out reason text, out users bigint)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select f.reason, count(*)
    from rollcall.run_refusals f
    where f.run_id = the_run
    group by f.reason
    order by f.reason;
$body$
$ddl$);

-- Whom of a planned set the database is likely to refuse, by what can be asked of all of them at
-- once: values that must be unique and are held, or wanted twice; values that must not be null; and
-- what the ledger says of earlier attempts. Only a trial would know more, and a trial fires the
-- application's triggers. Counts for each reason, with the first hundred users.
call pg_temp.define('function', 'rollcall.likely_refusals(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.likely_refusals(
    the_run uuid, out reason text, out sqlstate text, out users bigint, out first_users uuid[]
)
returns setof record
language plpgsql
security definer
{{writing_settings}}
set jit = off
as $body$
#variable_conflict use_column
declare
    candidate pg_catalog.text;
    candidates pg_catalog.text[];
    questions pg_catalog.text[] := array[
        -- What has just been asked about may no longer be so.
        'select f.user_id, f.reason, f.sqlstate, 2
        from planned
        join rollcall.sync_failures f on f.user_id = planned.user_id
        where f.reason not in (
            ''unique_held_by_live'', ''unique_held_by_orphan'', ''not_null'', ''degraded''
        )'
    ];
    whole pg_catalog.text;
begin
    select pg_catalog.array_agg(q.question) into candidates
    from (
        -- As in unique_reason: the index's own expressions and condition.
        select pg_catalog.format(
            'select w.for_user, case
                when held.holder is null then ''unique_held_by_live''
                when exists (
                    select from rollcall.standing s
                    where s.profile_key = held.holder and not s.is_deleted
                ) then ''unique_held_by_live''
                else ''unique_held_by_orphan''
            end, ''23505'', 1
            from (
                select
                    row_wanted.%5$s as for_user, %1$s,
                    pg_catalog.row_number() over (partition by %7$s) as turn
                from (select w.* from rollcall.wanted w) row_wanted
                join planned on planned.user_id = row_wanted.%5$s
                where %4$s
            ) w
            left join (select %1$s, %2$s as holder from %3$s where %4$s) held on %6$s
            where held.holder is not null or w.turn > 1 and %8$s',
            pg_catalog.string_agg(
                pg_catalog.format('%s as value_%s', k.value, k.number), ', ' order by k.number
            ),
            {{key_as_literal}}::pg_catalog.text,
            {{table_literal}}::pg_catalog.text,
            coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), 'true'),
            {{for_user_literal}}::pg_catalog.text,
            pg_catalog.string_agg(
                pg_catalog.format('held.value_%1$s %2$s w.value_%1$s', k.number, k.equals),
                ' and ' order by k.number
            ),
            pg_catalog.string_agg(k.value, ', ' order by k.number),
            pg_catalog.string_agg(
                pg_catalog.format('w.value_%s is not null', k.number), ' and ' order by k.number
            )
        ) as question
        from rollcall.unique_keys() k
        join pg_catalog.pg_index i on i.indexrelid = k.index_id
        -- A ghost's key is nobody's and not null; and without metadata that does not fit, there is
        -- a profile all the same.
        where not exists (
            select from pg_catalog.pg_attribute a
            where a.attrelid = i.indrelid
                and (
                    a.attname = {{key_name_literal}} and a.attnum = any (i.indkey)
                    or a.attname = any (
{{spared}}
                    ) and (
                        a.attnum = any (i.indkey)
                        or exists (
                            select from pg_catalog.pg_depend d
                            where d.objid = i.indexrelid
                                and (d.refobjid, d.refobjsubid) = (i.indrelid, a.attnum)
                        )
                    )
                )
        )
        group by i.indexrelid, i.indrelid, i.indpred
        union all
        select pg_catalog.format(
            'select w.%1$s, ''not_null'', ''23502'', 1
            from rollcall.wanted w join planned on planned.user_id = w.%1$s
            where w.%2$I is null',
            {{for_user_literal}}::pg_catalog.text, a.attname
        )
        from pg_catalog.pg_attribute a
        where a.attrelid = {{table_literal}}::pg_catalog.regclass and a.attnotnull and a.attnum > 0
            and not a.attisdropped and a.attname <> {{key_name_literal}}
    ) q;
    foreach candidate in array coalesce(candidates, '{}') loop
        begin
            execute 'with planned as (select null::pg_catalog.uuid as user_id) ' || candidate || ' limit 0';
            questions := questions || candidate;
        exception
            -- About a column that is not mapped.
            when others then null;
        end;
    end loop;
    whole := 'with planned as (
            select u.user_id
            from rollcall.run_plans p
            cross join lateral pg_catalog.unnest(p.user_ids) u (user_id)
            where p.run_id = $1
        ), likely as (
            select distinct on (user_id) user_id, reason, sqlstate
            from (%s) found (user_id, reason, sqlstate, rank)
            order by user_id, rank
        )
        select
            reason, sqlstate, count(*), (pg_catalog.array_agg(user_id order by user_id))[1:100]
        from likely
        group by reason, sqlstate
        order by reason, sqlstate';
    begin
        return query execute pg_catalog.format(
            whole, pg_catalog.array_to_string(questions, ' union all ')
        )
        using the_run;
    exception
        -- A value that some row does not give, a domain or a function of an index not accept: the
        -- ledger has met it, if it was ever tried.
        when others then
            return query execute pg_catalog.format(whole, questions[1]) using the_run;
    end;
end
$body$
$ddl$);
