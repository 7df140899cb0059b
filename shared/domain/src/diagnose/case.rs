//! What a text is about, as far as it can be read: the key, and whom it names.

use uuid::Uuid;

use super::{
    look::{ForeignKey, Known, Target},
    told::{Side, Told},
};

/// The profile table, as the configuration has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProfileTable {
    pub(super) name: String,
    pub(super) key: String,
    pub(super) mode: String,
}

/// The key that a text is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Nothing where the catalog has none, and the text's could be anything.
    pub(super) name: Option<String>,
    pub(super) is_there: bool,
    pub(super) child: String,
    /// The same as SQL has it.
    pub(super) child_sql: String,
    pub(super) child_columns: Vec<String>,
    pub(super) parent: String,
    /// None where the key is not there.
    pub(super) parent_columns: Vec<String>,
    pub(super) target: Target,
}

/// What is asked, as far as it has been read.
#[derive(Debug, Clone, Default)]
pub(super) struct Case {
    pub(super) told: Option<Told>,
    pub(super) key: Option<Key>,
    pub(super) is_sure: bool,
    /// Which of the key's columns holds the user's id.
    pub(super) place: Option<usize>,
    pub(super) user_id: Option<Uuid>,
    pub(super) has_strange_value: bool,
}

impl Key {
    pub(super) fn there(key: ForeignKey) -> Self {
        Self {
            name: Some(key.name),
            is_there: true,
            child: key.child.text(),
            child_sql: key.child.sql(),
            child_columns: key.child_columns,
            parent: key.parent.text(),
            parent_columns: key.parent_columns,
            target: key.target,
        }
    }

    /// One that the catalog does not have.
    pub(super) fn new_one(
        name: Option<String>,
        child: &Known,
        column: &str,
        parent: &Known,
    ) -> Self {
        Self {
            name,
            is_there: false,
            child: child.table.text(),
            child_sql: child.table.sql(),
            child_columns: vec![column.to_owned()],
            parent: parent.table.text(),
            parent_columns: vec![],
            target: parent.target,
        }
    }

    /// Which of its columns holds the user's id.
    pub(super) fn place(&self, profile_key: &str) -> Option<usize> {
        let id = match self.target {
            Target::Profiles => profile_key,
            Target::Auth => "id",
            Target::OtherUsers | Target::Other => {
                return (self.child_columns.len() == 1).then_some(0);
            }
        };
        if !self.is_there {
            return Some(0);
        }
        self.parent_columns.iter().position(|column| column == id)
    }

    pub(super) fn words(&self) -> String {
        let columns = self.child_columns.join(", ");
        let columns = if self.child_columns.len() == 1 {
            columns
        } else {
            format!("({columns})")
        };
        let name = self
            .name
            .as_ref()
            .map_or_else(String::new, |name| format!(" ({name})"));
        let refers = if self.is_there {
            "refers to"
        } else {
            "was to refer to"
        };
        format!("{}.{columns} {refers} {}{name}", self.child, self.parent)
    }
}

impl Case {
    pub(super) fn of_user(user_id: Uuid) -> Self {
        Self {
            user_id: Some(user_id),
            ..Self::default()
        }
    }

    pub(super) fn of_text(told: Told, key: Option<Key>, is_sure: bool) -> Self {
        Self {
            told: Some(told),
            key,
            is_sure,
            ..Self::default()
        }
    }

    pub(super) fn user_id(&self) -> Option<Uuid> {
        self.user_id
    }

    /// Whose id the text shows, if it is the id of a user.
    pub(super) fn read_key(&mut self, table: &ProfileTable) {
        let Some(told) = &mut self.told else { return };
        let shown = told.key.as_ref();
        let Some(key) = &self.key else {
            // Without the constraint, one id alone can be meant.
            let values = shown.map_or(&[][..], |shown| &shown.values);
            let mut ids = values.iter().filter_map(|value| value.parse().ok());
            self.user_id = ids.next().filter(|_| ids.next().is_none());
            self.has_strange_value = values.len() == 1 && self.user_id.is_none();
            return;
        };
        self.place = key.place(&table.key);
        let (Some(place), Some(shown)) = (self.place, shown) else {
            return;
        };
        let of_child = shown.value(&key.child_columns[place]);
        let of_parent = key
            .parent_columns
            .get(place)
            .and_then(|column| shown.value(column));
        let value = match told.side {
            Some(Side::Child) => of_child,
            Some(Side::Parent) => of_parent,
            // In another language, the columns tell the side.
            None if of_child.is_some() => {
                told.side = Some(Side::Child);
                of_child
            }
            None => {
                told.side = of_parent.map(|_| Side::Parent);
                of_parent
            }
        };
        self.user_id = value.and_then(|value| value.parse().ok());
        self.has_strange_value = value.is_some() && self.user_id.is_none();
    }

    pub(super) fn side(&self) -> Option<Side> {
        self.told.as_ref().and_then(|told| told.side)
    }
}
