//! One number, one word: however they are written.

use consent::{
    alias::Alias,
    effect,
    phone::{Country, Phone},
    time::Timestamp,
    wording::{Context, Reading, Setting, fold::fold, keywords::Keywords},
};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::history::quietly;

/// A number of a country whose numbers people write in every way, or any digits at all.
fn digits() -> impl Strategy<Value = String> {
    prop_oneof![
        "447[1-9][0-9]{8}",
        "1[2-9][0-9]{2}555[0-9]{4}",
        "55[1-9]{2}9[6-9][0-9]{7}",
        "55[1-9]{2}[6-9][0-9]{7}",
        "521[1-9][0-9]{9}",
        "52[1-9][0-9]{9}",
        "549[1-9][0-9]{9}",
        "54[1-9][0-9]{9}",
        "39[03][0-9]{8}",
        "[1-9][0-9]{6,14}",
    ]
}

/// Puts separators between the digits and a prefix before them.
fn written(digits: &str, prefix: &str, gaps: &[&str]) -> String {
    let spaced = digits.chars().zip(gaps.iter().cycle());
    let body: String = spaced.map(|(digit, gap)| format!("{digit}{gap}")).collect();
    format!("{prefix}{body}")
}

proptest! {
    #![proptest_config(quietly())]

    #[test]
    fn every_spelling_of_a_number_is_one_value(
        digits in digits(),
        prefix in select(vec!["+", "00", "tel:+", "whatsapp:+", " +", "\u{202a}+", "＋", "(+", "", "+\u{a0}"]),
        gaps in vec(select(vec!["", "", "", " ", "-", ".", "\u{a0}", "\u{200e}", "–", "/"]), 1..6),
    ) {
        let plain = digits.parse::<Phone>();
        let text = written(&digits, prefix, &gaps);
        prop_assert_eq!(text.parse::<Phone>().ok(), plain.ok(), "{}", text);
    }

    #[test]
    fn other_digits_are_the_same_digits(digits in digits(), zero in select(vec!['０', '٠', '۰', '०'])) {
        let foreign: String = digits.chars()
            .map(|c| char::from_u32(u32::from(zero) + c.to_digit(10).unwrap()).unwrap())
            .collect();
        prop_assert_eq!(format!("+{foreign}").parse::<Phone>().ok(), digits.parse().ok());
    }

    #[test]
    fn what_was_read_once_reads_back_as_itself(digits in digits(), home in select(vec!["GB", "BR", "AR", "MX", "US", "IT"])) {
        let home: Country = home.parse().unwrap();
        let Ok(phone) = digits.parse::<Phone>() else { return Ok(()) };
        prop_assert_eq!(phone.e164().parse(), Ok(phone));
        prop_assert_eq!(phone.digits().parse(), Ok(phone));
        prop_assert_eq!(Phone::read(&phone.e164(), Some(home)), Ok(phone));
        prop_assert!(phone.get() < 1 << 50);
        for alias in [Alias::Phone(phone), Alias::WaId(phone)] {
            prop_assert_eq!(Alias::read(alias.kind(), &alias.value()), Some(alias));
        }
        prop_assert!(!phone.to_string().contains(&phone.digits()));
    }

    #[test]
    fn one_person_stays_one_person(digits in digits()) {
        let Ok(phone) = digits.parse::<Phone>() else { return Ok(()) };
        let person = phone.person();
        let again = Phone::from_digits(&person.to_string());
        prop_assert_eq!(again.map(Phone::person), Some(person));
    }

    #[test]
    fn a_ninth_digit_a_one_and_a_nine_come_and_go(
        area in "[1-9]{2}", mobile in "[6-9][0-9]{7}", national in "[1-9][0-9]{9}",
    ) {
        for (long, short) in [
            (format!("55{area}9{mobile}"), format!("55{area}{mobile}")),
            (format!("521{national}"), format!("52{national}")),
            (format!("549{national}"), format!("54{national}")),
        ] {
            let key = |digits: &str| Alias::Phone(Phone::from_digits(digits).unwrap()).key();
            prop_assert_eq!(key(&long), key(&short));
        }
    }

    #[test]
    fn no_text_at_all_breaks_the_reader(text in any::<String>()) {
        let read = text.parse::<Phone>();
        prop_assert!(read.is_err() || read.unwrap().digits().len() >= 7);
        let keywords = Keywords::default();
        let reading = keywords.read(&text, Setting::Alone);
        let news = effect::heard(&reading, Timestamp::from_seconds(1));
        prop_assert_eq!(news.benign.is_some(), effect::is_benign(&reading));
        let tapped = keywords.read_button(&text, &text);
        prop_assert!(!matches!(tapped, Reading::Start(_) | Reading::Review(_)));
    }

    #[test]
    fn a_stop_is_a_stop_in_any_clothes(
        word in select(vec!["STOP", "stop", "Stop", "ＳＴＯＰ", "ştöp", "𝗦𝗧𝗢𝗣", "Unsubscribe", "REVOKE", "opt out", "Opt-Out"]),
        before in select(CLOTHES.to_vec()), between in select(CLOTHES.to_vec()), after in select(CLOTHES.to_vec()),
    ) {
        let mut text = before.to_owned();
        for c in word.chars() {
            text.push(c);
            text.push_str(between);
        }
        text.push_str(after);
        let reading = Keywords::default().read(&text, Setting::InAnswer);
        prop_assert!(matches!(reading, Reading::Stop(_)), "{}: {:?}", text, reading);
    }

    #[test]
    fn a_stop_with_a_number_is_no_stop(digits in "[0-9]{3,7}", first in any::<bool>()) {
        // Thai people laugh in fives.
        prop_assume!(digits.chars().any(|digit| digit != '5'));
        let text = if first { format!("STOP {digits}") } else { format!("{digits} STOP") };
        prop_assert_eq!(Keywords::default().read(&text, Setting::Alone), Reading::Nothing);
    }

    #[test]
    fn what_is_shown_stands_in_the_message(words in vec(select(WORDS.to_vec()), 0..40), gap in select(vec![" ", ", ", ".", "?", "\n", "! \"", "🙏"])) {
        let text = words.join(gap);
        let reading = Keywords::default().read(&text, Setting::Alone);
        if let Some(found) = reading.found() {
            prop_assert_eq!(text.get(found.at.clone()), Some(found.span.as_str()));
            prop_assert!(!found.rule.is_empty());
        }
    }

    #[test]
    fn any_text_at_all_is_read_and_folds_once(text in any::<String>()) {
        let reading = Keywords::default().read(&text, Setting::InAnswer);
        let shown = reading.found().map(|found| text.get(found.at.clone()) == Some(found.span.as_str()));
        prop_assert_ne!(shown, Some(false));
        let folded = fold(&text);
        prop_assert_eq!(fold(&folded), folded);
    }

    #[test]
    fn a_forwarded_message_says_nothing(text in select(vec!["STOP", "stop sending me messages", "delete my data"])) {
        let context = Context { forwarded: true, ..Context::from(Setting::Alone) };
        prop_assert_eq!(Keywords::default().read(text, context), Reading::Nothing);
    }
}

const WORDS: [&str; 16] = [
    "stop",
    "no",
    "mensajes",
    "please",
    "ＳＴＯＰ",
    "बंद",
    "करो",
    "もう",
    "送らないで",
    "don't",
    "send",
    "me",
    "Monday",
    "until",
    "отпишите",
    "ß",
];

const CLOTHES: [&str; 14] = [
    "", " ", "\u{200b}", "\u{200f}", "\u{202e}", "\u{2066}", "\u{feff}", "\u{ad}", "\u{3164}", ".",
    "\"", "🙏🏽", "\u{fe0f}", "\n",
];
