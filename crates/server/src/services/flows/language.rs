//! In which language somebody is answered.

use consent::{
    alias::Alias,
    wording::{Reading, fold::fold},
};

use crate::flows::{Flows, words};

/// Below this many letters a guess is worth nothing.
const GUESS_CHARS_MIN: usize = 12;

/// Calling codes and the language that most people there write to businesses in. The longest that fits counts.
const COUNTRIES: [(&str, &str); 66] = [
    ("1", "en"),
    ("20", "ar"),
    ("212", "ar"),
    ("213", "ar"),
    ("216", "ar"),
    ("218", "ar"),
    ("234", "en"),
    ("249", "ar"),
    ("254", "sw"),
    ("255", "sw"),
    ("27", "en"),
    ("31", "nl"),
    ("32", "nl"),
    ("33", "fr"),
    ("34", "es"),
    ("351", "pt"),
    ("353", "en"),
    ("373", "ro"),
    ("375", "ru"),
    ("380", "uk"),
    ("39", "it"),
    ("40", "ro"),
    ("41", "de"),
    ("43", "de"),
    ("44", "en"),
    ("48", "pl"),
    ("49", "de"),
    ("51", "es"),
    ("52", "es"),
    ("53", "es"),
    ("54", "es"),
    ("55", "pt"),
    ("56", "es"),
    ("57", "es"),
    ("58", "es"),
    ("591", "es"),
    ("593", "es"),
    ("595", "es"),
    ("598", "es"),
    ("502", "es"),
    ("503", "es"),
    ("504", "es"),
    ("505", "es"),
    ("506", "es"),
    ("507", "es"),
    ("60", "ms"),
    ("62", "id"),
    ("66", "th"),
    ("7", "ru"),
    ("81", "ja"),
    ("82", "ko"),
    ("84", "vi"),
    ("86", "zh"),
    ("852", "zh"),
    ("880", "bn"),
    ("886", "zh"),
    ("90", "tr"),
    ("91", "hi"),
    ("92", "ur"),
    ("961", "ar"),
    ("962", "ar"),
    ("964", "ar"),
    ("966", "ar"),
    ("971", "ar"),
    ("972", "he"),
    ("98", "fa"),
];

/// The language: of the rule that understood the message, else of the word by which it asks for a receipt, else of its
/// words, else of the country of the number, else the default one. Only languages that we have words in.
#[must_use]
pub fn choose(flows: &Flows, reading: &Reading, text: Option<&str>, who: &Alias) -> String {
    let understood = reading
        .found()
        .and_then(|found| found.language)
        .map(|language| language.code().to_owned());
    let asked = || {
        let language = text.and_then(|text| words::language_of_receipt(&fold(text)));
        language.map(str::to_owned)
    };
    let guessed = || text.and_then(guess).map(str::to_owned);
    let there = || country(who).map(str::to_owned);
    let spoken = |language: &String| flows.speaks(language) || flows.speaks(words::base(language));
    understood
        .filter(spoken)
        .or_else(|| asked().filter(spoken))
        .or_else(|| guessed().filter(spoken))
        .or_else(|| there().filter(spoken))
        .unwrap_or_else(|| flows.language.clone())
}

fn guess(text: &str) -> Option<&'static str> {
    if text.chars().filter(|c| c.is_alphabetic()).count() < GUESS_CHARS_MIN {
        return None;
    }
    let found = whatlang::detect(text).filter(whatlang::Info::is_reliable)?;
    let code = found.lang().code();
    let table = [
        ("eng", "en"),
        ("spa", "es"),
        ("por", "pt"),
        ("fra", "fr"),
        ("deu", "de"),
        ("ita", "it"),
        ("nld", "nl"),
        ("pol", "pl"),
        ("ron", "ro"),
        ("tur", "tr"),
        ("rus", "ru"),
        ("ukr", "uk"),
        ("ara", "ar"),
        ("heb", "he"),
        ("pes", "fa"),
        ("hin", "hi"),
        ("ben", "bn"),
        ("tam", "ta"),
        ("urd", "ur"),
        ("ind", "id"),
        ("vie", "vi"),
        ("tha", "th"),
        ("cmn", "zh"),
        ("jpn", "ja"),
        ("kor", "ko"),
    ];
    let mut table = table.iter();
    table
        .find(|(long, _)| *long == code)
        .map(|(_, short)| *short)
}

/// The language that most people write to businesses in where somebody's number is from; none where that is not known.
#[must_use]
pub fn country(who: &Alias) -> Option<&'static str> {
    let digits = match who {
        Alias::Phone(phone) | Alias::WaId(phone) => phone.digits(),
        // The user id begins with the country, and says nothing of how many languages are spoken there.
        Alias::Bsuid(_) | Alias::ParentBsuid(_) | Alias::Email(_) => return None,
    };
    let fitting = COUNTRIES
        .iter()
        .filter(|(code, _)| digits.starts_with(code));
    fitting
        .max_by_key(|(code, _)| code.len())
        .map(|(_, language)| *language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_tell_more_than_the_country_and_the_country_more_than_nothing() {
        let ada = Alias::Phone("+447700900123".parse().unwrap());
        let ana = Alias::Phone("+34600100200".parse().unwrap());
        let nobody: Alias = Alias::Bsuid("GB.70012345678901234567".parse().unwrap());
        let flows = Flows::default();
        let nothing = Reading::Nothing;
        for (text, who, want) in [
            (
                Some("¿Me pueden decir a qué hora abren mañana por la tarde?"),
                &ada,
                "es",
            ),
            (Some("STOP"), &ana, "es"),
            (Some("STOP"), &ada, "en"),
            (None, &nobody, "en"),
            (Some("Quittung"), &ana, "de"),
            (Some("recibo"), &ana, "es"),
            (Some("RECEIPT"), &ana, "es"),
        ] {
            assert_eq!(choose(&flows, &nothing, text, who), want, "{text:?}");
        }
    }
}
