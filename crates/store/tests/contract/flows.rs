//! Answers in line, messages that wait for a person, settings of the flows, and nudges.

use std::sync::Arc;

use consent::{
    id::{AttemptId, ContactId, EventId},
    register::Standing,
};
use store::{
    flow::FlowLine,
    reply::{Ended, ReplyLine, ReplyState},
    review::ReviewLine,
};
use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    a_message_has_one_answer_that_ends_once,
    answers_and_reviews_go_with_the_person,
    a_review_is_decided_by_whoever_saw_it_as_it_stands,
    settings_have_versions,
    nobody_is_nudged_twice,
    what_waits_moves_to_whoever_the_contact_was_found_to_be,
];

fn reply(contact: ContactId, ms: i64) -> ReplyLine {
    ReplyLine {
        contact,
        id: Uuid::now_v7(),
        kind: "stopped".to_owned(),
        number: "109900000000001".to_owned(),
        recipient: "+447700900123".to_owned(),
        language: "es".to_owned(),
        detail: "{\"confirms\":[\"\\u0000\"]}".to_owned(),
        quotes: Some("wamid.1".to_owned()),
        said: at(ms),
        due: at(ms),
        state: ReplyState::Waiting,
    }
}

fn review(contact: ContactId, ms: i64) -> ReviewLine {
    ReviewLine {
        contact,
        id: Uuid::now_v7(),
        kind: "review".to_owned(),
        number: "109900000000001".to_owned(),
        message: Some("wamid.1".to_owned()),
        rule: "stop:CANCEL".to_owned(),
        hold: Some(EventId::new(Uuid::now_v7())),
        event: None,
        sealed: vec![1, 2, 3],
        said: at(ms),
        state: "open".to_owned(),
        verdict: None,
        decided_by: None,
        reason: None,
        decided: None,
    }
}

async fn a_message_has_one_answer_that_ends_once(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let line = reply(ana, 10);
    let twin = ReplyLine {
        kind: "help".to_owned(),
        ..line.clone()
    };
    let later = reply(ana, 20);
    for lines in [vec![line.clone(), later.clone()], vec![twin], vec![]] {
        let mut tx = place.store.begin().await.unwrap();
        tx.keep_replies(&lines).await.unwrap();
        tx.commit().await.unwrap();
    }
    let store = &place.store;
    assert!(store.due_replies(at(9), 9).await.unwrap().is_empty());
    assert_eq!(
        store.due_replies(at(10), 9).await.unwrap(),
        std::slice::from_ref(&line)
    );
    assert_eq!(
        store.due_replies(at(20), 1).await.unwrap(),
        std::slice::from_ref(&line)
    );
    assert_eq!(store.count_replies(ana, at(0)).await.unwrap(), 2);
    assert_eq!(store.count_replies(ana, at(10)).await.unwrap(), 1);
    let mut tx = store.begin().await.unwrap();
    tx.put_off_replies(&[(ana, later.id)], at(50))
        .await
        .unwrap();
    for (state, why) in [
        (ReplyState::Refused, Some("held\0")),
        (ReplyState::Sent, None),
    ] {
        let attempt = Some(AttemptId::new(Uuid::now_v7()));
        let (contact, id) = (ana, line.id);
        let ended = Ended {
            contact,
            id,
            state,
            attempt,
            why,
        };
        tx.end_replies(&[ended], at(30)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let kept = store.replies_to(ana, 9).await.unwrap();
    let states: Vec<ReplyState> = kept.iter().map(|line| line.state).collect();
    assert_eq!(states, [ReplyState::Waiting, ReplyState::Refused]);
    assert!(store.due_replies(at(49), 9).await.unwrap().is_empty());
    assert_eq!(store.due_replies(at(50), 9).await.unwrap()[0].id, later.id);
    assert_eq!(store.count_replies(ana, at(0)).await.unwrap(), 1);
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.forget_replies(at(1_000)).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(store.replies_to(ana, 9).await.unwrap().len(), 1);
}

async fn answers_and_reviews_go_with_the_person(place: Arc<Place>) {
    let (ana, bea) = (place.newcomer("Ana").await, place.newcomer("Bea").await);
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_replies(&[reply(ana, 1), reply(bea, 1)])
        .await
        .unwrap();
    tx.keep_reviews(&[review(ana, 1), review(bea, 1)])
        .await
        .unwrap();
    tx.nudge(&[ana, bea], "reminder", (at(0), at(5)))
        .await
        .unwrap();
    tx.erase(ana, &[], at(9)).await.unwrap();
    tx.commit().await.unwrap();
    for table in ["reply", "review", "nudge"] {
        let count = place.number(&format!("select count(*) from {table}")).await;
        assert_eq!(count, 1, "{table}");
    }
}

async fn a_review_is_decided_by_whoever_saw_it_as_it_stands(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let (one, two) = (review(ana, 1), review(ana, 2));
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_reviews(&[one.clone(), two.clone()]).await.unwrap();
    tx.keep_reviews(&[]).await.unwrap();
    assert_eq!(
        tx.open_reviews(ana).await.unwrap(),
        [one.clone(), two.clone()]
    );
    tx.commit().await.unwrap();
    let store = &place.store;
    assert_eq!(store.count_reviews().await.unwrap(), 2);
    let waits = async |cap| store.waiting(two.id, cap).await.unwrap().reviews;
    assert_eq!((waits(1).await, waits(9).await), (1, 2));
    assert_eq!(
        store
            .reviews_of(two.contact, 9)
            .await
            .unwrap()
            .first()
            .map(|line| line.id),
        Some(two.id)
    );
    let page = store.reviews("open", None, 1).await.unwrap();
    assert_eq!(page, std::slice::from_ref(&two));
    let rest = store.reviews("open", Some(two.id), 9).await.unwrap();
    assert_eq!(rest, std::slice::from_ref(&one));
    let decided = ReviewLine {
        state: "decided".to_owned(),
        verdict: Some("stop".to_owned()),
        decided_by: Some("Mia".to_owned()),
        reason: Some("I read it.\0".to_owned()),
        decided: Some(at(7)),
        event: Some(EventId::new(Uuid::now_v7())),
        ..one.clone()
    };
    let mut tx = store.begin().await.unwrap();
    assert!(tx.decide_review(&decided, "open").await.unwrap());
    assert!(!tx.decide_review(&decided, "open").await.unwrap());
    tx.commit().await.unwrap();
    let shown = store.review(one.id).await.unwrap().unwrap();
    let wanted = ReviewLine {
        reason: Some("I read it.".to_owned()),
        ..decided
    };
    assert_eq!(shown, wanted);
    assert_eq!(store.review(Uuid::now_v7()).await.unwrap(), None);
    assert_eq!(store.count_reviews().await.unwrap(), 1);
}

async fn settings_have_versions(place: Arc<Place>) {
    let store = &place.store;
    assert_eq!(store.flow_version().await.unwrap(), 0);
    assert_eq!(store.flow_setting().await.unwrap(), None);
    let line = FlowLine {
        version: 1,
        body: "{}".to_owned(),
        at: at(1),
    };
    let mut tx = store.begin().await.unwrap();
    tx.set_flow(&line).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.flow_setting().await.unwrap(), Some(line.clone()));
    assert_eq!(store.flow_version().await.unwrap(), 1);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.set_flow(&line).await.unwrap_err().is_conflict());
}

async fn nobody_is_nudged_twice(place: Arc<Place>) {
    let ana = place.caller("Ana", "+447700900123").await;
    let bea = place.caller("Bea", "+447700900124").await;
    let mut tx = place.store.begin().await.unwrap();
    let update = store::contact::Update {
        contact: ana,
        standing: &Standing::default(),
        consent: "opted_in",
        platform: "open",
        said: None,
        at: at(5),
    };
    tx.set_standings(&[update]).await.unwrap();
    tx.commit().await.unwrap();
    let store = &place.store;
    assert!(
        store
            .unnudged("reminder", at(0), 9)
            .await
            .unwrap()
            .is_empty()
    );
    let due = store.unnudged("reminder", at(100), 9).await.unwrap();
    assert_eq!(due.len(), 1, "{due:?}");
    assert_eq!(due[0].0, ana);
    assert!(due[0].1.contains("447700900123"), "{due:?}");
    assert_eq!(store.nudged(ana, "reminder").await.unwrap(), None);
    for (ms, want) in [(100, vec![ana, bea]), (101, vec![])] {
        let mut tx = store.begin().await.unwrap();
        let mut mine = tx
            .nudge(&[ana, bea], "reminder", (at(50), at(ms)))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        mine.sort_unstable();
        assert_eq!(mine, want, "{ms}");
    }
    assert_eq!(store.nudged(ana, "reminder").await.unwrap(), Some(at(100)));
    // Taken back is only what was noted just then.
    for (ms, want) in [(99, Some(at(100))), (100, None)] {
        let mut tx = store.begin().await.unwrap();
        tx.take_nudge_back(bea, "reminder", at(ms)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.nudged(bea, "reminder").await.unwrap(), want, "{ms}");
    }
    assert!(
        store
            .unnudged("reminder", at(100), 9)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn what_waits_moves_to_whoever_the_contact_was_found_to_be(place: Arc<Place>) {
    let (ana, bea) = (place.newcomer("Ana").await, place.newcomer("Bea").await);
    let (waiting, ended, own) = (reply(ana, 1), reply(ana, 2), reply(bea, 3));
    let (open, mut decided, other) = (review(ana, 1), review(ana, 2), review(bea, 3));
    decide(&mut decided);
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_replies(&[waiting.clone(), ended.clone(), own.clone()])
        .await
        .unwrap();
    let end = Ended {
        contact: ana,
        id: ended.id,
        state: ReplyState::Sent,
        attempt: Some(AttemptId::new(Uuid::now_v7())),
        why: Some("because"),
    };
    tx.end_replies(&[end], at(7)).await.unwrap();
    tx.keep_reviews(&[open.clone(), decided.clone(), other.clone()])
        .await
        .unwrap();
    for (who, kind, ms) in [(ana, "ask", 5), (ana, "reminder", 9), (bea, "reminder", 6)] {
        tx.nudge(&[who], kind, (at(0), at(ms))).await.unwrap();
    }
    tx.commit().await.unwrap();

    let mut tx = place.store.begin().await.unwrap();
    let mut taken = tx.take_reviews(ana).await.unwrap();
    taken.sort_by_key(|line| line.id);
    assert_eq!(taken, [open.clone(), decided.clone()]);
    assert!(tx.take_reviews(ana).await.unwrap().is_empty());
    for line in &mut taken {
        line.contact = bea;
    }
    tx.keep_reviews(&taken).await.unwrap();
    assert_eq!(tx.replies_of(ana).await.unwrap().len(), 2);
    assert_eq!(tx.reply(ana, waiting.id).await.unwrap().unwrap(), waiting);
    let details = [
        (waiting.id, "{\"moved\":1}\0".to_owned()),
        (ended.id, ended.detail.clone()),
    ];
    tx.move_replies((ana, bea), &details).await.unwrap();
    tx.move_replies((ana, bea), &[]).await.unwrap();
    tx.move_nudges(ana, bea).await.unwrap();
    assert_eq!(tx.reply(ana, waiting.id).await.unwrap(), None);
    assert!(tx.replies_of(ana).await.unwrap().is_empty());
    let ids: Vec<Uuid> = [&waiting, &ended, &own].map(|line| line.id).to_vec();
    let moved = tx.replies_of(bea).await.unwrap();
    assert_eq!(moved.iter().map(|line| line.id).collect::<Vec<_>>(), ids);
    assert_eq!(
        (moved[0].state, moved[0].detail.as_str()),
        (ReplyState::Waiting, "{\"moved\":1}")
    );
    assert_eq!(moved[1].state, ReplyState::Sent);
    tx.commit().await.unwrap();

    let store = &place.store;
    let kept = "select count(*) from reply where why = 'because' and attempt_id is not null and done_ms is not null";
    assert_eq!(place.number(kept).await, 1);
    let shown = store.review(decided.id).await.unwrap().unwrap();
    decided.contact = bea;
    assert_eq!(shown, decided);
    assert_eq!(store.count_reviews().await.unwrap(), 2);
    let when = [(ana, None, None), (bea, Some(at(5)), Some(at(9)))];
    for (who, ask, reminder) in when {
        assert_eq!(store.nudged(who, "ask").await.unwrap(), ask);
        assert_eq!(store.nudged(who, "reminder").await.unwrap(), reminder);
    }
}

fn decide(line: &mut ReviewLine) {
    line.state = "decided".to_owned();
    line.verdict = Some("stop".to_owned());
    line.decided_by = Some("Mia".to_owned());
    line.reason = Some("I read it.".to_owned());
    line.decided = Some(at(9));
}
