//! Campaigns: drawn once, each turn taken once, a pause in force for all that commits after it, and nothing lost by a crash.

use std::{sync::Arc, time::Duration};

use consent::id::{AttemptId, ContactId};
use store::{
    campaign::{
        CampaignChange, CampaignLine, ListLine, RUNNING, SCHEDULED,
        recipient::{NewRecipient, RecipientLine, State, Turn},
    },
    error::StoreError,
    message::{self, MessageLine, News, Reservation},
    pool::Tx,
};
use uuid::Uuid;

use crate::harness::{Kind, Place, alias, at, message};

contract![
    a_campaign_comes_back_whole,
    who_saw_an_old_version_changes_nothing,
    only_those_that_wait_or_run_are_open,
    a_list_of_addresses_is_read_in_its_order,
    a_list_is_read_as_lines_that_nothing_in_an_address_can_break,
    a_turn_is_taken_once_and_only_in_a_campaign_that_runs,
    a_pause_waits_for_reservations_and_stops_all_after_it,
    who_waits_is_skipped_at_the_end,
    one_person_has_one_turn_after_they_were_found_to_be_one,
    an_erasure_takes_variables_and_addresses,
];

pub fn campaign(state: &str) -> CampaignLine {
    CampaignLine {
        id: Uuid::now_v7(),
        name: "Spring".to_owned(),
        state: state.to_owned(),
        spec: r#"{"template":"spring_sale"}"#.to_owned(),
        version: 1,
        created: at(0),
        created_by: "ben".to_owned(),
        approved_by: None,
        approved: None,
        start: None,
        started: None,
        drawn: None,
        ended: None,
        why: None,
        cursor: String::new(),
        total: 0,
        changed: at(0),
    }
}

/// Keeps a campaign in a state with these people drawn for it: all due at once, in two variants.
pub async fn drawn(place: &Place, state: &str, people: &[ContactId]) -> CampaignLine {
    let line = campaign(state);
    let new: Vec<NewRecipient> = people
        .iter()
        .enumerate()
        .map(|(at_place, contact)| recipient(*contact, i64::try_from(at_place).unwrap() % 2))
        .collect();
    let mut tx = place.store.begin().await.unwrap();
    tx.put_campaign(&line).await.unwrap();
    let added = tx.add_recipients(line.id, &new).await.unwrap();
    assert_eq!(usize::try_from(added).unwrap(), people.len());
    tx.commit().await.unwrap();
    line
}

pub fn recipient(contact: ContactId, variant: i64) -> NewRecipient {
    NewRecipient {
        contact,
        variant,
        due: at(1),
        extra: Some(r#"{"name":"A"}"#.to_owned()),
    }
}

/// Reserves a message and takes the turn with it, as a send does.
pub async fn take(place: &Place, campaign: Uuid, contact: ContactId, ms: i64) -> MessageLine {
    let line = MessageLine {
        at: at(ms),
        ..message(contact)
    };
    let mut tx = place.store.begin().await.unwrap();
    let claim = Reservation {
        message: &line,
        version: 1,
    };
    assert_eq!(tx.reserve(&[claim], 0).await.unwrap(), [line.id]);
    let taken = tx.take_turns(&[turn(campaign, &line)]).await.unwrap();
    assert_eq!(taken, [(campaign, contact)]);
    tx.commit().await.unwrap();
    line
}

fn turn(campaign: Uuid, line: &MessageLine) -> Turn {
    Turn {
        campaign,
        contact: line.contact,
        attempt: line.id,
        at: line.at,
    }
}

pub async fn news(place: &Place, id: AttemptId, state: message::State, ms: i64, code: Option<i64>) {
    let news = News {
        id: Some(id),
        wamid: None,
        state,
        error_code: code,
        reason: code.map(|code| format!("Meta said {code}")),
        at: at(ms),
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.take_news(&[news]).await.unwrap();
    tx.commit().await.unwrap();
}

pub async fn row_of(place: &Place, campaign: Uuid, contact: ContactId) -> RecipientLine {
    let rows = place.store.recipients_of(contact, 9).await.unwrap();
    let mut rows = rows
        .into_iter()
        .filter(|row| row.campaign == campaign && row.contact == contact);
    rows.next().unwrap()
}

pub async fn people(place: &Place, count: usize) -> Vec<ContactId> {
    let mut people = vec![];
    for number in 0..count {
        people.push(place.newcomer(&format!("P{number}")).await);
    }
    people
}

async fn a_campaign_comes_back_whole(place: Arc<Place>) {
    let store = &place.store;
    let plain = campaign("draft");
    let full = CampaignLine {
        approved_by: Some("cleo".to_owned()),
        approved: Some(at(1)),
        start: Some(at(2)),
        started: Some(at(3)),
        drawn: Some(at(4)),
        ended: Some(at(5)),
        why: Some("too many opt-outs".to_owned()),
        cursor: "c:7".to_owned(),
        total: 70,
        changed: at(6),
        ..campaign(RUNNING)
    };
    let mut tx = store.begin().await.unwrap();
    tx.put_campaign(&plain).await.unwrap();
    tx.put_campaign(&full).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let again = tx.put_campaign(&plain).await.unwrap_err();
    assert!(matches!(again, StoreError::Conflict), "{again}");
    drop(tx);
    let all = store.campaigns(None, 9).await.unwrap();
    assert_eq!(all, [full.clone(), plain.clone()]);
    let newest = store.campaigns(None, 1).await.unwrap();
    assert_eq!(newest, std::slice::from_ref(&full));
    let older = store.campaigns(Some(full.id), 9).await.unwrap();
    assert_eq!(older, std::slice::from_ref(&plain));
    assert_eq!(store.campaign(plain.id).await.unwrap(), Some(plain));
    assert_eq!(store.campaign(Uuid::now_v7()).await.unwrap(), None);
}

async fn who_saw_an_old_version_changes_nothing(place: Arc<Place>) {
    let line = campaign("draft");
    let change = CampaignChange {
        name: "Summer".to_owned(),
        state: SCHEDULED.to_owned(),
        spec: "{}".to_owned(),
        approved_by: Some("cleo".to_owned()),
        approved: Some(at(1)),
        start: Some(at(2)),
        why: Some("why".to_owned()),
        changed: at(6),
        ..CampaignChange::from(&line)
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.put_campaign(&line).await.unwrap();
    assert!(!tx.draw_began(line.id).await.unwrap());
    let seen = (line.id, 1);
    assert!(tx.set_cursor(seen, "c:9", 12).await.unwrap());
    assert!(
        !tx.set_cursor((seen.0, seen.1 + 1), "c:8", 11)
            .await
            .unwrap(),
        "who was drawn by another version is not counted"
    );
    assert!(tx.draw_began(line.id).await.unwrap());
    assert!(tx.change_campaign(line.id, 1, &change).await.unwrap());
    let old = CampaignChange::from(&line);
    assert!(!tx.change_campaign(line.id, 1, &old).await.unwrap());
    tx.commit().await.unwrap();
    let found = place.store.campaign(line.id).await.unwrap().unwrap();
    assert_eq!(CampaignChange::from(&found), change);
    let rest = (found.version, found.cursor.as_str(), found.total);
    assert_eq!(rest, (2, "c:9", 12));
}

async fn only_those_that_wait_or_run_are_open(place: Arc<Place>) {
    let mut kept = vec![];
    let mut tx = place.store.begin().await.unwrap();
    for state in ["draft", SCHEDULED, "paused", RUNNING, "done"] {
        let line = campaign(state);
        tx.put_campaign(&line).await.unwrap();
        kept.push(line);
    }
    tx.commit().await.unwrap();
    let open = place.store.open_campaigns().await.unwrap();
    assert_eq!(open, [kept[1].clone(), kept[3].clone()]);
}

async fn a_list_of_addresses_is_read_in_its_order(place: Arc<Place>) {
    let store = &place.store;
    let line = |place: i64, extra: Option<&str>| ListLine {
        place,
        address: alias(&format!("+4477009001{place:02}")).key(),
        extra: extra.map(str::to_owned),
    };
    let lines = [line(3, None), line(1, Some("{}")), line(2, None)];
    let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
    let mut tx = store.begin().await.unwrap();
    tx.put_list(one, &lines).await.unwrap();
    tx.put_list(one, &[line(3, Some("twice"))]).await.unwrap();
    tx.put_list(one, &[]).await.unwrap();
    tx.put_list(other, &lines).await.unwrap();
    tx.commit().await.unwrap();
    let first = store.list_page(one, 0, 2).await.unwrap();
    assert_eq!(first, [line(1, Some("{}")), line(2, None)]);
    assert_eq!(store.list_page(one, 2, 9).await.unwrap(), [line(3, None)]);
    assert_eq!(store.count_list(one).await.unwrap(), 3);
    let mut tx = store.begin().await.unwrap();
    tx.drop_list(one).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.count_list(one).await.unwrap(), 0);
    assert_eq!(store.count_list(other).await.unwrap(), 3);
}

async fn a_list_is_read_as_lines_that_nothing_in_an_address_can_break(place: Arc<Place>) {
    let store = &place.store;
    let line = |place: i64, address: &str| ListLine {
        place,
        address: address.to_owned(),
        extra: None,
    };
    let lines = [
        line(1, "+447700900101"),
        line(2, "two\nlines"),
        line(3, ""),
        line(4, "last"),
    ];
    let campaign = Uuid::now_v7();
    let mut tx = store.begin().await.unwrap();
    tx.put_list(campaign, &lines).await.unwrap();
    tx.commit().await.unwrap();
    let page = store.list_lines(campaign, -1, 3).await.unwrap();
    let mut read: Vec<&str> = page.lines.lines().collect();
    read.sort_unstable();
    assert_eq!(read, ["+447700900101", "-", "two lines"]);
    assert_eq!(page.last, Some(3));
    let rest = store.list_lines(campaign, 3, 3).await.unwrap();
    assert_eq!((rest.lines.as_str(), rest.last), ("last", None));
    let mut tx = store.begin().await.unwrap();
    tx.drop_places(campaign, &[1, 3, 9]).await.unwrap();
    tx.drop_places(Uuid::now_v7(), &[2]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.count_list(campaign).await.unwrap(), 2);
    let none = store.list_lines(campaign, 4, 3).await.unwrap();
    assert_eq!((none.lines.as_str(), none.last), ("", None));
}

async fn a_turn_is_taken_once_and_only_in_a_campaign_that_runs(place: Arc<Place>) {
    let store = &place.store;
    let people = people(&place, 2).await;
    let runs = drawn(&place, RUNNING, &people).await;
    let rests = drawn(&place, "paused", &people).await;
    let lines: Vec<_> = people.iter().map(|contact| message(*contact)).collect();
    let turns = [
        turn(runs.id, &lines[0]),
        turn(rests.id, &lines[0]),
        turn(rests.id, &lines[1]),
        turn(Uuid::now_v7(), &lines[1]),
    ];
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.take_turns(&turns).await.unwrap(), [(runs.id, people[0])]);
    // A second time, as by another node that had read the same queue.
    let again = Turn {
        attempt: lines[1].id,
        ..turns[0]
    };
    assert_eq!(tx.take_turns(&[again]).await.unwrap(), []);
    assert_eq!(tx.take_turns(&[]).await.unwrap(), []);
    tx.commit().await.unwrap();
    let row = row_of(&place, runs.id, people[0]).await;
    assert_eq!(
        (row.state, row.attempt, row.taken),
        (State::Sending, Some(lines[0].id), Some(at(10)))
    );
    let still = store.due_recipients(runs.id, at(99), 9).await.unwrap();
    assert_eq!(still.len(), 1);
    assert_eq!(still[0].contact, people[1]);
    let rest = store.progress(rests.id).await.unwrap();
    assert_eq!(rest, [(State::Waiting, 2)]);
}

async fn pause(place: &Place, line: &CampaignLine) {
    let change = CampaignChange {
        state: "paused".to_owned(),
        ..CampaignChange::from(line)
    };
    let mut tx = place.store.begin().await.unwrap();
    assert!(tx.change_campaign(line.id, 1, &change).await.unwrap());
    tx.commit().await.unwrap();
}

async fn a_pause_waits_for_reservations_and_stops_all_after_it(place: Arc<Place>) {
    let people = people(&place, 2).await;
    let line = drawn(&place, RUNNING, &people).await;
    let first = message(people[0]);
    let mut tx: Tx = place.store.begin().await.unwrap();
    assert_eq!(
        tx.take_turns(&[turn(line.id, &first)]).await.unwrap().len(),
        1
    );
    let pausing = {
        let (place, line) = (place.clone(), line.clone());
        tokio::spawn(async move { pause(&place, &line).await })
    };
    // It cannot end before the reservation does, on either database: however long is waited, it is not done.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!pausing.is_finished());
    tx.commit().await.unwrap();
    pausing.await.unwrap();
    let mut tx = place.store.begin().await.unwrap();
    let late = tx.take_turns(&[turn(line.id, &message(people[1]))]).await;
    assert_eq!(late.unwrap(), []);
    if place.kind == Kind::Postgres {
        // Two that reserve at one time do not wait for each other.
        let other = drawn(&place, RUNNING, &people).await;
        let mut other_tx = place.store.begin().await.unwrap();
        for (tx, contact) in [(&mut tx, people[0]), (&mut other_tx, people[1])] {
            let taken = tx.take_turns(&[turn(other.id, &message(contact))]).await;
            assert_eq!(taken.unwrap(), [(other.id, contact)]);
        }
    }
}

async fn who_waits_is_skipped_at_the_end(place: Arc<Place>) {
    let store = &place.store;
    let people = people(&place, 5).await;
    let one = drawn(&place, RUNNING, &people).await;
    let other = drawn(&place, RUNNING, &people).await;
    take(&place, one.id, people[0], 10).await;
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.skip_waiting(one.id, "cancelled", 3).await.unwrap(), 3);
    assert_eq!(tx.skip_waiting(one.id, "cancelled", 3).await.unwrap(), 1);
    assert_eq!(tx.skip_waiting(one.id, "cancelled", 3).await.unwrap(), 0);
    tx.commit().await.unwrap();
    let ended = store.progress(one.id).await.unwrap();
    assert_eq!(ended, [(State::Sending, 1), (State::Skipped, 4)]);
    let under_way = row_of(&place, one.id, people[0]).await;
    assert_eq!(under_way.state, State::Sending, "what is under way goes on");
    let goes_on = store.progress(other.id).await.unwrap();
    assert_eq!(goes_on, [(State::Waiting, 5)]);
}

async fn one_person_has_one_turn_after_they_were_found_to_be_one(place: Arc<Place>) {
    let (from, to) = (place.newcomer("Ana").await, place.newcomer("Ana").await);
    let both = [from, to];
    let moves = drawn(&place, RUNNING, &[from]).await;
    let twice = drawn(&place, RUNNING, &both).await;
    let reached = drawn(&place, RUNNING, &both).await;
    let had = drawn(&place, RUNNING, &both).await;
    take(&place, reached.id, from, 10).await;
    take(&place, had.id, to, 10).await;
    let mut tx = place.store.begin().await.unwrap();
    tx.move_recipients(from, to).await.unwrap();
    tx.move_conversations(from, to, at(20)).await.unwrap();
    tx.commit().await.unwrap();
    let state = |campaign: Uuid, contact: ContactId| {
        let place = place.clone();
        async move { row_of(&place, campaign, contact).await.state }
    };
    let moved = row_of(&place, moves.id, to).await;
    assert_eq!((moved.state, moved.due), (State::Waiting, at(1)));
    assert_eq!(moved.extra.as_deref(), Some(r#"{"name":"A"}"#));
    assert_eq!(
        place.store.progress(moves.id).await.unwrap(),
        [(State::Waiting, 1)]
    );
    assert_eq!(state(twice.id, to).await, State::Waiting);
    assert_eq!(state(reached.id, to).await, State::Skipped);
    assert_eq!(state(had.id, to).await, State::Sending);
    // Nobody is lost: each of them is still counted, once.
    for campaign in [twice.id, reached.id, had.id] {
        let progress = place.store.progress(campaign).await.unwrap();
        let sum: i64 = progress.iter().map(|(_, count)| count).sum();
        assert_eq!(sum, 2);
        let open = progress
            .iter()
            .filter(|(state, _)| matches!(state, State::Waiting | State::Sending));
        assert_eq!(open.map(|(_, count)| count).sum::<i64>(), 1);
    }
    let known = place.store.recipients_of(to, 99).await.unwrap();
    let former: Vec<_> = known.iter().filter(|row| row.contact == from).collect();
    assert_eq!(known.len(), 7, "what went to them before is theirs too");
    assert_eq!(former.len(), 3);
}

async fn an_erasure_takes_variables_and_addresses(place: Arc<Place>) {
    let ana = place.caller("Ana", "+447700900123").await;
    let ben = place.caller("Ben", "+447700900124").await;
    let line = drawn(&place, RUNNING, &[ana, ben]).await;
    let given = |place: i64, phone: &str| ListLine {
        place,
        address: alias(phone).key(),
        extra: None,
    };
    let list = [given(1, "+447700900123"), given(2, "+447700900124")];
    let mut tx = place.store.begin().await.unwrap();
    tx.put_list(line.id, &list).await.unwrap();
    tx.erase(ana, &[vec![4; 32]], at(99)).await.unwrap();
    tx.commit().await.unwrap();
    let left = place.store.list_page(line.id, 0, 9).await.unwrap();
    assert_eq!(left, [given(2, "+447700900124")]);
    assert_eq!(row_of(&place, line.id, ana).await.extra, None);
    assert!(row_of(&place, line.id, ben).await.extra.is_some());
    let progress = place.store.progress(line.id).await.unwrap();
    assert_eq!(progress, [(State::Waiting, 2)], "the count stays exact");
}
