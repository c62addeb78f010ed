//! Turns of a campaign: in their order, each ended by its own attempt, and listed with what became of their messages.

use std::sync::Arc;

use consent::id::{AttemptId, ContactId};
use store::{
    campaign::{
        RUNNING,
        recipient::{Filter, NewRecipient, Settled, State},
    },
    message::{self, MessageLine},
};
use uuid::Uuid;

use crate::{
    campaigns::{campaign, drawn, news, people, recipient, row_of, take},
    harness::{Place, at, message},
};

contract![
    people_are_drawn_once_and_have_their_turn_in_order,
    a_turn_ends_only_by_its_own_attempt,
    who_waits_can_be_refused_without_a_turn,
    a_turn_is_found_by_its_last_attempt,
    after_a_crash_messages_say_how_turns_ended,
    recipients_are_listed_with_their_messages,
    a_list_of_recipients_is_narrowed_by_each_question,
];

pub fn settled(campaign: Uuid, line: &MessageLine, state: State) -> Settled {
    Settled {
        campaign,
        contact: line.contact,
        attempt: Some(line.id),
        state,
        code: None,
        reason: None,
        due: None,
        tries: 1,
    }
}

pub async fn settle(place: &Place, settled: &[Settled]) {
    let mut tx = place.store.begin().await.unwrap();
    tx.settle_recipients(settled).await.unwrap();
    tx.commit().await.unwrap();
}

async fn people_are_drawn_once_and_have_their_turn_in_order(place: Arc<Place>) {
    let store = &place.store;
    let people = people(&place, 3).await;
    let line = campaign(RUNNING);
    let at_ms = |contact: ContactId, ms: i64| NewRecipient {
        due: at(ms),
        ..recipient(contact, 1)
    };
    let first = [at_ms(people[0], 30), at_ms(people[1], 20)];
    let more = [at_ms(people[1], 1), at_ms(people[2], 20)];
    let mut tx = store.begin().await.unwrap();
    tx.put_campaign(&line).await.unwrap();
    assert_eq!(tx.add_recipients(line.id, &first).await.unwrap(), 2);
    assert_eq!(tx.add_recipients(line.id, &more).await.unwrap(), 1);
    assert_eq!(tx.add_recipients(line.id, &[]).await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_eq!(store.next_due(line.id).await.unwrap(), Some(at(20)));
    let due = |now: i64, limit: u32| async move {
        let rows = store.due_recipients(line.id, at(now), limit).await.unwrap();
        rows.iter().map(|row| row.contact).collect::<Vec<_>>()
    };
    assert_eq!(due(19, 9).await, []);
    assert_eq!(due(20, 9).await, [people[1], people[2]]);
    assert_eq!(due(99, 9).await, [people[1], people[2], people[0]]);
    assert_eq!(due(99, 1).await, [people[1]]);
    let row = row_of(&place, line.id, people[1]).await;
    let shown = (row.variant, row.state, row.due, row.tries, row.attempt);
    assert_eq!(shown, (1, State::Waiting, at(20), 0, None));
    assert_eq!(row.extra.as_deref(), Some(r#"{"name":"A"}"#));
    assert_eq!(store.next_due(Uuid::now_v7()).await.unwrap(), None);
    let progress = store.progress(line.id).await.unwrap();
    assert_eq!(progress, [(State::Waiting, 3)]);
}

async fn a_turn_ends_only_by_its_own_attempt(place: Arc<Place>) {
    let people = people(&place, 1).await;
    let line = drawn(&place, RUNNING, &people).await;
    let sent = take(&place, line.id, people[0], 10).await;
    let stranger = Settled {
        attempt: Some(message(people[0]).id),
        ..settled(line.id, &sent, State::Failed)
    };
    let nobody = Settled {
        attempt: None,
        ..settled(line.id, &sent, State::Denied)
    };
    settle(&place, &[]).await;
    settle(&place, &[stranger]).await;
    settle(&place, &[nobody]).await;
    let row = row_of(&place, line.id, people[0]).await;
    assert_eq!(row.state, State::Sending);
    let again = Settled {
        code: Some("130429".to_owned()),
        reason: Some("too fast".to_owned()),
        due: Some(at(50)),
        ..settled(line.id, &sent, State::Waiting)
    };
    settle(&place, &[again]).await;
    let row = row_of(&place, line.id, people[0]).await;
    let shown = (row.state, row.due, row.tries, row.code.as_deref());
    assert_eq!(shown, (State::Waiting, at(50), 1, Some("130429")));
    // The same answer once more, late: the turn that it ended is over.
    settle(&place, &[settled(line.id, &sent, State::Accepted)]).await;
    assert_eq!(
        row_of(&place, line.id, people[0]).await.state,
        State::Waiting
    );
    let sent = take(&place, line.id, people[0], 60).await;
    // Given up, and then the answer came after all.
    settle(&place, &[settled(line.id, &sent, State::Unknown)]).await;
    let accepted = Settled {
        tries: 2,
        ..settled(line.id, &sent, State::Accepted)
    };
    settle(&place, &[accepted]).await;
    let row = row_of(&place, line.id, people[0]).await;
    assert_eq!(
        (row.state, row.tries, row.due),
        (State::Accepted, 2, at(60))
    );
    assert_eq!((row.code, row.attempt), (None, Some(sent.id)));
    settle(&place, &[settled(line.id, &sent, State::Waiting)]).await;
    assert_eq!(
        row_of(&place, line.id, people[0]).await.state,
        State::Accepted
    );
}

async fn who_waits_can_be_refused_without_a_turn(place: Arc<Place>) {
    let people = people(&place, 3).await;
    let line = drawn(&place, RUNNING, &people).await;
    let denied = |contact: ContactId, attempt: Option<AttemptId>| Settled {
        attempt,
        code: Some("opted_out_all".to_owned()),
        ..settled(line.id, &message(contact), State::Denied)
    };
    let written = message(people[1]).id;
    let accepted = settled(line.id, &message(people[2]), State::Accepted);
    let all = [
        denied(people[0], None),
        denied(people[1], Some(written)),
        accepted,
    ];
    settle(&place, &all).await;
    for (contact, attempt) in [(people[0], None), (people[1], Some(written))] {
        let row = row_of(&place, line.id, contact).await;
        let shown = (row.state, row.code.as_deref(), row.attempt);
        assert_eq!(shown, (State::Denied, Some("opted_out_all"), attempt));
    }
    let row = row_of(&place, line.id, people[2]).await;
    assert_eq!(
        row.state,
        State::Waiting,
        "what was never taken was never sent"
    );
}

async fn a_turn_is_found_by_its_last_attempt(place: Arc<Place>) {
    let people = people(&place, 2).await;
    let line = drawn(&place, RUNNING, &people).await;
    let mut sent = vec![];
    for contact in &people {
        let one = take(&place, line.id, *contact, 10).await;
        settle(&place, &[settled(line.id, &one, State::Accepted)]).await;
        sent.push(one);
    }
    let asked: Vec<_> = sent.iter().map(|one| (one.contact, one.id)).collect();
    let found = place.store.turns_of(&asked).await.unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|row| row.campaign == line.id));
    let stray = [(people[0], sent[1].id)];
    assert_eq!(place.store.turns_of(&stray).await.unwrap(), []);
}

async fn after_a_crash_messages_say_how_turns_ended(place: Arc<Place>) {
    use message::State as M;
    let cases = [
        (Some(M::Rejected), State::Failed),
        (Some(M::Unknown), State::Unknown),
        (Some(M::Accepted), State::Accepted),
        (Some(M::Read), State::Accepted),
        (Some(M::Failed), State::Failed),
        (None, State::Sending),
    ];
    let people = people(&place, cases.len() + 1).await;
    let line = drawn(&place, RUNNING, &people).await;
    for (contact, (state, _)) in people.iter().zip(&cases) {
        let sent = take(&place, line.id, *contact, 10).await;
        if let Some(state) = state {
            let code = matches!(state, M::Rejected | M::Failed).then_some(131_026);
            news(&place, sent.id, *state, 11, code).await;
        }
    }
    // One that was taken a moment ago may still be at work.
    let young = take(&place, line.id, people[cases.len()], 40).await;
    news(&place, young.id, M::Accepted, 41, None).await;
    let mut tx = place.store.begin().await.unwrap();
    assert_eq!(tx.reconcile(line.id, at(40)).await.unwrap(), 5);
    assert_eq!(tx.reconcile(line.id, at(40)).await.unwrap(), 0);
    tx.commit().await.unwrap();
    for (contact, (_, wanted)) in people.iter().zip(&cases) {
        let row = row_of(&place, line.id, *contact).await;
        assert_eq!(row.state, *wanted);
        let code = (*wanted == State::Failed).then_some("131026");
        assert_eq!(row.code.as_deref(), code);
    }
    let progress = place.store.progress(line.id).await.unwrap();
    let wanted = [
        (State::Accepted, 2),
        (State::Failed, 2),
        (State::Sending, 2),
        (State::Unknown, 1),
    ];
    assert_eq!(progress, wanted);
}

/// A campaign of four: who read it, whom it did not reach, who was refused, who waits.
async fn four(place: &Place) -> (Uuid, Vec<ContactId>, MessageLine) {
    let people = people(place, 4).await;
    let line = drawn(place, RUNNING, &people).await;
    drawn(place, RUNNING, &people).await;
    let read = take(place, line.id, people[0], 10).await;
    settle(place, &[settled(line.id, &read, State::Accepted)]).await;
    news(place, read.id, message::State::Read, 20, None).await;
    let failed = take(place, line.id, people[1], 10).await;
    settle(place, &[settled(line.id, &failed, State::Accepted)]).await;
    news(place, failed.id, message::State::Failed, 21, Some(131_026)).await;
    let denied = Settled {
        attempt: None,
        code: Some("held".to_owned()),
        ..settled(line.id, &message(people[2]), State::Denied)
    };
    settle(place, &[denied]).await;
    (line.id, people, read)
}

fn nine() -> Filter {
    Filter {
        limit: 9,
        ..Filter::default()
    }
}

async fn recipients_are_listed_with_their_messages(place: Arc<Place>) {
    let (campaign, people, read) = four(&place).await;
    let all = place.store.recipients(campaign, &nine()).await.unwrap();
    let who: Vec<_> = all.iter().map(|row| row.line.contact).collect();
    assert_eq!(who, people);
    let first = all[0].sent.as_ref().unwrap();
    assert_eq!(all[0].line.state, State::Accepted);
    assert_eq!(
        (first.id, first.state, first.at, first.outcome),
        (read.id, message::State::Read, at(10), Some(at(20)))
    );
    assert_eq!((&first.number, &first.wamid), (&read.number, &None));
    let second = all[1].sent.as_ref().unwrap();
    let shown = (second.error_code, second.reason.as_deref());
    assert_eq!(shown, (Some(131_026), Some("Meta said 131026")));
    assert_eq!((&all[2].sent, &all[3].sent), (&None, &None));
}

async fn a_list_of_recipients_is_narrowed_by_each_question(place: Arc<Place>) {
    let (campaign, people, _) = four(&place).await;
    let code = |code: &str| Filter {
        code: Some(code.to_owned()),
        ..nine()
    };
    let state = Filter {
        state: Some(State::Accepted),
        ..nine()
    };
    let message = Filter {
        message: Some(message::State::Read),
        ..nine()
    };
    let variant = Filter {
        variant: Some(1),
        ..nine()
    };
    let after = Filter {
        after: Some(people[1]),
        ..nine()
    };
    let limit = Filter { limit: 1, ..nine() };
    let cases = [
        (state, vec![0, 1]),
        (message, vec![0]),
        (code("held"), vec![2]),
        (code("131026"), vec![1]),
        (code("131049"), vec![]),
        (variant, vec![1, 3]),
        (after, vec![2, 3]),
        (limit, vec![0]),
    ];
    for (filter, wanted) in cases {
        let rows = place.store.recipients(campaign, &filter).await.unwrap();
        let found: Vec<_> = rows.iter().map(|row| row.line.contact).collect();
        let wanted: Vec<_> = wanted.into_iter().map(|which| people[which]).collect();
        assert_eq!(found, wanted, "{filter:?}");
    }
}
