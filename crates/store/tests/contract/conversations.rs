//! Conversations: they begin with a message, are found again, change hands, and tell that they changed.

use std::sync::Arc;

use consent::id::{AttemptId, ContactId};
use store::{
    conversation::{Assigned, ConversationLine, Filter, Place as Spot, State, Touch},
    message::{Direction, MessageLine, State as Fate},
    note::{NoteLine, QuickReplyLine},
};
use uuid::Uuid;

use crate::harness::{Place, at, message};

const ONE: &str = "109900000000001";
const TWO: &str = "109900000000002";

contract![
    a_message_begins_a_conversation_and_opens_it_again,
    what_is_handed_over_is_open_unread_and_on_top,
    pages_are_complete_and_filtered_conversations,
    a_search_finds_names_and_numbers,
    every_change_is_told_and_rises,
    whoever_was_two_has_one_conversation,
    notes_go_with_the_person,
    quick_replies_are_written_over_and_removed,
    the_conversation_of_an_erased_person_is_gone,
];

fn touch(contact: ContactId, number: &str, ms: i64, came: i64) -> Touch {
    Touch {
        contact,
        number: number.to_owned(),
        at: at(ms),
        came,
    }
}

async fn wrote(place: &Place, contact: ContactId, number: &str, ms: i64) {
    let mut tx = place.store.begin().await.unwrap();
    tx.touch_conversations(&[touch(contact, number, ms, 1)], at(ms))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

fn all() -> Filter {
    Filter {
        state: State::Open,
        assigned: Assigned::Anybody,
        number: None,
        search: None,
        after: None,
        limit: 100,
    }
}

async fn found(place: &Place, filter: &Filter) -> Vec<(ContactId, String)> {
    let lines = place.store.conversations(filter).await.unwrap();
    lines
        .into_iter()
        .map(|line| (line.contact, line.number))
        .collect()
}

async fn one(place: &Place, contact: ContactId) -> ConversationLine {
    let line = place.store.conversation((contact, ONE)).await.unwrap();
    line.unwrap()
}

async fn a_message_begins_a_conversation_and_opens_it_again(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    assert_eq!(place.store.conversation((ana, ONE)).await.unwrap(), None);
    wrote(&place, ana, ONE, 10).await;
    // Messages come late: the newest time stays.
    wrote(&place, ana, ONE, 5).await;
    let line = one(&place, ana).await;
    assert_eq!(
        (line.last, line.last_in, line.unread),
        (at(10), Some(at(10)), 2)
    );
    assert_eq!((line.state, line.assigned), (State::Open, None));
    assert_eq!(place.store.count_unread(State::Open, 9).await.unwrap(), 1);
    let member = Uuid::now_v7();
    let waits = async |who| place.store.waiting(who, 9).await.unwrap().unread;
    assert_eq!(waits(member).await, 1, "what is nobody's is everybody's");
    let mut tx = place.store.begin().await.unwrap();
    tx.touch_conversations(&[], at(1)).await.unwrap();
    assert!(
        tx.assign_conversation((ana, ONE), Some(member), at(11))
            .await
            .unwrap()
    );
    assert!(
        tx.set_conversation((ana, ONE), State::Closed, at(12))
            .await
            .unwrap()
    );
    assert!(tx.read_conversation((ana, ONE), at(13)).await.unwrap());
    assert!(!tx.read_conversation((ana, ONE), at(13)).await.unwrap());
    assert!(
        !tx.assign_conversation((ana, TWO), None, at(11))
            .await
            .unwrap()
    );
    assert!(
        !tx.set_conversation((ana, TWO), State::Open, at(12))
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    let line = one(&place, ana).await;
    assert_eq!(
        (line.state, line.unread, line.assigned),
        (State::Closed, 0, Some(member))
    );
    assert_eq!(place.store.count_unread(State::Open, 9).await.unwrap(), 0);
    let mut tx = place.store.begin().await.unwrap();
    tx.touch_conversations(&[touch(ana, ONE, 20, 0)], at(20))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let line = one(&place, ana).await;
    assert_eq!((line.state, line.last), (State::Closed, at(20)));
    assert_eq!(line.last_in, Some(at(10)), "what went out did not come in");
    wrote(&place, ana, ONE, 30).await;
    let line = one(&place, ana).await;
    assert_eq!(
        (line.state, line.unread, line.assigned),
        (State::Open, 1, Some(member))
    );
    assert_eq!((waits(member).await, waits(Uuid::now_v7()).await), (1, 0));
}

async fn what_is_handed_over_is_open_unread_and_on_top(place: Arc<Place>) {
    let (ana, ben) = (place.newcomer("Ana").await, place.newcomer("Ben").await);
    wrote(&place, ana, ONE, 10).await;
    let member = Uuid::now_v7();
    let mut tx = place.store.begin().await.unwrap();
    let closed = State::Closed;
    assert!(
        tx.set_conversation((ana, ONE), closed, at(11))
            .await
            .unwrap()
    );
    tx.hand_over_conversation((ana, ONE), Some(member), at(12))
        .await
        .unwrap();
    tx.hand_over_conversation((ana, ONE), None, at(12))
        .await
        .unwrap();
    tx.hand_over_conversation((ben, ONE), None, at(13))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let line = one(&place, ana).await;
    assert_eq!(
        (line.state, line.unread, line.assigned),
        (State::Open, 3, Some(member)),
        "nobody named takes it from nobody"
    );
    assert_eq!((line.last, line.last_in), (at(12), Some(at(10))));
    let line = one(&place, ben).await;
    assert_eq!(
        (line.unread, line.assigned, line.last_in),
        (1, None, None),
        "one that there was not yet begins"
    );
    let waits = place.store.waiting(Uuid::now_v7(), 9).await.unwrap();
    assert_eq!(waits.unread, 1, "what is nobody's is everybody's");
}

async fn pages_are_complete_and_filtered_conversations(place: Arc<Place>) {
    let mut people = vec![];
    for n in 0..6 {
        let who = place.newcomer("Ana").await;
        // Two each at the same moment: the place of a page names one of them.
        wrote(&place, who, ONE, n / 2).await;
        people.push(who);
    }
    wrote(&place, people[0], TWO, 9).await;
    let member = Uuid::now_v7();
    let mut tx = place.store.begin().await.unwrap();
    tx.assign_conversation((people[1], ONE), Some(member), at(50))
        .await
        .unwrap();
    tx.set_conversation((people[2], ONE), State::Closed, at(50))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut seen = vec![];
    let mut filter = Filter { limit: 2, ..all() };
    loop {
        let lines = place.store.conversations(&filter).await.unwrap();
        let Some(last) = lines.last() else { break };
        filter.after = Some(Spot {
            last: last.last,
            contact: last.contact,
            number: last.number.clone(),
        });
        seen.extend(lines.into_iter().map(|line| (line.contact, line.number)));
    }
    assert_eq!(seen.len(), 6, "{seen:?}");
    assert_eq!(seen, found(&place, &all()).await);
    assert_eq!(seen[0], (people[0], TWO.to_owned()), "newest first");
    let closed = Filter {
        state: State::Closed,
        ..all()
    };
    assert_eq!(found(&place, &closed).await, [(people[2], ONE.to_owned())]);
    let mine = Filter {
        assigned: Assigned::To(member),
        ..all()
    };
    assert_eq!(found(&place, &mine).await, [(people[1], ONE.to_owned())]);
    let nobody = Filter {
        assigned: Assigned::Nobody,
        ..all()
    };
    assert_eq!(found(&place, &nobody).await.len(), 5);
    let two = Filter {
        number: Some(TWO.to_owned()),
        ..all()
    };
    assert_eq!(found(&place, &two).await, [(people[0], TWO.to_owned())]);
}

async fn a_search_finds_names_and_numbers(place: Arc<Place>) {
    let ana = place.caller("Ana Ähren_1", "+447700900123").await;
    let bea = place.caller("Bea", "+447700900456").await;
    wrote(&place, ana, ONE, 1).await;
    wrote(&place, bea, ONE, 2).await;
    for (search, want) in [
        ("ähren", vec![ana]),
        ("_1", vec![ana]),
        ("900456", vec![bea]),
        ("+44 7700 900 456", vec![bea]),
        ("%", vec![]),
        ("77009", vec![bea, ana]),
    ] {
        let filter = Filter {
            search: Some(search.to_owned()),
            ..all()
        };
        let found: Vec<_> = found(&place, &filter)
            .await
            .into_iter()
            .map(|(who, _)| who)
            .collect();
        assert_eq!(found, want, "{search}");
    }
}

async fn every_change_is_told_and_rises(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    wrote(&place, ana, ONE, 10).await;
    let marks = |person: bool| {
        let place = Arc::clone(&place);
        async move {
            let stirs = place.store.stirred(at(10), 9).await.unwrap();
            let own = stirs.into_iter().filter(|stir| stir.person == person);
            own.map(|stir| stir.mark).collect::<Vec<_>>()
        }
    };
    let first = marks(false).await;
    assert_eq!(first.len(), 1);
    let mut tx = place.store.begin().await.unwrap();
    // In the same millisecond, and of one that is not there.
    tx.stir_conversations(&[(ana, ONE), (ana, TWO)], at(10))
        .await
        .unwrap();
    tx.stir_conversations(&[], at(10)).await.unwrap();
    tx.commit().await.unwrap();
    let second = marks(false).await;
    assert!(second.len() == 1 && second > first, "{first:?} {second:?}");
    assert!(
        marks(true).await.is_empty(),
        "the person has not changed since"
    );
    place
        .stand(ana, &consent::register::Standing::default())
        .await;
    let told = place.store.stirred(at(5), 9).await.unwrap();
    assert!(told.iter().any(|stir| stir.person && stir.contact == ana));
}

async fn whoever_was_two_has_one_conversation(place: Arc<Place>) {
    let (ana, old, older) = (
        place.newcomer("Ana").await,
        place.newcomer("Ana").await,
        place.newcomer("Ana").await,
    );
    wrote(&place, old, ONE, 20).await;
    wrote(&place, old, TWO, 21).await;
    wrote(&place, ana, ONE, 10).await;
    let said = MessageLine {
        number: ONE.to_owned(),
        direction: Direction::In,
        state: Fate::Received,
        ..message(old)
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_messages(std::slice::from_ref(&said)).await.unwrap();
    tx.move_conversations(older, old, at(22)).await.unwrap();
    tx.move_conversations(old, ana, at(23)).await.unwrap();
    tx.commit().await.unwrap();
    let line = one(&place, ana).await;
    assert_eq!((line.last, line.unread), (at(20), 2));
    assert_eq!(place.store.conversation((old, ONE)).await.unwrap(), None);
    let moved = place.store.conversation((ana, TWO)).await.unwrap();
    assert!(moved.is_some());
    let mut former = place.store.former_selves(ana).await.unwrap();
    former.sort_unstable();
    assert_eq!(former, [old, older]);
    assert!(place.store.former_selves(old).await.unwrap().is_empty());
    let chat = place.store.chat((old, ONE), None, 5).await.unwrap();
    assert_eq!(chat.len(), 1);
    let before = place
        .store
        .chat((old, ONE), Some(said.id), 5)
        .await
        .unwrap();
    assert!(before.is_empty());
    assert!(
        place
            .store
            .chat((old, TWO), None, 5)
            .await
            .unwrap()
            .is_empty()
    );
    let later = MessageLine {
        id: AttemptId::new(Uuid::now_v7()),
        ..said.clone()
    };
    let denied = MessageLine {
        id: AttemptId::new(Uuid::now_v7()),
        state: Fate::Denied,
        direction: Direction::Out,
        ..said.clone()
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_messages(&[later.clone(), denied]).await.unwrap();
    tx.commit().await.unwrap();
    let last = place
        .store
        .last_said(&[(old, ONE), (old, TWO), (ana, ONE)])
        .await
        .unwrap();
    let ids: Vec<_> = last.iter().map(|line| line.id).collect();
    assert_eq!(ids, [later.id], "what was refused was not said");
}

fn note(contact: ContactId) -> NoteLine {
    NoteLine {
        contact,
        id: Uuid::now_v7(),
        author: "ana@shop.example".to_owned(),
        at: at(1),
        sealed: vec![1, 2, 3],
    }
}

async fn notes_go_with_the_person(place: Arc<Place>) {
    let (ana, bea) = (place.newcomer("Ana").await, place.newcomer("Bea").await);
    let notes = [note(ana), note(ana), note(bea)];
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_notes(&notes).await.unwrap();
    tx.keep_notes(&notes[..1]).await.unwrap();
    tx.keep_notes(&[]).await.unwrap();
    tx.commit().await.unwrap();
    let page = place.store.notes(ana, None, 9).await.unwrap();
    assert_eq!(page, [notes[1].clone(), notes[0].clone()]);
    let older = place.store.notes(ana, Some(notes[1].id), 9).await.unwrap();
    assert_eq!(older, notes[..1]);
    let mut tx = place.store.begin().await.unwrap();
    let taken = tx.take_notes(ana).await.unwrap();
    assert_eq!(taken.len(), 2);
    assert!(tx.drop_note(bea, notes[2].id).await.unwrap());
    assert!(!tx.drop_note(bea, notes[2].id).await.unwrap());
    tx.commit().await.unwrap();
    assert!(place.store.notes(ana, None, 9).await.unwrap().is_empty());
}

async fn quick_replies_are_written_over_and_removed(place: Arc<Place>) {
    let mut line = QuickReplyLine {
        id: Uuid::now_v7(),
        title: "Hours".to_owned(),
        body: "We are open from 9 to 5.".to_owned(),
        changed: at(1),
    };
    for body in ["We are open.", "We are closed."] {
        line.body = body.to_owned();
        let mut tx = place.store.begin().await.unwrap();
        tx.put_quick_reply(&line).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(place.store.quick_replies().await.unwrap(), [line.clone()]);
    let mut tx = place.store.begin().await.unwrap();
    assert!(tx.drop_quick_reply(line.id).await.unwrap());
    assert!(!tx.drop_quick_reply(line.id).await.unwrap());
    tx.commit().await.unwrap();
    assert!(place.store.quick_replies().await.unwrap().is_empty());
}

async fn the_conversation_of_an_erased_person_is_gone(place: Arc<Place>) {
    let (ana, old) = (place.newcomer("Ana").await, place.newcomer("Ana").await);
    wrote(&place, ana, ONE, 1).await;
    let said = MessageLine {
        recipient: "+447700900123".to_owned(),
        ..message(old)
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_messages(std::slice::from_ref(&said)).await.unwrap();
    tx.keep_notes(&[note(ana)]).await.unwrap();
    tx.move_conversations(old, ana, at(2)).await.unwrap();
    tx.erase(ana, &[], at(3)).await.unwrap();
    tx.commit().await.unwrap();
    for table in ["conversation", "note", "former_self"] {
        let count = format!("select count(*) from {table}");
        assert_eq!(place.number(&count).await, 0, "{table}");
    }
    let kept = place.store.find_messages(&[said.id], &[]).await.unwrap();
    assert_eq!(
        (kept[0].recipient.as_str(), kept[0].sealed.as_ref()),
        ("", None),
        "what they said before they were found to be one"
    );
}
