//! What leaves the house as a file, a header or a letter.

use axum::http::{HeaderMap, header};
use consent::time::Timestamp;
use mail::{letter::Letter, sender::Sender};
use server::ui::{
    language::Language,
    letter::{self, Question},
    voice::Voice,
};

use super::{guests::Guests, strings};
use crate::{
    browser::Browser,
    house::{Answer, START_MS},
};

/// How a cell begins that a spreadsheet takes for a formula.
const FORMULA: [char; 10] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff20}',
];

/// Every table and every document that can be taken out.
pub async fn all(guests: &Guests, browser: &Browser<'_>) {
    let house = &guests.house;
    for path in [
        "/api/v1/export/contacts.csv",
        "/api/v1/export/contacts.csv?bom=true",
        "/api/v1/export/events.csv",
        "/api/v1/reports/consent.csv?by=source",
        "/api/v1/reports/messages.csv?by=template",
        "/api/v1/reports/opt_out_rate.csv?by=template",
        "/api/v1/reports/consent.csv?by=keyword",
    ] {
        plain_cells(path, &house.get(path).await.expect(200));
    }
    for path in [
        "/segments/opted_in/contacts.csv",
        "/segments/opted_out/contacts.csv",
        "/reports/consent.csv?by=source",
    ] {
        plain_cells(path, &browser.get(path).await.expect(200));
    }
    for path in [
        "contacts?limit=500",
        "segments",
        "quick_replies",
        "attributes",
        "topics",
        "templates",
        "keys",
        "users",
        "forms",
        "policy",
        "flows",
        "reviews?state=decided",
        "messages?limit=500",
        "conversations?limit=500",
    ] {
        house
            .get(&format!("/api/v1/{path}"))
            .await
            .expect(200)
            .json();
    }
    for contact in guests.contacts.iter().step_by(20) {
        for path in ["export", "receipts", "timeline", "files"] {
            house
                .get(&format!("/api/v1/contacts/{contact}/{path}"))
                .await
                .expect(200)
                .json();
        }
    }
}

/// A spreadsheet takes no cell for a formula, and every row has the cells of the first.
fn plain_cells(path: &str, answer: &Answer) {
    let text = answer.text();
    let text = text.trim_start_matches('\u{feff}');
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    for row in rows.records() {
        for cell in &row.unwrap_or_else(|error| panic!("{path}: {error}")) {
            let is_number = cell
                .strip_prefix('+')
                .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
            let begins = cell.trim_start_matches([' ', '\u{a0}']);
            assert!(
                is_number || !begins.starts_with(FORMULA),
                "{path}: {cell:?}"
            );
        }
    }
}

/// What is wrong with the headers of an answer: a file has one plain name.
pub fn headers(path: &str, headers: &HeaderMap) -> Vec<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_plain = |value: &str| {
        let name = value.strip_prefix("attachment; filename=\"");
        let name = name.and_then(|name| name.strip_suffix('"'));
        name.is_some_and(|name| !name.is_empty() && name.chars().all(plain))
    };
    let named = headers.get_all(header::CONTENT_DISPOSITION).iter();
    let named: Vec<&str> = named
        .map(|value| value.to_str().unwrap_or("\u{0}"))
        .collect();
    let mut wrong = Vec::new();
    if named.len() > 1 || !named.iter().all(|value| is_plain(value)) {
        wrong.push(format!("{path}: {named:?}"));
    }
    let location = headers
        .get(header::LOCATION)
        .map(|value| value.to_str().unwrap_or("\u{0}"));
    if let Some(to) =
        location.filter(|to| !to.starts_with('/') || to.starts_with("//") || to.contains('\\'))
    {
        wrong.push(format!("{path} leads to {to}"));
    }
    wrong
}

#[test]
fn a_letter_has_the_headers_that_we_write_and_no_others() {
    let at = Timestamp::from_millis(START_MS);
    for text in strings::all() {
        for language in Language::ALL {
            let voice = Voice::new(language, Some(&text), None);
            let question = Question {
                asked: at,
                page: &text,
                wording: &text,
                link: "https://gate.example/join/confirm/abc",
                until: at,
            };
            let words = letter::question(&voice, &question);
            let from: Sender = "Example Shop <hello@example.com>".parse().unwrap();
            let letter = Letter {
                id: "abc".to_owned(),
                from,
                reply_to: None,
                to: "ana@example.org".parse().unwrap(),
                subject: words.subject,
                text: words.text,
                language: language.tag().to_owned(),
                at,
                unsubscribe: None,
                attachments: Vec::new(),
            };
            let Ok(written) = letter.write() else {
                continue;
            };
            let written = String::from_utf8(written.bytes()).unwrap();
            let (head, _) = written.split_once("\r\n\r\n").unwrap();
            let lines = head
                .split("\r\n")
                .filter(|line| !line.starts_with([' ', '\t']));
            let mut names: Vec<&str> = lines.map(|line| line.split(':').next().unwrap()).collect();
            names.sort_unstable();
            let wanted = [
                "Auto-Submitted",
                "Content-Language",
                "Content-Transfer-Encoding",
                "Content-Type",
                "Date",
                "From",
                "MIME-Version",
                "Message-ID",
                "Subject",
                "To",
            ];
            assert_eq!(names, wanted, "{text:?}");
        }
        for sender in [
            format!("{text} <hello@example.com>"),
            format!("Shop <{text}@example.com>"),
            text.clone(),
        ] {
            let Ok(sender) = sender.parse::<Sender>() else {
                continue;
            };
            let shown = format!("{sender:?}");
            assert!(!shown.contains("\\r") && !shown.contains("\\n"), "{shown}");
        }
    }
}
