-- A small application, as a team on Supabase would write it.
create table public.users (
    id uuid primary key,
    email text unique,
    name text,
    email_verified boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
);

create table public.orders (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users (id),
    item text not null
);
