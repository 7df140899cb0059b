//! What a profile column probably holds, from its name and type.

use super::candidates::plain;
use crate::{
    catalog::{CatalogColumn, Filled},
    mapping::Kind,
};

/// A source, as the file spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Guess {
    pub(super) spelled: &'static str,
    /// Whether every user has a value for it, whatever way they signed up.
    pub(super) is_certain: bool,
    /// Whether the auth user is the one who knows best, also later.
    pub(super) is_kept: bool,
}

const fn certain(spelled: &'static str) -> Guess {
    Guess {
        spelled,
        is_certain: true,
        is_kept: false,
    }
}

const fn perhaps(spelled: &'static str) -> Guess {
    Guess {
        spelled,
        is_certain: false,
        is_kept: false,
    }
}

/// The source of a column that is not the key; `has_email` says whether the table has the
/// e-mail address anyway, so that a name made of it gives nothing away.
pub(super) fn source(column: &CatalogColumn, has_email: bool) -> Option<Guess> {
    if column.filled == Filled::ByDatabase {
        return None;
    }
    let name = plain(column.name.text());
    match column.sql_type.kind {
        Kind::Text => text(&name, column, has_email),
        Kind::Boolean => boolean(&name),
        Kind::TimestampTz | Kind::Timestamp | Kind::Date => time(&name),
        Kind::Json => column.needs_source().then_some(certain("{ json = {} }")),
        Kind::Uuid => {
            let is_the_user = ["id", "userid", "authid", "authuserid", "uid"].contains(&&*name);
            (is_the_user && column.needs_source()).then_some(certain("\"id\""))
        }
        Kind::Other => None,
    }
}

fn text(name: &str, column: &CatalogColumn, has_email: bool) -> Option<Guess> {
    let guess = match name {
        "email" | "emailaddress" | "mail" | "useremail" => Guess {
            is_kept: true,
            ..perhaps("\"email\"")
        },
        "phone" | "phonenumber" | "mobile" | "mobilenumber" | "userphone" => Guess {
            is_kept: true,
            ..perhaps("\"phone\"")
        },
        "name" | "fullname" | "displayname" | "username" | "nickname" | "handle"
            if is_username(name) =>
        {
            // A name that its user is to choose is theirs to choose, unless there has to be one.
            if !column.needs_source() {
                return None;
            }
            perhaps(r#"["meta.user_name", "meta.preferred_username", "email_local_part"]"#)
        }
        "name" | "fullname" | "displayname" if has_email => {
            perhaps(r#"["meta.full_name", "meta.name", "email"]"#)
        }
        "name" | "fullname" | "displayname" => {
            perhaps(r#"["meta.full_name", "meta.name", "email_local_part"]"#)
        }
        "firstname" | "givenname" => perhaps(r#"["meta.first_name", "meta.given_name"]"#),
        "lastname" | "familyname" | "surname" => {
            perhaps(r#"["meta.last_name", "meta.family_name"]"#)
        }
        "avatarurl" | "avatar" | "picture" | "pictureurl" | "photourl" | "image" | "imageurl" => {
            perhaps(r#"["meta.avatar_url", "meta.picture"]"#)
        }
        "provider" | "authprovider" => perhaps("\"provider\""),
        "id" | "userid" | "authid" | "authuserid" | "uid" if column.needs_source() => {
            certain("\"id\"")
        }
        _ => return None,
    };
    Some(guess)
}

fn is_username(name: &str) -> bool {
    matches!(name, "username" | "nickname" | "handle")
}

fn boolean(name: &str) -> Option<Guess> {
    let kept = |spelled| Guess {
        is_kept: true,
        ..certain(spelled)
    };
    match name {
        "emailverified" | "emailconfirmed" | "isemailverified" | "isemailconfirmed" => {
            Some(kept("\"email_confirmed\""))
        }
        "phoneverified" | "phoneconfirmed" | "isphoneverified" | "isphoneconfirmed" => {
            Some(kept("\"phone_confirmed\""))
        }
        "isanonymous" | "anonymous" => Some(kept("\"is_anonymous\"")),
        "isssouser" => Some(certain("\"is_sso_user\"")),
        _ => None,
    }
}

fn time(name: &str) -> Option<Guess> {
    match name {
        "createdat" | "insertedat" | "joinedat" | "registeredat" | "signedupat" | "created"
        | "datecreated" => Some(certain("\"created_at\"")),
        "updatedat" | "modifiedat" | "lastupdated" | "updated" | "dateupdated" => {
            Some(certain("\"now\""))
        }
        _ => None,
    }
}

/// Whether a column says that its row counts as deleted.
pub(super) fn is_stamp(column: &CatalogColumn) -> bool {
    let name = plain(column.name.text());
    match column.sql_type.kind {
        Kind::TimestampTz | Kind::Timestamp | Kind::Date => {
            matches!(
                name.as_str(),
                "deletedat" | "removedat" | "softdeletedat" | "datedeleted"
            ) && !column.not_null
                && column.default.is_none()
        }
        Kind::Boolean => {
            matches!(
                name.as_str(),
                "deleted" | "isdeleted" | "removed" | "isremoved"
            ) && !column.needs_source()
        }
        _ => false,
    }
}
