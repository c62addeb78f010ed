//! A template that is to be made: Meta's rules for it, looked at before Meta does, and the body of the call.

use std::collections::{BTreeMap, BTreeSet};

use consent::scope::Category;
use serde_json::{Value, json};

use super::{
    Status, category,
    shape::{Key, KeyKind},
};
use crate::loose;

/// Longest name, in characters.
pub const NAME_CHARS_MAX: usize = 512;
/// Longest text, in characters.
pub const BODY_CHARS_MAX: usize = 1_024;
/// Longest line above or below the text, in characters.
pub const LINE_CHARS_MAX: usize = 60;
/// Most buttons.
pub const BUTTONS_MAX: usize = 10;
/// Most buttons that open an address.
pub const URLS_MAX: usize = 2;
/// Most buttons that call a number.
pub const PHONES_MAX: usize = 1;
/// Longest label of a button, in characters.
pub const LABEL_CHARS_MAX: usize = 25;
/// Longest address of a button, in characters.
const URL_CHARS_MAX: usize = 2_000;
/// Most digits of a telephone number.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// A template to be made. [`Draft::check`] says whether Meta could take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// Its language, as `en_US`.
    pub language: String,
    /// What it is for.
    pub category: Category,
    /// The line above.
    pub header: Option<Text>,
    /// The text.
    pub body: Text,
    /// The small print below.
    pub footer: Option<String>,
    /// Its buttons.
    pub buttons: Vec<Key>,
}

/// Words with gaps like `{{1}}` or `{{first_name}}`, and what may stand in each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The words.
    pub text: String,
    /// An example for each gap, by its name.
    pub examples: BTreeMap<String, String>,
}

/// What Meta would not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadDraft {
    /// Which part of it.
    pub field: &'static str,
    /// Why.
    pub message: String,
}

/// A template that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Meta's id.
    pub id: String,
    /// Whether it may be used already; mostly not yet.
    pub status: Status,
    /// The category that Meta took it as.
    pub category: Option<Category>,
}

impl Draft {
    /// Looks at all that Meta says about templates.
    ///
    /// # Errors
    /// The first part that breaks a rule.
    pub fn check(&self) -> Result<(), BadDraft> {
        self.check_name()?;
        if let Some(header) = &self.header {
            let gaps = header.check("header", LINE_CHARS_MAX)?;
            if gaps.len() > 1 {
                return bad(
                    "header",
                    "the line above has two gaps: want one at most".to_owned(),
                );
            }
            one_line("header", &header.text)?;
        }
        let gaps = self.body.check("body", BODY_CHARS_MAX)?;
        let text = self.body.text.trim();
        if text.starts_with("{{") || text.ends_with("}}") {
            let why = "a gap stands at the beginning or the end of the text: want words around it";
            return bad("body", why.to_owned());
        }
        if let Some(header) = &self.header {
            let all = [gaps, gaps_of("header", &header.text)?].concat();
            let numbers = all.iter().filter(|gap| is_number(gap)).count();
            if numbers != 0 && numbers != all.len() {
                return mixed("header");
            }
        }
        if let Some(footer) = &self.footer {
            length("footer", footer, LINE_CHARS_MAX)?;
            one_line("footer", footer)?;
            no_gap("footer", footer)?;
        }
        self.check_buttons()
    }

    fn check_name(&self) -> Result<(), BadDraft> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let name = &self.name;
        if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.bytes().all(plain) {
            let why = format!(
                "`{name}` is no name for a template: want 1 to {NAME_CHARS_MAX} small letters, digits and _"
            );
            return bad("name", why);
        }
        if !is_language(&self.language) {
            let why = format!(
                "`{}` is no language of a template: want a code like en or pt_BR",
                self.language
            );
            return bad("language", why);
        }
        match self.category {
            Category::Marketing | Category::Utility => Ok(()),
            Category::Authentication | Category::Service => bad(
                "category",
                "this category cannot be made here: want marketing or utility".to_owned(),
            ),
        }
    }

    fn check_buttons(&self) -> Result<(), BadDraft> {
        let count = |kind| self.buttons.iter().filter(|key| key.kind == kind).count();
        for (have, max, what) in [
            (self.buttons.len(), BUTTONS_MAX, "buttons"),
            (count(KeyKind::Url), URLS_MAX, "address buttons"),
            (count(KeyKind::Phone), PHONES_MAX, "number buttons"),
        ] {
            if have > max {
                let why = format!("there are {have} {what}: want at most {max}");
                return bad("buttons", why);
            }
        }
        let mut labels = BTreeSet::new();
        for key in &self.buttons {
            length("buttons", &key.text, LABEL_CHARS_MAX)?;
            one_line("buttons", &key.text)?;
            no_gap("buttons", &key.text)?;
            if !labels.insert(key.text.trim()) {
                let why = format!("two buttons say `{}`: want each label once", key.text);
                return bad("buttons", why);
            }
            leads(key)?;
        }
        Ok(())
    }

    /// The parts, as a listing shows them.
    #[must_use]
    pub fn components(&self) -> Value {
        let mut parts = Vec::new();
        if let Some(header) = &self.header {
            let mut part = json!({"type": "HEADER", "format": "TEXT", "text": header.text});
            header.exemplify(&mut part, ["header_text", "header_text_named_params"]);
            parts.push(part);
        }
        let mut part = json!({"type": "BODY", "text": self.body.text});
        self.body
            .exemplify(&mut part, ["body_text", "body_text_named_params"]);
        parts.push(part);
        if let Some(footer) = &self.footer {
            parts.push(json!({"type": "FOOTER", "text": footer}));
        }
        if !self.buttons.is_empty() {
            let buttons = self.buttons.iter().map(|key| {
                let mut button = json!({"type": key.kind.meta(), "text": key.text});
                let member = match key.kind {
                    KeyKind::Url => Some("url"),
                    KeyKind::Phone => Some("phone_number"),
                    KeyKind::QuickReply | KeyKind::Other => None,
                };
                if let Some((member, to)) = member.zip(key.to.as_deref()) {
                    put(&mut button, member, json!(to));
                }
                button
            });
            parts.push(json!({"type": "BUTTONS", "buttons": buttons.collect::<Vec<_>>()}));
        }
        Value::Array(parts)
    }

    /// The body of the call that makes it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let texts = [Some(&self.body), self.header.as_ref()];
        let named = texts.into_iter().flatten().any(Text::is_named);
        json!({
            "name": self.name,
            "language": self.language,
            "category": self.category.word().to_ascii_uppercase(),
            "parameter_format": if named { "NAMED" } else { "POSITIONAL" },
            "components": self.components(),
        })
    }
}

impl Made {
    /// Reads the answer to the call.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let body = body.as_object()?;
        Some(Self {
            id: loose::id(body, "id")?,
            status: Status::read(&loose::text(body, "status").unwrap_or_else(|| "PENDING".into())),
            category: loose::text(body, "category").and_then(|word| category(&word)),
        })
    }
}

impl Text {
    /// Its gaps, each once, in the order that they are sent in.
    fn check(&self, field: &'static str, max: usize) -> Result<Vec<String>, BadDraft> {
        length(field, &self.text, max)?;
        let gaps = gaps_of(field, &self.text)?;
        let numbers: Vec<usize> = gaps.iter().filter_map(|gap| gap.parse().ok()).collect();
        if !numbers.is_empty() && numbers.len() != gaps.len() {
            mixed(field)?;
        }
        for (at, number) in numbers.iter().enumerate() {
            if *number != at + 1 {
                let why = format!(
                    "the gaps are not numbered in order: want {} before {number}",
                    at + 1
                );
                return bad(field, why);
            }
        }
        for gap in &gaps {
            let example = self.examples.get(gap).map_or("", |text| text.trim());
            if example.is_empty() {
                let why = format!("the gap `{gap}` has no example: Meta wants one for each");
                return bad(field, why);
            }
        }
        Ok(gaps)
    }

    fn is_named(&self) -> bool {
        super::shape::gaps(&self.text)
            .iter()
            .any(|gap| !is_number(gap))
    }

    /// Puts the examples to a part that has gaps.
    fn exemplify(&self, part: &mut Value, [by_place, by_name]: [&str; 2]) {
        let gaps = super::shape::gaps(&self.text);
        let of = |gap: &String| self.examples.get(gap).map_or("", |text| text.trim());
        let example = if gaps.is_empty() {
            return;
        } else if self.is_named() {
            let named = gaps
                .iter()
                .map(|gap| json!({"param_name": gap, "example": of(gap)}));
            json!({by_name: named.collect::<Vec<_>>()})
        } else {
            let examples: Vec<&str> = gaps.iter().map(of).collect();
            // The text may have several sets of examples, the line above has one.
            if by_place == "body_text" {
                json!({by_place: [examples]})
            } else {
                json!({by_place: examples})
            }
        };
        put(part, "example", example);
    }
}

fn put(part: &mut Value, member: &str, value: Value) {
    if let Some(part) = part.as_object_mut() {
        part.insert(member.to_owned(), value);
    }
}

fn bad<T>(field: &'static str, message: String) -> Result<T, BadDraft> {
    Err(BadDraft { field, message })
}

fn mixed<T>(field: &'static str) -> Result<T, BadDraft> {
    let why = "some gaps have numbers and others have names: want the one or the other";
    bad(field, why.to_owned())
}

fn length(field: &'static str, text: &str, max: usize) -> Result<(), BadDraft> {
    let count = text.trim().chars().count();
    if (1..=max).contains(&count) {
        return Ok(());
    }
    bad(field, format!("it has {count} characters: want 1 to {max}"))
}

fn one_line(field: &'static str, text: &str) -> Result<(), BadDraft> {
    if text.chars().any(char::is_control) {
        return bad(field, "it has more than one line: want one".to_owned());
    }
    Ok(())
}

fn no_gap(field: &'static str, text: &str) -> Result<(), BadDraft> {
    if text.contains("{{") || text.contains("}}") {
        return bad(field, "it has a gap, and nothing fills it here".to_owned());
    }
    Ok(())
}

/// The gaps of a text, each once; numbers by their value.
fn gaps_of(field: &'static str, text: &str) -> Result<Vec<String>, BadDraft> {
    let found = super::shape::gaps(text);
    let (mut left, mut marks) = (text, 0);
    while let Some((_, after)) = left.split_once("{{") {
        let inner = after
            .split_once("}}")
            .map(|(name, rest)| (name.trim(), rest));
        match inner.filter(|(name, _)| is_gap(name)) {
            Some((_, rest)) => left = rest,
            None => {
                let why = "a gap is not closed or has no plain name: want a number or a name like first_name";
                return bad(field, why.to_owned());
            }
        }
        marks += 1;
    }
    if text.matches("}}").count() != marks {
        let why = "a gap is closed that was not opened: want two braces before it";
        return bad(field, why.to_owned());
    }
    Ok(found)
}

fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit())
}

/// A number, or small letters, digits and `_` after a letter.
fn is_gap(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(plain);
    is_name || (is_number(name) && !name.starts_with('0'))
}

/// `en`, `fil`, `pt_BR`.
fn is_language(code: &str) -> bool {
    let (language, country) = code.split_once('_').unwrap_or((code, "US"));
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && (2..=3).contains(&country.len())
        && country.bytes().all(|b| b.is_ascii_uppercase())
}

fn leads(key: &Key) -> Result<(), BadDraft> {
    let to = key.to.as_deref().unwrap_or_default();
    match key.kind {
        KeyKind::QuickReply | KeyKind::Other => Ok(()),
        KeyKind::Url => {
            let is_web = to.starts_with("https://") || to.starts_with("http://");
            let is_plain = !to.contains(|c: char| c.is_whitespace() || c == '{' || c == '}');
            if is_web && is_plain && to.chars().count() <= URL_CHARS_MAX {
                return Ok(());
            }
            bad(
                "buttons",
                format!("`{to}` is no address for a button: want one like https://example.com"),
            )
        }
        KeyKind::Phone => {
            let digits = to.strip_prefix('+').unwrap_or_default();
            let is_plain = digits.bytes().all(|b| b.is_ascii_digit());
            if is_plain && PHONE_DIGITS.contains(&digits.len()) {
                return Ok(());
            }
            bad(
                "buttons",
                format!("`{to}` is no number for a button: want one like +442079460000"),
            )
        }
    }
}

#[cfg(test)]
mod tests;
