//! What stands around the profile table: the application's trigger, and its child tables.

use super::candidates::{is_of_application, plain};
use crate::{
    catalog::{AuthTrigger, Catalog, CatalogColumn, Relation},
    mapping::Kind,
    names::{Name, Qualified},
    objects::Object,
};

/// Names of columns that hold a user's id, without case and underscores.
pub(crate) const USER_COLUMNS: &[&str] = &[
    "authorid",
    "createdby",
    "customerid",
    "memberid",
    "ownerid",
    "profileid",
    "userid",
];

/// Names of columns that may hold one, and the survey asks their values.
#[rustfmt::skip]
pub(crate) const PERHAPS_USER_COLUMNS: &[&str] = &[
    "accountid", "addedby", "approvedby", "assignedby", "assignedto", "assignee", "assigneeid",
    "author", "authuid", "buyerid", "changedby", "clientid", "createdbyid", "creator", "creatorid",
    "deletedby", "editedby", "editorid", "followeeid", "followerid", "followingid", "friendid",
    "hostid", "invitedby", "inviteeid", "inviterid", "leaderid", "managerid", "memberuid",
    "modifiedby", "owner", "ownedby", "owneruid", "participantid", "personid", "postedby",
    "publishedby", "receiverid", "recipientid", "referredby", "referrerid", "requestedby",
    "requesterid", "resolvedby", "reviewedby", "reviewerid", "sellerid", "sender", "senderid",
    "sentby", "studentid", "submittedby", "subscriberid", "supervisorid", "teacherid", "uid",
    "updatedby", "updatedbyid", "uploadedby", "uploaderid", "user", "userref", "verifiedby",
];

/// The application's own triggers that fire at a signup, those that name the table first.
pub(super) fn find_triggers<'a>(catalog: &'a Catalog, table: &Qualified) -> Vec<&'a AuthTrigger> {
    let mut triggers: Vec<&AuthTrigger> = catalog
        .triggers
        .iter()
        .filter(|trigger| {
            trigger.after_insert_row
                && !catalog.rollcall.once_made(&Object::Function(trigger.function.clone()))
                // Supabase's database webhooks send the user away; they write no profile.
                && trigger.function.schema.text() != "supabase_functions"
        })
        .collect();
    triggers.sort_by_key(|trigger| {
        let names_it = trigger.source.contains(table.name.text());
        (
            !names_it,
            trigger.name.text() != "on_auth_user_created",
            trigger.name.clone(),
        )
    });
    triggers
}

/// A child table's column, and how it is known.
#[derive(Debug)]
pub struct Child<'a> {
    /// The child table.
    pub table: &'a Qualified,
    /// The column.
    pub column: &'a Name,
    /// What it refers to, if a foreign key says so.
    pub target: Option<&'a Qualified>,
}

/// Columns that name a user, by a foreign key or by their name, for a profile table and its key.
#[must_use]
pub fn find_children<'a>(catalog: &'a Catalog, profiles: &Qualified, key: &Name) -> Vec<Child<'a>> {
    let is_text = catalog
        .relations
        .get(profiles)
        .and_then(|relation| relation.column(key))
        .is_some_and(|key| key.sql_type.kind == Kind::Text);
    let mut children = Vec::new();
    for (table, relation) in &catalog.relations {
        if !is_of_application(table, relation) {
            continue;
        }
        for column in &relation.columns {
            if table == profiles && column.name == *key {
                continue;
            }
            let target = target(relation, column, profiles, key);
            let fits = column.sql_type.kind == Kind::Uuid
                || column.sql_type.kind == Kind::Text && (is_text || target.is_some());
            let is_named_so = table != profiles
                && USER_COLUMNS.contains(&plain(column.name.text()).as_str())
                // A foreign key to some other table says what the name only hints at.
                && !relation.foreign_keys.iter().any(|key| key.column == column.name);
            if fits && (target.is_some() || is_named_so) {
                children.push(Child {
                    table,
                    column: &column.name,
                    target,
                });
            }
        }
    }
    children
}

fn target<'a>(
    relation: &'a Relation,
    column: &CatalogColumn,
    profiles: &Qualified,
    key: &Name,
) -> Option<&'a Qualified> {
    relation
        .foreign_keys
        .iter()
        .find(|foreign| {
            let to_profile = foreign.target == *profiles && foreign.target_column == *key;
            let to_auth =
                foreign.target.text() == "auth.users" && foreign.target_column.text() == "id";
            foreign.column == column.name && (to_profile || to_auth)
        })
        .map(|foreign| &foreign.target)
}
