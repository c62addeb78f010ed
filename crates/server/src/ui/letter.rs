//! What letters say, in the language of the page that led to them.

use consent::time::Timestamp;

use super::voice::Voice;
use crate::config::Config;

/// A letter's subject and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What stands above it.
    pub subject: String,
    /// What it says.
    pub text: String,
}

/// Was it you who gave this address, and do you agree?
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// When the address was typed.
    pub asked: Timestamp,
    /// The page on which.
    pub page: &'a str,
    /// What was shown there, word for word.
    pub wording: &'a str,
    /// Where the answer is given.
    pub link: &'a str,
    /// Until when.
    pub until: Timestamp,
}

/// This is what you agreed to.
#[derive(Debug, Clone, Copy)]
pub struct Receipt<'a> {
    /// When.
    pub agreed: Timestamp,
    /// The page on which the words were shown.
    pub page: &'a str,
    /// What was shown there, word for word.
    pub wording: &'a str,
    /// The ids of the events.
    pub numbers: &'a [String],
    /// The person's own page.
    pub link: &'a str,
}

/// The words of a question.
#[must_use]
pub fn question(voice: &Voice, question: &Question<'_>) -> Words {
    let date = voice.date(question.asked);
    let until = voice.date(question.until);
    let parts = [
        voice.say_with("letter-question-intro", &[("date", &date)]),
        question.page.to_owned(),
        voice.say("letter-shown"),
        quoted(question.wording),
        voice.say("letter-question-yes"),
        question.link.to_owned(),
        voice.say_with("letter-question-until", &[("date", &until)]),
        voice.say("letter-question-no"),
    ];
    Words {
        subject: one_line(&voice.say("letter-question-subject")),
        text: paragraphs(parts),
    }
}

/// The words of a receipt.
#[must_use]
pub fn receipt(voice: &Voice, receipt: &Receipt<'_>) -> Words {
    let date = voice.date(receipt.agreed);
    let numbers = receipt.numbers.join("\n");
    let parts = [
        voice.say_with("letter-receipt-intro", &[("date", &date)]),
        receipt.page.to_owned(),
        voice.say("letter-shown"),
        quoted(receipt.wording),
        voice.say("letter-receipt-number"),
        numbers,
        voice.say("letter-receipt-change"),
        receipt.link.to_owned(),
    ];
    Words {
        subject: one_line(&voice.say("letter-receipt-subject")),
        text: paragraphs(parts),
    }
}

/// Who writes: the name, the address and what is done with personal data, as far as the settings say.
#[must_use]
pub fn footer(voice: &Voice, config: &Config) -> String {
    let controller = &config.controller;
    let lines = [
        controller.name.as_deref().or(Some(voice.business())),
        controller.address.as_deref(),
        config.pages.privacy_url.as_deref(),
    ];
    let lines: Vec<&str> = lines.into_iter().flatten().collect();
    format!("\n-- \n{}\n", lines.join("\n"))
}

fn paragraphs<const N: usize>(parts: [String; N]) -> String {
    let parts = parts.iter().map(|part| part.trim_end());
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("\n\n") + "\n"
}

/// Somebody else's words, told apart from the letter's own line by line.
fn quoted(wording: &str) -> String {
    let lines: Vec<String> = wording.lines().map(|line| format!("> {line}")).collect();
    lines.join("\n")
}

/// A business may have put a line end into its name.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(150).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::language::Language;

    #[test]
    fn a_question_quotes_what_was_shown_and_says_where_to_answer_in_every_language() {
        for language in Language::ALL {
            let voice = Voice::new(language, Some("Example\nShop"), None);
            let words = question(
                &voice,
                &Question {
                    asked: Timestamp::from_millis(1_795_341_600_000),
                    page: "https://shop.example/join/spring",
                    wording: "Offers, twice a month.\nYes, I agree.",
                    link: "https://gate.example/join/confirm/abc",
                    until: Timestamp::from_millis(1_795_941_600_000),
                },
            );
            let text = &words.text;
            assert!(text.contains("\n\n> Offers, twice a month.\n> Yes, I agree.\n\n"));
            assert!(text.contains("\n\nhttps://gate.example/join/confirm/abc\n\n"));
            assert!(words.subject.contains("Example"), "{}", words.subject);
            assert!(!words.subject.contains('\n'));
        }
    }
}
