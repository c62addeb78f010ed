//! What the business set about its flows: which answers go out, and in which words.

pub mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::words::Key;

/// The settings of the flows. In a PUT absent members take their defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Flows {
    /// Counts up with each change; ignored in a PUT.
    pub version: i64,
    /// Whether an opt-out, an opt-in and every other choice made in the chat is confirmed.
    pub confirmations: bool,
    /// Whether questions with buttons are put: for a second yes, and where words are in doubt.
    pub questions: bool,
    /// Whether HELP is answered.
    pub help: bool,
    /// Whether the menu is shown to whoever asks for it.
    pub menu: bool,
    /// Whether whoever asks for a receipt of what they agreed to gets it.
    pub receipts: bool,
    /// Words that ask for help, besides those that are understood in every language.
    pub help_words: Vec<String>,
    /// Words that ask for the menu. The first is the one that our texts name.
    pub menu_words: Vec<String>,
    /// Words that ask for a receipt, besides those that are understood in every language. The first is the one that
    /// our texts name.
    pub receipt_words: Vec<String>,
    /// The language for people of whom nothing tells a language, as a tag.
    pub language: String,
    /// For how many days a question with buttons can be answered with yes.
    pub question_days: u32,
    /// Other words than the built-in ones.
    pub texts: Vec<Texts>,
    /// The form that the menu opens, where one was published at Meta; null for buttons and a list.
    pub form: Option<Form>,
    /// When people are reminded that they can change their mind; null for never.
    pub reminder: Option<Reminder>,
}

/// Words in one language, for one number or for all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// The number that speaks; null for every number.
    #[serde(default)]
    pub number: Option<String>,
    /// The language, as a tag like `es` or `pt-BR`.
    pub language: String,
    /// The words, by their names: `stopped`, `started`, `help` and so on.
    pub words: BTreeMap<String, String>,
}

/// A WhatsApp Flow that was published at Meta.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Its id at Meta.
    pub id: String,
    /// Its first screen.
    pub screen: String,
}

/// The reminder that preferences can be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reminder {
    /// How many days lie between two of them.
    pub every_days: u32,
    /// The number that sends it.
    pub number: String,
    /// The template, which Meta wants outside of a conversation.
    pub template: String,
    /// The language of the template.
    pub language: String,
}

impl Default for Flows {
    fn default() -> Self {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            version: 0,
            confirmations: true,
            questions: true,
            help: true,
            menu: true,
            receipts: true,
            help_words: list(&["HELP", "INFO"]),
            menu_words: list(&["MENU", "PREFERENCES"]),
            receipt_words: list(&["RECEIPT"]),
            language: "en".to_owned(),
            question_days: 7,
            texts: Vec::new(),
            form: None,
            reminder: None,
        }
    }
}

impl Flows {
    /// The words of a key: the business's own for the number, its own for every number, the built-in ones; in the
    /// language, else in the language it is a form of, else in another form of that one that the business has words
    /// in, else in the default one.
    #[must_use]
    pub fn say(&self, number: &str, language: &str, key: Key) -> String {
        let base = words::base(language);
        let default = words::base(&self.language);
        let own = |language: &str| self.own(number, language, key);
        let relative = |base: &str| {
            let mut forms = self.texts.iter().map(|texts| texts.language.as_str());
            forms.find_map(|form| {
                (words::base(form).eq_ignore_ascii_case(base)).then(|| own(form))?
            })
        };
        let first = own(language)
            .or_else(|| own(base))
            .or_else(|| relative(base));
        let mut tried = [language, base, &self.language, default, "en"].into_iter();
        let found = first.or_else(|| {
            tried.find_map(|language| own(language).or_else(|| words::built_in(language, key)))
        });
        found.unwrap_or_default().to_owned()
    }

    fn own(&self, number: &str, language: &str, key: Key) -> Option<&str> {
        let fits = |texts: &&Texts, wanted: Option<&str>| {
            texts.number.as_deref() == wanted && texts.language.eq_ignore_ascii_case(language)
        };
        let said = |wanted: Option<&str>| {
            let mut all = self.texts.iter().filter(|texts| fits(texts, wanted));
            all.find_map(|texts| texts.words.get(key.word()))
        };
        said(Some(number))
            .or_else(|| said(None))
            .map(String::as_str)
    }

    /// Whether there are words in a language, built in or the business's own.
    #[must_use]
    pub fn speaks(&self, language: &str) -> bool {
        words::built_in(language, Key::Stopped).is_some()
            || self
                .texts
                .iter()
                .any(|texts| texts.language.eq_ignore_ascii_case(language))
    }
}
