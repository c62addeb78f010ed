//! What people wrote, as part of a page: escaped for HTML, and unable to turn the writing around it.
//!
//! Unicode has signs that turn the direction of writing until another sign ends that. In a name they would reach out of the name,
//! and an element of its own does not hold them: a sign that ends what the name did not begin ends what the page began.

use std::{borrow::Cow, fmt};

use askama::filters::{Escaper, Html};

/// Begin something that turns, until the one or the other end.
const EMBEDDINGS: [char; 4] = ['\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}'];
const ISOLATES: [char; 3] = ['\u{2066}', '\u{2067}', '\u{2068}'];
/// Ends an embedding.
const END_EMBEDDING: char = '\u{202c}';
/// Ends an isolate, and whatever was begun in it.
const END_ISOLATE: char = '\u{2069}';
/// Whatever comes between, comes apart from both sides.
const APART: char = '\u{2068}';

/// No page may hold it; what it shows as.
const NONE: char = '\0';
const SHOWN: char = '\u{fffd}';

/// How templates write texts; `askama.toml` names it.
#[derive(Debug, Clone, Copy)]
pub struct Apart;

impl Escaper for Apart {
    fn write_escaped_str<W: fmt::Write>(&self, dest: W, text: &str) -> fmt::Result {
        Html.write_escaped_str(dest, &balanced(text))
    }
}

/// The same text, in which everything that turns the writing ends in its own line, nothing ends that did not begin, and
/// every sign is one that a page may hold.
#[must_use]
pub fn balanced(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| c == NONE || turns(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<char> = Vec::new();
    for c in text.chars() {
        if EMBEDDINGS.contains(&c) {
            open.push(END_EMBEDDING);
        } else if ISOLATES.contains(&c) {
            open.push(END_ISOLATE);
        } else if c == END_EMBEDDING && open.pop_if(|end| *end == c).is_none() {
            continue;
        } else if c == END_ISOLATE {
            let Some(begin) = open.iter().rposition(|end| *end == c) else {
                continue;
            };
            open.truncate(begin);
        } else if ends_a_line(c) {
            out.extend(open.drain(..).rev());
        }
        out.push(if c == NONE { SHOWN } else { c });
    }
    out.extend(open.drain(..).rev());
    Cow::Owned(out)
}

/// A text to be put into a sentence: apart from it, where it is written in the other direction or turns the writing.
#[must_use]
pub fn in_sentence(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| turns(c) || is_from_right(c)) {
        Cow::Owned(format!("{APART}{}{END_ISOLATE}", balanced(text)))
    } else {
        Cow::Borrowed(text)
    }
}

fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Where a paragraph ends, so does everything that turns it.
fn ends_a_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2029}')
}

/// The blocks of scripts that are written from right to left, and the marks that act like one of their letters.
fn is_from_right(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{200f}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_begun_is_ended_and_nothing_else_is() {
        for (text, want) in [
            ("Ana <b>", "Ana <b>"),
            ("\u{202e}Ana", "\u{202e}Ana\u{202c}"),
            ("Ana\u{2069}\u{202c}", "Ana"),
            (
                "\u{2067}a\u{2069}\u{202e}",
                "\u{2067}a\u{2069}\u{202e}\u{202c}",
            ),
            (
                "\u{2067}\u{202e}a\u{2069}b\u{202c}",
                "\u{2067}\u{202e}a\u{2069}b",
            ),
            (
                "\u{202e}\u{2066}a\u{202c}",
                "\u{202e}\u{2066}a\u{2069}\u{202c}",
            ),
            ("a\0b", "a\u{fffd}b"),
            ("\u{2068}a\nb\u{2069}", "\u{2068}a\u{2069}\nb"),
        ] {
            assert_eq!(balanced(text), want, "{text:?}");
            assert_eq!(balanced(want), want, "again");
        }
    }

    #[test]
    fn a_template_escapes_as_ever_and_holds_what_turns() {
        let mut out = String::new();
        Apart.write_escaped_str(&mut out, "\"<\u{202e}&'>").unwrap();
        assert_eq!(out, "&#34;&#60;\u{202e}&#38;&#39;&#62;\u{202c}");
    }

    #[test]
    fn a_sentence_keeps_its_direction() {
        assert_eq!(in_sentence("Ana (1)"), "Ana (1)");
        assert_eq!(in_sentence("שלום 1"), "\u{2068}שלום 1\u{2069}");
        assert_eq!(
            in_sentence("a\u{2069}\u{202e}"),
            "\u{2068}a\u{202e}\u{202c}\u{2069}"
        );
    }
}
