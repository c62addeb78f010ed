//! What a campaign that runs is watched by, and whom its draw reads.

use std::sync::Arc;

use consent::{
    alias::Alias,
    event::{Event, Fact},
    id::{AttemptId, ContactId, EventId},
    scope::{Category, Scope, Subject},
    time::Timestamp,
};
use store::{
    campaign::{RUNNING, recipient::State},
    message::{MessageLine, State as Sent},
    segment::{Condition, Page},
};
use uuid::{NoContext, Uuid};

use crate::{
    campaigns::{drawn, news, people, take},
    events::{append, event},
    harness::{Place, at, line, message},
    recipients::{settle, settled},
};

contract![
    a_no_counts_for_the_campaign_that_wrote_before_it,
    the_newest_turn_and_open_ends_are_seen,
    what_is_sent_beside_campaigns_counts_by_number,
    who_was_sent_what_since_a_time,
    a_draw_reads_where_a_message_goes_to,
];

fn said(contact: ContactId, fact: Fact, ms: i64) -> Event {
    let seconds = at(ms).millis().unsigned_abs() / 1000;
    let id = Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, 0));
    Event {
        id: EventId::new(id),
        received: at(ms),
        ..event(contact, fact)
    }
}

fn no() -> Fact {
    Fact::OptOut(Scope {
        subject: Subject::All,
        channel: None,
        number: None,
    })
}

async fn a_no_counts_for_the_campaign_that_wrote_before_it(place: Arc<Place>) {
    let people = people(&place, 5).await;
    let line = drawn(&place, RUNNING, &people[..4]).await;
    for contact in &people[..3] {
        take(&place, line.id, *contact, 5000).await;
    }
    let events = [
        said(people[0], no(), 6000),
        said(people[0], no(), 9000),
        // Before the message; nothing about wishes; nobody wrote to them; not in the campaign.
        said(people[1], no(), 4000),
        said(people[2], Fact::Blocked, 6000),
        said(people[3], no(), 6000),
        said(people[4], no(), 6000),
    ];
    for event in &events {
        append(&place, &[(event, 1)]).await;
    }
    let count = async |since: Timestamp| place.store.opt_outs_of(line.id, since).await.unwrap();
    assert_eq!(count(at(0)).await, 1, "each person counts once");
    let mut tx = place.store.begin().await.unwrap();
    tx.move_conversations(people[2], people[4], at(7000))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        count(at(0)).await,
        2,
        "a no of whoever they are now is theirs"
    );
    let mut tx = place.store.begin().await.unwrap();
    tx.move_conversations(people[0], people[4], at(7000))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(at(0)).await, 2, "and nobody counts twice");
    assert_eq!(count(at(9000)).await, 1);
    assert_eq!(
        count(at(10_000)).await,
        0,
        "of older events nothing is asked"
    );
}

async fn the_newest_turn_and_open_ends_are_seen(place: Arc<Place>) {
    let store = &place.store;
    let people = people(&place, 2).await;
    let line = drawn(&place, RUNNING, &people).await;
    assert_eq!(store.last_taken(line.id).await.unwrap(), None);
    assert!(!store.has_unanswered(line.id).await.unwrap());
    assert!(!store.has_underway(line.id).await.unwrap());
    let first = take(&place, line.id, people[0], 30).await;
    let second = take(&place, line.id, people[1], 20).await;
    assert_eq!(store.last_taken(line.id).await.unwrap(), Some(at(30)));
    assert!(store.has_unanswered(line.id).await.unwrap());
    settle(&place, &[settled(line.id, &first, State::Unknown)]).await;
    assert!(store.has_unanswered(line.id).await.unwrap());
    assert!(store.has_underway(line.id).await.unwrap());
    news(&place, second.id, Sent::Accepted, 35, None).await;
    assert!(store.has_unanswered(line.id).await.unwrap());
    assert!(!store.has_underway(line.id).await.unwrap());
    news(&place, second.id, Sent::Delivered, 40, None).await;
    assert!(!store.has_unanswered(line.id).await.unwrap());
}

async fn what_is_sent_beside_campaigns_counts_by_number(place: Arc<Place>) {
    let people = people(&place, 3).await;
    let line = drawn(&place, RUNNING, &people[..1]).await;
    let by_campaign = take(&place, line.id, people[0], 5000).await;
    let made = |ms: i64| {
        let seconds = at(ms).millis().unsigned_abs() / 1000;
        let id = Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, 0));
        AttemptId::new(id)
    };
    let sent = |contact: ContactId, ms: i64, number: &str| MessageLine {
        id: made(ms),
        number: number.to_owned(),
        ..message(contact)
    };
    let lines = [
        sent(people[0], 6000, "1"),
        sent(people[1], 8000, "1"),
        sent(people[2], 7000, "2"),
        // Refused; before the stretch; after it.
        MessageLine {
            state: Sent::Denied,
            basis: None,
            ..sent(people[1], 7000, "1")
        },
        sent(people[1], 4000, "1"),
        sent(people[1], 9000, "1"),
    ];
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_messages(&lines).await.unwrap();
    tx.commit().await.unwrap();
    let count = async |from, until| place.store.sent_beside_campaigns((from, until)).await;
    let found = count(at(5000), at(9000)).await.unwrap();
    assert_eq!(found, [("1".to_owned(), 2), ("2".to_owned(), 1)]);
    let ever = count(at(0), Timestamp::from_millis(i64::MAX >> 20)).await;
    let ever = ever.unwrap();
    let of_campaign = ever
        .iter()
        .find(|(number, _)| *number == by_campaign.number);
    assert_eq!(of_campaign, None, "what a campaign sent is its own");
}

async fn who_was_sent_what_since_a_time(place: Arc<Place>) {
    let people = people(&place, 3).await;
    let sent = |contact: ContactId, state: Sent, category: &str, ms: i64| MessageLine {
        state,
        category: category.to_owned(),
        at: at(ms),
        ..message(contact)
    };
    let lines = [
        sent(people[0], Sent::Delivered, "marketing", 30),
        sent(people[0], Sent::Unknown, "utility", 20),
        sent(people[0], Sent::Read, "marketing", 9),
        sent(people[1], Sent::Denied, "marketing", 30),
        sent(people[1], Sent::Rejected, "marketing", 30),
        sent(people[2], Sent::Read, "marketing", 30),
    ];
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_messages(&lines).await.unwrap();
    tx.commit().await.unwrap();
    let found = place.store.sent_to_since(&people[..2], at(10)).await;
    let one = |category, ms| consent::request::Sent {
        category,
        topic: None,
        at: at(ms),
    };
    let wanted = [
        (people[0], one(Category::Utility, 20)),
        (people[0], one(Category::Marketing, 30)),
    ];
    assert_eq!(found.unwrap(), wanted);
}

async fn a_draw_reads_where_a_message_goes_to(place: Arc<Place>) {
    let ana = place.caller("Ana", "+447700900123").await;
    let ben = place.newcomer("Ben").await;
    let mut tx = place.store.begin().await.unwrap();
    let ids = [
        Alias::Email("ben@example.com".parse().unwrap()),
        Alias::ParentBsuid("GB.ENT.2".parse().unwrap()),
        Alias::Bsuid("GB.1".parse().unwrap()),
    ];
    tx.link(&ids.map(|id| line(ben, id, 0))).await.unwrap();
    let mail = Alias::Email("ana@example.com".parse().unwrap());
    let id = Alias::Bsuid("GB.2".parse().unwrap());
    tx.link(&[mail, id].map(|id| line(ana, id, 0)))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let dana = place.newcomer("Dana").await;
    let cleo = place.caller("Cleo", "+447700900125").await;
    let everybody = Condition::All(vec![]);
    let read = async |after: Option<ContactId>, limit: u32| {
        let page = Page { after, limit };
        let found = place.store.segment_addresses(&everybody, at(99), &page);
        found.await.unwrap()
    };
    let number = |phone: &str| Some(phone.to_owned());
    let first = read(None, 3).await;
    let ben_is = (ben, Some("GB.1".to_owned()));
    assert_eq!(
        first,
        [(ana, number("+447700900123")), ben_is, (dana, None)]
    );
    let rest = read(Some(dana), 9).await;
    assert_eq!(rest, [(cleo, number("+447700900125"))]);
    let lines = async |after: Option<ContactId>, limit: u32| {
        let page = Page { after, limit };
        let found = place.store.segment_lines(&everybody, at(99), &page);
        let found = found.await.unwrap();
        let mut lines: Vec<String> = found.lines.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        (lines, found.last)
    };
    let text = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    let first: Vec<String> = text(&["+447700900123", "-", "GB.1"]);
    assert_eq!(lines(None, 3).await, (first, Some(dana)));
    let rest: Vec<String> = text(&["+447700900125"]);
    assert_eq!(lines(Some(dana), 9).await, (rest, None));
    let mut tx = place.store.begin().await.unwrap();
    tx.erase(cleo, &[vec![4; 32]], at(99)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(read(Some(dana), 9).await, []);
    assert_eq!(lines(Some(dana), 9).await, (Vec::new(), None));
}
