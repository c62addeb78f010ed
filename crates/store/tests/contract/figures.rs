//! Figures of a campaign: counted from recipients and messages, each person once.

use std::sync::Arc;

use consent::{
    event::{Event, Fact},
    id::{ContactId, NumberId},
    scope::{Scope, Subject},
};
use store::{
    campaign::{
        RUNNING,
        figure::{Signs, What},
        part::Part,
        recipient::{Did, Filter, Settled, State},
    },
    message::{Direction, MessageLine, State as Sent},
    report::TallyRow,
    segment::{Condition, Leaf},
};
use uuid::Uuid;

use crate::{
    campaigns::{drawn, news, people, take},
    events::{append, event},
    harness::{Place, at, message},
    recipients::{settle, settled},
};

contract![
    recipients_are_counted_by_all_that_tells_them_apart,
    who_said_no_or_wrote_in_time_counts_once,
    whoever_was_found_to_be_one_is_one_person,
    a_series_goes_by_the_clock,
    a_part_of_a_campaign_is_told_of_alone,
    what_somebody_got_before_is_known,
];

const HOUR: i64 = 3_600_000;

async fn keep(place: &Place, lines: &[MessageLine]) {
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_messages(lines).await.unwrap();
    tx.commit().await.unwrap();
}

fn heard(contact: ContactId, ms: i64) -> MessageLine {
    MessageLine {
        direction: Direction::In,
        state: Sent::Received,
        category: "text".to_owned(),
        at: at(ms),
        ..message(contact)
    }
}

fn said(contact: ContactId, fact: Fact, ms: i64) -> Event {
    Event {
        received: at(ms),
        ..event(contact, fact)
    }
}

async fn recipients_are_counted_by_all_that_tells_them_apart(place: Arc<Place>) {
    let people = people(&place, 6).await;
    let line = drawn(&place, RUNNING, &people).await;
    drawn(&place, RUNNING, &people).await;
    for which in [0, 2, 3] {
        let sent = take(&place, line.id, people[which], 10).await;
        settle(&place, &[settled(line.id, &sent, State::Accepted)]).await;
        let (state, code) = if which == 3 {
            (Sent::Failed, Some(131_026))
        } else {
            (Sent::Read, None)
        };
        news(&place, sent.id, state, 20, code).await;
    }
    let denied = Settled {
        attempt: None,
        code: Some("held".to_owned()),
        ..settled(line.id, &message(people[1]), State::Denied)
    };
    settle(&place, &[denied]).await;
    let figures = place.store.figures(line.id).await.unwrap();
    let shown: Vec<_> = figures
        .iter()
        .map(|one| {
            let codes = (one.error_code, one.code.as_deref());
            (one.variant, one.state, one.message, codes, one.count)
        })
        .collect();
    let wanted = [
        (0, State::Accepted, Some(Sent::Read), (None, None), 2),
        (0, State::Waiting, None, (None, None), 1),
        (
            1,
            State::Accepted,
            Some(Sent::Failed),
            (Some(131_026), None),
            1,
        ),
        (1, State::Denied, None, (None, Some("held")), 1),
        (1, State::Waiting, None, (None, None), 1),
    ];
    assert_eq!(shown, wanted);
}

async fn who_said_no_or_wrote_in_time_counts_once(place: Arc<Place>) {
    let store = &place.store;
    let people = people(&place, 7).await;
    let line = drawn(&place, RUNNING, &people).await;
    for contact in &people[..6] {
        let sent = take(&place, line.id, *contact, 10 * HOUR).await;
        news(&place, sent.id, Sent::Delivered, 10 * HOUR + 9, None).await;
    }
    let failed = take(&place, line.id, people[6], 10 * HOUR).await;
    news(
        &place,
        failed.id,
        Sent::Failed,
        10 * HOUR + 9,
        Some(131_026),
    )
    .await;
    let number: NumberId = "109900000000001".parse().unwrap();
    let no = Fact::OptOut(Scope {
        subject: Subject::All,
        channel: None,
        number: None,
    });
    let events = [
        // Twice, of variant 0: counted once, when first said.
        said(people[0], no.clone(), 11 * HOUR),
        said(people[0], no.clone(), 12 * HOUR),
        said(people[1], Fact::PlatformStop(number), 10 * HOUR),
        // Before the message, too late after it, something else, and of one that nothing reached.
        said(people[2], no.clone(), 9 * HOUR),
        said(people[3], no.clone(), 82 * HOUR),
        said(people[4], Fact::Blocked, 11 * HOUR),
        said(people[6], no, 11 * HOUR),
    ];
    for event in &events {
        append(&place, &[(event, 1)]).await;
    }
    let within = 72 * HOUR;
    let counted = store.reached_opt_outs(line.id, within).await.unwrap();
    assert_eq!(counted, [(0, 1), (1, 1)]);
    let late = store.reached_opt_outs(line.id, within + 1).await.unwrap();
    assert_eq!(late, [(0, 1), (1, 2)]);
    let series = store.opt_out_series(line.id, within, HOUR).await.unwrap();
    assert_eq!(series, [(at(10 * HOUR), 1), (at(11 * HOUR), 1)]);
    let lines = [
        heard(people[0], 11 * HOUR),
        heard(people[0], 12 * HOUR),
        heard(people[1], 9 * HOUR),
        heard(people[2], 40 * HOUR),
        heard(people[6], 11 * HOUR),
    ];
    keep(&place, &lines).await;
    let wrote = store.replies(line.id, 24 * HOUR).await.unwrap();
    assert_eq!(wrote, [], "a STOP is no reply");
    assert_eq!(store.replies(line.id, 72 * HOUR).await.unwrap(), [(0, 1)]);
    let whole = [
        (Did::Replied, vec![people[2]]),
        (Did::OptedOut, vec![people[0], people[1]]),
    ];
    for (did, who) in whole {
        assert_eq!(
            who_did(&place, line.id, (did, within)).await,
            who,
            "{did:?}"
        );
    }
}

/// Whom the recipients name who did something, in order.
async fn who_did(place: &Place, campaign: Uuid, did: (Did, i64)) -> Vec<ContactId> {
    let filter = Filter {
        did: Some(did),
        limit: 9,
        ..Filter::default()
    };
    let rows = place.store.recipients(campaign, &filter).await.unwrap();
    rows.iter().map(|row| row.line.contact).collect()
}

/// These are found to be one person.
async fn join(place: &Place, from: ContactId, to: ContactId, ms: i64) {
    let mut tx = place.store.begin().await.unwrap();
    tx.move_recipients(from, to).await.unwrap();
    tx.move_conversations(from, to, at(ms)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn whoever_was_found_to_be_one_is_one_person(place: Arc<Place>) {
    let store = &place.store;
    let people = people(&place, 9).await;
    let line = drawn(&place, RUNNING, &people[..6]).await;
    for contact in &people[..6] {
        let sent = take(&place, line.id, *contact, 10 * HOUR).await;
        news(&place, sent.id, Sent::Delivered, 10 * HOUR + 9, None).await;
    }
    // Reached by the old id; by the new one; two of one person, of variants 0 and 0; through a third id; and nobody's kin.
    for (from, to) in [(0, 6), (7, 1), (2, 4), (3, 8)] {
        join(&place, people[from], people[to], 11 * HOUR).await;
    }
    join(&place, people[8], people[6], 11 * HOUR).await;
    let no = Fact::OptOut(Scope {
        subject: Subject::All,
        channel: None,
        number: None,
    });
    let events = [
        said(people[6], no.clone(), 12 * HOUR),
        said(people[7], no.clone(), 13 * HOUR),
        said(people[4], no.clone(), 14 * HOUR),
        said(people[5], no.clone(), 15 * HOUR),
        said(people[5], no, 90 * HOUR),
    ];
    let within = 72 * HOUR;
    let lines = [heard(people[6], 12 * HOUR), heard(people[5], 12 * HOUR)];
    keep(&place, &lines).await;
    let wrote = store.replies(line.id, within).await.unwrap();
    assert_eq!(wrote, [(0, 1), (1, 2)]);
    for event in &events {
        append(&place, &[(event, 1)]).await;
    }
    // 0 and 3 are one person by now, and got both variants.
    let counted = store.reached_opt_outs(line.id, within).await.unwrap();
    assert_eq!(counted, [(0, 2), (1, 3)]);
    let series = store.opt_out_series(line.id, within, HOUR).await.unwrap();
    let hours = [12, 13, 14, 15].map(|hour| (at(hour * HOUR), 1));
    assert_eq!(series, hours);
    assert_eq!(store.replies(line.id, within).await.unwrap(), []);
    let other = drawn(&place, RUNNING, &people[..1]).await;
    assert_eq!(store.reached_opt_outs(other.id, within).await.unwrap(), []);
}

async fn a_series_goes_by_the_clock(place: Arc<Place>) {
    let people = people(&place, 5).await;
    let line = drawn(&place, RUNNING, &people).await;
    let cases = [
        (0, Some((Sent::Read, 150))),
        (0, Some((Sent::Delivered, 10))),
        (110, Some((Sent::Failed, 160))),
        (110, Some((Sent::Rejected, 160))),
        (120, None),
    ];
    for (contact, (sent_at, outcome)) in people.iter().zip(cases) {
        let sent = take(&place, line.id, *contact, sent_at).await;
        if let Some((state, ms)) = outcome {
            news(&place, sent.id, state, ms, None).await;
        }
    }
    let series = place.store.series(line.id, 100).await.unwrap();
    let wanted = [
        (at(0), What::Delivered, 1),
        (at(0), What::Sent, 2),
        (at(100), What::Delivered, 1),
        (at(100), What::Failed, 2),
        (at(100), What::Read, 1),
    ];
    assert_eq!(
        series, wanted,
        "what was read has arrived, whatever Meta told of that"
    );
    let words = What::ALL.map(What::word);
    assert_eq!(words, ["sent", "delivered", "read", "failed", "opted_out"]);
}

async fn a_part_of_a_campaign_is_told_of_alone(place: Arc<Place>) {
    let store = &place.store;
    let people = people(&place, 5).await;
    let line = drawn(&place, RUNNING, &people).await;
    drawn(&place, RUNNING, &people).await;
    // Who of the second variant waits still; of the rest one failed, and one read it, said no in time and once more.
    let cases = [Sent::Read, Sent::Delivered, Sent::Failed];
    for (contact, state) in [people[0], people[1], people[2]].iter().zip(cases) {
        let sent = take(&place, line.id, *contact, HOUR).await;
        news(&place, sent.id, state, 2 * HOUR, None).await;
    }
    let no = Fact::OptOut(Scope {
        subject: Subject::All,
        channel: None,
        number: None,
    });
    for (contact, hour) in [(0, 3), (0, 4), (1, 90), (2, 3)] {
        let event = said(people[contact], no.clone(), hour * HOUR);
        append(&place, &[(&event, 1)]).await;
    }
    let mut tx = store.begin().await.unwrap();
    let tagged = [people[0], people[1], people[3]];
    tx.retag("vip", &tagged, &[]).await.unwrap();
    tx.commit().await.unwrap();
    let part = |variant: Option<i64>, tag: Option<&str>| Part {
        variant,
        condition: tag.map(|tag| Condition::Is(Leaf::Tag(tag.to_owned()))),
    };
    let told = async |part: Part| {
        let bounds = (72 * HOUR, HOUR);
        let rows = store.part_series((line.id, &part), bounds, at(9 * HOUR));
        let rows = rows.await.unwrap().into_iter();
        rows.map(|(when, what, count)| (when.millis_since(at(0)) / HOUR, what.word(), count))
            .collect::<Vec<_>>()
    };
    let first = [
        (1, "sent", 1),
        (2, "delivered", 1),
        (2, "failed", 1),
        (2, "read", 1),
        (3, "opted_out", 1),
    ];
    assert_eq!(told(part(Some(0), None)).await, first);
    assert_eq!(
        told(part(Some(1), None)).await,
        [(1, "sent", 1), (2, "delivered", 1)]
    );
    let vip = [
        (1, "sent", 2),
        (2, "delivered", 2),
        (2, "read", 1),
        (3, "opted_out", 1),
    ];
    assert_eq!(told(part(None, Some("vip"))).await, vip);
    let both = [(1, "sent", 1), (2, "delivered", 1)];
    assert_eq!(told(part(Some(1), Some("vip"))).await, both);
    assert_eq!(told(part(None, Some("none"))).await, []);
    assert!(part(None, None).is_all() && !part(Some(0), None).is_all());
}

async fn what_somebody_got_before_is_known(place: Arc<Place>) {
    let store = &place.store;
    let people = people(&place, 3).await;
    let sent = |contact: ContactId, state: Sent, ms: i64| MessageLine {
        state,
        at: at(ms),
        ..message(contact)
    };
    let receipt = MessageLine {
        category: "utility".to_owned(),
        ..sent(people[1], Sent::Delivered, 60)
    };
    let capped = sent(people[0], Sent::Accepted, 60);
    let capped_id = capped.id;
    let lines = [
        sent(people[0], Sent::Delivered, 20),
        sent(people[0], Sent::Delivered, 60),
        sent(people[0], Sent::Read, 61),
        sent(people[0], Sent::Reserved, 62),
        heard(people[0], 60),
        heard(people[0], 10),
        capped,
        receipt,
        sent(people[2], Sent::Delivered, 20),
    ];
    keep(&place, &lines).await;
    news(&place, capped_id, Sent::Failed, 63, Some(131_049)).await;
    let signs = store.signs(&people, at(50)).await.unwrap();
    let wanted = Signs {
        contact: people[0],
        sent: 2,
        unread: 1,
        read: 1,
        capped: 1,
        heard: Some(at(60)),
        seen: Some(at(61)),
        unanswered: 1,
    };
    assert_eq!(signs, [wanted]);
    assert_eq!(store.recently_written(&people, at(50)).await.unwrap(), 1);
    assert_eq!(store.recently_written(&people, at(20)).await.unwrap(), 2);
    let row = |what: &str, dimension: &str, value: &str, count: i64| TallyRow {
        what: what.to_owned(),
        dimension: dimension.to_owned(),
        value: value.to_owned(),
        count,
    };
    let rows = [
        row("sent", "template", "spring_sale", 7),
        row("read", "template", "spring_sale", 5),
        row("sent", "topic", "spring_sale", 3),
        row("sent", "template", "other", 2),
    ];
    let mut tx = store.begin().await.unwrap();
    tx.put_tallies(0, &[], &rows).await.unwrap();
    tx.put_tallies(900_000, &[], &rows[..1]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.sent_of_template("spring_sale").await.unwrap(), 14);
    assert_eq!(store.sent_of_template("never").await.unwrap(), 0);
}
