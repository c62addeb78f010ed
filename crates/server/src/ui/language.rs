//! The languages of the pages, and which of them a visitor gets.

/// A language that every page speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Spanish.
    Spanish,
    /// Portuguese.
    Portuguese,
    /// Hindi.
    Hindi,
    /// Arabic.
    Arabic,
}

impl Language {
    /// Every language, the one that is spoken when nothing else is known first.
    pub const ALL: [Self; 5] = [
        Self::English,
        Self::Spanish,
        Self::Portuguese,
        Self::Hindi,
        Self::Arabic,
    ];

    /// The BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::Portuguese => "pt",
            Self::Hindi => "hi",
            Self::Arabic => "ar",
        }
    }

    /// What the language calls itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
            Self::Portuguese => "Português",
            Self::Hindi => "हिन्दी",
            Self::Arabic => "العربية",
        }
    }

    /// The direction in which it is written.
    #[must_use]
    pub const fn direction(self) -> &'static str {
        match self {
            Self::Arabic => "rtl",
            Self::English | Self::Spanish | Self::Portuguese | Self::Hindi => "ltr",
        }
    }

    /// The language of a tag: that of its first part, in any case.
    #[must_use]
    pub fn read(tag: &str) -> Option<Self> {
        let first = tag.split(['-', '_']).next().unwrap_or_default().trim();
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(first))
    }

    /// The language that was asked for by name; else the one that a browser likes best of those we speak.
    #[must_use]
    pub fn choose(asked: Option<&str>, accepted: Option<&str>) -> Self {
        Self::choose_from(&Self::ALL, asked, accepted)
    }

    /// The same among some languages; the first of them where nothing else is known.
    #[must_use]
    pub fn choose_from(own: &[Self], asked: Option<&str>, accepted: Option<&str>) -> Self {
        let read = |tag: &str| Self::read(tag).filter(|language| own.contains(language));
        let accepted = || {
            let wishes = accepted.unwrap_or_default().split(',').enumerate();
            let known = wishes.filter_map(|(place, wish)| {
                let (tag, weight) = wish.split_once(';').unwrap_or((wish, "q=1"));
                let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
                let weight: f32 = weight.parse().ok().filter(|weight| *weight > 0.0)?;
                Some((weight, place, read(tag)?))
            });
            // Of two that are liked alike, the one that was named first.
            let best = known
                .max_by(|one, other| one.0.total_cmp(&other.0).then_with(|| other.1.cmp(&one.1)));
            best.map(|(_, _, language)| language)
        };
        let found = asked.and_then(read).or_else(accepted);
        let first = || own.first().copied();
        found.or_else(first).unwrap_or(Self::English)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_gets_the_language_that_they_like_best() {
        for (asked, accepted, want) in [
            (None, None, Language::English),
            (None, Some("de, fr;q=0.9"), Language::English),
            (None, Some("pt-BR,pt;q=0.9,en;q=0.8"), Language::Portuguese),
            (None, Some("en;q=0.4, hi-IN;q=0.5"), Language::Hindi),
            (None, Some("es, ar"), Language::Spanish),
            (None, Some("es;q=0, ar;q=0.1"), Language::Arabic),
            (None, Some("es;q=x,,;;, AR_eg"), Language::Arabic),
            (Some("ar"), Some("es"), Language::Arabic),
            (Some("xx"), Some("es"), Language::Spanish),
        ] {
            assert_eq!(
                Language::choose(asked, accepted),
                want,
                "{asked:?} {accepted:?}"
            );
        }
    }
}
