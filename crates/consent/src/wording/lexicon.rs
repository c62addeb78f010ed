//! The lexicons of all languages, read once into one automaton.
//!
//! A line of a file is `class: phrase, phrase, ...`; `class.7` gives the phrases a number, `class+class` two classes.
//! `word*` stands for every word that begins so. Phrases are folded as messages are.

use std::{collections::HashMap, sync::LazyLock};

use aho_corasick::AhoCorasick;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{
    class::Class,
    fold,
    language::Language,
    text::{self, Text},
    typo::Typos,
};

/// What a phrase means in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    /// The language's place in [`Language::ALL`]; [`COMMON`] for words of every language.
    pub language: u8,
    /// What it stands for.
    pub class: Class,
    /// Its number, where its class has numbers.
    pub value: u8,
    /// The accents that it is written with, where they make other words of it.
    pub marks: u32,
}

impl Meaning {
    /// Whether somebody who wrote this meant it: no accents at all may stand for any.
    pub(super) fn fits(self, written: &str) -> bool {
        if self.language != VIETNAMESE || written.is_ascii() {
            return true;
        }
        let marks = marks(written);
        marks == 0 || marks == self.marks
    }
}

const VIETNAMESE: u8 = Language::Vietnamese as u8;

/// The accents of a phrase, wherever in its words they stand: some write "huỷ", some "hủy".
fn marks(written: &str) -> u32 {
    let words = (1..).zip(written.split_whitespace());
    let in_word = |(place, word): (u32, &str)| {
        let marked = word.chars().flat_map(char::to_lowercase).nfd();
        let marks = marked.filter(|c| *c == 'đ' || is_combining_mark(*c));
        marks
            .map(|c| u32::from(c).wrapping_mul(place.wrapping_mul(0x9e37_79b1) | 1))
            .fold(0, u32::wrapping_add)
    };
    words.map(in_word).fold(0, u32::wrapping_add)
}

/// Words of every language: stop, spam, sms.
pub(super) const COMMON: u8 = 31;

pub(super) struct Lexicon {
    phrases: Option<AhoCorasick>,
    meanings: Vec<Vec<Meaning>>,
    /// Whole messages, folded without spaces.
    keywords: HashMap<String, Vec<Meaning>>,
    /// Stop words without their double letters.
    squeezed: HashMap<String, String>,
    pub typos: Typos,
}

/// A phrase in a text: folded bytes, without the spaces around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub from: usize,
    pub to: usize,
    pub meanings: &'a [Meaning],
}

impl Lexicon {
    /// The lexicon of all languages.
    pub(super) fn get() -> &'static Self {
        static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
            let mut draft = Draft::default();
            for (language, file) in FILES {
                let number = language.map_or(COMMON, |language| language as u8);
                // A test reads every file; here a line that cannot be read is a line less.
                let _ = draft.read(number, file);
            }
            draft.finish()
        });
        &LEXICON
    }

    /// What a whole message, folded without spaces, means as a keyword.
    pub(super) fn keyword(&self, folded: &str) -> &[Meaning] {
        self.keywords.get(folded).map_or(&[], Vec::as_slice)
    }

    /// The stop word of which a whole message is a slip: a letter doubled, or one wrong.
    pub(super) fn mistyped_keyword(&self, folded: &str) -> Option<&str> {
        let squeezed = self.squeezed.get(&squeeze(folded));
        squeezed
            .map(String::as_str)
            .or_else(|| self.typos.of_keyword(folded))
    }

    /// Every phrase in a text, in the order of their ends.
    pub(super) fn find<'a>(&'a self, text: &'a Text) -> impl Iterator<Item = Found<'a>> {
        let found = self.phrases.as_ref().map(|phrases| {
            phrases
                .find_overlapping_iter(text.folded.as_str())
                .map(|found| {
                    let meanings = self.meanings.get(found.pattern().as_usize());
                    let bytes = text.folded.as_bytes();
                    let spaced = |at: usize| bytes.get(at) == Some(&b' ');
                    let from = found.start() + usize::from(spaced(found.start()));
                    let to = if found.end() > 0 && spaced(found.end() - 1) {
                        found.end() - 1
                    } else {
                        found.end()
                    };
                    Found {
                        from,
                        to,
                        meanings: meanings.map_or(&[], Vec::as_slice),
                    }
                })
        });
        found.into_iter().flatten()
    }

    /// What a pattern means: for words that were found by way of their typos.
    pub(super) fn meanings(&self, pattern: u32) -> &[Meaning] {
        self.meanings
            .get(pattern as usize)
            .map_or(&[], Vec::as_slice)
    }
}

#[derive(Default)]
struct Draft {
    places: HashMap<String, usize>,
    patterns: Vec<String>,
    meanings: Vec<Vec<Meaning>>,
    keywords: HashMap<String, Vec<Meaning>>,
}

impl Draft {
    fn read(&mut self, language: u8, file: &str) -> Result<(), String> {
        let mut failed = Ok(());
        for line in file.lines().map(str::trim) {
            if line.is_empty() || line.starts_with("//!") || line.starts_with('#') {
                continue;
            }
            if self.line(language, line).is_none() && failed.is_ok() {
                failed = Err(format!("`{line}`: want `class: phrase, phrase`"));
            }
        }
        failed
    }

    fn line(&mut self, language: u8, line: &str) -> Option<()> {
        let (names, phrases) = line.split_once(": ")?;
        let mut classes = Vec::new();
        for name in names.split('+') {
            let (name, value) = name.split_once('.').unwrap_or((name, "0"));
            classes.push(Meaning {
                language,
                class: Class::read(name)?,
                value: value.parse().ok()?,
                marks: 0,
            });
        }
        let phrases = phrases.split(',').map(str::trim);
        for phrase in phrases.filter(|phrase| !phrase.is_empty()) {
            for meaning in &classes {
                let marks = if language == VIETNAMESE {
                    marks(phrase)
                } else {
                    0
                };
                self.add(phrase, Meaning { marks, ..*meaning });
            }
        }
        Some(())
    }

    fn add(&mut self, phrase: &str, meaning: Meaning) {
        if is_keyword(meaning.class) {
            let meanings = self.keywords.entry(fold::fold(phrase)).or_default();
            meanings.push(meaning);
            return;
        }
        // Joiners that Persian and Urdu put inside of words are left out or typed as spaces.
        if phrase.contains('\u{200c}') {
            self.phrase(&phrase.replace('\u{200c}', " "), meaning);
        }
        self.phrase(phrase, meaning);
    }

    fn phrase(&mut self, phrase: &str, meaning: Meaning) {
        let stem = phrase.strip_suffix('*');
        let folded = Text::fold(stem.unwrap_or(phrase)).folded;
        let words = folded.trim();
        let (Some(first), Some(last)) = (words.chars().next(), words.chars().next_back()) else {
            return;
        };
        let before = if text::is_unspaced(first) { "" } else { " " };
        let after = if text::is_unspaced(last) || stem.is_some() {
            ""
        } else {
            " "
        };
        let pattern = format!("{before}{words}{after}");
        let place = *self.places.entry(pattern.clone()).or_insert_with(|| {
            self.patterns.push(pattern);
            self.meanings.push(Vec::new());
            self.patterns.len() - 1
        });
        if let Some(meanings) = self.meanings.get_mut(place)
            && !meanings.contains(&meaning)
        {
            meanings.push(meaning);
        }
    }

    fn finish(self) -> Lexicon {
        let mut typos = Typos::default();
        for (pattern, meanings) in (0..).zip(&self.meanings) {
            let text = self.patterns.get(pattern as usize);
            let word = text.and_then(|text| text.strip_prefix(' ')?.strip_suffix(' '));
            if let Some(word) = word
                && meanings
                    .iter()
                    .any(|meaning| is_often_mistyped(meaning.class))
            {
                typos.add(word, pattern);
            }
        }
        let mut squeezed = HashMap::new();
        for (word, meanings) in &self.keywords {
            if meanings
                .iter()
                .any(|meaning| meaning.class == Class::KeyStop)
            {
                typos.add_keyword(word);
                if word.chars().count() > SHORT {
                    squeezed.insert(squeeze(word), word.clone());
                }
            }
        }
        Lexicon {
            phrases: AhoCorasick::new(&self.patterns).ok(),
            meanings: self.meanings,
            keywords: self.keywords,
            squeezed,
            typos,
        }
    }
}

/// Words of so many letters say too little without their double ones.
const SHORT: usize = 2;

/// A word without its double letters.
fn squeeze(word: &str) -> String {
    let mut last = None;
    word.chars()
        .filter(|c| last.replace(*c) != Some(*c))
        .collect()
}

const fn is_keyword(class: Class) -> bool {
    matches!(
        class,
        Class::KeyStop
            | Class::KeyAll
            | Class::KeyStart
            | Class::KeyHelp
            | Class::KeyPause
            | Class::KeyReview
            | Class::KeyCancel
    )
}

/// Words that are looked for in their typos too.
const fn is_often_mistyped(class: Class) -> bool {
    matches!(
        class,
        Class::Cease
            | Class::Send
            | Class::Write
            | Class::Receive
            | Class::Message
            | Class::Promo
            | Class::Leave
            | Class::Cancel
    )
}

macro_rules! files {
    ($($language:ident $file:literal)+) => {
        [
            (None, include_str!("lang/common.txt")),
            $((Some(Language::$language), include_str!(concat!("lang/", $file, ".txt"))),)+
        ]
    };
}

const FILES: [(Option<Language>, &str); 28] = files! {
    English "en" Spanish "es" Portuguese "pt" French "fr" German "de" Italian "it" Dutch "nl" Polish "pl"
    Romanian "ro" Turkish "tr" Russian "ru" Ukrainian "uk" Arabic "ar" Hebrew "he" Persian "fa" Hindi "hi"
    Bengali "bn" Tamil "ta" Urdu "ur" Indonesian "id" Malay "ms" Vietnamese "vi" Thai "th" Chinese "zh"
    Japanese "ja" Korean "ko" Swahili "sw"
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_every_file_is_read() {
        for (language, file) in FILES {
            let mut draft = Draft::default();
            let number = language.map_or(COMMON, |language| language as u8);
            assert_eq!(draft.read(number, file), Ok(()), "{language:?}");
        }
    }

    #[test]
    fn all_phrases_fit_into_the_automaton() {
        assert!(Lexicon::get().phrases.is_some());
    }

    #[test]
    fn a_line_that_nobody_can_read_is_named() {
        let told = Draft::default().read(0, "# fine\nceese: stop\n");
        assert_eq!(
            told,
            Err("`ceese: stop`: want `class: phrase, phrase`".to_owned())
        );
    }
}
