//! Journeys: each version kept, each run written once by whoever saw it as it is, and what was to be done cancelled by a no.

use std::sync::Arc;

use consent::id::{AttemptId, ContactId};
use store::{
    error::StoreError,
    journey::{
        JourneyLine, State,
        effect::{EffectLine, Settled, State as Effect, Take},
        run::{RunLine, Save, State as Run, VisitLine},
    },
};
use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    a_journey_comes_back_whole,
    a_run_is_written_by_who_saw_it_as_it_is,
    runs_are_found_by_all_that_asks_for_them,
    what_is_put_off_is_due_later,
    who_entered_before_is_known,
    an_effect_is_written_and_taken_once,
    an_effect_ends_only_by_its_own_attempt,
    a_no_leaves_every_journey_and_cancels_what_waits,
    one_person_is_inside_once_after_they_were_found_to_be_one,
    an_erasure_takes_runs_steps_and_effects,
];

pub fn journey(state: State) -> JourneyLine {
    JourneyLine {
        id: Uuid::now_v7(),
        name: "Welcome".to_owned(),
        state,
        draft: r#"{"steps":[]}"#.to_owned(),
        version: 0,
        changed: at(0),
        changed_by: "ben".to_owned(),
        cas: 1,
    }
}

pub fn run(contact: ContactId, journey: Uuid) -> RunLine {
    RunLine {
        contact,
        id: Uuid::now_v7(),
        journey,
        version: 1,
        state: Run::Running,
        memory: r#"{"at":"one"}"#.to_owned(),
        due: Some(at(50)),
        entered: at(10),
        ended: None,
        why: None,
        cas: 1,
    }
}

fn visit(run: &RunLine, place: i64) -> VisitLine {
    VisitLine {
        contact: run.contact,
        run: run.id,
        place,
        step: format!("step{place}"),
        at: at(place),
        result: "done".to_owned(),
        note: (place == 2).then(|| "131050".to_owned()),
    }
}

fn effect(run: &RunLine, key: &str) -> EffectLine {
    EffectLine {
        contact: run.contact,
        id: Uuid::now_v7(),
        key: key.to_owned(),
        run: run.id,
        kind: "send".to_owned(),
        body: "{}".to_owned(),
        state: Effect::Waiting,
        tries: 0,
        due: at(50),
        attempt: None,
        outcome: None,
    }
}

pub async fn enter(place: &Place, runs: &[RunLine]) {
    let mut tx = place.store.begin().await.unwrap();
    tx.enter(runs).await.unwrap();
    tx.commit().await.unwrap();
}

/// Writes a run with effects, as it is.
async fn save(place: &Place, run: &RunLine, effects: &[EffectLine]) -> bool {
    let save = Save {
        run,
        visits: &[],
        effects,
    };
    let mut tx = place.store.begin().await.unwrap();
    let done = tx.save_run(save).await.unwrap();
    tx.commit().await.unwrap();
    done
}

async fn take(place: &Place, effect: &EffectLine, attempt: Option<AttemptId>) -> bool {
    let take = Take {
        contact: effect.contact,
        id: effect.id,
        attempt,
        at: at(60),
    };
    let mut tx = place.store.begin().await.unwrap();
    let taken = tx.take_effects(&[take]).await.unwrap();
    tx.commit().await.unwrap();
    taken == [(effect.contact, effect.id)]
}

async fn settle(place: &Place, settled: Settled) {
    let mut tx = place.store.begin().await.unwrap();
    tx.settle_effects(&[settled]).await.unwrap();
    tx.settle_effects(&[]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn kept(place: &Place, effect: &EffectLine) -> EffectLine {
    let all = place.store.effects(effect.contact, effect.run).await;
    let mut all = all.unwrap().into_iter();
    all.find(|one| one.id == effect.id).unwrap()
}

async fn a_journey_comes_back_whole(place: Arc<Place>) {
    let store = &place.store;
    let (one, two) = (journey(State::Draft), journey(State::Stopped));
    let mut tx = store.begin().await.unwrap();
    tx.put_journey(&one).await.unwrap();
    tx.put_journey(&two).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let again = tx.put_journey(&one).await.unwrap_err();
    assert!(matches!(again, StoreError::Conflict), "{again}");
    drop(tx);
    let all = store.journeys(None, 9).await.unwrap();
    assert_eq!(all, [two.clone(), one.clone()]);
    let older = store.journeys(Some(two.id), 9).await.unwrap();
    assert_eq!(older, std::slice::from_ref(&one));
    let change = JourneyLine {
        name: "Hello".to_owned(),
        draft: "{}".to_owned(),
        state: State::Stopped,
        changed: at(9),
        changed_by: "cleo".to_owned(),
        ..one.clone()
    };
    let mut tx = store.begin().await.unwrap();
    assert!(tx.change_journey(&change).await.unwrap());
    assert!(!tx.change_journey(&one).await.unwrap());
    tx.commit().await.unwrap();
    let wanted = JourneyLine { cas: 2, ..change };
    assert_eq!(store.journey(one.id).await.unwrap(), Some(wanted));
    assert_eq!(store.journey(Uuid::now_v7()).await.unwrap(), None);
}

async fn a_run_is_written_by_who_saw_it_as_it_is(place: Arc<Place>) {
    let store = &place.store;
    let ana = place.newcomer("Ana").await;
    let begun = run(ana, Uuid::now_v7());
    enter(&place, std::slice::from_ref(&begun)).await;
    let other = RunLine {
        memory: "other".to_owned(),
        ..begun.clone()
    };
    enter(&place, &[other]).await;
    enter(&place, &[]).await;
    let found = store.run(ana, begun.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&begun));
    let next = RunLine {
        state: Run::Failed,
        memory: "m2".to_owned(),
        due: None,
        ended: Some(at(60)),
        why: Some("131050".to_owned()),
        ..begun.clone()
    };
    let steps = [visit(&begun, 1), visit(&begun, 2)];
    let wants = [effect(&begun, "a")];
    let save = Save {
        run: &next,
        visits: &steps,
        effects: &wants,
    };
    let stale = Save {
        visits: &[visit(&begun, 3)],
        effects: &[effect(&begun, "b")],
        ..save
    };
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.save_runs(&[save]).await.unwrap(), [begun.id]);
    assert!(tx.save_runs(&[stale]).await.unwrap().is_empty());
    assert!(tx.save_runs(&[]).await.unwrap().is_empty());
    assert!(!tx.save_run(stale).await.unwrap());
    tx.commit().await.unwrap();
    let wanted = RunLine { cas: 2, ..next };
    assert_eq!(store.run(ana, begun.id).await.unwrap(), Some(wanted));
    assert_eq!(store.visits(ana, begun.id).await.unwrap(), steps);
    assert_eq!(store.effects(ana, begun.id).await.unwrap(), wants);
}

async fn runs_are_found_by_all_that_asks_for_them(place: Arc<Place>) {
    let store = &place.store;
    let (ana, ben) = (place.newcomer("Ana").await, place.newcomer("Ben").await);
    let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
    let first = run(ana, one);
    let ended = RunLine {
        state: Run::Ended,
        version: 2,
        ..run(ana, one)
    };
    let later = RunLine {
        due: Some(at(40)),
        ..run(ben, one)
    };
    let waits = RunLine {
        due: None,
        ..run(ben, other)
    };
    let all = [first.clone(), ended.clone(), later.clone(), waits.clone()];
    enter(&place, &all).await;
    let page = store.runs(one, None, 2).await.unwrap();
    assert_eq!(page, [later.clone(), ended.clone()]);
    let rest = store.runs(one, Some(ended.id), 9).await.unwrap();
    assert_eq!(rest, std::slice::from_ref(&first));
    let hers = store.runs_of(ana, 9).await.unwrap();
    assert_eq!(hers, [ended, first.clone()]);
    let inside = store.running(&[ana, ben]).await.unwrap();
    assert_eq!(inside, [first.clone(), later.clone(), waits]);
    assert_eq!(store.running(&[]).await.unwrap(), []);
    assert_eq!(store.due_runs(at(39), 9).await.unwrap(), []);
    let due = store.due_runs(at(50), 9).await.unwrap();
    assert_eq!(due, [later.clone(), first]);
    assert_eq!(store.due_runs(at(50), 1).await.unwrap(), [later]);
    let counts = store.count_runs(one).await.unwrap();
    assert_eq!(counts, [(1, Run::Running, 2), (2, Run::Ended, 1)]);
}

async fn what_is_put_off_is_due_later(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let (soon, late) = (run(ana, Uuid::now_v7()), run(ana, Uuid::now_v7()));
    let late = RunLine {
        due: Some(at(90)),
        ..late
    };
    let soon = RunLine {
        due: Some(at(5)),
        ..soon
    };
    enter(&place, &[soon.clone(), late.clone()]).await;
    let mut tx = place.store.begin().await.unwrap();
    tx.put_off_runs(ana, (at(10), at(60))).await.unwrap();
    tx.commit().await.unwrap();
    let due = async |now| place.store.due_runs(at(now), 9).await.unwrap().len();
    assert_eq!((due(59).await, due(60).await, due(90).await), (0, 1, 2));
}

async fn who_entered_before_is_known(place: Arc<Place>) {
    let (ana, ben) = (place.newcomer("Ana").await, place.newcomer("Ben").await);
    let cleo = place.newcomer("Cleo").await;
    let one = Uuid::now_v7();
    let ended = |contact: ContactId, ms: i64| RunLine {
        state: Run::Ended,
        entered: at(ms),
        ..run(contact, one)
    };
    let inside = RunLine {
        entered: at(20),
        ..run(ana, one)
    };
    enter(
        &place,
        &[ended(ana, 5), inside, ended(ben, 7), ended(ben, 6)],
    )
    .await;
    enter(&place, &[run(cleo, Uuid::now_v7())]).await;
    let mut tx = place.store.begin().await.unwrap();
    tx.lock(&[ana, ben, cleo]).await.unwrap();
    let known = tx.entered_before(one, &[ana, ben, cleo]).await.unwrap();
    assert_eq!(known, [(ana, at(20), true), (ben, at(7), false)]);
}

async fn an_effect_is_written_and_taken_once(place: Arc<Place>) {
    let store = &place.store;
    let ana = place.newcomer("Ana").await;
    let begun = run(ana, Uuid::now_v7());
    enter(&place, std::slice::from_ref(&begun)).await;
    let (wanted, twin) = (effect(&begun, "a"), effect(&begun, "a"));
    assert!(save(&place, &begun, std::slice::from_ref(&wanted)).await);
    let again = RunLine { cas: 2, ..begun };
    assert!(save(&place, &again, &[twin]).await);
    assert_eq!(store.due_effects(at(49), 9).await.unwrap(), []);
    let due = store.due_effects(at(50), 9).await.unwrap();
    assert_eq!(due, std::slice::from_ref(&wanted), "one key, one effect");
    let attempt = AttemptId::new(Uuid::now_v7());
    assert!(take(&place, &wanted, Some(attempt)).await);
    let second = AttemptId::new(Uuid::now_v7());
    assert!(!take(&place, &wanted, Some(second)).await);
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.take_effects(&[]).await.unwrap(), []);
    drop(tx);
    assert_eq!(store.due_effects(at(99), 9).await.unwrap(), []);
    assert_eq!(store.stuck_effects(at(60), 9).await.unwrap(), []);
    let stuck = store.stuck_effects(at(61), 9).await.unwrap();
    let shown: Vec<_> = stuck.iter().map(|one| (one.id, one.attempt)).collect();
    assert_eq!(shown, [(wanted.id, Some(attempt))]);
    let found = store.effects_of(&[(ana, attempt), (ana, second)]).await;
    assert_eq!(found.unwrap(), stuck);
}

async fn an_effect_ends_only_by_its_own_attempt(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let begun = run(ana, Uuid::now_v7());
    enter(&place, std::slice::from_ref(&begun)).await;
    let (sends, calls) = (effect(&begun, "send"), effect(&begun, "call"));
    assert!(save(&place, &begun, &[sends.clone(), calls.clone()]).await);
    let attempt = AttemptId::new(Uuid::now_v7());
    assert!(take(&place, &sends, Some(attempt)).await);
    let settled = |effect: &EffectLine, attempt: Option<AttemptId>, state: Effect| Settled {
        contact: effect.contact,
        id: effect.id,
        attempt,
        state,
        outcome: Some(state.word().to_owned()),
        due: (state == Effect::Waiting).then(|| at(70)),
        tries: 1,
    };
    let stranger = AttemptId::new(Uuid::now_v7());
    settle(&place, settled(&sends, Some(stranger), Effect::Done)).await;
    settle(&place, settled(&sends, None, Effect::Done)).await;
    assert_eq!(kept(&place, &sends).await.state, Effect::Doing);
    settle(&place, settled(&sends, Some(attempt), Effect::Waiting)).await;
    let again = kept(&place, &sends).await;
    let shown = (again.state, again.due, again.tries);
    assert_eq!(shown, (Effect::Waiting, at(70), 1));
    assert_eq!(again.outcome.as_deref(), Some("waiting"));
    // What was taken before is over: its answer, once more, ends nothing.
    settle(&place, settled(&sends, Some(attempt), Effect::Done)).await;
    assert_eq!(kept(&place, &sends).await.state, Effect::Waiting);
    assert!(take(&place, &calls, None).await);
    settle(&place, settled(&calls, Some(attempt), Effect::Failed)).await;
    assert_eq!(kept(&place, &calls).await.state, Effect::Doing);
    settle(&place, settled(&calls, None, Effect::Done)).await;
    settle(&place, settled(&calls, None, Effect::Failed)).await;
    assert_eq!(kept(&place, &calls).await.state, Effect::Done);
    // Refused before anything was tried.
    settle(&place, settled(&sends, None, Effect::Failed)).await;
    assert_eq!(kept(&place, &sends).await.state, Effect::Failed);
}

async fn a_no_leaves_every_journey_and_cancels_what_waits(place: Arc<Place>) {
    let store = &place.store;
    let (ana, ben) = (place.newcomer("Ana").await, place.newcomer("Ben").await);
    let (one, two) = (run(ana, Uuid::now_v7()), run(ana, Uuid::now_v7()));
    let his = run(ben, one.journey);
    enter(&place, &[one.clone(), two.clone(), his.clone()]).await;
    let (waits, doing) = (effect(&one, "a"), effect(&one, "b"));
    assert!(save(&place, &one, &[waits.clone(), doing.clone()]).await);
    let stays = effect(&his, "a");
    assert!(save(&place, &his, std::slice::from_ref(&stays)).await);
    assert!(take(&place, &doing, None).await);
    let mut tx = store.begin().await.unwrap();
    tx.leave_all(&[ana], "opted_out", at(70)).await.unwrap();
    tx.leave_all(&[], "nobody", at(71)).await.unwrap();
    tx.commit().await.unwrap();
    for run in store.runs_of(ana, 9).await.unwrap() {
        let shown = (run.state, run.due, run.ended, run.why.as_deref());
        assert_eq!(shown, (Run::Left, None, Some(at(70)), Some("opted_out")));
    }
    let cancelled = kept(&place, &waits).await;
    let shown = (cancelled.state, cancelled.outcome.as_deref());
    assert_eq!(shown, (Effect::Cancelled, Some("opted_out")));
    assert_eq!(kept(&place, &doing).await.state, Effect::Doing);
    assert!(!take(&place, &waits, None).await);
    // Whoever was at work on it saw it as it was before.
    assert!(!save(&place, &two, &[effect(&two, "late")]).await);
    assert_eq!(store.effects(ana, two.id).await.unwrap(), []);
    assert_eq!(store.running(&[ana, ben]).await.unwrap().len(), 1);
    assert_eq!(kept(&place, &stays).await.state, Effect::Waiting);
    let mut tx = store.begin().await.unwrap();
    tx.cancel_effects(&[(ben, his.id)]).await.unwrap();
    tx.cancel_effects(&[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(kept(&place, &stays).await.state, Effect::Cancelled);
}

async fn one_person_is_inside_once_after_they_were_found_to_be_one(place: Arc<Place>) {
    let store = &place.store;
    let (from, to) = (place.newcomer("Ana").await, place.newcomer("Ana").await);
    let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
    let (both, alone, stays) = (run(from, one), run(from, other), run(to, one));
    enter(&place, &[both.clone(), alone.clone(), stays.clone()]).await;
    let (gone, goes_on) = (effect(&both, "a"), effect(&alone, "a"));
    assert!(save(&place, &both, std::slice::from_ref(&gone)).await);
    let step = [visit(&alone, 1)];
    let with_step = Save {
        run: &alone,
        visits: &step,
        effects: std::slice::from_ref(&goes_on),
    };
    let mut tx = store.begin().await.unwrap();
    assert!(tx.save_run(with_step).await.unwrap());
    tx.move_runs((from, to), at(80)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.runs_of(from, 9).await.unwrap(), []);
    let inside = store.running(&[from, to]).await.unwrap();
    let shown: Vec<_> = inside.iter().map(|run| (run.contact, run.id)).collect();
    assert_eq!(shown, [(to, alone.id), (to, stays.id)]);
    let left = store.run(to, both.id).await.unwrap().unwrap();
    let shown = (left.state, left.ended, left.why.as_deref());
    assert_eq!(shown, (Run::Left, Some(at(80)), Some("merged")));
    let steps = store.visits(to, alone.id).await.unwrap();
    assert_eq!(steps.len(), 1);
    let due = store.due_effects(at(99), 9).await.unwrap();
    let shown: Vec<_> = due.iter().map(|one| (one.contact, one.id)).collect();
    assert_eq!(shown, [(to, goes_on.id)]);
    let cancelled = store.effects(to, both.id).await.unwrap();
    assert_eq!(cancelled[0].state, Effect::Cancelled);
}

async fn an_erasure_takes_runs_steps_and_effects(place: Arc<Place>) {
    let store = &place.store;
    let (ana, ben) = (place.newcomer("Ana").await, place.newcomer("Ben").await);
    let journey = Uuid::now_v7();
    for contact in [ana, ben] {
        let begun = run(contact, journey);
        enter(&place, std::slice::from_ref(&begun)).await;
        let save = Save {
            run: &begun,
            visits: &[visit(&begun, 1)],
            effects: &[effect(&begun, "a")],
        };
        let mut tx = store.begin().await.unwrap();
        assert!(tx.save_run(save).await.unwrap());
        tx.commit().await.unwrap();
    }
    let mut tx = store.begin().await.unwrap();
    tx.erase(ana, &[vec![4; 32]], at(99)).await.unwrap();
    tx.commit().await.unwrap();
    for table in ["journey_run", "journey_visit", "journey_effect"] {
        let sql = format!("select count(*) from {table}");
        assert_eq!(place.number(&sql).await, 1, "{table}: of the other one");
    }
    assert_eq!(store.runs_of(ana, 9).await.unwrap(), []);
}
