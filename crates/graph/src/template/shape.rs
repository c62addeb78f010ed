//! What a template looks like, and which gaps have to be filled before it can be sent.

use std::collections::BTreeSet;

use serde_json::Value;

use super::objects;
use crate::loose;

/// A template as the person would see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// The line above, where it is a text.
    pub header: Option<String>,
    /// The text.
    pub body: String,
    /// The small print.
    pub footer: Option<String>,
    /// What stands on its buttons.
    pub buttons: Vec<String>,
    /// The same buttons with what each of them does.
    pub keys: Vec<Key>,
    /// The gaps of the header, by name: `1`, or a word.
    pub header_gaps: Vec<String>,
    /// The gaps of the text.
    pub body_gaps: Vec<String>,
    /// What stands above that is no text: `image`, `video`, `document`, `location`, or `carousel`.
    pub media: Option<String>,
    /// What keeps it from being sent with nothing but texts: a part that wants a picture, a place, a card or an address.
    pub wants_more: Option<String>,
    /// The buttons whose address ends with a gap.
    pub links: Vec<Link>,
    /// What keeps it from being sent even with a picture, a video or a document above, and with the ends of addresses: a place, a card, a
    /// code.
    pub wants_beyond: Option<String>,
}

/// A button of a template whose address ends with a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its place among all buttons, from 0: the `index` of a send.
    pub index: usize,
    /// Its label.
    pub text: String,
    /// The address, with the gap.
    pub to: String,
}

impl Link {
    /// The address with its gap filled.
    #[must_use]
    pub fn filled(&self, end: &str) -> String {
        let before = self.to.split("{{").next().unwrap_or_default();
        format!("{before}{end}")
    }
}

/// What stands above the text of a template, as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Media {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// A document.
    Document,
}

impl Media {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Image, Self::Video, Self::Document];

    /// The word used in JSON, here and at Meta.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Document => "document",
        }
    }
}

/// A button of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What it does.
    pub kind: KeyKind,
    /// Its label.
    pub text: String,
    /// Where it leads: an address or a telephone number.
    pub to: Option<String>,
}

/// What a button of a template does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Sends its label back.
    QuickReply,
    /// Opens an address.
    Url,
    /// Calls a number.
    Phone,
    /// Something else: a code, a form, a catalogue.
    Other,
}

impl KeyKind {
    /// What it is called in JSON and on forms.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::QuickReply => "quick_reply",
            Self::Url => "url",
            Self::Phone => "phone",
            Self::Other => "other",
        }
    }

    /// Reads such a word; a button of another kind cannot be asked for.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        [Self::QuickReply, Self::Url, Self::Phone]
            .into_iter()
            .find(|kind| kind.word() == word)
    }

    /// Meta's word.
    pub(super) const fn meta(self) -> &'static str {
        match self {
            Self::QuickReply => "QUICK_REPLY",
            Self::Url => "URL",
            Self::Phone => "PHONE_NUMBER",
            Self::Other => "",
        }
    }
}

impl Shape {
    /// The kind of file that it wants above its text.
    #[must_use]
    pub fn file(&self) -> Option<Media> {
        let word = self.media.as_deref()?;
        Media::ALL.into_iter().find(|media| media.word() == word)
    }

    /// Reads the parts of a template. Parts that make no sense are left out.
    #[must_use]
    pub fn of(components: &str) -> Self {
        let components: Value = serde_json::from_str(components).unwrap_or_default();
        let mut shape = Self::default();
        for part in objects(&components) {
            let kind = loose::text(part, "type").unwrap_or_default();
            let text = loose::text(part, "text");
            match (kind.to_ascii_uppercase().as_str(), text) {
                ("HEADER", Some(text)) => {
                    shape.header_gaps = gaps(&text);
                    shape.header = Some(text);
                }
                ("BODY", Some(text)) => {
                    shape.body_gaps = gaps(&text);
                    shape.body = text;
                }
                ("FOOTER", Some(text)) => shape.footer = Some(text),
                ("BUTTONS", _) => shape.take_buttons(part),
                ("HEADER", None) => {
                    let format = loose::text(part, "format").unwrap_or(kind);
                    shape.media = Some(format.to_ascii_lowercase());
                    shape.wants_more.clone_from(&shape.media);
                    if shape.file().is_none() {
                        shape.wants_beyond.clone_from(&shape.media);
                    }
                }
                ("CAROUSEL" | "LIMITED_TIME_OFFER", _) => {
                    shape.media = Some(kind.to_ascii_lowercase());
                    shape.wants_more.clone_from(&shape.media);
                    shape.wants_beyond.clone_from(&shape.media);
                }
                _ => {}
            }
        }
        shape
    }

    fn take_buttons(&mut self, part: &loose::Object) {
        for (index, button) in loose::list(part, "buttons").iter().enumerate() {
            let Some(button) = button.as_object() else {
                continue;
            };
            let kind = loose::text(button, "type").unwrap_or_default();
            let address = loose::text(button, "url").unwrap_or_default();
            let kind = kind.to_ascii_uppercase();
            let filled = ["COPY_CODE", "OTP", "MPM", "CATALOG", "SPM"].contains(&kind.as_str());
            if filled || address.contains("{{") {
                self.wants_more = Some(kind.to_ascii_lowercase());
            }
            if filled {
                self.wants_beyond = Some(kind.to_ascii_lowercase());
            } else if address.contains("{{") {
                self.links.push(Link {
                    index,
                    text: loose::text(button, "text").unwrap_or_default(),
                    to: address.clone(),
                });
            }
            let to = match kind.as_str() {
                "URL" => Some(address),
                "PHONE_NUMBER" => loose::text(button, "phone_number"),
                _ => None,
            };
            let known = [KeyKind::QuickReply, KeyKind::Url, KeyKind::Phone];
            let known = known.into_iter().find(|known| known.meta() == kind);
            if let Some(text) = loose::text(button, "text") {
                self.buttons.push(text.clone());
                let kind = known.unwrap_or(KeyKind::Other);
                self.keys.push(Key { kind, text, to });
            }
        }
    }

    /// The words of it with the gaps filled: header, text and small print, a line each.
    #[must_use]
    pub fn words(&self, header: &[String], body: &[String]) -> String {
        let header = self
            .header
            .as_deref()
            .map(|text| filled(text, &self.header_gaps, header));
        let body = filled(&self.body, &self.body_gaps, body);
        let parts = header.into_iter().chain([body]).chain(self.footer.clone());
        let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        parts.join("\n")
    }
}

/// The names of the gaps in a text, each once, in the order of their first places; numbers by their value.
pub(super) fn gaps(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut found: Vec<String> = text
        .split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}"))
        .map(|(name, _)| name.trim().to_owned())
        .filter(|name| is_name(name) && seen.insert(name.clone()))
        .collect();
    if found.iter().all(|name| name.parse::<u32>().is_ok()) {
        found.sort_by_key(|name| name.parse::<u32>().unwrap_or(u32::MAX));
    }
    found
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// In one walk over the text: what fills a gap may look like another gap.
fn filled(text: &str, gaps: &[String], fill: &[String]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let inner = after.split_once("}}");
        let value = inner.and_then(|(name, _)| {
            let place = gaps.iter().position(|gap| gap == name.trim())?;
            fill.get(place)
        });
        match (value, inner) {
            (Some(value), Some((_, after))) => {
                out.push_str(value);
                rest = after;
            }
            _ => {
                out.push_str("{{");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = r#"[{"type":"HEADER","format":"TEXT","text":"Hi {{1}}"},{"type":"body","text":"{{2}} off, {{1}}. {{1}}!"},
        {"type":"FOOTER","text":"Shop"},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Stop"},
        {"type":"URL","text":"Shop","url":"https://example.com"}]}]"#;

    #[test]
    fn a_template_says_what_it_looks_like_and_which_gaps_it_has() {
        let shape = Shape::of(OFFER);
        assert_eq!(shape.header_gaps, ["1"]);
        assert_eq!(
            shape.body_gaps,
            ["1", "2"],
            "in the order that they are sent in"
        );
        assert_eq!((shape.buttons.len(), &shape.wants_more), (2, &None));
        let keys = [
            (KeyKind::QuickReply, None),
            (KeyKind::Url, Some("https://example.com".to_owned())),
        ];
        let read = shape.keys.iter().map(|key| (key.kind, key.to.clone()));
        assert_eq!(read.collect::<Vec<_>>(), keys);
        let body = ["Ana {{2}}".to_owned(), "10 %".to_owned()];
        let words = shape.words(&["Bea".to_owned()], &body);
        assert_eq!(words, "Hi Bea\n10 % off, Ana {{2}}. Ana {{2}}!\nShop");
        assert_eq!(
            shape.words(&[], &[]),
            "Hi {{1}}\n{{2}} off, {{1}}. {{1}}!\nShop"
        );
        assert_eq!(Shape::of("nonsense"), Shape::default());
    }

    #[test]
    fn gaps_with_names_keep_their_order() {
        let shape = Shape::of(
            r#"[{"type":"BODY","text":"{{ name }}, {{code}} and {{name}} {{}} {{a b}}"}]"#,
        );
        assert_eq!(shape.body_gaps, ["name", "code"]);
        let fill = ["Ana".to_owned(), "7".to_owned()];
        assert_eq!(shape.words(&[], &fill), "Ana, 7 and Ana {{}} {{a b}}");
    }

    #[test]
    fn what_wants_more_than_texts_says_so() {
        for (parts, wants) in [
            (r#"[{"type":"HEADER","format":"IMAGE"}]"#, "image"),
            (
                r#"[{"type":"BUTTONS","buttons":[{"type":"URL","url":"https://example.com/{{1}}"}]}]"#,
                "url",
            ),
            (
                r#"[{"type":"BUTTONS","buttons":[{"type":"COPY_CODE"}]}]"#,
                "copy_code",
            ),
            (r#"[{"type":"CAROUSEL","cards":[]}]"#, "carousel"),
        ] {
            let shape = Shape::of(parts);
            assert_eq!(shape.wants_more.as_deref(), Some(wants), "{parts}");
            let is_beyond = matches!(wants, "copy_code" | "carousel");
            assert_eq!(shape.wants_beyond.is_some(), is_beyond, "{parts}");
        }
        let place = Shape::of(r#"[{"type":"HEADER","format":"LOCATION"}]"#);
        assert_eq!(
            (place.file(), place.wants_beyond.as_deref()),
            (None, Some("location"))
        );
    }

    #[test]
    fn a_file_above_and_the_end_of_an_address_can_be_filled() {
        let shape = Shape::of(
            r#"[{"type":"HEADER","format":"DOCUMENT"},{"type":"BODY","text":"Hi"},{"type":"BUTTONS","buttons":[
            {"type":"QUICK_REPLY","text":"Stop"},{"type":"URL","text":"See","url":"https://example.com/a?c={{1}}"}]}]"#,
        );
        assert_eq!(
            (shape.file(), shape.wants_beyond.as_deref()),
            (Some(Media::Document), None)
        );
        let link = shape.links.first().unwrap();
        assert_eq!(
            (link.index, link.text.as_str(), shape.links.len()),
            (1, "See", 1)
        );
        assert_eq!(link.filled("ana"), "https://example.com/a?c=ana");
    }
}
