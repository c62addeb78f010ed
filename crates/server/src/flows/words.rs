//! The built-in words of our answers, in every language that we understand.

use std::{collections::BTreeMap, sync::LazyLock};

use consent::wording::fold::fold;

/// Each language with its words, a line each.
const LANGUAGES: [(&str, &str); 27] = [
    ("en", include_str!("words/en.txt")),
    ("es", include_str!("words/es.txt")),
    ("pt", include_str!("words/pt.txt")),
    ("fr", include_str!("words/fr.txt")),
    ("de", include_str!("words/de.txt")),
    ("it", include_str!("words/it.txt")),
    ("nl", include_str!("words/nl.txt")),
    ("pl", include_str!("words/pl.txt")),
    ("ro", include_str!("words/ro.txt")),
    ("tr", include_str!("words/tr.txt")),
    ("ru", include_str!("words/ru.txt")),
    ("uk", include_str!("words/uk.txt")),
    ("ar", include_str!("words/ar.txt")),
    ("he", include_str!("words/he.txt")),
    ("fa", include_str!("words/fa.txt")),
    ("hi", include_str!("words/hi.txt")),
    ("bn", include_str!("words/bn.txt")),
    ("ta", include_str!("words/ta.txt")),
    ("ur", include_str!("words/ur.txt")),
    ("id", include_str!("words/id.txt")),
    ("ms", include_str!("words/ms.txt")),
    ("vi", include_str!("words/vi.txt")),
    ("th", include_str!("words/th.txt")),
    ("zh", include_str!("words/zh.txt")),
    ("ja", include_str!("words/ja.txt")),
    ("ko", include_str!("words/ko.txt")),
    ("sw", include_str!("words/sw.txt")),
];

macro_rules! keys {
    ($($name:ident $word:literal $max:literal $doc:literal),+ $(,)?) => {
        /// What can be said.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Key { $(#[doc = $doc] $name,)+ }

        impl Key {
            /// Every key.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name in settings and files.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// How long its words may be, in characters. Labels of buttons are short at Meta.
            #[must_use]
            pub const fn chars_max(self) -> usize {
                match self { $(Self::$name => $max,)+ }
            }
        }
    };
}

keys! {
    Stopped "stopped" 700 "Offers were stopped.",
    StoppedSome "stopped_some" 700 "Messages of one kind were stopped, not every offer.",
    StoppedBoth "stopped_both" 700 "Offers were stopped, and what is like the message that was answered.",
    StoppedAll "stopped_all" 700 "Everything was stopped.",
    Started "started" 700 "They agreed: what will come, how often, and how to leave.",
    StartedSome "started_some" 700 "They agreed to something narrower than offers again.",
    What "what" 100 "What comes to whoever agreed.",
    Often "often" 100 "How often it comes.",
    Question "question" 700 "Do they agree?",
    Yes "yes" 20 "The button that agrees.",
    No "no" 20 "The button that does not.",
    Help "help" 700 "What can be done here.",
    Menu "menu" 700 "What would they like to get?",
    StopOffers "stop_offers" 20 "The choice against offers.",
    OnlyOrders "only_orders" 20 "The choice for messages about orders alone.",
    StopAll "stop_all" 20 "The choice against everything.",
    Keep "keep" 20 "The choice that changes nothing.",
    Choose "choose" 20 "The button that opens a list.",
    Some "some" 200 "Would they like some topics all the same?",
    Topics "topics" 700 "Which topics would they like again?",
    TopicOn "topic_on" 700 "They agreed to a topic.",
    Kept "kept" 700 "Nothing changes.",
    Paused "paused" 700 "Offers wait until a day.",
    Platform "platform" 700 "How offers are switched on again in WhatsApp itself.",
    Doubt "doubt" 700 "Did they mean that offers shall stop?",
    Erasure "erasure" 700 "Their wish to be forgotten was heard.",
    WrongNumber "wrong_number" 700 "The number has another owner.",
    Link "link" 200 "Where all choices can be seen.",
    Receipt "receipt" 300 "What stands above receipts.",
    ReceiptNone "receipt_none" 300 "They never agreed to anything.",
    ReceiptWhat "receipt_what" 200 "What they agreed to.",
    ReceiptWhen "receipt_when" 200 "When, and by which way.",
    ReceiptShown "receipt_shown" 200 "What they were shown.",
    ReceiptRecord "receipt_record" 200 "The number of the record.",
    ReceiptOff "receipt_off" 200 "It was withdrawn.",
    ReceiptOver "receipt_over" 200 "It lasted as long as it could.",
    ReceiptVoid "receipt_void" 200 "It does not count.",
    ReceiptStop "receipt_stop" 300 "How it is withdrawn.",
    ReceiptMore "receipt_more" 300 "There are more than fit.",
    ReceiptHint "receipt_hint" 200 "How a receipt is had.",
    ReceiptWords "receipt_words" 300 "Words that ask for a receipt, with commas between them.",
    ReceiptAll "receipt_all" 100 "Messages of every kind.",
    ReceiptOrders "receipt_orders" 100 "Messages about orders.",
    ReceiptCodes "receipt_codes" 100 "Security codes.",
    ReceiptService "receipt_service" 100 "Answers in conversations.",
    WayChat "way_chat" 100 "They agreed in the chat.",
    WayForm "way_form" 100 "They agreed on a form.",
    WayLink "way_link" 100 "They agreed by a link or a QR code.",
    WayPage "way_page" 100 "They agreed on their own page.",
    WaySms "way_sms" 100 "They agreed by text message.",
    WayEmail "way_email" 100 "They agreed by e-mail.",
    WayUs "way_us" 100 "The business recorded it.",
    Channels "channels" 300 "Other ways to reach the business; nothing by default.",
}

impl Key {
    /// Reads [`Key::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.word() == word)
    }
}

/// The built-in words of a key in a language; none where there are none.
#[must_use]
pub fn built_in(language: &str, key: Key) -> Option<&'static str> {
    let mut all = LANGUAGES.iter();
    let (_, text) = all.find(|(code, _)| code.eq_ignore_ascii_case(language))?;
    let mut lines = text.lines();
    lines.find_map(|line| {
        let (name, words) = line.split_once(" = ")?;
        (name == key.word()).then_some(words)
    })
}

/// The languages that have words, by their tags.
pub fn languages() -> impl Iterator<Item = &'static str> {
    LANGUAGES.into_iter().map(|(language, _)| language)
}

/// The language that a tag is a form of: `pt` of `pt-BR`.
#[must_use]
pub fn base(language: &str) -> &str {
    language.split(['-', '_']).next().unwrap_or(language)
}

/// Words with their places filled: `{topic}` and the like.
#[must_use]
pub fn filled(words: &str, places: &[(&str, &str)]) -> String {
    let mut text = words.to_owned();
    for (name, value) in places {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

/// The places that words may have.
pub const PLACES: [&str; 10] = [
    "what", "often", "topic", "date", "link", "menu", "receipt", "way", "wording", "record",
];

/// Whether a folded text is a built-in word for a receipt, in any language.
#[must_use]
pub fn asks_for_receipt(folded: &str) -> bool {
    RECEIPT_WORDS.contains_key(folded)
}

/// The language of a folded text that asks for a receipt in no other one. The English words tell nothing: our texts in
/// every language name one of them.
#[must_use]
pub fn language_of_receipt(folded: &str) -> Option<&'static str> {
    let languages = RECEIPT_WORDS.get(folded)?;
    match languages.as_slice() {
        [one] if *one != "en" => Some(one),
        _ => None,
    }
}

// Every message is compared with them; they are constants of the program, and only read once.
static RECEIPT_WORDS: LazyLock<BTreeMap<String, Vec<&'static str>>> = LazyLock::new(|| {
    let mut all: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for (language, _) in LANGUAGES {
        let words = built_in(language, Key::ReceiptWords).unwrap_or_default();
        for word in words.split(',').map(fold).filter(|word| !word.is_empty()) {
            let languages = all.entry(word).or_default();
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
    }
    all
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_everything_in_words_that_meta_takes() {
        for (language, text) in LANGUAGES {
            for key in Key::ALL {
                if *key == Key::Channels {
                    continue;
                }
                let words = built_in(language, *key).unwrap_or_default();
                let length = words.chars().count();
                assert!(length > 0, "{language} does not say `{}`", key.word());
                assert!(
                    length <= key.chars_max(),
                    "{language}: `{words}` is too long"
                );
            }
            for line in text.lines().filter(|line| !line.is_empty()) {
                let (name, words) = line.split_once(" = ").unwrap();
                assert!(Key::read(name).is_some(), "{language}: `{name}`");
                for place in words.split('{').skip(1) {
                    let place = place.split('}').next().unwrap();
                    assert!(PLACES.contains(&place), "{language}: `{place}` in `{name}`");
                }
            }
            for (key, place) in [
                (Key::Started, "{often}"),
                (Key::Started, "STOP"),
                (Key::Question, "STOP"),
                (Key::Stopped, "START"),
                (Key::StoppedAll, "START"),
                (Key::TopicOn, "{topic}"),
                (Key::Paused, "{date}"),
                (Key::Help, "{menu}"),
                (Key::Link, "{link}"),
                (Key::ReceiptWhat, "{topic}"),
                (Key::ReceiptWhen, "{date}"),
                (Key::ReceiptWhen, "{way}"),
                (Key::ReceiptShown, "{wording}"),
                (Key::ReceiptRecord, "{record}"),
                (Key::ReceiptOff, "{date}"),
                (Key::ReceiptOver, "{date}"),
                (Key::ReceiptStop, "STOP"),
                (Key::ReceiptHint, "{receipt}"),
            ] {
                let words = built_in(language, key).unwrap();
                assert!(words.contains(place), "{language}: no {place} in `{words}`");
            }
        }
    }
}
