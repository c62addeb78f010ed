//! Stories of one person in one journey.

use consent::scope::Category;
use journey::{
    advance::after_leaving,
    effect::Effect,
    facts::{Facts, Leave},
    happening::{Happening, What},
    rehearse::{Beat, Line, Script, rehearse},
    state::State,
    visit::{Ending, Passed},
};
use serde_json::json;

use crate::house::{Ana, DAY, HOUR, MINUTE, START, id, journey, key, stopped_at_meta};

fn nobody() -> Facts {
    Facts::unknown()
}

#[test]
fn ana_is_welcomed_asked_and_tagged() {
    let definition = journey(&json!([
        {"id": "s1", "kind": "send_template", "template": "welcome", "language": "en_US",
         "variables": {"1": "{{first_name|there}}", "2": "{{event:amount|0}}"}},
        {"id": "s2", "kind": "ask", "text": "Which colour?", "choices": ["Red", "Blue"], "save_as": "colour"},
        {"id": "s3", "kind": "branch",
         "ways": [{"when": {"attribute": {"key": "colour", "is": "Blue"}},
                   "steps": [{"id": "s4", "kind": "add_tag", "tag": "likes-blue"}]}]},
        {"id": "s5", "kind": "send_message", "text": "You said {{answer:s2}}."}
    ]));
    let mut ana = Ana::enters(&definition, nobody());
    let Effect::SendTemplate { variables, key, .. } = &ana.effects()[0] else {
        panic!()
    };
    assert_eq!(key.as_str(), "run/s1/1");
    assert_eq!(
        (variables["1"].as_str(), variables["2"].as_str()),
        ("there", "42")
    );
    let asked = ana.accepted();
    let Effect::Ask { choices, .. } = &asked[0] else {
        panic!()
    };
    let blue = choices[1].payload.clone();
    assert!(ana.accepted().is_empty(), "waits for the answer");
    let done = ana.taps(&blue);
    assert!(ana.last.as_ref().unwrap().took_reply);
    assert!(
        matches!(&done[0], Effect::SetAttribute { attribute, value, .. } if attribute == "colour" && value == "Blue")
    );
    assert!(
        matches!(&done[1], Effect::AddTag { tag, .. } if tag == "likes-blue"),
        "the branch sees what was just set"
    );
    assert!(matches!(&done[2], Effect::SendMessage { text, .. } if text == "You said Blue."));
    let _ = ana.accepted();
    assert_eq!(ana.ended(), Some(&Ending::Done));
    assert_eq!(ana.passed("s3"), [&Passed::Took { way: Some(0) }]);
}

#[test]
fn whoever_opts_out_is_out_at_once_and_what_was_queued_is_named() {
    let definition = journey(&json!([
        {"id": "s1", "kind": "send_message", "text": "Hello"},
        {"id": "s2", "kind": "wait", "for": {"days": 2}}
    ]));
    let mut ana = Ana::enters(&definition, nobody());
    let sentence = "They refused marketing.".to_owned();
    assert!(
        ana.told(&Happening::OptedOut {
            sentence: sentence.clone()
        })
        .is_empty()
    );
    assert_eq!(ana.last.as_ref().unwrap().cancelled, Some(key("run/s1/1")));
    assert_eq!(ana.ended(), Some(&Ending::OptedOut { sentence }));
    let late = Happening::Outcome {
        key: key("run/s1/1"),
        what: What::Accepted,
    };
    assert!(ana.told(&late).is_empty());
    assert_eq!(ana.state.due(), None);
}

#[test]
fn what_meta_refuses_later_ends_the_journey_in_metas_words() {
    let definition = journey(&json!([
        {"id": "s1", "kind": "send_template", "template": "offer", "language": "en"},
        {"id": "s2", "kind": "wait", "for": {"days": 2}},
        {"id": "s3", "kind": "send_template", "template": "again", "language": "en"}
    ]));
    let mut ana = Ana::enters(&definition, nobody());
    let _ = ana.accepted();
    ana.now = ana.now.plus_millis(MINUTE);
    let late = Happening::Outcome {
        key: key("run/s1/1"),
        what: stopped_at_meta(),
    };
    assert!(ana.told(&late).is_empty());
    let Some(Ending::Stopped { step, code, words }) = ana.ended() else {
        panic!()
    };
    assert_eq!((step.as_str(), code.as_str()), ("s1", "131050"));
    assert_eq!(
        words,
        "User has stopped receiving marketing messages from this business"
    );
    let visits = ana.visits.len();
    assert!(ana.told(&late).is_empty());
    assert_eq!(
        ana.visits.len(),
        visits,
        "what is told twice is listed once"
    );
}

#[test]
fn whoever_had_left_is_told_what_became_of_a_step_and_takes_no_other_one() {
    let steps = |if_not: &str| {
        journey(&json!([
            {"id": "s1", "kind": "send_template", "template": "offer", "language": "en", "if_not_sent": if_not},
            {"id": "s2", "kind": "add_tag", "tag": "had_it"}
        ]))
    };
    let sentence = "They opted out.";
    let out = Ending::OptedOut {
        sentence: sentence.to_owned(),
    };
    for (if_not, what, how, is_done) in [
        ("end", What::Accepted, Some(&out), true),
        ("continue", stopped_at_meta(), Some(&out), false),
        ("end", stopped_at_meta(), None, false),
    ] {
        let definition = steps(if_not);
        let ana = Ana::enters(&definition, nobody());
        let key = key("run/s1/1");
        let then = (&ana.facts, ana.now);
        let left = after_leaving(&definition, &ana.state, (&key, &what, sentence), then);
        assert!(left.effects.is_empty());
        assert!(left.visits.iter().all(|visit| visit.step == Some(id("s1"))));
        let done = left.state.known().done.get(&id("s1"));
        assert_eq!((left.visits.len(), done), (2, Some(&is_done)));
        match how {
            Some(how) => assert_eq!(left.state.ended(), Some(how)),
            None => assert!(
                matches!(left.state.ended(), Some(Ending::Stopped { code, .. }) if code == "131050")
            ),
        }
    }
}

#[test]
fn what_meta_refuses_later_is_in_metas_words_for_whoever_had_left_too() {
    let definition = journey(&json!([
        {"id": "s1", "kind": "send_template", "template": "offer", "language": "en"},
        {"id": "s2", "kind": "wait", "for": {"days": 2}}
    ]));
    let mut ana = Ana::enters(&definition, nobody());
    let _ = ana.accepted();
    let (key, then) = (key("run/s1/1"), (&ana.facts, ana.now));
    let news = |what: &What| after_leaving(&definition, &ana.state, (&key, what, "Left."), then);
    let stopped = news(&stopped_at_meta());
    assert!(
        matches!(stopped.state.ended(), Some(Ending::Stopped { step, .. }) if *step == id("s1"))
    );
    let left = news(&What::Accepted);
    assert!(matches!(left.state.ended(), Some(Ending::OptedOut { .. })));
}

#[test]
fn a_refused_send_ends_or_goes_on_as_the_step_says() {
    let denied = || What::Denied {
        code: "no_consent".to_owned(),
        sentence: "They have not agreed to marketing.".to_owned(),
    };
    let steps = |if_not: &str| {
        json!([
            {"id": "s1", "kind": "send_template", "template": "a", "language": "en", "if_not_sent": if_not},
            {"id": "s2", "kind": "branch", "ways": [{"when": {"outcome": {"step": "s1", "is": "failed"}},
             "steps": [{"id": "s3", "kind": "hand_to_agent", "agent": "ana@shop.example", "note": "{{first_name|Somebody}} was not reached"}]}]}
        ])
    };
    let stops = journey(&steps("end"));
    let mut ana = Ana::enters(&stops, nobody());
    let _ = ana.outcome(denied());
    assert!(matches!(ana.ended(), Some(Ending::Stopped { code, .. }) if code == "no_consent"));
    let goes_on = journey(&steps("continue"));
    let mut ana = Ana::enters(&goes_on, nobody());
    let effects = ana.outcome(denied());
    assert!(
        matches!(&effects[..], [Effect::HandToAgent { note, agent, .. }] if note == "Somebody was not reached"
            && agent.as_deref() == Some("ana@shop.example"))
    );
    assert_eq!(ana.ended(), Some(&Ending::HandedOver));
}

#[test]
fn an_unknown_outcome_is_not_sent_again_and_the_journey_goes_on() {
    let definition = journey(&json!([
        {"id": "s1", "kind": "send_message", "text": "Hello"},
        {"id": "s2", "kind": "wait", "for": {"hours": 1}}
    ]));
    let mut ana = Ana::enters(&definition, nobody());
    assert!(ana.outcome(What::Unknown).is_empty());
    assert_eq!(ana.passed("s1"), [&Passed::Begun, &Passed::Unknown]);
    assert_eq!(ana.state.due(), Some(START.plus_millis(HOUR)));
    let mut silent = Ana::enters(&definition, nobody());
    assert!(
        silent.later(8 * DAY).is_empty(),
        "nobody ever told the outcome"
    );
    assert_eq!(silent.passed("s1"), [&Passed::Begun, &Passed::Unknown]);
    let given_up = silent.last.unwrap().cancelled;
    assert_eq!(
        given_up,
        Some(key("run/s1/1")),
        "what nobody waits for is not sent any more"
    );
}

#[test]
fn a_wrong_answer_is_asked_again_and_then_taken_as_it_is() {
    let definition = journey(&json!([
        {"id": "s1", "kind": "ask", "text": "Yes or no?", "choices": ["Yes", "No"], "tries": 2, "save_as": "said"}
    ]));
    let mut ana = Ana::enters(&definition, nobody());
    let _ = ana.accepted();
    let again = ana.writes("perhaps");
    assert_eq!(again[0].key().as_str(), "run/s1/2");
    let _ = ana.accepted();
    assert!(
        ana.taps("journey:run/s0/1/0").is_empty(),
        "a button of another question"
    );
    assert!(ana.ended().is_none());
    assert!(
        ana.writes("who knows").is_empty(),
        "what is no choice goes into no attribute"
    );
    assert_eq!(ana.state.known().answers[&id("s1")], "who knows");
    let mut first = Ana::enters(&definition, nobody());
    let _ = first.accepted();
    let _ = first.writes("perhaps");
    assert_eq!(
        first.taps("journey:run/s1/1/0").len(),
        1,
        "the first buttons count before the second are out"
    );
    let given_up = first.last.as_ref().unwrap().cancelled.clone();
    assert_eq!(
        given_up,
        Some(key("run/s1/2")),
        "who has answered is not asked again"
    );
    assert_eq!(first.state.known().answers[&id("s1")], "Yes");
}

#[test]
fn a_choice_that_is_typed_counts_in_any_clothes() {
    let definition =
        journey(&json!([{"id": "s1", "kind": "ask", "text": "Quer?", "choices": ["Sim", "Não"]}]));
    let mut ana = Ana::enters(&definition, nobody());
    let _ = ana.accepted();
    let _ = ana.writes(" NAO! ");
    assert_eq!(
        ana.passed("s1").last(),
        Some(&&Passed::Answered {
            text: "Não".to_owned()
        })
    );
}

#[test]
fn nobody_answers_in_time() {
    let definition = journey(&json!([
        {"id": "s1", "kind": "ask", "text": "Well?", "within": {"hours": 2}},
        {"id": "s2", "kind": "branch", "ways": [{"when": {"answer": {"step": "s1", "is_set": false}},
         "steps": [{"id": "s3", "kind": "add_tag", "tag": "silent"}]}]}
    ]));
    let mut ana = Ana::enters(&definition, nobody());
    let _ = ana.accepted();
    assert!(ana.later(2 * HOUR - 1).is_empty(), "too early");
    assert_eq!(ana.later(1).len(), 1);
    assert_eq!(ana.passed("s1").last(), Some(&&Passed::NoAnswer));
}

#[test]
fn a_wait_ends_by_a_reply_or_by_what_it_waits_for() {
    let definition = journey(&json!([
        {"id": "s1", "kind": "wait", "for": {"days": 3}, "or_reply": true, "or_when": {"tag": "bought"}},
        {"id": "s2", "kind": "end"}
    ]));
    let mut wrote = Ana::enters(&definition, nobody());
    let _ = wrote.writes("hello");
    assert_eq!(wrote.ended(), Some(&Ending::Done));
    assert!(
        !wrote.last.unwrap().took_reply,
        "others may look at the message too"
    );
    let mut bought = Ana::enters(&definition, nobody());
    let _ = bought.told(&Happening::Changed);
    assert!(bought.ended().is_none());
    bought.facts.tags.insert("bought".to_owned());
    let _ = bought.told(&Happening::Changed);
    assert_eq!(bought.passed("s1").last(), Some(&&Passed::CameToHold));
    let before = Ana::enters(&definition, bought.facts.clone());
    assert_eq!(
        before.ended(),
        Some(&Ending::Done),
        "it held before the wait began"
    );
}

#[test]
fn a_branch_on_consent_follows_the_verdict() {
    let definition = journey(&json!([
        {"id": "s1", "kind": "branch", "ways": [{"when": {"consent": {"category": "marketing", "is": "allow"}},
         "steps": [{"id": "s2", "kind": "add_tag", "tag": "reachable"}]}],
         "otherwise": [{"id": "s3", "kind": "end"}]},
        {"id": "s4", "kind": "add_tag", "tag": "behind"}
    ]));
    let may = nobody().with(Category::Marketing, Leave::Allow);
    assert_eq!(Ana::enters(&definition, may).effects().len(), 2);
    let may_not = nobody().with(
        Category::Marketing,
        Leave::Deny("They opted out.".to_owned()),
    );
    assert!(Ana::enters(&definition, may_not).effects().is_empty());
    assert!(
        Ana::enters(&definition, nobody()).effects().is_empty(),
        "what is not known is denied"
    );
}

#[test]
fn behind_every_way_the_journey_goes_on() {
    let definition = journey(&json!([
        {"id": "s1", "kind": "branch", "ways": [
            {"when": {"tag": "a"}, "steps": []},
            {"when": {"tag": "b"}, "steps": [
                {"id": "s2", "kind": "branch", "ways": [{"when": {"tag": "c"}, "steps": [{"id": "s3", "kind": "add_tag", "tag": "x"}]}]}
            ]},
            {"when": {"tag": "b"}, "steps": [{"id": "s4", "kind": "end"}]}
        ]},
        {"id": "s5", "kind": "add_tag", "tag": "behind"}
    ]));
    let given = |tags: &[&str]| {
        let tags = tags.iter().map(ToString::to_string).collect();
        let ana = Ana::enters(&definition, Facts { tags, ..nobody() });
        let keys = ana.effects().iter().map(|effect| effect.key().to_string());
        keys.collect::<Vec<_>>()
    };
    assert_eq!(given(&[]), ["run/s5/1"], "no way holds");
    assert_eq!(given(&["a"]), ["run/s5/1"], "a way without steps");
    assert_eq!(given(&["b"]), ["run/s5/1"], "the first way that holds");
    assert_eq!(
        given(&["b", "c"]),
        ["run/s3/1", "run/s5/1"],
        "out of two branches"
    );
}

#[test]
fn the_time_of_the_day_is_that_of_the_person() {
    let definition = journey(&json!([{"id": "s1", "kind": "wait_until", "time": "09:00"}]));
    let facts = |zone: &str| Facts {
        zone: Some(zone.to_owned()),
        ..nobody()
    };
    let due = |zone| Ana::enters(&definition, facts(zone)).state.due();
    assert_eq!(
        due("America/Sao_Paulo"),
        Some(START.plus_millis(2 * HOUR)),
        "there it is 07:00"
    );
    assert_eq!(
        due("Asia/Kolkata"),
        Some(START.plus_millis(17 * HOUR + 30 * MINUTE)),
        "there it is 15:30"
    );
    assert_eq!(due("No/Where"), Some(START.plus_millis(23 * HOUR)), "UTC");
}

#[test]
fn a_state_of_another_version_ends_instead_of_guessing() {
    let one = journey(&json!([{"id": "s1", "kind": "wait", "for": {"days": 1}}]));
    let other = journey(&json!([{"id": "s9", "kind": "wait", "for": {"days": 1}}]));
    let mut ana = Ana::enters(&one, nobody());
    ana.definition = &other;
    assert!(ana.later(DAY).is_empty());
    assert_eq!(ana.ended(), Some(&Ending::Lost));
    assert_eq!(ana.state.version(), 7);
}

#[test]
fn a_webhook_gets_the_answers_and_its_failure_is_told() {
    let definition = journey(&json!([
        {"id": "s1", "kind": "ask", "text": "Name?"},
        {"id": "s2", "kind": "call_webhook", "webhook": "crm"}
    ]));
    let mut ana = Ana::enters(&definition, nobody());
    let _ = ana.accepted();
    let call = ana.writes("Ana");
    let Effect::CallWebhook { answers, given, .. } = &call[0] else {
        panic!()
    };
    assert_eq!(
        (answers[&id("s1")].as_str(), given["amount"].as_str()),
        ("Ana", "42")
    );
    let _ = ana.outcome(What::Failed {
        code: "500".to_owned(),
        words: "the webhook answered 500".to_owned(),
    });
    assert!(matches!(ana.ended(), Some(Ending::Stopped { code, .. }) if code == "500"));
}

#[test]
fn a_rehearsal_steps_from_happening_to_happening() {
    let definition = journey(&json!([
        {"id": "s1", "kind": "send_template", "template": "a", "language": "en", "if_not_sent": "continue"},
        {"id": "s2", "kind": "wait", "for": {"days": 3}},
        {"id": "s3", "kind": "ask", "text": "Still there?", "choices": ["Yes"], "within": {"days": 1}},
        {"id": "s4", "kind": "add_tag", "tag": "there"},
        {"id": "s5", "kind": "wait", "for": {"days": 1}, "or_when": {"tag": "there"}}
    ]));
    let replied = Happening::Replied {
        text: "yes".to_owned(),
        payload: None,
    };
    let script = Script {
        start: START,
        facts: nobody(),
        given: [].into(),
        outcomes: [(id("s1"), stopped_at_meta())].into(),
        beats: vec![Beat {
            at: START.plus_millis(3 * DAY + HOUR),
            happening: replied,
            facts: None,
        }],
    };
    let run = rehearse(&definition, &script);
    assert_eq!(run.state.ended(), Some(&Ending::Done));
    let last = run.visits().last().unwrap();
    assert_eq!(last.at, START.plus_millis(3 * DAY + HOUR));
    assert_eq!(run.effects().count(), 3);
    assert!(
        run.visits().any(|visit| visit.passed == Passed::CameToHold),
        "the tag is seen after the step"
    );
    assert!(matches!(
        run.lines[0],
        Line::Happened(START, Happening::Entered)
    ));
    assert_eq!(
        run,
        rehearse(&definition, &script),
        "the same script, the same rehearsal"
    );
}

#[test]
fn an_empty_journey_ends_where_it_begins() {
    let definition = journey(&json!([]));
    let ana = Ana::enters(&definition, nobody());
    assert_eq!(ana.ended(), Some(&Ending::Done));
    let outside = State::read(&ana.state.write()).unwrap();
    assert_eq!(outside, ana.state);
}
