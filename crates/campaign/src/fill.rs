//! The text of one template variable: fixed words and attributes of the person, with a fallback for
//! those who have none.
//!
//! `Hello {{first_name|friend}}` is fixed text and one attribute. Between the braces stand the attribute's
//! name and, after a bar, what those get who have no value. What a person has is never read as a pattern.

use std::fmt;

use thiserror::Error;

/// Characters of a parameter that Meta takes at the most (otherwise 132012).
pub const TEXT_CHARS_MAX: usize = 1024;
/// Characters of an attribute's name at the most.
pub const NAME_CHARS_MAX: usize = 64;
/// Spaces in a row that Meta takes at the most.
const SPACES_MAX: usize = 4;

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// Where a piece of the text comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// The same for everybody.
    Fixed(String),
    /// From the person. What has no attribute of its own, such as the name and the number, has a name
    /// of the caller's choice.
    Attribute {
        /// Which attribute.
        name: String,
        /// For those who have no value.
        fallback: Option<String>,
    },
}

/// The text of one variable, as somebody wrote it.
///
/// INVARIANT: it has at least one piece, and is not blank.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    pieces: Vec<Source>,
}

/// What is wrong with a pattern, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{wrong} (at character {at})")]
pub struct Fault {
    /// The character that it begins at; the first is 1.
    pub at: usize,
    /// What is wrong.
    pub wrong: Wrong,
}

/// What can be wrong with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Wrong {
    /// Nothing is in it.
    #[error("the text is empty: Meta takes no empty variable")]
    Empty,
    /// It cannot fit.
    #[error("the text is longer than {TEXT_CHARS_MAX} characters")]
    TooLong,
    /// No end.
    #[error("`{{{{` has no `}}}}` after it")]
    Unclosed,
    /// No begin.
    #[error("`}}}}` has no `{{{{` before it")]
    Unopened,
    /// One within another.
    #[error("`{{{{` stands within another `{{{{`")]
    Nested,
    /// No name.
    #[error("the name of an attribute is missing: want `{{{{name}}}}` or `{{{{name|fallback}}}}`")]
    NoName,
    /// A name that no attribute can have.
    #[error(
        "this is no name for an attribute: want 1 to {NAME_CHARS_MAX} characters without braces and `:`"
    )]
    BadName,
    /// A bar and nothing after it.
    #[error("the fallback after `|` is empty: write one, or leave the `|` out")]
    NoFallback,
    /// A fallback whose last sign would be read as one of the two that close.
    #[error("the fallback after `|` ends with `}}`: leave it out")]
    BraceAtEnd,
    /// A second bar.
    #[error("there is a second `|`: an attribute has one fallback")]
    SecondBar,
}

/// Why a person's text cannot be made. Without it Meta would refuse the message, so it is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Missing {
    /// No value and no fallback.
    #[error("the attribute `{name}` has no value, and there is no fallback")]
    Attribute {
        /// Which attribute.
        name: String,
    },
    /// With their values the text is too long.
    #[error(
        "with this person's values the text has {chars} characters; Meta takes {TEXT_CHARS_MAX}"
    )]
    TooLong {
        /// How long it is.
        chars: usize,
    },
}

/// Reads a pattern.
///
/// # Errors
/// The first thing that is wrong with it, and where.
pub fn parse(text: &str) -> Result<Pattern, Fault> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(OPEN) {
        let (before, slot) = rest.split_at(open);
        fixed(text, before, &mut pieces)?;
        let inside = slot.get(OPEN.len()..).unwrap_or_default();
        let Some(close) = inside.find(CLOSE) else {
            return Err(fault(text, slot, Wrong::Unclosed));
        };
        let (inside, after) = inside.split_at(close);
        pieces.push(attribute(text, inside)?);
        rest = after.get(CLOSE.len()..).unwrap_or_default();
    }
    fixed(text, rest, &mut pieces)?;
    let is_blank = pieces.iter().all(|piece| match piece {
        Source::Fixed(words) => clean(words).is_empty(),
        Source::Attribute { .. } => false,
    });
    if is_blank {
        return Err(fault(text, text, Wrong::Empty));
    }
    let pattern = Pattern { pieces };
    if pattern.fixed_chars() > TEXT_CHARS_MAX {
        return Err(fault(text, text, Wrong::TooLong));
    }
    Ok(pattern)
}

/// The text for one person; `value` knows what they have. A blank value is none.
///
/// Line breaks and tabs become spaces, and no more than four spaces stand in a row, as Meta demands.
///
/// # Errors
/// When a value is missing that has no fallback, or the text is too long.
pub fn fill(pattern: &Pattern, value: &impl Fn(&str) -> Option<String>) -> Result<String, Missing> {
    let mut text = String::new();
    for piece in &pattern.pieces {
        match piece {
            Source::Fixed(words) => text.push_str(words),
            Source::Attribute { name, fallback } => {
                let own = value(name).map(|own| clean(&own));
                let words = own
                    .filter(|own| !own.is_empty())
                    .or_else(|| fallback.clone())
                    .ok_or_else(|| Missing::Attribute { name: name.clone() })?;
                text.push_str(&words);
            }
        }
    }
    let text = clean(&text);
    let chars = text.chars().count();
    if chars > TEXT_CHARS_MAX {
        return Err(Missing::TooLong { chars });
    }
    Ok(text)
}

impl Pattern {
    /// The pieces in their order.
    #[must_use]
    pub fn pieces(&self) -> &[Source] {
        &self.pieces
    }

    /// The attributes that it asks for, each once, in the order of their first use.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for piece in &self.pieces {
            match piece {
                Source::Fixed(_) => {}
                Source::Attribute { name, .. } if names.contains(&name.as_str()) => {}
                Source::Attribute { name, .. } => names.push(name),
            }
        }
        names
    }

    fn fixed_chars(&self) -> usize {
        let fixed = self.pieces.iter().map(|piece| match piece {
            Source::Fixed(words) => words.as_str(),
            Source::Attribute { .. } => "",
        });
        clean(&fixed.collect::<String>()).chars().count()
    }
}

/// As it is written; reading it gives the same pattern.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Source::Fixed(words) => f.write_str(words)?,
                Source::Attribute {
                    name,
                    fallback: None,
                } => write!(f, "{OPEN}{name}{CLOSE}")?,
                Source::Attribute {
                    name,
                    fallback: Some(fallback),
                } => write!(f, "{OPEN}{name}|{fallback}{CLOSE}")?,
            }
        }
        Ok(())
    }
}

fn fixed(text: &str, words: &str, pieces: &mut Vec<Source>) -> Result<(), Fault> {
    if let Some(close) = words.find(CLOSE) {
        return Err(fault(text, words.split_at(close).1, Wrong::Unopened));
    }
    if !words.is_empty() {
        pieces.push(Source::Fixed(words.to_owned()));
    }
    Ok(())
}

/// What stands between the braces.
fn attribute(text: &str, inside: &str) -> Result<Source, Fault> {
    let wrong = |wrong| fault(text, inside, wrong);
    if let Some(open) = inside.find(OPEN) {
        return Err(fault(text, inside.split_at(open).1, Wrong::Nested));
    }
    let (name, fallback) = match inside.split_once('|') {
        Some((name, fallback)) => (name.trim(), Some(fallback)),
        None => (inside.trim(), None),
    };
    if name.is_empty() {
        return Err(wrong(Wrong::NoName));
    }
    let is_odd = |c: char| c.is_control() || matches!(c, '{' | '}' | ':');
    if name.contains(is_odd) || name.chars().count() > NAME_CHARS_MAX {
        return Err(wrong(Wrong::BadName));
    }
    let fallback = match fallback {
        None => None,
        Some(words) if words.contains('|') => return Err(fault(text, words, Wrong::SecondBar)),
        Some(words) => match clean(words) {
            words if words.is_empty() => return Err(wrong(Wrong::NoFallback)),
            words => Some(words),
        },
    };
    if fallback
        .as_deref()
        .is_some_and(|words| words.ends_with('}'))
    {
        return Err(wrong(Wrong::BraceAtEnd));
    }
    Ok(Source::Attribute {
        name: name.to_owned(),
        fallback,
    })
}

/// `rest` is a part of `text`: the fault is where it begins.
fn fault(text: &str, rest: &str, wrong: Wrong) -> Fault {
    let bytes = (rest.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text.get(..bytes).unwrap_or_default();
    Fault {
        at: before.chars().count() + 1,
        wrong,
    }
}

/// As Meta takes it: trimmed, no line break, tab or other control character, no more than four spaces in
/// a row. A run of spaces with a line break in it, or a longer one, becomes one space.
fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut gap = String::new();
    let mut is_broken = false;
    for c in text.trim().chars() {
        let breaks = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if breaks && !c.is_whitespace() {
            continue;
        }
        if c.is_whitespace() {
            gap.push(c);
            is_broken |= breaks;
            continue;
        }
        if is_broken || gap.chars().count() > SPACES_MAX {
            gap = " ".to_owned();
        }
        // Control characters that were left out may have hidden the spaces at the begin from `trim`.
        if !cleaned.is_empty() {
            cleaned.push_str(&gap);
        }
        cleaned.push(c);
        gap.clear();
        is_broken = false;
    }
    cleaned
}

#[cfg(test)]
mod tests;
