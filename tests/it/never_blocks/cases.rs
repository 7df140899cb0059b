//! What can be broken, for an insert.

use super::{
    Case,
    Seen::{Ledger, Warning},
};

/// The application's table and its rights.
pub(super) const TABLES: &[Case] = &[
    Case {
        name: "a missing column",
        breaks: "alter table app.users rename column email to mail",
        seen: Ledger("42703", "other"),
        mends: "alter table app.users rename column mail to email",
    },
    Case {
        name: "a missing table",
        breaks: "alter table app.users rename to people",
        seen: Ledger("42P01", "other"),
        mends: "alter table app.people rename to users",
    },
    Case {
        name: "a missing schema",
        breaks: "alter schema app rename to application",
        seen: Ledger("42P01", "other"),
        mends: "alter schema application rename to app",
    },
    Case {
        name: "a missing right on the table",
        breaks: "revoke insert on app.users from postgres",
        seen: Ledger("42501", "permission"),
        mends: "grant insert on app.users to postgres",
    },
    Case {
        name: "a column of another type",
        breaks: "alter table app.users alter email type integer using null",
        seen: Ledger("42804", "cast"),
        mends: "alter table app.users alter email type text",
    },
    Case {
        name: "a column that has become generated",
        breaks: "alter table app.users drop email;
            alter table app.users add email text generated always as (id::text) stored",
        seen: Ledger("428C9", "other"),
        mends: "alter table app.users drop email;
            alter table app.users add email text constraint users_email_key unique",
    },
    Case {
        name: "a key without its index",
        breaks: "alter table app.users drop constraint users_pkey",
        seen: Ledger("42P10", "other"),
        mends: "alter table app.users add primary key (id)",
    },
    Case {
        name: "a rule that takes the row away",
        breaks: "create rule nothing as on insert to app.users do instead nothing",
        seen: Ledger("", "no_row"),
        mends: "drop rule nothing on app.users",
    },
    Case {
        name: "a rule that does something besides",
        breaks: "create rule something as on insert to app.users do also notify something",
        seen: Ledger("0A000", "other"),
        mends: "drop rule something on app.users",
    },
    Case {
        name: "a default that divides by zero",
        breaks: "alter table app.users add share integer;
            alter table app.users alter share set default 1 / length('')",
        seen: Ledger("22012", "other"),
        mends: "alter table app.users drop share",
    },
    Case {
        name: "an index whose expression fails",
        breaks: "alter table app.users add share integer;
            alter table app.users alter share set default 0;
            create index share_index on app.users ((1 / share))",
        seen: Ledger("22012", "other"),
        mends: "alter table app.users drop share",
    },
];

/// Constraints that are checked at once.
pub(super) const CONSTRAINTS: &[Case] = &[
    Case {
        name: "a column that needs a value and gets none",
        breaks: "alter table app.users add plan text not null default 'free';
            alter table app.users alter plan drop default",
        seen: Ledger("23502", "not_null"),
        mends: "alter table app.users drop plan",
    },
    Case {
        name: "a unique value that an orphan holds",
        breaks: "insert into app.users (id, email)
            values ('ffffffff-0000-4000-8000-000000000000', 'THE-EMAIL')",
        seen: Ledger("23505", "unique_held_by_orphan"),
        mends: "delete from app.users where id = 'ffffffff-0000-4000-8000-000000000000'",
    },
    Case {
        name: "a unique value that somebody else holds",
        breaks: "update app.users set email = 'THE-EMAIL'
            where id = '00000000-0000-4000-8000-000000000001'",
        seen: Ledger("23505", "unique_held_by_live"),
        mends: "update app.users set email = null
            where id = '00000000-0000-4000-8000-000000000001'",
    },
    Case {
        name: "an expression that is unique, under a condition",
        breaks: "create unique index first_letter on app.users (lower(left(email, 7)))
            where deleted_at is null and id >= 'f0000000-0000-4000-8000-000000000000';
            alter table app.users alter deleted_at set default null;
            insert into app.users (id, email)
            values ('ffffffff-0000-4000-8000-000000000000', 'THE-EMAIL')",
        seen: Ledger("23505", "unique_held_by_orphan"),
        mends: "drop index app.first_letter;
            delete from app.users where id = 'ffffffff-0000-4000-8000-000000000000'",
    },
    Case {
        name: "a check",
        breaks: "alter table app.users add constraint no_mail check (email is null) not valid",
        seen: Ledger("23514", "check"),
        mends: "alter table app.users drop constraint no_mail",
    },
    Case {
        name: "a domain",
        breaks: "create domain app.short as text check (length(value) < 5);
            alter table app.users alter email type app.short using null",
        seen: Ledger("23514", "check"),
        mends: "alter table app.users alter email type text; drop domain app.short",
    },
    Case {
        name: "a length",
        breaks: "alter table app.users alter email type varchar(8) using null",
        seen: Ledger("22001", "cast"),
        mends: "alter table app.users alter email type text",
    },
    Case {
        name: "a foreign key",
        breaks: "alter table app.users add tenant uuid default gen_random_uuid();
            alter table app.users add constraint of_tenant foreign key (tenant)
            references app.tenants not valid",
        seen: Ledger("23503", "foreign_key"),
        mends: "alter table app.users drop tenant",
    },
    Case {
        name: "an exclusion",
        breaks: "alter table app.users add tenant integer;
            update app.users set tenant = 1 where id = '00000000-0000-4000-8000-000000000001';
            alter table app.users alter tenant set default 1;
            alter table app.users add constraint one_each exclude using btree (tenant with =)",
        seen: Ledger("23P01", "other"),
        mends: "alter table app.users drop tenant",
    },
];

/// Triggers of the application's on the profile table.
pub(super) const TRIGGERS: &[Case] = &[
    Case {
        name: "a trigger that raises",
        breaks: "create trigger t before insert or update on app.users
            for each row execute function app.raise('P0001')",
        seen: Ledger("P0001", "other"),
        mends: "drop trigger t on app.users",
    },
    Case {
        name: "a trigger that says what the profile's own key would say",
        breaks: "create trigger t before insert or update on app.users
            for each row execute function app.raise('23505')",
        seen: Ledger("23505", "other"),
        mends: "drop trigger t on app.users",
    },
    Case {
        name: "a trigger that raises afterwards",
        breaks: "create trigger t after insert or update on app.users
            for each row execute function app.raise('22023')",
        seen: Ledger("22023", "cast"),
        mends: "drop trigger t on app.users",
    },
    Case {
        name: "a trigger that takes no row",
        breaks: "create trigger t before insert on app.users
            for each row execute function app.skip()",
        seen: Ledger("", "no_row"),
        mends: "drop trigger t on app.users",
    },
    Case {
        name: "a failed assertion",
        breaks: "create trigger t before insert or update on app.users
            for each row execute function app.insist()",
        seen: Ledger("P0004", "other"),
        mends: "drop trigger t on app.users",
    },
    Case {
        name: "a trigger without bottom",
        breaks: "create trigger t before insert on app.users
            for each row execute function app.dive()",
        seen: Ledger("54001", "other"),
        mends: "drop trigger t on app.users",
    },
];

/// Rollcall's own things.
pub(super) const OWN: &[Case] = &[
    Case {
        name: "no wanted row",
        breaks: "drop function rollcall.wanted_from(auth.users, jsonb, jsonb) cascade",
        seen: Ledger("42883", "other"),
        mends: "install",
    },
    Case {
        name: "no exclusions",
        breaks: "drop table rollcall.exclusions cascade",
        seen: Ledger("42P01", "other"),
        mends: "install",
    },
    Case {
        name: "no schema",
        breaks: "drop schema rollcall cascade",
        seen: Warning("3F000", "3F000"),
        mends: "install",
    },
    Case {
        name: "no recovery",
        breaks: "drop function rollcall.recover(uuid, boolean, text, text, text, text);
            alter table app.users rename to people",
        seen: Warning("42P01", "42883"),
        mends: "alter table app.people rename to users; install",
    },
    Case {
        name: "no ledger",
        breaks: "drop table rollcall.sync_failures; alter table app.users rename to people",
        seen: Warning("42P01", "42P01"),
        mends: "alter table app.people rename to users; install",
    },
    Case {
        name: "no right on the ledger",
        breaks: "revoke insert on rollcall.sync_failures from postgres;
            alter table app.users rename to people",
        seen: Warning("42P01", "42501"),
        mends: "alter table app.people rename to users;
            grant insert on rollcall.sync_failures to postgres",
    },
    Case {
        name: "a trigger on the ledger",
        breaks: "create trigger t before insert on rollcall.sync_failures
            for each row execute function app.raise('57014');
            alter table app.users rename to people",
        seen: Warning("42P01", "57014"),
        mends: "alter table app.people rename to users;
            drop trigger t on rollcall.sync_failures",
    },
];
