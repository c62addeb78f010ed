//! The way out that a template offers: whether it has one, and the one that is put on it.

use consent::wording::{
    Reading, Setting,
    keywords::Keywords,
    offer::{WayOut, way_out},
};
use graph::template::{Key, KeyKind, Shape};

/// How a template to be made offers the way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptOut {
    /// By a button.
    Button,
    /// By a line below the text.
    Footer,
    /// Not at all, or by its own words.
    None,
}

impl OptOut {
    /// Every way, the one that is best understood first.
    pub const ALL: [Self; 3] = [Self::Button, Self::Footer, Self::None];

    /// The word used in JSON and on forms.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Button => "button",
            Self::Footer => "footer",
            Self::None => "none",
        }
    }

    /// Reads such a word.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.word() == word)
    }
}

/// The words of the way out in the language of a template.
#[must_use]
pub fn words(language: &str) -> &'static WayOut {
    way_out(language)
}

/// The button of the way out.
#[must_use]
pub fn button(language: &str) -> Key {
    Key {
        kind: KeyKind::QuickReply,
        text: words(language).button.to_owned(),
        to: None,
    }
}

/// Whether a template offers a way out that we understand: a button that means stop, or a line below the text that names
/// a word for it.
#[must_use]
pub fn is_offered(shape: &Shape, keywords: &Keywords) -> bool {
    let by_button = shape.keys.iter().any(|key| {
        key.kind == KeyKind::QuickReply && is_stop(&keywords.read_button("", &key.text))
    });
    let footer = shape.footer.as_deref().unwrap_or_default();
    let words = footer.split(|c: char| !c.is_alphanumeric());
    by_button
        || words
            .filter(|word| !word.is_empty())
            .any(|word| is_stop(&keywords.read(word, Setting::Alone)))
}

const fn is_stop(reading: &Reading) -> bool {
    matches!(reading, Reading::Stop(_) | Reading::StopAll(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_out_is_a_button_or_a_line_that_names_a_word() {
        let keywords = Keywords::default();
        let shape = |footer: &str, label: &str| Shape {
            footer: (!footer.is_empty()).then(|| footer.to_owned()),
            keys: vec![Key {
                kind: KeyKind::QuickReply,
                text: label.to_owned(),
                to: None,
            }],
            ..Shape::default()
        };
        for (footer, label, wanted) in [
            ("", "Stop promotions", true),
            ("", "Parar promoções", true),
            ("", "Show me", false),
            ("Reply STOP to opt out.", "Show me", true),
            ("Responde BAJA y listo", "Ver", true),
            ("Example Shop", "Show me", false),
        ] {
            let found = is_offered(&shape(footer, label), &keywords);
            assert_eq!(found, wanted, "{footer} {label}");
        }
        let link = Key {
            kind: KeyKind::Url,
            ..button("en")
        };
        let only_a_link = Shape {
            keys: vec![link],
            ..Shape::default()
        };
        assert!(!is_offered(&only_a_link, &keywords));
    }
}
