//! Definitions as people write them: those that are read, and those that are refused, with the place and the reason.
//!
//! `docs/schemas/journey-1.json` takes every good one, and refuses every bad one that says `"schema": true`.

use journey::{definition::Definition, step::Act, trigger::Trigger};
use serde_json::{Value, json};

fn examples(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn good() -> Vec<Value> {
    examples(include_str!("../examples/good.json"))
}

/// What is wrong with a definition, or nothing.
fn faults(definition: &Value) -> Vec<(String, String)> {
    let faults = Definition::read(&definition.to_string())
        .err()
        .unwrap_or_default();
    faults
        .into_iter()
        .map(|fault| (fault.place.clone(), fault.to_string()))
        .collect()
}

#[test]
fn every_good_example_is_read_and_written_again() {
    for example in good() {
        let definition = Definition::read(&example.to_string()).unwrap();
        assert_eq!(Definition::read(&definition.write()).unwrap(), definition);
    }
}

#[test]
fn the_good_examples_show_every_kind_of_step_and_trigger() {
    let read: Vec<Definition> = good()
        .iter()
        .map(|example| Definition::read(&example.to_string()).unwrap())
        .collect();
    for kind in Act::KINDS {
        let shown =
            |definition: &Definition| definition.all().iter().any(|step| step.act.kind() == kind);
        assert!(read.iter().any(shown), "{kind}");
    }
    for kind in Trigger::KINDS {
        assert!(
            read.iter()
                .any(|definition| definition.head().trigger.kind() == kind),
            "{kind}"
        );
    }
}

#[test]
fn every_bad_example_is_refused_at_its_place_with_a_sentence() {
    for example in examples(include_str!("../examples/bad.json")) {
        let (place, say) = (
            example["place"].as_str().unwrap(),
            example["say"].as_str().unwrap(),
        );
        let faults = faults(&example["definition"]);
        let told = faults
            .iter()
            .any(|(at, said)| at == place && said.contains(say));
        assert!(
            told,
            "wanted {place}: {say}\ngot {faults:#?}\nof {}",
            example["definition"]
        );
    }
}

#[test]
fn limits_of_size_are_kept() {
    let of = |steps: Value| json!({"format": 1, "name": "Big", "trigger": {"kind": "joined"}, "steps": steps});
    let tags = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|at| json!({"id": format!("t{at}"), "kind": "add_tag", "tag": "a"}))
            .collect()
    };
    let way = |steps: Vec<Value>| json!([{"id": "b", "kind": "branch", "ways": [{"when": {"tag": "a"}, "steps": steps}]}]);
    let message = |text: String| json!([{"id": "s1", "kind": "send_message", "text": text}]);
    assert!(faults(&of(json!(tags(200)))).is_empty());
    assert!(
        faults(&of(json!(tags(201))))[0]
            .1
            .contains("201 are too many")
    );
    assert!(faults(&of(way(tags(199)))).is_empty());
    assert!(
        faults(&of(way(tags(200))))[0]
            .1
            .contains("201 steps are too many")
    );
    assert!(faults(&of(message("ä".repeat(4_096)))).is_empty());
    assert!(
        faults(&of(message("ä".repeat(4_097))))[0]
            .1
            .contains("want at most 4096 characters")
    );
    let deep = |levels: usize| {
        (0..levels).fold(json!([]), |steps, level| {
            json!([{"id": format!("s{level}"), "kind": "branch", "ways": [{"when": {"tag": "a"}, "steps": steps}]}])
        })
    };
    assert!(faults(&of(deep(5))).is_empty());
    assert!(faults(&of(deep(6)))[0].1.contains("branches lie too deep"));
}

#[test]
fn a_fault_names_its_step() {
    let definition = json!({"format": 1, "name": "Two", "trigger": {"kind": "joined"}, "steps": [
        {"id": "hello", "kind": "send_message", "text": ""},
        {"id": "s2", "kind": "wait", "for": {"days": 0}}
    ]});
    let faults = Definition::read(&definition.to_string()).unwrap_err();
    let steps: Vec<&str> = faults
        .iter()
        .map(|fault| fault.step.as_ref().unwrap().as_str())
        .collect();
    assert_eq!(steps, ["hello", "s2"], "everything is told at once");
    assert!(
        faults[0]
            .to_string()
            .starts_with("step `hello` (/steps/0/text): ")
    );
}

#[test]
fn what_a_journey_refers_to_is_listed() {
    let definition = Definition::read(&good()[0].to_string()).unwrap();
    let uses = definition.uses();
    let list = |set: &std::collections::BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
    assert_eq!(
        uses.templates.iter().next(),
        Some(&("welcome".to_owned(), "en_US".to_owned()))
    );
    assert_eq!(list(&uses.tags), ["bought", "new", "welcomed"]);
    assert_eq!(list(&uses.attributes), ["colour", "first_name", "seen"]);
    assert_eq!(list(&uses.webhooks), ["crm"]);
    assert_eq!(uses.form.as_deref(), Some("spring"));
    assert_eq!(uses.number.unwrap().as_str(), "109900000000001");
}

#[test]
fn what_is_as_usual_is_left_out_when_written() {
    let text = json!({"steps": [{"kind": "ask", "id": "s1", "text": "x", "tries": 1, "choices": [],
        "within": {"days": 1}, "if_not_sent": "end"}], "again": "never",
        "trigger": {"kind": "joined"}, "name": "N", "format": 1});
    let written = Definition::read(&text.to_string()).unwrap().write();
    let plain: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(
        plain.to_string(),
        r#"{"format":1,"name":"N","trigger":{"kind":"joined"},"steps":[{"id":"s1","kind":"ask","text":"x"}]}"#
    );
}
