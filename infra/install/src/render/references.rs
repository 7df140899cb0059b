//! What the survey of references asks that is known here: which schemas are not the application's,
//! and what columns are called that hold a user's id.

use crate::{
    discover::{NOT_THE_APPLICATION, PERHAPS_USER_COLUMNS, USER_COLUMNS},
    mapping::Mapping,
    names::literal,
    render::{layout::filled, template::Values},
};

/// Sets the parts of the survey.
pub(super) fn set(values: &mut Values, mapping: &Mapping) {
    let kind = if mapping.key.is_text() {
        "text"
    } else {
        "uuid"
    };
    let names = [USER_COLUMNS, PERHAPS_USER_COLUMNS].concat();
    values
        .set_lines("image_settings", image_settings())
        .set("key_kind", literal(kind))
        .set_lines("not_the_application", list(NOT_THE_APPLICATION))
        .set_lines("user_columns", list(&names));
}

fn list(words: &[&str]) -> Vec<String> {
    let words: Vec<String> = words.iter().map(|word| literal(word)).collect();
    let lines = filled(&words, 5);
    lines
        .iter()
        .map(|line| line.trim_start().to_owned())
        .collect()
}

/// What the text of a value depends on: with these it says all there is, on the way out and in.
fn image_settings() -> Vec<String> {
    [
        "array_nulls = on",
        "extra_float_digits = 1",
        "datestyle = 'ISO, MDY'",
        "intervalstyle = 'postgres'",
        "timezone = 'UTC'",
        "bytea_output = 'hex'",
        "xmloption = 'content'",
        "lc_monetary = 'C'",
    ]
    .map(|setting| format!("set {setting}"))
    .to_vec()
}
