//! Texts with holes that are filled for each person: `Hello {{first_name|there}}`.

use serde::{Serialize, Serializer};

/// A text with holes. A hole is `{{attribute}}`, `{{answer:s1}}` or `{{event:key}}`; behind a `|` stands what fills it
/// where there is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pieces: Vec<Piece>,
    source: String,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words as they are.
    Words(String),
    /// What is filled in.
    Hole(Hole),
}

/// What is filled in for each person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Where it comes from.
    pub from: From,
    /// What stands there where there is nothing; often empty.
    pub otherwise: String,
}

/// Where the words of a hole come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// An attribute of the person.
    Attribute(String),
    /// The answer that this step took.
    Answer(String),
    /// What the event that began the journey brought along.
    Event(String),
}

impl Text {
    /// Reads a text.
    ///
    /// # Errors
    /// When a hole is not closed or names nothing, as a sentence without a capital.
    pub fn read(source: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = source;
        while let Some((before, behind)) = rest.split_once("{{") {
            if !before.is_empty() {
                pieces.push(Piece::Words(before.to_owned()));
            }
            let Some((inside, after)) = behind.split_once("}}") else {
                return Err(
                    "`{{` is not closed: want a variable like {{first_name|there}}".to_owned(),
                );
            };
            pieces.push(Piece::Hole(hole(inside)?));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Words(rest.to_owned()));
        }
        let source = source.to_owned();
        Ok(Self { pieces, source })
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Its parts in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Its holes in order.
    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Words(_) => None,
            Piece::Hole(hole) => Some(hole),
        })
    }

    /// Whether nothing but white space may be left of it, for somebody of whom we know nothing: Meta takes no empty text.
    #[must_use]
    pub fn may_be_empty(&self) -> bool {
        self.pieces.iter().all(|piece| match piece {
            Piece::Words(words) => words.trim().is_empty(),
            Piece::Hole(hole) => hole.otherwise.trim().is_empty(),
        })
    }

    /// The text for one person, cut after so many characters.
    #[must_use]
    pub fn fill<'a>(&self, chars_max: usize, find: impl Fn(&From) -> Option<&'a str>) -> String {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Words(words) => filled.push_str(words),
                Piece::Hole(hole) => {
                    let found = find(&hole.from).filter(|found| !found.trim().is_empty());
                    filled.push_str(found.unwrap_or(&hole.otherwise));
                }
            }
        }
        match filled.char_indices().nth(chars_max) {
            Some((end, _)) => filled.get(..end).unwrap_or_default().to_owned(),
            None => filled,
        }
    }
}

fn hole(inside: &str) -> Result<Hole, String> {
    let (name, otherwise) = inside.split_once('|').unwrap_or((inside, ""));
    let name = name.trim();
    let (from, named): (fn(String) -> From, &str) = match name.split_once(':') {
        None => (From::Attribute, name),
        Some(("answer", step)) => (From::Answer, step),
        Some(("event", key)) => (From::Event, key),
        Some((other, _)) => {
            return Err(format!(
                "`{{{{{other}:` fills in nothing: want an attribute's name, `answer:` and a step, or `event:` and a key"
            ));
        }
    };
    if named.is_empty() || named.contains(['{', '}']) || named.chars().any(char::is_control) {
        return Err(format!(
            "`{{{{{inside}}}}}` names nothing: want a variable like {{{{first_name|there}}}}"
        ));
    }
    if otherwise.contains(['{', '}']) {
        return Err(format!(
            "`{{{{{inside}}}}}` has a variable in itself: want plain words behind the `|`"
        ));
    }
    Ok(Hole {
        from: from(named.to_owned()),
        otherwise: otherwise.to_owned(),
    })
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        Text::read(text).unwrap().fill(20, |from| match from {
            From::Attribute(name) => (name == "name").then_some("Ana"),
            From::Answer(step) => (step == "s1").then_some("blue"),
            From::Event(_) => Some("  "),
        })
    }

    #[test]
    fn holes_are_filled_or_say_something_else() {
        assert_eq!(filled("Hi {{name|you}}!"), "Hi Ana!");
        assert_eq!(filled("Hi {{ other |you}}!"), "Hi you!");
        assert_eq!(filled("{{answer:s1}}, {{event:x|none}}"), "blue, none");
        assert_eq!(filled("{{other}}"), "");
        assert_eq!(filled("a } b { c"), "a } b { c");
    }

    #[test]
    fn a_filled_text_is_cut_between_characters() {
        assert_eq!(filled("äääääääääääääääääääääää"), "ä".repeat(20));
    }

    #[test]
    fn what_is_filled_in_is_not_read_again() {
        let text = Text::read("{{name}}").unwrap();
        assert_eq!(text.fill(50, |_| Some("{{secret}}")), "{{secret}}");
    }

    #[test]
    fn a_hole_names_something_and_is_closed() {
        for bad in [
            "{{name",
            "{{}}",
            "{{|there}}",
            "{{answer:}}",
            "{{other:x}}",
            "{{a{{b}}}}",
            "{{a|{b}}",
        ] {
            assert!(Text::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_text_of_holes_alone_needs_words_for_strangers() {
        assert!(Text::read(" {{name}} ").unwrap().may_be_empty());
        assert!(!Text::read("{{name|you}}").unwrap().may_be_empty());
        assert!(!Text::read("Hi {{name}}").unwrap().may_be_empty());
    }
}
