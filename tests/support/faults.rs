//! The library of faults: what goes wrong in a world that was well.

/// Something that goes wrong.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// What happens, in words.
    pub name: &'static str,
    /// Done before people sign up, each by a role.
    pub before: &'static [(&'static str, &'static str)],
    /// Done after they have.
    pub after: &'static [(&'static str, &'static str)],
    /// Whether they come by a restore.
    pub restored: bool,
    /// The right cause.
    pub kind: &'static str,
}

const FAULT: Fault = Fault {
    name: "",
    before: &[],
    after: &[],
    restored: false,
    kind: "unknown",
};

/// Everything that is done to a database by whoever is entitled to.
const OWNER: &str = "postgres";
const SUPER: &str = "supabase_admin";

/// All of them; each is done to a world of the shape `USERS`.
#[rustfmt::skip]
pub const FAULTS: &[Fault] = &[
    Fault { name: "a migration drops the trigger's function", kind: "trigger_missing",
        before: &[(OWNER, "drop function public.handle_new_user() cascade")], ..FAULT },
    Fault { name: "somebody disables the trigger", kind: "trigger_disabled",
        before: &[(SUPER, "alter table auth.users disable trigger on_auth_user_created")], ..FAULT },
    Fault { name: "the trigger fires for replicas only", kind: "trigger_replica_only",
        before: &[(SUPER, "alter table auth.users enable replica trigger on_auth_user_created")], ..FAULT },
    Fault { name: "a migration pastes another function", kind: "trigger_altered",
        before: &[(OWNER, "create or replace function public.handle_new_user() returns trigger
            language plpgsql security definer as $$ begin return new; end $$")], ..FAULT },
    Fault { name: "another trigger takes its name", kind: "trigger_foreign",
        before: &[(OWNER, "create function public.other() returns trigger
            language plpgsql as $$ begin return new; end $$;
            create or replace trigger on_auth_user_created after insert on auth.users
            for each row execute function public.other()")], ..FAULT },
    Fault { name: "a migration adds a column that may not be null", kind: "refused_not_null",
        before: &[(OWNER, "alter table public.users add plan text not null default 'free';
            alter table public.users alter plan drop default")], ..FAULT },
    Fault { name: "a check constraint that nobody satisfies", kind: "refused_check",
        before: &[(OWNER, "alter table public.users add constraint no check (email is null) not valid")],
        ..FAULT },
    Fault { name: "a column becomes a number", kind: "refused_cast",
        before: &[(OWNER, "alter table public.users drop column name;
            alter table public.users add name text;
            create function public.number() returns trigger language plpgsql as
                $$ begin perform new.email::int; return new; end $$;
            create trigger number before insert on public.users
            for each row execute function public.number()")], ..FAULT },
    Fault { name: "a foreign key to a table of teams", kind: "refused_foreign_key",
        before: &[(OWNER, "create table public.teams (id uuid primary key);
            alter table public.users add constraint team foreign key (id) references public.teams
            not valid")], ..FAULT },
    Fault { name: "e-mail addresses are held by profiles without users", kind: "refused_unique_held_by_orphan",
        before: &[(SUPER, "alter table public.users drop constraint if exists users_id_fkey;
            insert into public.users (id, email)
            select gen_random_uuid(), 'u' || n || '@example.com' from generate_series(100, 103) n;
            create unique index if not exists users_email on public.users (email)")], ..FAULT },
    Fault { name: "a trigger on the profile table returns nothing", kind: "refused_no_row",
        before: &[(OWNER, "create function public.nothing() returns trigger
            language plpgsql as $$ begin return null; end $$;
            create trigger nothing before insert on public.users
            for each row execute function public.nothing()")], ..FAULT },
    Fault { name: "a restore under the replica role", kind: "trigger_bypassed", restored: true, ..FAULT },
    Fault { name: "profiles deleted by hand", kind: "profiles_deleted",
        after: &[(OWNER, "delete from public.users")], ..FAULT },
    Fault { name: "the profile table truncated", kind: "profiles_truncated",
        after: &[(OWNER, "truncate public.users")], ..FAULT },
    // Two at once, of equal weight: neither alone explains it.
    Fault { name: "half are refused, half deleted", kind: "unknown",
        before: &[(OWNER, "alter table public.users add constraint no
            check (email not in ('u100@example.com', 'u101@example.com')) not valid")],
        after: &[(SUPER, "set session_replication_role = replica;
            delete from public.users where email in ('u102@example.com', 'u103@example.com')")], ..FAULT },
];
