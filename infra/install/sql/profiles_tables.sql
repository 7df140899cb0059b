-- What a run on profiles wrote over, of each profile that it stamped: the columns of the run's scope,
-- each as text. An undo puts them back.
call pg_temp.define('table', 'rollcall.run_images', '', $ddl$
create table if not exists rollcall.run_images (
    run_id uuid not null references rollcall.runs on delete cascade,
    user_id uuid not null,
    image text[] not null,
    primary key (run_id, user_id)
);
alter table rollcall.run_images enable row level security
$ddl$);
