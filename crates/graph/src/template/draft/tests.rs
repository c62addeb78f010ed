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

#[test]
fn each_rule_of_metas_is_looked_at_first() {
    let fine = draft();
    let with_body = |words: &str, examples: &[(&str, &str)]| Draft {
        body: text(words, examples),
        ..fine.clone()
    };
    let with_keys = |buttons: Vec<Key>| Draft {
        buttons,
        ..fine.clone()
    };
    let quick = |label: &str| key(KeyKind::QuickReply, label, "");
    let many = (0..11).map(|n| quick(&n.to_string())).collect();
    let named = |name: &str| Draft {
        name: name.to_owned(),
        ..fine.clone()
    };
    for (draft, field) in [
        (named("Autumn"), "name"),
        (named(""), "name"),
        (named(&"a".repeat(513)), "name"),
        (
            Draft {
                language: "English".to_owned(),
                ..fine.clone()
            },
            "language",
        ),
        (
            Draft {
                category: Category::Authentication,
                ..fine.clone()
            },
            "category",
        ),
        (
            Draft {
                header: Some(text(&"x".repeat(61), &[])),
                ..fine.clone()
            },
            "header",
        ),
        (
            Draft {
                header: Some(text("a\nb", &[])),
                ..fine.clone()
            },
            "header",
        ),
        (
            Draft {
                header: Some(text("{{1}} {{2}}", &[("1", "a"), ("2", "b")])),
                ..fine.clone()
            },
            "header",
        ),
        (
            Draft {
                header: Some(text("Hi {{name}}", &[("name", "a")])),
                ..fine.clone()
            },
            "header",
        ),
        (with_body("", &[]), "body"),
        (with_body(&"x".repeat(1_025), &[]), "body"),
        (with_body("{{1}} first", &[("1", "a")]), "body"),
        (with_body("last {{1}}", &[("1", "a")]), "body"),
        (with_body("no {{1}} example", &[]), "body"),
        (with_body("blank {{1}} example", &[("1", " ")]), "body"),
        (with_body("a {{2}} b", &[("2", "a")]), "body"),
        (
            with_body("a {{1}} {{3}} b", &[("1", "a"), ("3", "a")]),
            "body",
        ),
        (
            with_body("a {{1}} {{name}} b", &[("1", "a"), ("name", "b")]),
            "body",
        ),
        (with_body("a {{1} b", &[]), "body"),
        (with_body("a 1}} b", &[]), "body"),
        (with_body("a {{First Name}} b", &[]), "body"),
        (
            Draft {
                footer: Some("x".repeat(61)),
                ..fine.clone()
            },
            "footer",
        ),
        (
            Draft {
                footer: Some("Hi {{1}}!".to_owned()),
                ..fine.clone()
            },
            "footer",
        ),
        (with_keys(many), "buttons"),
        (with_keys(vec![quick(&"x".repeat(26))]), "buttons"),
        (with_keys(vec![quick("")]), "buttons"),
        (with_keys(vec![quick("Yes"), quick("Yes")]), "buttons"),
        (
            with_keys(vec![key(KeyKind::Url, "Shop", "example.com")]),
            "buttons",
        ),
        (
            with_keys(vec![key(KeyKind::Url, "Shop", "https://example.com/{{1}}")]),
            "buttons",
        ),
        (
            with_keys(vec![key(KeyKind::Phone, "Call", "0207")]),
            "buttons",
        ),
        (
            with_keys(vec![
                key(KeyKind::Phone, "Call", "+442079460000"),
                key(KeyKind::Phone, "Ring", "+442079460001"),
            ]),
            "buttons",
        ),
    ] {
        let found = draft.check().unwrap_err();
        assert_eq!(found.field, field, "{found}");
    }
    with_body(&"é".repeat(1_024), &[]).check().unwrap();
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
