//! Laws that hold for every journey and every order of happenings.

use std::collections::BTreeSet;

use consent::{
    scope::Category,
    time::{DAY_MS, Timestamp},
};
use journey::{
    advance::{Advance, advance},
    definition::Definition,
    effect::Key,
    facts::{Facts, Leave},
    happening::{Happening, What},
    rehearse::{Script, rehearse},
    state::State,
    visit::Ending,
};
use proptest::prelude::*;

use crate::{house::START, plan::journeys};

/// What happens, as far as it depends on where the person is.
#[derive(Debug, Clone)]
enum Move {
    Entered,
    Due,
    Time,
    Writes(u8),
    Taps(u8, u8),
    Outcome(u8),
    Late(u8, u8),
    OptsOut,
    Changed,
}

fn moves(opting_out: u32) -> impl Strategy<Value = Vec<(Move, i64)>> {
    let one = prop_oneof![
        1 => Just(Move::Entered),
        6 => Just(Move::Due),
        2 => Just(Move::Time),
        5 => (0..6_u8).prop_map(Move::Writes),
        4 => (0..40_u8, 0..6_u8).prop_map(|(step, choice)| Move::Taps(step, choice)),
        9 => (0..4_u8).prop_map(Move::Outcome),
        2 => (0..40_u8, 0..4_u8).prop_map(|(step, what)| Move::Late(step, what)),
        opting_out => Just(Move::OptsOut),
        2 => Just(Move::Changed),
    ];
    prop::collection::vec((one, 0..DAY_MS), 0..60)
}

fn what(kind: u8) -> What {
    match kind {
        0 => What::Accepted,
        1 => What::Unknown,
        2 => What::Denied {
            code: "no_consent".to_owned(),
            sentence: "No.".to_owned(),
        },
        _ => What::Failed {
            code: "131050".to_owned(),
            words: "Stopped.".to_owned(),
        },
    }
}

fn happening(what_happens: &Move, state: &State) -> Happening {
    match what_happens {
        Move::Entered => Happening::Entered,
        Move::Due | Move::Time => Happening::TimeCame,
        Move::Writes(at) => {
            let texts = ["", "choice 0", "CHOICE 2!", "13", "2026-11-23"];
            let text = texts
                .get(usize::from(*at))
                .map_or_else(|| "{{a1}} ".repeat(900), ToString::to_string);
            Happening::Replied {
                text,
                payload: None,
            }
        }
        Move::Taps(step, choice) => {
            let payload = Some(format!("journey:run/s{step}/1/{choice}"));
            Happening::Replied {
                text: "label".to_owned(),
                payload,
            }
        }
        Move::Outcome(kind) => {
            let key = state.awaited().unwrap_or_else(|| Key::kept("run/s1/1"));
            Happening::Outcome {
                key,
                what: what(*kind),
            }
        }
        Move::Late(step, kind) => Happening::Outcome {
            key: Key::kept(&format!("run/s{step}/1")),
            what: what(*kind),
        },
        Move::OptsOut => Happening::OptedOut {
            sentence: "Everything.".to_owned(),
        },
        Move::Changed => Happening::Changed,
    }
}

fn facts() -> impl Strategy<Value = Facts> {
    (
        any::<bool>(),
        any::<bool>(),
        prop::collection::vec((0..3_u8, "[a-z0-9 ]{0,9}"), 0..3),
    )
        .prop_map(|(may, tagged, attributes)| Facts {
            attributes: attributes
                .into_iter()
                .map(|(key, value)| (format!("a{key}"), value))
                .collect(),
            tags: tagged.then(|| "t1".to_owned()).into_iter().collect(),
            window_open: may,
            language: Some("pt-BR".to_owned()),
            zone: Some("America/Sao_Paulo".to_owned()),
            ..Facts::unknown().with(
                Category::Marketing,
                if may {
                    Leave::Allow
                } else {
                    Leave::Deny("No.".to_owned())
                },
            )
        })
}

/// Walks, and shows each turn.
fn walk(
    definition: &Definition,
    moves: &[(Move, i64)],
    facts: &Facts,
    mut look: impl FnMut(&State, &Happening, &Advance),
) -> (State, Timestamp) {
    let mut state = State::enter("run", 7, &[].into());
    let mut now = START;
    let entered = (Move::Entered, 0);
    for (what_happens, passing) in [&entered].into_iter().chain(moves) {
        now = now.plus_millis(*passing);
        if let (Move::Due, Some(due)) = (what_happens, state.due()) {
            now = now.max(due);
        }
        let happening = happening(what_happens, &state);
        let next = advance(definition, &state, &happening, facts, now);
        assert!(next.visits.iter().all(|visit| visit.at == now));
        look(&state, &happening, &next);
        state = next.state;
    }
    (state, now)
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(definition in journeys()) {
        let text = definition.write();
        let again = Definition::read(&text).unwrap();
        prop_assert_eq!(&again, &definition);
        prop_assert_eq!(again.write(), text);
    }

    #[test]
    fn no_effect_is_ever_named_twice(definition in journeys(), moves in moves(1), facts in facts()) {
        let mut keys = BTreeSet::new();
        walk(&definition, &moves, &facts, |_, _, next| {
            for effect in &next.effects {
                assert!(keys.insert(effect.key().clone()), "{}", effect.key());
            }
        });
    }

    #[test]
    fn people_keep_their_version_and_their_state_survives_a_restart(definition in journeys(), moves in moves(1), facts in facts()) {
        walk(&definition, &moves, &facts, |_, _, next| {
            assert_eq!((next.state.version(), next.state.run()), (7, "run"));
            assert_eq!(State::read(&next.state.write()).unwrap(), next.state);
        });
    }

    #[test]
    fn whoever_opts_out_is_out_and_nothing_is_done_after_it(definition in journeys(), moves in moves(4), facts in facts()) {
        let mut out = false;
        walk(&definition, &moves, &facts, |before, happening, next| {
            if matches!(happening, Happening::OptedOut { .. }) {
                assert_eq!(next.cancelled, before.awaited());
                if before.ended().is_none() {
                    assert!(matches!(next.state.ended(), Some(Ending::OptedOut { .. })));
                }
                out = true;
            }
            assert!(!out || next.effects.is_empty());
            assert!(!out || next.state.ended().is_some());
        });
    }

    #[test]
    fn whoever_is_outside_stays_there(definition in journeys(), moves in moves(1), facts in facts()) {
        walk(&definition, &moves, &facts, |before, _, next| {
            if before.ended().is_some() {
                assert!(next.effects.is_empty() && next.state.ended() == before.ended());
            }
        });
    }

    #[test]
    fn time_alone_leads_everybody_out(definition in journeys(), moves in moves(0), facts in facts()) {
        let (mut state, mut now) = walk(&definition, &moves, &facts, |_, _, _| {});
        let mut turns = 0;
        while let Some(due) = state.due() {
            now = now.max(due);
            state = advance(&definition, &state, &Happening::TimeCame, &facts, now).state;
            turns += 1;
            prop_assert!(turns <= 2 * definition.all().len(), "{}", state.write());
        }
        prop_assert!(state.ended().is_some());
    }

    #[test]
    fn an_outcome_that_is_told_twice_happens_once(definition in journeys(), moves in moves(0), facts in facts()) {
        walk(&definition, &moves, &facts, |_, happening, next| {
            if matches!(happening, Happening::Outcome { .. }) {
                let twice = advance(&definition, &next.state, happening, &facts, START);
                // A second failure of what was taken before is news; the same one is none.
                let failed = matches!(happening, Happening::Outcome { what: What::Failed { .. } | What::Denied { .. }, .. });
                assert!(twice.effects.is_empty());
                assert!(!failed || twice.state == next.state);
            }
        });
    }

    #[test]
    fn a_rehearsal_comes_to_an_end(definition in journeys(), facts in facts()) {
        let script = Script { start: START, facts, given: [].into(), outcomes: [].into(), beats: Vec::new() };
        let run = rehearse(&definition, &script);
        prop_assert!(run.state.ended().is_some());
    }

    #[test]
    fn no_text_makes_the_reader_fall(text in "\\PC{0,80}") {
        prop_assert!(Definition::read(&text).is_err());
        let steps = serde_json::json!({"format": 1, "name": text, "trigger": {"kind": text}, "steps": [{"id": text, text.clone(): 1}]});
        prop_assert!(Definition::read(&steps.to_string()).is_err());
        prop_assert!(State::read(&text).is_err());
    }
}
