//! Foreign words stay in their country: SQL in `store`, Meta's field names in `graph` and `sandbox`.

use crate::{
    finding::Finding,
    mask::{Masked, line_at},
    tree::Source,
};

/// Names that only Meta's JSON has. Words that are ours too (`wa_id`, `template`, `status`) are not here.
const META_FIELDS: [&str; 22] = [
    "biz_opaque_callback_data",
    "button_reply",
    "contacts_shared",
    "display_phone_number",
    "error_data",
    "fbtrace_id",
    "from_user_id",
    "identity_key_hash",
    "list_reply",
    "message_echoes",
    "message_status",
    "message_template_id",
    "message_template_language",
    "message_template_name",
    "messaging_product",
    "nfm_reply",
    "parent_user_id",
    "phone_number_id",
    "pricing_model",
    "recipient_identity_key_hash",
    "recipient_type",
    "user_preferences",
];

/// How a statement begins, and what must follow for it to be one.
const SQL: [(&str, &str); 9] = [
    ("select 1", ""),
    ("select ", " from "),
    ("insert into ", ""),
    ("insert or ", " into "),
    ("delete from ", ""),
    ("update ", " set "),
    ("create table ", ""),
    ("create index ", ""),
    ("with ", " as ("),
];

/// SQL, or its library, in a crate other than `store`.
pub fn sql_elsewhere(sources: &[Source]) -> Vec<Finding> {
    let mut found = Vec::new();
    for source in elsewhere(sources, &["store", "checks"]) {
        let masked = Masked::of(&source.text);
        let mut note = |line, what: &str| {
            let say =
                format!("`{what}`: only `store` names SQL; give `Store` or `Tx` a verb for it");
            found.push(Finding::new(&source.path, line, say));
        };
        for at in word(&masked.code, "sqlx") {
            note(line_at(&masked.code, at), "sqlx");
        }
        for (line, text) in masked.strings.iter().filter(|(_, text)| is_sql(text)) {
            note(*line, text.lines().next().unwrap_or_default());
        }
    }
    found
}

/// Meta's field names in the product code of a crate that should speak our words. Tests may hold webhook bodies.
pub fn meta_elsewhere(sources: &[Source]) -> Vec<Finding> {
    let mut found = Vec::new();
    for source in
        elsewhere(sources, &["graph", "sandbox", "checks"]).filter(|source| !source.is_test())
    {
        let product = Masked::of(&source.text).product();
        for field in META_FIELDS {
            let in_code = word(&product.code, field)
                .into_iter()
                .map(|at| line_at(&product.code, at));
            let strings = product
                .strings
                .iter()
                .filter(|(_, text)| is_field(text, field));
            for line in in_code.chain(strings.map(|(line, _)| *line)) {
                let say = format!(
                    "`{field}`: only `graph` names Meta's fields; have it read or write this"
                );
                found.push(Finding::new(&source.path, line, say));
            }
        }
    }
    found
}

fn elsewhere<'a>(sources: &'a [Source], home: &'a [&str]) -> impl Iterator<Item = &'a Source> {
    sources
        .iter()
        .filter(move |source| source.krate().is_some_and(|name| !home.contains(&name)))
}

fn is_sql(text: &str) -> bool {
    let text = text
        .trim_start()
        .to_ascii_lowercase()
        .replace(['\n', '\t'], " ");
    SQL.iter()
        .any(|(begins, holds)| text.starts_with(begins) && text.contains(holds))
}

/// A literal that is the name, or JSON that has it as a key; a sentence that mentions it is neither.
fn is_field(text: &str, field: &str) -> bool {
    text == field
        || text.contains(&format!("\"{field}\""))
        || text.contains(&format!("\\\"{field}\\\""))
}

/// Where a name stands as a whole identifier.
fn word(code: &str, name: &str) -> Vec<usize> {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(name)
        .filter(|(at, _)| {
            let before = code.get(..*at).and_then(|text| text.chars().next_back());
            let after = code
                .get(at + name.len()..)
                .and_then(|text| text.chars().next());
            !part(before) && !part(after)
        })
        .map(|(at, _)| at)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Vec<Source> {
        let (path, text) = (path.to_owned(), text.to_owned());
        vec![Source { path, text }]
    }

    #[test]
    fn sql_outside_the_store_is_found() {
        for text in [
            "let sql = \"select id from contact\";",
            "let sql = r\"\n  insert into contact values ($1)\";",
            "let sql = \"UPDATE contact SET name = $1\";",
            "let row = sqlx::query(x);",
        ] {
            assert_eq!(
                sql_elsewhere(&file("crates/server/src/a.rs", text)).len(),
                1,
                "{text}"
            );
            assert!(
                sql_elsewhere(&file("crates/store/src/a.rs", text)).is_empty(),
                "{text}"
            );
        }
    }

    #[test]
    fn plain_sentences_are_not_sql() {
        let text = "// select id from contact\nlet a = \"Update the settings\"; let b = \"Please select a list\";";
        assert!(sql_elsewhere(&file("crates/server/src/a.rs", text)).is_empty());
    }

    #[test]
    fn metas_fields_outside_graph_are_found_as_name_as_literal_and_in_json() {
        for text in [
            "struct Metadata { phone_number_id: String }",
            "let id = value[\"phone_number_id\"];",
            "let body = r#\"{\"phone_number_id\":1}\"#;",
            "let body = \"{\\\"phone_number_id\\\":1}\";",
        ] {
            assert_eq!(
                meta_elsewhere(&file("crates/server/src/a.rs", text)).len(),
                1,
                "{text}"
            );
            assert!(
                meta_elsewhere(&file("crates/graph/src/a.rs", text)).is_empty(),
                "{text}"
            );
        }
    }

    #[test]
    fn a_sentence_a_longer_name_and_a_test_may_say_them() {
        for text in [
            "let say = \"want the phone_number_id of the sender\";",
            "let my_phone_number_id_of_old = 1;",
            "#[cfg(test)]\nmod tests {\n    const BODY: &str = \"phone_number_id\";\n}",
        ] {
            assert!(
                meta_elsewhere(&file("crates/server/src/a.rs", text)).is_empty(),
                "{text}"
            );
        }
        let body = "let id = value[\"phone_number_id\"];";
        assert!(meta_elsewhere(&file("crates/server/tests/it.rs", body)).is_empty());
    }
}
