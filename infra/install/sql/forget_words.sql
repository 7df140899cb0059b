-- Whoever is erased leaves a stand-in in the records of runs, so that counts and places stay: an id
-- of a form that nobody has, by chance otherwise.
call pg_temp.define('function', 'rollcall.nobody()', '', $ddl$
create or replace function rollcall.nobody()
returns uuid
language sql
volatile
set search_path = pg_temp
as $body$
    select pg_catalog.concat(
        '00000000-0000-0000-', pg_catalog.substr(pg_catalog.gen_random_uuid()::pg_catalog.text, 20)
    )::pg_catalog.uuid;
$body$
$ddl$);

call pg_temp.define('function', 'rollcall.replaced(uuid[],uuid[],uuid[])', '', $ddl$
create or replace function rollcall.replaced(ids uuid[], users uuid[], others uuid[])
returns uuid[]
language sql
stable
set search_path = pg_temp
as $body$
    select coalesce(pg_catalog.array_agg(coalesce(w.other, i.id) order by i.number), '{}')
    from pg_catalog.unnest(ids) with ordinality i (id, number)
    left join rows from (pg_catalog.unnest(users), pg_catalog.unnest(others)) w (user_id, other)
        on w.user_id = i.id;
$body$
$ddl$);

-- The same in a text, wherever it names one of them. `names` has the stand-in of each by the digits of
-- the id.
call pg_temp.define('function', 'rollcall.replaced(text,jsonb)', '', $ddl$
create or replace function rollcall.replaced(words text, names jsonb)
returns text
language plpgsql
immutable
set search_path = pg_temp
as $body$
declare
    named pg_catalog.text;
    other pg_catalog.text;
begin
    for named in
        select distinct m.words[1]
        from pg_catalog.regexp_matches(
            words, '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}', 'g'
        ) m (words)
    loop
        other := names ->> pg_catalog.replace(pg_catalog.lower(named), '-', '');
        if other is not null then
            words := pg_catalog.replace(words, named, other);
        end if;
    end loop;
    return words;
end
$body$
$ddl$);

-- The same in a list of texts, or a list of lists, where one is no more than an id, however it is
-- spelled.
call pg_temp.define('function', 'rollcall.replaced(text[],jsonb)', '', $ddl$
create or replace function rollcall.replaced(words text[], names jsonb)
returns text[]
language plpgsql
immutable
set search_path = pg_temp
as $body$
declare
    width constant integer := pg_catalog.array_length(words, 2);
    named pg_catalog.record;
begin
    for named in
        select w.place, names ->> pg_catalog.translate(pg_catalog.lower(w.word), '{}- ', '') as other
        from pg_catalog.unnest(words) with ordinality w (word, place)
        where names ? pg_catalog.translate(pg_catalog.lower(w.word), '{}- ', '')
    loop
        if width is null then
            words[named.place] := named.other;
        else
            words[(named.place - 1) / width + 1][(named.place - 1) % width + 1] := named.other;
        end if;
    end loop;
    return words;
end
$body$
$ddl$);

-- The same in these columns of a table, wherever a row's words name one of them. Answers in how many rows.
call pg_temp.define(
    'function', 'rollcall.wipe_words(regclass,text[],jsonb)', '', $ddl$
create or replace function rollcall.wipe_words(
    relation pg_catalog.regclass, columns text[], names jsonb
)
returns bigint
language plpgsql
set search_path = pg_temp
as $body$
declare
    statement pg_catalog.text;
    wiped bigint;
begin
    select pg_catalog.format(
        'update %s t set %s where %s', relation,
        pg_catalog.string_agg(
            pg_catalog.format(
                '%1$I = rollcall.replaced(t.%1$I::pg_catalog.text, $1)::%2$s', c.name,
                a.atttypid::pg_catalog.regtype
            ),
            ', '
        ),
        pg_catalog.string_agg(
            pg_catalog.format(
                't.%1$I::pg_catalog.text is distinct from rollcall.replaced(t.%1$I::pg_catalog.text, $1)', c.name
            ),
            ' or '
        )
    )
    into statement
    from pg_catalog.unnest(columns) c (name)
    join pg_catalog.pg_attribute a on a.attrelid = relation and a.attname = c.name;
    execute statement using names;
    get diagnostics wiped = row_count;
    return wiped;
end
$body$
$ddl$);
