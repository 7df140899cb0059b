-- The indexes that serve a column ($1 its table, $2 its number), and whatever else stands under the
-- names that one of ours could have ($3).
select
    x.relname::text as name,
    coalesce(
        i.indrelid = $1 and i.indkey[0] = $2 and i.indisvalid and i.indisready and i.indislive
            and m.amname in ('btree', 'hash')
            -- Its condition, if it has one, is that the column is not null.
            and (
                i.indpred is null
                or i.indpred::text ~ pg_catalog.format(
                    '^[{]NULLTEST :arg [{]VAR :varno 1 :varattno %s [^}]*[}] :nulltesttype 1 ', $2
                )
            ),
        false
    ) as serves,
    x.relname = any ($3) and x.relnamespace = c.relnamespace as has_our_name,
    coalesce(
        i.indrelid = $1 and i.indnatts = 1 and i.indkey[0] = $2 and i.indpred is null
            and not i.indisunique and not i.indisvalid,
        false
    ) as is_leftover,
    (
        select b.pid
        from pg_catalog.pg_stat_progress_create_index b
        where b.index_relid = x.oid
        limit 1
    ) as builder
from pg_catalog.pg_class c
join pg_catalog.pg_class x on true
left join pg_catalog.pg_index i on i.indexrelid = x.oid
left join pg_catalog.pg_am m on m.oid = x.relam
where c.oid = $1
    and (
        x.oid in (select o.indexrelid from pg_catalog.pg_index o where o.indrelid = $1)
        or x.relnamespace = c.relnamespace and x.relname = any ($3)
    )
order by x.relname
