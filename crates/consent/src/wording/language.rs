//! The languages that are understood, and which of them are active.

/// A language with a lexicon of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Language {
    /// English.
    English,
    /// Spanish.
    Spanish,
    /// Portuguese.
    Portuguese,
    /// French.
    French,
    /// German.
    German,
    /// Italian.
    Italian,
    /// Dutch.
    Dutch,
    /// Polish.
    Polish,
    /// Romanian.
    Romanian,
    /// Turkish.
    Turkish,
    /// Russian.
    Russian,
    /// Ukrainian.
    Ukrainian,
    /// Arabic.
    Arabic,
    /// Hebrew.
    Hebrew,
    /// Persian.
    Persian,
    /// Hindi.
    Hindi,
    /// Bengali.
    Bengali,
    /// Tamil.
    Tamil,
    /// Urdu.
    Urdu,
    /// Indonesian.
    Indonesian,
    /// Malay.
    Malay,
    /// Vietnamese.
    Vietnamese,
    /// Thai.
    Thai,
    /// Chinese.
    Chinese,
    /// Japanese.
    Japanese,
    /// Korean.
    Korean,
    /// Swahili.
    Swahili,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 27] = [
        Self::English,
        Self::Spanish,
        Self::Portuguese,
        Self::French,
        Self::German,
        Self::Italian,
        Self::Dutch,
        Self::Polish,
        Self::Romanian,
        Self::Turkish,
        Self::Russian,
        Self::Ukrainian,
        Self::Arabic,
        Self::Hebrew,
        Self::Persian,
        Self::Hindi,
        Self::Bengali,
        Self::Tamil,
        Self::Urdu,
        Self::Indonesian,
        Self::Malay,
        Self::Vietnamese,
        Self::Thai,
        Self::Chinese,
        Self::Japanese,
        Self::Korean,
        Self::Swahili,
    ];

    /// Its ISO 639-1 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::Portuguese => "pt",
            Self::French => "fr",
            Self::German => "de",
            Self::Italian => "it",
            Self::Dutch => "nl",
            Self::Polish => "pl",
            Self::Romanian => "ro",
            Self::Turkish => "tr",
            Self::Russian => "ru",
            Self::Ukrainian => "uk",
            Self::Arabic => "ar",
            Self::Hebrew => "he",
            Self::Persian => "fa",
            Self::Hindi => "hi",
            Self::Bengali => "bn",
            Self::Tamil => "ta",
            Self::Urdu => "ur",
            Self::Indonesian => "id",
            Self::Malay => "ms",
            Self::Vietnamese => "vi",
            Self::Thai => "th",
            Self::Chinese => "zh",
            Self::Japanese => "ja",
            Self::Korean => "ko",
            Self::Swahili => "sw",
        }
    }

    /// The language with this code.
    #[must_use]
    pub fn read(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.code() == code)
    }

    pub(super) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A set of languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Languages(u32);

impl Languages {
    /// All of them.
    pub const ALL: Self = Self((1 << Language::ALL.len()) - 1);
    /// None of them: then only the words that the business wrote itself count, and those that everybody has.
    pub const NONE: Self = Self(0);

    /// Whether a language is among them.
    #[must_use]
    pub const fn has(self, language: Language) -> bool {
        self.0 & language.bit() != 0
    }

    /// The languages, in the order of [`Language::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Language> {
        Language::ALL
            .into_iter()
            .filter(move |language| self.has(*language))
    }

    pub(super) const fn bits(self) -> u32 {
        self.0
    }
}

impl FromIterator<Language> for Languages {
    fn from_iter<I: IntoIterator<Item = Language>>(languages: I) -> Self {
        Self(
            languages
                .into_iter()
                .fold(0, |bits, language| bits | language.bit()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let two: Languages = [Language::Swahili, Language::English].into_iter().collect();
        assert!(two.has(Language::Swahili) && !two.has(Language::Thai));
        assert_eq!(
            two.iter().collect::<Vec<_>>(),
            [Language::English, Language::Swahili]
        );
        assert_eq!(Languages::ALL.iter().count(), Language::ALL.len());
        assert_eq!(
            Language::ALL.into_iter().collect::<Languages>(),
            Languages::ALL
        );
        for language in Language::ALL {
            assert_eq!(Language::read(language.code()), Some(language));
        }
    }
}
