//! The names that stand in variables: which of them there are, and which nobody has.

use std::collections::BTreeSet;

use campaign::fill::{self, Source};
use store::campaign::CampaignLine;
use uuid::Uuid;

use super::{
    audience::Audience,
    plan::{Plan, Variant},
};
use crate::{app::House, error::Error};

/// The name under which a pattern asks for what people call themselves.
pub const NAME: &str = "name";
/// Attributes that are told of at the most.
const TOLD_MAX: u32 = 30;
/// Rows of a list that are looked at in one query.
const ROWS: u32 = 5_000;
/// Queries at the most: a column that is empty in all of these rows is as good as none.
const PAGES: usize = 4;

/// Whether a name in a pattern means a column of a list: `first_name` is `First name` too.
#[must_use]
pub fn is_alike(name: &str, column: &str) -> bool {
    folded(name) == folded(column)
}

/// Without upper case; blanks, `-` and `_` are one.
fn folded(name: &str) -> String {
    let sign = |sign: char| {
        if sign == '-' || sign.is_whitespace() {
            '_'
        } else {
            sign
        }
    };
    name.trim().to_lowercase().chars().map(sign).collect()
}

/// What can stand in a variable: `name`, the attributes that people have, and the columns of the list of a draft, where one is named.
///
/// # Errors
/// When the database does not answer.
pub async fn known(app: &House, list: Option<&str>) -> Result<Vec<String>, Error> {
    let mut names = vec![NAME.to_owned()];
    let attributes = app.store.attribute_keys(TOLD_MAX).await?;
    let columns = match list.and_then(|id| id.parse().ok()) {
        Some(id) => columns(app, id).await?,
        None => BTreeSet::new(),
    };
    for name in attributes.into_iter().chain(columns) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// The columns of the list of a draft beside the number, as far as its first rows have anything in them.
async fn columns(app: &House, id: Uuid) -> Result<BTreeSet<String>, Error> {
    let mut names = BTreeSet::new();
    let mut last = -1;
    for _ in 0..PAGES {
        let rows = app.store.list_page(id, last, ROWS).await?;
        let Some(end) = rows.last() else { break };
        last = end.place;
        for extra in rows.iter().filter_map(|row| row.extra.as_deref()) {
            let own: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(extra).unwrap_or_default();
            names.extend(own.into_iter().map(|(name, _)| name));
        }
    }
    Ok(names)
}

/// What is worth a second look in the variables and the audience of a draft to so many: a name that nobody has, single braces, and a tag
/// of nobody.
///
/// # Errors
/// When the database does not answer.
pub async fn warnings(
    app: &House,
    line: &CampaignLine,
    (plan, total): (&Plan, u64),
) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    if let Audience::Tag { tag } = &plan.audience
        && total == 0
    {
        found.push(format!("Nobody has the tag `{tag}`."));
    }
    let columns = match &plan.audience {
        Audience::Listed { csv: true, .. } => columns(app, line.id).await?,
        _ => BTreeSet::new(),
    };
    let (names, loose) = plan.variants.iter().map(asked).fold(
        (BTreeSet::new(), BTreeSet::new()),
        |(mut names, mut loose), (more, words)| {
            names.extend(more);
            loose.extend(words);
            (names, loose)
        },
    );
    for name in names {
        let is_column = columns.iter().any(|column| is_alike(&name, column));
        if name == NAME || is_column || app.store.count_attribute(&name, 1).await? > 0 {
            continue;
        }
        found.push(format!(
            "Nobody has an attribute `{name}`, and no column of the list is called so: everybody gets the fallback, or no message where there is none."
        ));
    }
    for word in loose {
        found.push(format!(
            "`{word}` stands in single braces and is sent as it is written: a variable wants two on each side."
        ));
    }
    Ok(found)
}

/// The names in the patterns of a variant, and the words in single braces beside them.
fn asked(variant: &Variant) -> (BTreeSet<String>, BTreeSet<String>) {
    let texts = variant
        .header
        .iter()
        .chain(&variant.body)
        .chain(&variant.buttons);
    let (mut names, mut loose) = (BTreeSet::new(), BTreeSet::new());
    for pattern in texts.filter_map(|text| fill::parse(text).ok()) {
        for piece in pattern.pieces() {
            match piece {
                Source::Attribute { name, .. } => {
                    names.insert(name.clone());
                }
                Source::Fixed(words) => loose.extend(in_braces(words)),
            }
        }
    }
    (names, loose)
}

/// Words in single braces, with these.
fn in_braces(words: &str) -> Vec<String> {
    let parts = words.split('{').skip(1);
    let inside = parts.filter_map(|part| part.split_once('}'));
    let is_name = |name: &str| {
        let name = name.split('|').next().unwrap_or_default().trim();
        !name.is_empty()
            && name
                .chars()
                .all(|sign| sign.is_alphanumeric() || " _-".contains(sign))
    };
    inside
        .filter(|(name, _)| is_name(name))
        .map(|(name, _)| format!("{{{name}}}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_however_its_name_is_written() {
        for column in ["First name", "FIRST-NAME", " first_name ", "first name"] {
            assert!(is_alike("first_name", column), "{column}");
        }
        assert!(!is_alike("first_name", "firstname") && !is_alike("first_name", "last_name"));
    }

    #[test]
    fn single_braces_are_noticed() {
        assert_eq!(
            in_braces("Hi {first_name}, {a|b} {} {1+1}"),
            ["{first_name}", "{a|b}"]
        );
        assert!(in_braces("nothing } here {").is_empty());
    }
}
