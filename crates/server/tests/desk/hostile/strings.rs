//! Strings that people write who mean harm, made of the families in `tests/hostile.json`, and a harmless twin of each.

use serde::Deserialize;
use serde_json::json;
use store::template::{TemplateLine, Told};

use crate::house::START_MS;

/// Where the families stand; the browser makes the same strings of them.
const FAMILIES: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/hostile.json"
));

/// What must not begin or end anything but itself, whatever stands beside it.
const CONTROLS: [char; 9] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}',
];

#[derive(Deserialize)]
struct Made {
    families: Vec<Family>,
    long: Vec<Long>,
    json: Vec<String>,
}

/// One of each part, in their order.
#[derive(Deserialize)]
struct Family {
    parts: Vec<Vec<String>>,
}

#[derive(Deserialize)]
struct Long {
    begin: String,
    repeat: String,
    times: usize,
}

/// All of them, each with its number in it.
pub fn all() -> Vec<String> {
    let made = made();
    let families = made
        .families
        .iter()
        .flat_map(|family| product(&family.parts));
    let long = made.long.iter();
    let long = long.map(|long| format!("{}{}", long.begin, long.repeat.repeat(long.times)));
    let numbered = families.chain(long).enumerate();
    numbered
        .map(|(at, text)| text.replace('#', &at.to_string()))
        .collect()
}

/// What stands between the quotes of JSON that is no text.
pub fn no_texts() -> Vec<String> {
    made().json
}

/// A text of the same length, with the same words and lines, that nobody could mean harm with.
pub fn tame(text: &str) -> String {
    let tame = text.chars().map(|c| match c {
        '\t' | '\r' => ' ',
        ' ' | '\n' => c,
        c if c.is_alphanumeric() => c,
        c if c.len_utf8() == 1 => '.',
        c if c.len_utf8() == 2 => 'é',
        c if c.len_utf8() == 3 => '語',
        _ => '𝒳',
    });
    tame.collect()
}

/// A text as a page may show it: what turns the writing around it may be gone, and what no text holds.
pub fn shown(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text
        .chars()
        .filter(|c| !matches!(c, '\0' | '\u{fffd}') && !CONTROLS.contains(c))
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn made() -> Made {
    serde_json::from_str(FAMILIES).unwrap()
}

fn product(parts: &[Vec<String>]) -> Vec<String> {
    let begin = vec![String::new()];
    parts.iter().fold(begin, |done, part| {
        let pairs = done
            .iter()
            .flat_map(|begin| part.iter().map(move |end| format!("{begin}{end}")));
        pairs.collect()
    })
}

#[test]
fn there_are_more_than_five_hundred_and_no_two_alike() {
    let all = all();
    let distinct: std::collections::BTreeSet<&String> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
    assert!(all.len() >= 500, "{}", all.len());
    for text in &all {
        assert!(!tame(text).contains(['<', '\t', '"', '\'', '=', '\0', '\u{202e}']));
        assert_eq!(tame(text).chars().count(), text.chars().count());
    }
}

/// A template with a string wherever Meta keeps a text of it.
pub fn template(n: usize, word: &str) -> TemplateLine {
    let components = json!([{"type": "HEADER", "format": "TEXT", "text": word}, {"type": "BODY", "text": word},
        {"type": "FOOTER", "text": word}, {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": word}]}]);
    TemplateLine {
        account: "209900000000001".to_owned(),
        name: format!("{n:03} {word}").chars().take(400).collect(),
        language: "en_US".to_owned(),
        id: n.to_string(),
        category: "utility".to_owned(),
        status: "APPROVED".to_owned(),
        quality: None,
        topic: None,
        components: components.to_string(),
        changed: consent::time::Timestamp::from_millis(START_MS),
        told: Told {
            coming: Some(word.to_owned()),
            reason: Some(word.to_owned()),
            note: Some(word.to_owned()),
            day: Some(word.to_owned()),
            ..Told::default()
        },
    }
}
