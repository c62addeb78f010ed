//! Editing: what comes out of a change is valid, and the page shows every step once.

use journey::{
    definition::{self, Definition},
    edit::{self, List},
    outline::{Of, rows},
    step::Step,
};
use proptest::{prelude::*, sample::Index};
use serde_json::json;

use crate::{
    house::{id, journey},
    plan::journeys,
};

fn step(json: &serde_json::Value) -> Step {
    definition::step(&json.to_string()).unwrap()
}

fn tag(id: &str) -> Step {
    step(&json!({"id": id, "kind": "add_tag", "tag": "new"}))
}

/// A question and a branch on its answer.
fn asked() -> Definition {
    journey(&json!([
        {"id": "s1", "kind": "ask", "text": "Colour?", "choices": ["Red", "Blue"], "tries": 2},
        {"id": "s2", "kind": "branch", "ways": [
            {"when": {"any": [{"answer": {"step": "s1", "is": "Red"}}, {"tag": "red"}]}, "steps": [{"id": "s3", "kind": "add_tag", "tag": "red"}]}],
         "otherwise": [{"id": "s4", "kind": "wait", "for": {"days": 2}}]},
        {"id": "s5", "kind": "end"}
    ]))
}

fn order(definition: &Definition) -> Vec<&str> {
    definition
        .all()
        .into_iter()
        .map(|step| step.id.as_str())
        .collect()
}

#[test]
fn steps_are_put_moved_and_taken_out() {
    let before = asked();
    assert_eq!(edit::free_id(&before), id("s6"));
    let main = edit::insert_into(&before, &List::Main, tag("s6")).unwrap();
    assert_eq!(order(&main), ["s6", "s1", "s2", "s3", "s4", "s5"]);
    let way = List::Way {
        branch: id("s2"),
        way: 0,
    };
    let inside = edit::insert_into(&before, &way, tag("s6")).unwrap();
    assert_eq!(order(&inside), ["s1", "s2", "s6", "s3", "s4", "s5"]);
    let otherwise = List::Otherwise { branch: id("s2") };
    let last = edit::insert_into(&before, &otherwise, tag("s6")).unwrap();
    assert_eq!(
        order(&edit::move_down(&last, &id("s6")).unwrap()),
        ["s1", "s2", "s3", "s4", "s6", "s5"]
    );
    let gone = edit::remove(&before, &id("s2")).unwrap();
    assert_eq!(order(&gone), ["s1", "s5"]);
    let other = edit::replace(&before, &id("s4"), tag("s4")).unwrap();
    assert_eq!(other.find(&id("s4")), Some(&tag("s4")));
}

#[test]
fn what_would_be_wrong_changes_nothing_and_is_told() {
    let before = asked();
    let fault = |edited: edit::Edited| edited.unwrap_err()[0].to_string();
    assert!(
        fault(edit::remove(&before, &id("s1"))).contains("`s1` is no question before this step")
    );
    assert!(
        fault(edit::move_up(&before, &id("s2"))).contains("`s1` is no question before this step")
    );
    assert!(
        fault(edit::insert_after(&before, &id("s5"), tag("s6")))
            .contains("nothing ever comes here")
    );
    assert!(
        fault(edit::insert_after(&before, &id("s4"), tag("s1")))
            .contains("the id of a step before it")
    );
    assert_eq!(
        fault(edit::move_up(&before, &id("s3"))),
        "step `s3`: this is the first step of its list"
    );
    assert!(fault(edit::move_down(&before, &id("s5"))).contains("the last step"));
    assert!(fault(edit::remove(&before, &id("s9"))).contains("no such step"));
    assert!(fault(edit::remove_way(&before, &id("s2"), 0)).contains("at least one way"));
    assert!(fault(edit::remove_way(&before, &id("s2"), 1)).contains("no such way"));
    assert!(
        fault(edit::add_way(
            &before,
            &id("s1"),
            journey::condition::Condition::Tag("x".to_owned())
        ))
        .contains("no branch")
    );
}

#[test]
fn ways_are_added_and_changed() {
    let tagged = || journey::condition::Condition::Tag("vip".to_owned());
    let more = edit::add_way(&asked(), &id("s2"), tagged()).unwrap();
    assert_eq!(
        rows(&more).iter().filter(|row| row.kind == "way").count(),
        2
    );
    let other = edit::set_when(&more, &id("s2"), 0, tagged()).unwrap();
    assert_eq!(
        order(&edit::remove(&other, &id("s1")).unwrap()),
        ["s2", "s3", "s4", "s5"]
    );
    assert_eq!(edit::remove_way(&more, &id("s2"), 1).unwrap(), asked());
}

#[test]
fn the_outline_reads_from_top_to_bottom() {
    let definition = asked();
    let lines: Vec<String> = rows(&definition)
        .iter()
        .map(|row| {
            let parts: Vec<String> = row
                .parts
                .iter()
                .map(|part| {
                    [part.name]
                        .into_iter()
                        .chain(part.words.iter().map(String::as_str))
                        .collect::<Vec<_>>()
                        .join(" ")
                })
                .collect();
            format!(
                "{}{}: {}",
                "  ".repeat(row.depth),
                row.kind,
                parts.join("; ")
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "ask: text Colour?; choice Red; choice Blue; within 1 days; tries 2",
            "branch: ",
            "  way: any; answer s1 is Red; tag red; close",
            "    add_tag: tag red",
            "  otherwise: ",
            "    wait: for 2 days",
            "end: ",
        ]
    );
}

proptest! {
    #[test]
    fn every_step_has_one_row_in_the_order_of_the_text(definition in journeys()) {
        let rows = rows(&definition);
        let shown: Vec<&str> = rows
            .iter()
            .filter_map(|row| match &row.of { Of::Step(id) => Some(id.as_str()), Of::List(_) => None })
            .collect();
        prop_assert_eq!(shown, order(&definition));
    }

    #[test]
    fn what_is_put_in_can_be_taken_out_again(definition in journeys(), at in any::<Index>()) {
        let steps = definition.all();
        prop_assume!(!steps.is_empty());
        let place = at.get(&steps).id.clone();
        let new = edit::free_id(&definition);
        if let Ok(longer) = edit::insert_after(&definition, &place, tag(new.as_str())) {
            prop_assert_eq!(longer.behind(&place).map(|step| &step.id), Some(&new));
            prop_assert_eq!(&edit::remove(&longer, &new).unwrap(), &definition);
        } else {
            // Only behind what ends the journey nothing may stand.
            prop_assert!(definition.find(&place).unwrap().act.is_last() || definition.find(&place).unwrap().act.kind() == "branch");
        }
        for row in rows(&definition) {
            if let Of::List(list) = row.of {
                let longer = edit::insert_into(&definition, &list, tag(new.as_str())).unwrap();
                prop_assert_eq!(&edit::remove(&longer, &new).unwrap(), &definition);
            }
        }
    }

    #[test]
    fn up_and_down_again_is_where_it_was(definition in journeys(), at in any::<Index>()) {
        let steps = definition.all();
        prop_assume!(!steps.is_empty());
        let id = at.get(&steps).id.clone();
        if let Ok(moved) = edit::move_up(&definition, &id) {
            prop_assert_ne!(&moved, &definition);
            prop_assert_eq!(&edit::move_down(&moved, &id).unwrap(), &definition);
        }
    }
}
