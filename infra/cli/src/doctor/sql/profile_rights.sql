-- What the roles of the Data API may do with the profile table, and whether policies hold them back.
select
    c.relrowsecurity as has_row_security,
    (select count(*) from pg_catalog.pg_policy p where p.polrelid = c.oid) as policies,
    array(
        select concat(r.name, ' may ', pg_catalog.string_agg(k.name, ', ' order by k.place))
        from (values ('public'), ('anon'), ('authenticated')) r (name)
        cross join (values (1, 'insert'), (2, 'update'), (3, 'delete'), (4, 'truncate')) k (place, name)
        where (r.name = 'public' or exists (select from pg_catalog.pg_roles g where g.rolname = r.name))
            and pg_catalog.has_schema_privilege(r.name, n.oid, 'usage')
            and case
                when k.place <= 2 then pg_catalog.has_any_column_privilege(r.name, c.oid, k.name)
                else pg_catalog.has_table_privilege(r.name, c.oid, k.name)
            end
        group by r.name
        order by r.name
    ) as writers
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2
