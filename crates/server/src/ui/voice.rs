//! The texts of the pages, spoken in one language and in the name of one business.

use std::{collections::HashMap, sync::LazyLock};

use consent::time::Timestamp;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use jiff::tz::TimeZone;
use unic_langid::LanguageIdentifier;

use super::{
    apart::{balanced, in_sentence},
    language::Language,
};

const TEXTS: [(Language, &str); 5] = [
    (Language::English, include_str!("i18n/en.ftl")),
    (Language::Spanish, include_str!("i18n/es.ftl")),
    (Language::Portuguese, include_str!("i18n/pt.ftl")),
    (Language::Hindi, include_str!("i18n/hi.ftl")),
    (Language::Arabic, include_str!("i18n/ar.ftl")),
];

/// The texts of the dashboard, room by room, in each of its languages.
macro_rules! rooms {
    ($($room:literal),*) => {
        [
            (Language::English, &[$(include_str!(concat!("i18n/desk/en/", $room, ".ftl"))),*]),
            (Language::Spanish, &[$(include_str!(concat!("i18n/desk/es/", $room, ".ftl"))),*]),
            (Language::Portuguese, &[$(include_str!(concat!("i18n/desk/pt/", $room, ".ftl"))),*]),
        ]
    };
}

const DESK: [(Language, &[&str]); 3] = rooms![
    "shell",
    "staff",
    "ledger",
    "reports",
    "segments",
    "campaigns",
    "journeys",
    "import",
    "inbox",
    "table",
    "refusals",
    "rooms",
    "forms",
    "confirmations",
    "templates"
];

type Bundle = FluentBundle<FluentResource>;

// Texts are constants of the program; they are only read once.
static BUNDLES: LazyLock<HashMap<&'static str, Bundle>> = LazyLock::new(|| {
    let bundles = TEXTS.into_iter().map(|(language, text)| {
        let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = Bundle::new_concurrent(vec![tag]);
        // Only what people wrote is kept apart from the text around it (see `apart`): a date is part of it.
        bundle.set_use_isolating(false);
        let desk = DESK.iter().find(|(own, _)| *own == language);
        let desk = desk.map_or(&[][..], |(_, rooms)| rooms);
        for text in std::iter::once(text).chain(desk.iter().copied()) {
            let resource = FluentResource::try_new(text.to_owned());
            let resource = resource.unwrap_or_else(|(partly, errors)| {
                tracing::error!(?errors, "the texts in `{}` have mistakes", language.tag());
                partly
            });
            bundle.add_resource_overriding(resource);
        }
        (language.tag(), bundle)
    });
    bundles.collect()
});

/// Somebody who speaks to a visitor.
#[derive(Debug, Clone)]
pub struct Voice {
    /// The language.
    pub language: Language,
    business: String,
    zone: TimeZone,
}

impl Voice {
    /// A voice for a business; where it has no name, it is spoken of in general words.
    #[must_use]
    pub fn new(language: Language, business: Option<&str>, zone: Option<&str>) -> Self {
        let zone = zone.and_then(|name| TimeZone::get(name).ok());
        let mut voice = Self {
            language,
            business: String::new(),
            zone: zone.unwrap_or(TimeZone::UTC),
        };
        voice.business = business.map_or_else(|| voice.say("the-business"), str::to_owned);
        voice
    }

    /// The reader's zone.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// What the business is called.
    #[must_use]
    pub fn business(&self) -> &str {
        &self.business
    }

    /// The name of the zone in which times are told.
    #[must_use]
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// A text. One that there is not shows as its id.
    #[must_use]
    pub fn say(&self, id: &str) -> String {
        self.say_with(id, &[])
    }

    /// Whether there is such a text.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        let bundle = BUNDLES.get(self.language.tag());
        bundle.is_some_and(|bundle| bundle.has_message(id))
    }

    /// A text with things put in.
    #[must_use]
    pub fn say_with(&self, id: &str, what: &[(&'static str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in what {
            let value = match *name {
                "wording" | "source" | "code" | "answer" => self.apart(value),
                // In a text from right to left, dates and numbers are part of it.
                _ if self.language.direction() == "rtl" => balanced(value).into_owned(),
                _ => in_sentence(value).into_owned(),
            };
            args.set(*name, FluentValue::from(value));
        }
        self.spoken(id, args)
    }

    /// A text about so many of something, which it calls `$count`.
    #[must_use]
    pub fn count(&self, id: &str, count: usize) -> String {
        let mut args = FluentArgs::new();
        args.set("count", FluentValue::from(count));
        self.spoken(id, args)
    }

    /// A date in as few signs as everybody reads alike: 2026-11-22.
    #[must_use]
    pub fn short_date(&self, at: Timestamp) -> String {
        let there = jiff::Timestamp::from_millisecond(at.millis())
            .unwrap_or_default()
            .to_zoned(self.zone.clone());
        there.date().to_string()
    }

    /// A date, as people write it.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> String {
        let there = jiff::Timestamp::from_millisecond(at.millis())
            .unwrap_or_default()
            .to_zoned(self.zone.clone());
        let mut args = FluentArgs::new();
        args.set("day", there.day().to_string());
        args.set("month", i64::from(there.month()));
        args.set("year", there.year().to_string());
        self.spoken("date", args)
    }

    /// A time of day, as people write it.
    #[must_use]
    pub fn time(&self, at: Timestamp) -> String {
        let there = jiff::Timestamp::from_millisecond(at.millis())
            .unwrap_or_default()
            .to_zoned(self.zone.clone());
        format!("{:02}:{:02}", there.hour(), there.minute())
    }

    /// Where an event came from, in words; the source itself where it is one of the business's own.
    #[must_use]
    pub fn how(&self, source: &str) -> String {
        let id = format!("how-{}", source.replace('_', "-"));
        if self.knows(&id) {
            self.say(&id)
        } else {
            self.say_with("how-other", &[("source", source)])
        }
    }

    /// What somebody wrote, in whatever script, so that it does not turn the sentence around it.
    fn apart(&self, text: &str) -> String {
        match self.language.direction() {
            "rtl" => format!("\u{2068}{}\u{2069}", balanced(text)),
            _ => in_sentence(text).into_owned(),
        }
    }

    fn spoken(&self, id: &str, mut args: FluentArgs<'_>) -> String {
        args.set("business", FluentValue::from(self.apart(&self.business)));
        let spoken = BUNDLES.get(self.language.tag()).and_then(|bundle| {
            let pattern = bundle.get_message(id)?.value()?;
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, Some(&args), &mut errors);
            if !errors.is_empty() {
                tracing::error!(?errors, id, "a text could not be spoken as a whole");
            }
            Some(text.into_owned())
        });
        spoken.unwrap_or_else(|| {
            tracing::error!(id, "there is no such text in `{}`", self.language.tag());
            id.to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn ids(text: &str) -> BTreeSet<&str> {
        let lines = text.lines().filter(|line| {
            line.starts_with(|c: char| c.is_ascii_lowercase()) && line.contains(" =")
        });
        lines.map(|line| line.split(' ').next().unwrap()).collect()
    }

    /// The things that a text has put in, as `$date`.
    fn holes(text: &str, id: &str) -> BTreeSet<String> {
        let begins = format!("\n{id} =");
        let from = format!("\n{text}").find(&begins).unwrap();
        let rest = &format!("\n{text}")[from + begins.len()..];
        let ends = rest
            .match_indices('\n')
            .find(|(at, _)| rest[at + 1..].starts_with(|c: char| c.is_ascii_lowercase()));
        let body = &rest[..ends.map_or(rest.len(), |(at, _)| at)];
        body.split('$')
            .skip(1)
            .map(|rest| {
                rest.chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect()
            })
            .collect()
    }

    #[test]
    fn every_language_says_everything_with_the_same_things_put_in() {
        same_everywhere(&TEXTS);
        let desk = DESK.map(|(language, rooms)| (language, rooms.join("\n")));
        let desk: Vec<_> = desk
            .iter()
            .map(|(language, text)| (*language, text.as_str()))
            .collect();
        same_everywhere(&desk);
    }

    fn same_everywhere(texts: &[(Language, &str)]) {
        let english = texts[0].1;
        for (language, text) in texts {
            assert_eq!(ids(text), ids(english), "{}", language.tag());
            assert!(FluentResource::try_new((*text).to_owned()).is_ok());
            for id in ids(english) {
                let (own, there) = (holes(text, id), holes(english, id));
                // What a service put into its English sentence may be English as well: others can do without.
                let is_right = if id.starts_with("refused-") {
                    own.is_subset(&there)
                } else {
                    own == there
                };
                assert!(is_right, "{id} in {}", language.tag());
            }
        }
    }

    /// Everything that pages are made of.
    fn read_all(folder: &Path, named: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            if path.is_dir() {
                read_all(&path, named);
            } else if matches!(ending, Some("rs" | "html")) {
                named.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn every_text_that_a_page_names_is_there_and_no_other() {
        let mut named = String::new();
        read_all(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui"),
            &mut named,
        );
        let desk = DESK[0].1.join("\n");
        let known: BTreeSet<&str> = ids(TEXTS[0].1).into_iter().chain(ids(&desk)).collect();
        // What a text is of is the end of its id: roles, codes and states are named by what they are.
        let made: Vec<String> = named
            .split('"')
            .filter_map(|part| part.split_once("-{"))
            .map(|(begin, _)| format!("{begin}-"))
            .filter(|begin| begin.len() > 1)
            .collect();
        for id in &known {
            let is_made = made.iter().any(|begin| id.starts_with(begin.as_str()));
            assert!(
                is_made || named.contains(&format!("\"{id}\"")),
                "nothing says `{id}`"
            );
        }
        let public = ids(TEXTS[0].1);
        let both: Vec<_> = ids(&desk)
            .into_iter()
            .filter(|id| public.contains(id))
            .collect();
        assert!(both.is_empty(), "two texts have one name: {both:?}");
        for part in named
            .split("say(\"")
            .skip(1)
            .chain(named.split("say_with(\"").skip(1))
        {
            let id = part.split('"').next().unwrap();
            assert!(known.contains(id), "there is no text `{id}`");
        }
    }

    #[test]
    fn dates_and_sources_are_written_as_people_write_them() {
        let at = Timestamp::from_millis(1_795_341_600_000);
        let english = Voice::new(Language::English, Some("Shop"), None);
        assert_eq!(english.date(at), "22 November 2026");
        let spanish = Voice::new(Language::Spanish, None, Some("Asia/Tokyo"));
        assert_eq!(spanish.date(at), "22 de noviembre de 2026");
        assert_eq!(spanish.time(at), "19:00");
        assert_eq!(english.how("web_form"), "web form");
        assert!(english.how("crm_import_7").contains("crm_import_7"));
    }
}
