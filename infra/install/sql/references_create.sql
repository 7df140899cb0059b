-- Profiles for the users of a part in these places: all at once, and where that fails one by one.
call pg_temp.define(
    'function', 'rollcall.create_planned(rollcall.reference_parts,bigint,bigint,integer)', '', $ddl$
create or replace function rollcall.create_planned(
    part rollcall.reference_parts, first bigint, past bigint, batch_size integer,
    out done bigint, out gone bigint
)
language plpgsql
{{writing_settings}}
set enable_seqscan = off
as $body$
#variable_conflict use_column
declare
    places bigint[];
    users pg_catalog.uuid[];
    strangers bigint[];
    ghosts pg_catalog.uuid[];
    present pg_catalog.uuid[];
    made pg_catalog.uuid[] := '{}'::pg_catalog.uuid[];
    candidate pg_catalog.uuid;
    answer pg_catalog.record;
    verdict pg_catalog.record;
    state pg_catalog.text;
begin
    execute 'select
            coalesce(pg_catalog.array_agg(k.place order by k.place) filter (where k.is_id), ''{}''),
            coalesce(pg_catalog.array_agg(case when k.is_id then k.user_id end::pg_catalog.uuid order by k.place)
                filter (where k.is_id), ''{}''),
            coalesce(pg_catalog.array_agg(k.place) filter (where not k.is_id), ''{}'')
        from (
            select
                k.place, k.user_id,
                k.user_id ~ ''^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'' as is_id
            from ' || rollcall.planned_sql(part) || ' k
        ) k'
    into places, users, strangers
    using first, past;
    perform rollcall.refuse_rows(part, strangers, 'no_uuid', null, null);
    select f.ghosts, f.present into ghosts, present from rollcall.face(users) f;
    if ghosts <> '{}' then
        begin
            if rollcall.insert_profiles(ghosts) <> pg_catalog.cardinality(ghosts) then
                raise exception 'not all were taken' using errcode = 'RC001';
            end if;
            made := ghosts;
        exception
            when others or assert_failure then
                if batch_size > 1 and (sqlstate = '55P03' or sqlstate like '40%') then
                    raise exception 'the batch met a lock' using errcode = sqlstate;
                elsif batch_size > 250 and pg_catalog.cardinality(ghosts) > 250 then
                    raise exception 'too many to be taken one by one' using errcode = 'RC002';
                end if;
                foreach candidate in array ghosts loop
                    select e.outcome, e.reason into answer from rollcall.ensure_profile(candidate) e;
                    if answer.outcome = 'created' then
                        made := made || candidate;
                    elsif answer.outcome in ('present', 'updated') then
                        present := present || candidate;
                    elsif answer.outcome = 'refused' then
                        state := (
                            select f.sqlstate from rollcall.sync_failures f where f.user_id = candidate
                        );
                        if pg_catalog.left(state, 2) = any ('{08,25,53,57,58}') then
                            raise exception 'the database could not take the profile now'
                                using errcode = state;
                        end if;
                        perform rollcall.refuse_rows(
                            part, array[places[pg_catalog.array_position(users, candidate)]],
                            answer.reason, state, null
                        );
                        strangers := strangers || places[pg_catalog.array_position(users, candidate)];
                    end if;
                end loop;
        end;
    end if;
    -- A trigger may have taken away again what was inserted.
    insert into rollcall.reference_changes (run_id, part, place, row_key, user_id, version)
    select part.run_id, part.part, x.place, array[x.user_id::pg_catalog.text], x.user_id::pg_catalog.text, v.version
    from rows from (pg_catalog.unnest(places), pg_catalog.unnest(users)) x (place, user_id)
    cross join lateral (
        select p.xmin as version
        from {{table}} p, (select x.user_id) u
        where p.{{key}} = {{undo_key}}
    ) v
    where x.user_id = any (made);
    delete from rollcall.sync_failures f where f.user_id = any (made);
    done := 0;
    gone := 0;
    for verdict in
        with faces as (
            select
                x.place,
                case
                    when c.place is not null then 'done'
                    when x.user_id = any (present) then
                        case
                            -- Of another table of the same run.
                            when exists (
                                select from rollcall.reference_changes o
                                where o.run_id = part.run_id and o.part < part.part
                                    and o.user_id = x.user_id::pg_catalog.text
                            ) then 'done'
                            else 'gone'
                        end
                    when x.user_id = any (made) then 'no_row'
                    when exists (select from rollcall.standing s where s.user_id = x.user_id) then 'excluded'
                    else 'unknown_user'
                end as face
            from rows from (pg_catalog.unnest(places), pg_catalog.unnest(users)) x (place, user_id)
            left join rollcall.reference_changes c
                on c.run_id = part.run_id and c.part = part.part and c.place = x.place
            where x.place <> all (strangers)
        )
        select f.face, pg_catalog.array_agg(f.place) as places
        from faces f
        group by f.face
    loop
        case verdict.face
            when 'done' then done := pg_catalog.cardinality(verdict.places);
            when 'gone' then gone := pg_catalog.cardinality(verdict.places);
            else perform rollcall.refuse_rows(part, verdict.places, verdict.face, null, null);
        end case;
    end loop;
end
$body$
$ddl$);
