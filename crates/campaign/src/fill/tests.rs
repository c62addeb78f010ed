//! What a pattern may be, what it becomes, and what it never becomes.

use proptest::{collection::vec, prelude::*};

use super::*;

fn ana(name: &str) -> Option<String> {
    match name {
        "first_name" => Some("Ana".to_owned()),
        "city" => Some(" São\tPaulo\n".to_owned()),
        "blank" => Some(" \t\n ".to_owned()),
        "sly" => Some("{{first_name}}".to_owned()),
        "First Name" => Some("Ana Maria".to_owned()),
        "long" => Some("x".repeat(2000)),
        _ => None,
    }
}

fn filled(text: &str) -> Result<String, Missing> {
    fill(&parse(text).unwrap(), &ana)
}

#[test]
fn words_attributes_and_fallbacks_become_one_text() {
    for (text, want) in [
        ("Hello", "Hello"),
        ("{{first_name}}", "Ana"),
        ("Hello {{first_name|friend}}!", "Hello Ana!"),
        ("Hello {{nickname|dear friend}}!", "Hello dear friend!"),
        ("{{ first_name | friend }}", "Ana"),
        ("{{First Name}} of {{city}}", "Ana Maria of São Paulo"),
        ("{{blank|nobody}}", "nobody"),
        ("{one} {{first_name}}{{first_name}} } {", "{one} AnaAna } {"),
        ("{{first_name}}}", "Ana}"),
    ] {
        assert_eq!(filled(text), Ok(want.to_owned()), "{text}");
    }
}

#[test]
fn what_meta_would_refuse_is_cleaned() {
    for (text, want) in [
        ("  a  ", "a"),
        ("a\nb", "a b"),
        ("a \r\n\t b", "a b"),
        ("a    b", "a    b"),
        ("a     b", "a b"),
        ("a\u{2028}b\u{85}c", "a b c"),
        ("a\u{0}\u{7}b", "ab"),
        ("\u{0} \u{0}a\u{0}  \u{0}", "a"),
        ("a {{blank|}   {}} b", "a }   { b"),
    ] {
        assert_eq!(filled(text), Ok(want.to_owned()), "{text:?}");
    }
}

#[test]
fn a_value_is_never_read_as_a_pattern() {
    assert_eq!(filled("{{sly}}"), Ok("{{first_name}}".to_owned()));
}

#[test]
fn a_person_without_a_value_gets_no_half_text() {
    let missing = |name: &str| {
        Err(Missing::Attribute {
            name: name.to_owned(),
        })
    };
    assert_eq!(filled("Hello {{nickname}}"), missing("nickname"));
    assert_eq!(filled("Hello {{blank}}"), missing("blank"));
    assert_eq!(filled("{{long}}"), Err(Missing::TooLong { chars: 2000 }));
    assert_eq!(
        filled("{{nickname}}").unwrap_err().to_string(),
        "the attribute `nickname` has no value, and there is no fallback"
    );
}

#[test]
fn a_wrong_pattern_says_what_and_where() {
    let long_name = format!("{{{{{}}}}}", "n".repeat(65));
    for (text, at, wrong) in [
        ("", 1, Wrong::Empty),
        (" \n", 1, Wrong::Empty),
        ("é {{name", 3, Wrong::Unclosed),
        ("{{a}} {{", 7, Wrong::Unclosed),
        ("éé }} x", 4, Wrong::Unopened),
        ("{{a}} b }}", 9, Wrong::Unopened),
        ("{{a {{b}}", 5, Wrong::Nested),
        ("x {{}}", 5, Wrong::NoName),
        ("x {{ | y}}", 5, Wrong::NoName),
        ("{{{a}}", 3, Wrong::BadName),
        ("{{a:b}}", 3, Wrong::BadName),
        ("{{a\nb}}", 3, Wrong::BadName),
        (long_name.as_str(), 3, Wrong::BadName),
        ("{{a|}}", 3, Wrong::NoFallback),
        ("{{a| \t}}", 3, Wrong::NoFallback),
        ("{{a|b} }}", 3, Wrong::BraceAtEnd),
        ("{{a|}\n}}", 3, Wrong::BraceAtEnd),
        ("{{a|b|c}}", 5, Wrong::SecondBar),
    ] {
        assert_eq!(parse(text), Err(Fault { at, wrong }), "{text:?}");
    }
    assert_eq!(
        parse("Hello {{name").unwrap_err().to_string(),
        "`{{` has no `}}` after it (at character 7)"
    );
}

#[test]
fn a_text_may_have_1024_characters_and_no_more() {
    assert!(parse(&"é".repeat(TEXT_CHARS_MAX)).is_ok());
    let wrong = Wrong::TooLong;
    assert_eq!(
        parse(&"é".repeat(TEXT_CHARS_MAX + 1)),
        Err(Fault { at: 1, wrong })
    );
}

#[test]
fn the_names_are_told_once_each_in_their_order() {
    let pattern = parse("{{b|x}} {{a}} {{b}} c").unwrap();
    assert_eq!(pattern.names(), ["b", "a"]);
    assert!(parse("c").unwrap().names().is_empty());
}

/// Texts with many braces and bars in them.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{{".to_owned()),
        Just("}}".to_owned()),
        Just("|".to_owned()),
        Just("{{name}}".to_owned()),
        Just("{{name|friend}}".to_owned()),
        "[{}| a\\n\u{e9}]{0,3}",
        any::<char>().prop_map(String::from),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_written_again_reads_the_same(text in texts()) {
        if let Ok(pattern) = parse(&text) {
            prop_assert_eq!(parse(&pattern.to_string()), Ok(pattern));
        }
    }

    #[test]
    fn a_fault_is_within_the_text(text in texts()) {
        if let Err(fault) = parse(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&fault.at));
        }
    }

    #[test]
    fn what_is_filled_in_is_what_meta_takes(text in texts(), value in "[\\PC\\n\\t\\x00 ]{0,20}") {
        let Ok(pattern) = parse(&text) else { return Ok(()) };
        let Ok(filled) = fill(&pattern, &|_| Some(value.clone())) else { return Ok(()) };
        prop_assert!(!filled.is_empty());
        prop_assert!(!filled.chars().any(char::is_control), "{filled:?}");
        prop_assert!(!filled.contains("     "), "{filled:?}");
        prop_assert_eq!(filled.trim(), filled.as_str());
        prop_assert!(filled.chars().count() <= TEXT_CHARS_MAX);
    }
}
