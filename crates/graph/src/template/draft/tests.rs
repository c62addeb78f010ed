//! A draft as Meta reads it, and each rule that is looked at before Meta does.

use super::*;
use crate::template::Shape;

fn text(text: &str, examples: &[(&str, &str)]) -> Text {
    let examples = examples.iter();
    let examples = examples.map(|(gap, text)| ((*gap).to_owned(), (*text).to_owned()));
    Text {
        text: text.to_owned(),
        examples: examples.collect(),
    }
}

fn key(kind: KeyKind, text: &str, to: &str) -> Key {
    Key {
        kind,
        text: text.to_owned(),
        to: (!to.is_empty()).then(|| to.to_owned()),
    }
}

fn draft() -> Draft {
    Draft {
        name: "autumn_sale_2026".to_owned(),
        language: "en_US".to_owned(),
        category: Category::Marketing,
        header: Some(text("News, {{1}}", &[("1", "Ana")])),
        body: text(
            "Hello {{1}}, {{2}} off until {{1}} ends.",
            &[("1", "Ana"), ("2", "10 %")],
        ),
        footer: Some("Reply STOP to get no more offers.".to_owned()),
        buttons: vec![
            key(KeyKind::Url, "Shop", "https://example.com/sale"),
            key(KeyKind::Phone, "Call", "+442079460000"),
            key(KeyKind::QuickReply, "Stop promotions", ""),
        ],
    }
}

#[test]
fn a_draft_is_written_as_meta_reads_it() {
    let draft = draft();
    draft.check().unwrap();
    let body = draft.to_json();
    assert_eq!(body["category"], "MARKETING");
    assert_eq!(body["parameter_format"], "POSITIONAL");
    let parts = &body["components"];
    assert_eq!(parts[0]["example"], json!({"header_text": ["Ana"]}));
    assert_eq!(parts[1]["example"], json!({"body_text": [["Ana", "10 %"]]}));
    assert_eq!(parts[3]["buttons"][0]["url"], "https://example.com/sale");
    assert_eq!(parts[3]["buttons"][1]["phone_number"], "+442079460000");
    let shape = Shape::of(&parts.to_string());
    assert_eq!(shape.keys, draft.buttons, "it is shown as it was written");
}

#[test]
fn gaps_with_names_are_told_with_their_names() {
    let draft = Draft {
        header: None,
        body: text(
            "Hello {{first_name}}, your code is {{code}}.",
            &[("first_name", "Ana"), ("code", "X1")],
        ),
        ..draft()
    };
    draft.check().unwrap();
    let body = draft.to_json();
    assert_eq!(body["parameter_format"], "NAMED");
    let example = &body["components"][0]["example"]["body_text_named_params"];
    assert_eq!(
        example,
        &json!([{"param_name": "first_name", "example": "Ana"}, {"param_name": "code", "example": "X1"}])
    );
}

fn refuses(draft: &Draft, field: &str) {
    let found = draft.check().unwrap_err();
    assert_eq!(found.field, field, "{found}");
}

#[test]
fn what_a_template_is_called_and_for_is_looked_at() {
    for name in ["Autumn", "autumn-sale", "", &"a".repeat(513)] {
        let name = name.to_owned();
        refuses(&Draft { name, ..draft() }, "name");
    }
    for language in ["English", "", "pt_br", "e"] {
        let language = language.to_owned();
        refuses(
            &Draft {
                language,
                ..draft()
            },
            "language",
        );
    }
    for category in [Category::Authentication, Category::Service] {
        refuses(
            &Draft {
                category,
                ..draft()
            },
            "category",
        );
    }
}

#[test]
fn words_and_gaps_are_looked_at() {
    let long = "x".repeat(1_025);
    for (words, gaps) in [
        ("", &[][..]),
        (long.as_str(), &[]),
        ("{{1}} first", &["1"]),
        ("last {{1}}", &["1"]),
        ("no {{1}} example", &[]),
        ("a {{2}} b", &["2"]),
        ("a {{1}} {{3}} b", &["1", "3"]),
        ("a {{1}} {{name}} b", &["1", "name"]),
        ("a {{1} b", &[]),
        ("a 1}} b", &[]),
        ("a {{First Name}} b", &[]),
    ] {
        let examples: Vec<(&str, &str)> = gaps.iter().map(|gap| (*gap, "Ana")).collect();
        let body = text(words, &examples);
        let header = None;
        refuses(
            &Draft {
                header,
                body,
                ..draft()
            },
            "body",
        );
    }
    let body = text("blank {{1}} example", &[("1", " ")]);
    refuses(&Draft { body, ..draft() }, "body");
    let body = text(&"é".repeat(1_024), &[]);
    Draft { body, ..draft() }.check().unwrap();
    for header in [
        text(&"x".repeat(61), &[]),
        text("a\nb", &[]),
        text("{{1}} {{2}}", &[("1", "a"), ("2", "b")]),
        text("Hi {{name}}", &[("name", "a")]),
    ] {
        let header = Some(header);
        refuses(&Draft { header, ..draft() }, "header");
    }
    for footer in [&"x".repeat(61), "Hi {{1}}!", "a\nb"] {
        let footer = Some(footer.to_owned());
        refuses(&Draft { footer, ..draft() }, "footer");
    }
}

#[test]
fn buttons_are_looked_at() {
    let quick = |label: &str| key(KeyKind::QuickReply, label, "");
    let url = |to: &str| key(KeyKind::Url, "Shop", to);
    let phone = |label: &str, to: &str| key(KeyKind::Phone, label, to);
    for buttons in [
        (0..11).map(|n| quick(&n.to_string())).collect(),
        vec![quick(&"x".repeat(26))],
        vec![quick("")],
        vec![quick("Yes"), quick("Yes")],
        vec![url("example.com")],
        vec![url("https://example.com/{{1}}")],
        vec![phone("Call", "0207")],
        vec![
            phone("Call", "+442079460000"),
            phone("Ring", "+442079460001"),
        ],
    ] {
        refuses(&Draft { buttons, ..draft() }, "buttons");
    }
}

#[test]
fn what_was_made_has_an_id() {
    let made = Made::read(br#"{"id":18014398509481985,"status":"PENDING","category":"UTILITY"}"#);
    let made = made.unwrap();
    assert_eq!(
        (made.id.as_str(), made.status),
        ("18014398509481985", Status::Pending)
    );
    assert_eq!(made.category, Some(Category::Utility));
    assert_eq!(Made::read(b"{}"), None);
}
