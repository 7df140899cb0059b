//! Everything that can keep the triggers from their work, one thing at a time.

use rollcall_domain::trigger::State;

const SAME_TRIGGER: &str = "on auth.users for each row execute function public.handle_new_user()";
const OTHER_FUNCTION: &str = "create function public.theirs() returns trigger language plpgsql as
    'begin return new; end';";

/// Takes a line out of a function's definition, or puts one in the place of another.
fn edit(function: &str, old: &str, new: &str) -> String {
    format!(
        "do $do$ declare definition text := pg_get_functiondef('{function}'::regprocedure); begin
             if strpos(definition, $x${old}$x$) = 0 then raise 'nothing to edit'; end if;
             execute replace(definition, $x${old}$x$, $x${new}$x$);
         end $do$"
    )
}

/// What a superuser does to a world of the shape `VERIFIED_USERS`, the state that it comes to, and
/// what the sentence names.
pub type Mutant = (String, State, &'static str);

/// The triggers themselves.
fn of_triggers() -> Vec<Mutant> {
    let created = "trigger on_auth_user_created on auth.users";
    let replaced = |how: &str| format!("drop {created}; create trigger on_auth_user_created {how}");
    vec![
        (
            format!("drop {created}"),
            State::Missing,
            "on_auth_user_created",
        ),
        (
            "drop trigger rollcall_user_updated on auth.users".into(),
            State::Missing,
            "rollcall_user_updated",
        ),
        (
            "drop trigger rollcall_user_deleted on auth.users".into(),
            State::Missing,
            "rollcall_user_deleted",
        ),
        (
            "alter table auth.users disable trigger on_auth_user_created".into(),
            State::Disabled,
            "on_auth_user_created",
        ),
        (
            "alter table auth.users disable trigger user".into(),
            State::Disabled,
            "rollcall_user_deleted",
        ),
        (
            "alter table auth.users enable replica trigger on_auth_user_created".into(),
            State::ReplicaOnly,
            "replicas",
        ),
        (
            format!("alter {created} rename to on_auth_user_made"),
            State::Missing,
            "on_auth_user_created",
        ),
        (
            replaced(&format!("before insert {SAME_TRIGGER}")),
            State::Altered,
            "on_auth_user_created",
        ),
        (
            replaced(&format!("after update {SAME_TRIGGER}")),
            State::Altered,
            "on_auth_user_created",
        ),
        (
            replaced(&format!("after insert or update {SAME_TRIGGER}")),
            State::Altered,
            "on_auth_user_created",
        ),
        (
            replaced(
                "after insert on auth.users for each statement execute function public.handle_new_user()",
            ),
            State::Altered,
            "on_auth_user_created",
        ),
        (
            replaced(
                "after insert on auth.users for each row when (false) execute function public.handle_new_user()",
            ),
            State::Altered,
            "on_auth_user_created",
        ),
        (
            replaced(
                "after insert on public.users for each row execute function public.handle_new_user()",
            ),
            State::Missing,
            "on_auth_user_created",
        ),
        (
            format!(
                "{OTHER_FUNCTION} {}",
                replaced(
                    "after insert on auth.users for each row execute function public.theirs()"
                )
            ),
            State::Foreign,
            "on_auth_user_created",
        ),
        (
            "drop trigger rollcall_user_updated on auth.users;
             create trigger rollcall_user_updated after update of phone on auth.users
                 for each row execute function rollcall.on_user_updated()"
                .into(),
            State::Altered,
            "rollcall_user_updated",
        ),
    ]
}

/// Their functions.
fn of_functions() -> Vec<Mutant> {
    vec![
        (
            "drop function public.handle_new_user() cascade".into(),
            State::Missing,
            "on_auth_user_created",
        ),
        (
            edit("public.handle_new_user()", "is_plain", "check_deferred"),
            State::Altered,
            "on_auth_user_created",
        ),
        (
            "create or replace function public.handle_new_user() returns trigger language plpgsql
                 security definer set search_path = '' as 'begin return null; end'"
                .into(),
            State::Altered,
            "on_auth_user_created",
        ),
        (
            "alter function public.handle_new_user() owner to supabase_auth_admin".into(),
            State::Altered,
            "on_auth_user_created",
        ),
        (
            "alter function public.handle_new_user() security invoker".into(),
            State::Altered,
            "on_auth_user_created",
        ),
        (
            "alter function rollcall.on_user_deleted() security invoker".into(),
            State::Altered,
            "rollcall_user_deleted",
        ),
        (
            "alter function public.handle_new_user() set search_path = public".into(),
            State::Altered,
            "on_auth_user_created",
        ),
        (
            "alter function public.handle_new_user() reset lock_timeout".into(),
            State::Altered,
            "on_auth_user_created",
        ),
        (
            "revoke execute on function public.handle_new_user() from postgres".into(),
            State::Altered,
            "on_auth_user_created",
        ),
        (
            "grant execute on function rollcall.on_user_updated() to public".into(),
            State::Altered,
            "rollcall_user_updated",
        ),
    ]
}

/// What they rely on.
fn of_helpers() -> Vec<Mutant> {
    vec![
        (
            edit(
                "rollcall.record_failure(uuid,text,text)",
                "interval '1 day'",
                "interval '9 days'",
            ),
            State::Altered,
            "rollcall.record_failure",
        ),
        (
            "drop function rollcall.check_deferred()".into(),
            State::Altered,
            "rollcall.check_deferred() is missing",
        ),
        (
            "drop function rollcall.recover(uuid,boolean,text,text,text,text)".into(),
            State::Altered,
            "rollcall.recover",
        ),
        (
            "revoke execute on function rollcall.create_profile(uuid,boolean) from postgres".into(),
            State::Altered,
            "rollcall.create_profile",
        ),
        (
            "create or replace view rollcall.wanted as
                 select w.* from auth.users u cross join lateral
                     rollcall.wanted_from(u, u.raw_user_meta_data, u.raw_app_meta_data) w"
                .into(),
            State::Altered,
            "rollcall.wanted is not",
        ),
        (
            "drop view rollcall.standing cascade".into(),
            State::Altered,
            "rollcall.standing is missing",
        ),
        (
            "drop table rollcall.sync_failures".into(),
            State::Altered,
            "rollcall.sync_failures is missing",
        ),
        (
            "drop table rollcall.exclusions cascade".into(),
            State::Altered,
            "rollcall.exclusions is missing",
        ),
        (
            "alter table rollcall.sync_failures add note text not null".into(),
            State::Altered,
            "rollcall.sync_failures",
        ),
    ]
}

/// The profile table, and rights.
fn of_rights() -> Vec<Mutant> {
    vec![        ("alter table public.users rename to people".into(), State::Altered, "the table public.users is missing"),
        ("drop table public.users cascade".into(), State::Altered, "the table public.users is missing"),
        ("alter table public.users drop column email_verified".into(), State::Altered, "email_verified of public.users"),
        (
            "alter table public.users owner to supabase_admin; revoke all on public.users from postgres, service_role, anon, authenticated;
             grant select, update on public.users to postgres".into(),
            State::Altered,
            "postgres may not insert into public.users",
        ),
        (
            "alter table public.users owner to supabase_admin; revoke all on public.users from postgres, service_role, anon, authenticated;
             grant select, insert on public.users to postgres".into(),
            State::Altered,
            "postgres may not update public.users",
        ),
        (
            "revoke all on schema public from postgres, public, anon, authenticated, service_role, pg_database_owner;
             revoke pg_read_all_data from postgres".into(),
            State::Altered,
            "permission denied for schema public",
        ),
        ("revoke usage on schema auth from postgres, anon, authenticated, service_role;
             revoke pg_read_all_data from postgres".into(), State::Altered, "permission denied for schema auth"),
        (
            "revoke all on auth.users from postgres cascade; revoke pg_read_all_data from postgres".into(),
            State::Altered,
            "postgres may not select from auth.users",
        ),
        ("alter role postgres nobypassrls".into(), State::Altered, "row security hides auth.users from postgres"),
        (
            "alter table public.users enable row level security;
             alter table public.users force row level security;
             alter role postgres nobypassrls".into(),
            State::Altered,
            "row security hides public.users from postgres",
        ),
        (
            "alter table public.users enable row level security;
             alter table public.users owner to supabase_admin;
             grant all on public.users to postgres;
             alter role postgres nobypassrls".into(),
            State::Altered,
            "row security hides public.users from postgres",
        ),
    ]
}

/// All of them.
#[must_use]
pub fn all() -> Vec<Mutant> {
    [of_triggers(), of_functions(), of_helpers(), of_rights()].concat()
}
