//! Receipts as people read them: in the chat, in their own language.

use consent::{
    event::source,
    scope::{Category, Subject},
    time::Timestamp,
};
use jiff::tz::TimeZone;

use super::{
    course::State,
    document::{NOT_STATED, Receipt},
};
use crate::flows::{
    Flows,
    words::{self, Key},
};

/// Longest text of a message, in characters (Meta).
const TEXT_CHARS_MAX: usize = 4_096;
/// How much of the wording the newest receipt shows, in characters, and how much the others.
const WORDING_CHARS: (usize, usize) = (1_600, 400);

/// Who tells of receipts, and how.
#[derive(Clone)]
pub struct Teller<'a> {
    /// The settings, with the business's own words.
    pub flows: &'a Flows,
    /// The number that speaks; empty for none of them.
    pub number: &'a str,
    /// The language, as a tag.
    pub language: &'a str,
    /// Whose time is told.
    pub zone: TimeZone,
}

/// A receipt in words, whole.
#[must_use]
pub fn text(receipt: &Receipt, teller: &Teller<'_>) -> String {
    teller.entry(receipt, usize::MAX)
}

/// The receipts of somebody as one message: the newest first, as many as fit, how to withdraw, and where everything
/// can be seen. What was renewed since is told once, by its newest receipt.
#[must_use]
pub fn letter(receipts: &[Receipt], teller: &Teller<'_>, link: Option<&str>) -> String {
    let told = receipts
        .iter()
        .filter(|receipt| receipt.bare.state != State::Renewed);
    let told: Vec<&Receipt> = told.collect();
    let link = link.map(|link| teller.say(Key::Link, &[("link", link)]));
    if told.is_empty() {
        return joined(
            Some(teller.say(Key::ReceiptNone, &[]))
                .into_iter()
                .chain(link),
        );
    }
    let stop = teller.say(Key::ReceiptStop, &[]);
    let more = teller.say(Key::ReceiptMore, &[]);
    let head = teller.say(Key::Receipt, &[]);
    let end: Vec<String> = std::iter::once(stop).chain(link).collect();
    let length = |text: &str| text.chars().count() + 2;
    let around = length(&head) + length(&more) + end.iter().map(|text| length(text)).sum::<usize>();
    let mut left = TEXT_CHARS_MAX.saturating_sub(around);
    let mut parts = vec![head];
    let mut entries = 0;
    for receipt in &told {
        let wanted = if entries == 0 {
            WORDING_CHARS.0
        } else {
            WORDING_CHARS.1
        };
        let entry = teller.entry(receipt, wanted);
        let Some(rest) = left.checked_sub(length(&entry)) else {
            break;
        };
        left = rest;
        entries += 1;
        parts.push(entry);
    }
    if entries < told.len() {
        parts.push(more);
    }
    joined(parts.into_iter().chain(end))
}

impl Teller<'_> {
    fn say(&self, key: Key, places: &[(&str, &str)]) -> String {
        let plain = self.flows.say(self.number, self.language, key);
        words::filled(&plain, places)
    }

    fn entry(&self, receipt: &Receipt, chars: usize) -> String {
        let bare = &receipt.bare;
        let (topic, date) = (self.subject(receipt), self.time(bare.at));
        let way = self.say(way(&receipt.processing.collection_method), &[]);
        let mut lines = vec![
            self.say(Key::ReceiptWhat, &[("topic", &topic)]),
            self.say(Key::ReceiptWhen, &[("date", &date), ("way", &way)]),
        ];
        let since = self.time(bare.since);
        let state = match bare.state {
            State::Withdrawn => Some(Key::ReceiptOff),
            State::Expired => Some(Key::ReceiptOver),
            State::Invalidated => Some(Key::ReceiptVoid),
            State::Requested
            | State::Given
            | State::Renewed
            | State::WithdrawnInPart
            | State::Restored
            | State::Suspended
            | State::Resumed => None,
        };
        lines.extend(state.map(|key| self.say(key, &[("date", &since)])));
        let wording = &receipt.wording;
        if wording.text != NOT_STATED {
            let shown = shortened(&wording.text, chars);
            // Filled last and apart: what somebody wrote may look like a place of ours.
            lines.push(self.say(Key::ReceiptShown, &[("wording", &shown)]));
        }
        let record = &receipt.header.record_id;
        lines.push(self.say(Key::ReceiptRecord, &[("record", record)]));
        if wording.sha256 != NOT_STATED {
            lines.push(format!("SHA-256: {}", wording.sha256));
        }
        lines.join("\n")
    }

    fn subject(&self, receipt: &Receipt) -> String {
        let key = match receipt.bare.subject {
            Subject::Topic(_) => {
                return receipt
                    .processing
                    .purposes
                    .first()
                    .map(|purpose| purpose.purpose.clone())
                    .unwrap_or_default();
            }
            Subject::All => Key::ReceiptAll,
            Subject::Category(Category::Marketing) => Key::What,
            Subject::Category(Category::Utility) => Key::ReceiptOrders,
            Subject::Category(Category::Authentication) => Key::ReceiptCodes,
            Subject::Category(Category::Service) => Key::ReceiptService,
        };
        self.say(key, &[])
    }

    fn time(&self, at: Timestamp) -> String {
        let there = jiff::Timestamp::from_millisecond(at.millis())
            .unwrap_or_default()
            .to_zoned(self.zone.clone());
        there.strftime("%Y-%m-%d %H:%M %Z").to_string()
    }
}

/// By which way somebody agreed.
fn way(from: &str) -> Key {
    match from {
        source::KEYWORD | source::BUTTON | source::WORDING | source::REVIEW | source::AD => {
            Key::WayChat
        }
        source::FORM | "web_form" => Key::WayForm,
        source::CHAT_LINK => Key::WayLink,
        source::PREFERENCE_PAGE => Key::WayPage,
        source::SMS | source::SMS_WORDING => Key::WaySms,
        source::EMAIL => Key::WayEmail,
        _ => Key::WayUs,
    }
}

/// A text of at most so many characters, cut at the end of a word where there is one.
fn shortened(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let cut: String = text.chars().take(chars.saturating_sub(1)).collect();
    let whole = cut
        .rfind(char::is_whitespace)
        .filter(|at| at * 2 > cut.len());
    let kept = whole.and_then(|at| cut.get(..at)).unwrap_or(&cut);
    format!("{}…", kept.trim_end())
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_word_and_never_longer() {
        assert_eq!(shortened("one two", 7), "one two");
        assert_eq!(shortened("one two three", 9), "one two…");
        let long = "あ".repeat(50);
        assert_eq!(shortened(&long, 10).chars().count(), 10);
    }
}
