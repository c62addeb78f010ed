//! What is written down, and what is not.

use consent::time::Timestamp;

use super::*;

fn letter() -> Letter {
    Letter {
        id: "01999-abc".to_owned(),
        from: "Example Shop <news@example.com>".parse().unwrap(),
        reply_to: Some("help@example.com".parse().unwrap()),
        to: "ana@example.org".parse().unwrap(),
        subject: "Please confirm".to_owned(),
        text: "Hello\n\nPlease confirm.\n".to_owned(),
        language: "en".to_owned(),
        at: Timestamp::from_seconds(1_795_348_800),
        unsubscribe: None,
        attachments: Vec::new(),
    }
}

fn text(letter: &Letter) -> String {
    String::from_utf8(letter.write().unwrap().bytes()).unwrap()
}

fn headers(text: &str) -> Vec<&str> {
    let (headers, _) = text.split_once("\r\n\r\n").unwrap();
    headers.split("\r\n").collect()
}

#[test]
fn a_letter_is_written_with_all_its_headers() {
    let mut letter = letter();
    letter.unsubscribe = Some("https://c.example/p/x/unsubscribe".parse().unwrap());
    let text = text(&letter);
    for line in [
        "Date: Sun, 22 Nov 2026 12:00:00 +0000",
        "From: \"Example Shop\" <news@example.com>",
        "To: ana@example.org",
        "Reply-To: help@example.com",
        "Subject: Please confirm",
        "Message-ID: <01999-abc@example.com>",
        "Content-Language: en",
        "Auto-Submitted: auto-generated",
        "List-Unsubscribe: <https://c.example/p/x/unsubscribe>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(headers(&text).contains(&line), "{line}\n\n{text}");
    }
    assert!(
        text.ends_with("\r\n\r\nHello\r\n\r\nPlease confirm.\r\n"),
        "{text}"
    );
}

#[test]
fn the_address_to_unsubscribe_at_is_never_folded() {
    let mut letter = letter();
    let url = format!("https://c.example/p/{}/unsubscribe", "aB-_".repeat(200));
    letter.unsubscribe = Some(url.parse().unwrap());
    let text = text(&letter);
    let line = format!("List-Unsubscribe: <{url}>");
    assert!(headers(&text).contains(&line.as_str()), "{text}");
    assert!(headers(&text).iter().all(|line| line.len() < 998));
}

#[test]
fn a_subject_in_any_script_is_ascii_on_its_way() {
    for subject in [
        "يرجى تأكيد عنوان بريدك الإلكتروني لدى المتجر",
        "कृपया अपना ईमेल पता सत्यापित करें, ताकि हम आपको लिख सकें",
        "Confirme seu endereço, por favor",
        "Bestätigen Sie 🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉",
    ] {
        let mut letter = letter();
        letter.subject = subject.to_owned();
        letter.text = format!("{subject}\n").repeat(20);
        let text = text(&letter);
        assert!(text.is_ascii(), "{text}");
        assert!(text.split("\r\n").all(|line| line.len() <= 100), "{text}");
    }
}

#[test]
fn nothing_from_outside_makes_a_header_of_its_own() {
    for bad in ["\r", "\n", "\r\n", "\u{b}", "\u{85}", "\u{2028}", "\0"] {
        let mut letter = letter();
        letter.subject = format!("Hello{bad}Bcc: all@example.com");
        assert_eq!(letter.write().unwrap_err(), BadLetter::Subject, "{bad:?}");
    }
    for id in ["", "a b", "a>\r\nBcc: x", "a@b", &"x".repeat(65)] {
        let mut letter = letter();
        letter.id = id.to_owned();
        assert_eq!(letter.write().unwrap_err(), BadLetter::Id, "{id:?}");
    }
    for language in ["", "e", "en\r\nBcc: x@y.z", "en us"] {
        let mut letter = letter();
        letter.language = language.to_owned();
        let error = letter.write().unwrap_err();
        assert!(matches!(error, BadLetter::Language(_)), "{language:?}");
        assert!(!error.to_string().contains('\n'));
    }
    for to in ["a\"b@example.com", "<x>@example.com", "a@b@example.com"] {
        let Ok(to) = to.parse() else { continue };
        let mut letter = letter();
        letter.to = to;
        assert_eq!(letter.write().unwrap_err(), BadLetter::Address);
    }
}

#[test]
fn a_text_must_be_one() {
    for bad in [
        String::new(),
        " \n ".to_owned(),
        "a\0b".to_owned(),
        "a\u{1b}[2Jb".to_owned(),
        "x".repeat(TEXT_BYTES_MAX + 1),
    ] {
        let mut letter = letter();
        letter.text = bad;
        assert_eq!(letter.write().unwrap_err(), BadLetter::Text);
    }
}

#[test]
fn a_line_that_is_a_dot_is_only_a_line() {
    let mut letter = letter();
    letter.text = "one\n.\nBcc: all@example.com\n".to_owned();
    let text = text(&letter);
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "one\r\n.\r\nBcc: all@example.com\r\n");
}

#[test]
fn a_receipt_comes_as_a_file() {
    let mut letter = letter();
    let bytes = br#"{"receipt":1}"#.to_vec();
    let file = |name: &str, kind: &str, bytes: Vec<u8>| Attachment {
        name: name.to_owned(),
        kind: kind.to_owned(),
        bytes,
    };
    letter.attachments = vec![file("receipt.json", "application/json", bytes)];
    let written = text(&letter);
    assert!(written.contains("Content-Type: multipart/mixed;"));
    assert!(written.contains("Content-Disposition: attachment; filename=\"receipt.json\"\r\n"));
    assert!(written.contains("Content-Type: application/json\r\n"));
    for bad in [
        file("", "application/json", Vec::new()),
        file("../x", "application/json", Vec::new()),
        file("a\"; x=\"", "application/json", Vec::new()),
        file("a\r\nb", "application/json", Vec::new()),
        file("a", "json\r\nBcc: x@y.z", Vec::new()),
        file("a", "text/plain", vec![0; ATTACHMENT_BYTES_MAX + 1]),
    ] {
        letter.attachments = vec![bad];
        assert_eq!(letter.write().unwrap_err(), BadLetter::Attachment);
    }
}
