//! Campaigns on several nodes: one drives, any hears, and none is kept waiting by another.

use consent::id::{AttemptId, ContactId};
use serde_json::{Value, json};
use server::{
    app::{App, House as Opened},
    clock::Clock,
    services::campaigns::{
        drive,
        late::{self, Failed},
    },
    worker,
};
use store::{
    campaign::{
        CampaignChange,
        recipient::{RecipientLine, Turn},
    },
    message::{Direction, MessageLine, State},
};
use uuid::Uuid;

use crate::{
    campaigns::{Desk, begun, phone, received, until},
    house::{House, NUMBER},
};

async fn beside(house: &House) -> App {
    let config = house.app.config.clone();
    Opened::open(config, Clock::Real).await.unwrap()
}

fn id_of(path: &str) -> Uuid {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn one_node_drives_and_when_it_ends_another_goes_on() {
    let house = House::on_postgres().await;
    let other = beside(&house).await;
    let desk = Desk::of(&house, "marketing").await;
    let path = begun(&house, &desk, 40, 40).await;
    while received(&house).await.len() < 5 {
        drive::step(&house.app).await.unwrap();
    }
    house
        .app
        .drives
        .quiet(std::time::Duration::from_secs(5))
        .await;
    let before = received(&house).await.len();
    for _ in 0..10 {
        assert!(!drive::step(&other).await.unwrap(), "somebody else drives");
    }
    assert_eq!(received(&house).await.len(), before);
    worker::hand_over(&house.app).await.unwrap();
    drive::step(&other).await.unwrap();
    for _ in 0..600 {
        drive::step(&other).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        if desk.get(&house, &path).await["state"] == "done" {
            break;
        }
    }
    let receipts = received(&house).await;
    assert_eq!(desk.get(&house, &path).await["state"], "done");
    assert!(receipts.len() == 40 && receipts.values().all(|count| *count == 1));
}

/// Meta says of a message of a campaign, at some node, that it failed.
#[tokio::test]
async fn a_number_at_its_pace_is_asked_again_in_a_moment() {
    let house = House::open().await;
    let desk = Desk::of(&house, "marketing").await;
    begun(&house, &desk, 3, 1).await;
    while received(&house).await.is_empty() {
        drive::step(&house.app).await.unwrap();
    }
    let busy = drive::step(&house.app).await.unwrap();
    assert!(
        busy,
        "two wait, and half a second may be twenty times their turn"
    );
}

async fn fails(node: &App, turn: &RecipientLine, code: i64) {
    let failed = Failed {
        contact: turn.contact,
        attempt: turn.attempt.unwrap(),
        code,
        said: Some("Payment issue".to_owned()),
    };
    let mut tx = node.store.begin().await.unwrap();
    late::settle(node, &mut tx, &[failed]).await.unwrap();
    tx.commit().await.unwrap();
}

/// The turns of a campaign that were taken.
async fn taken(house: &House) -> Vec<RecipientLine> {
    let filter = store::message::MessageFilter {
        limit: 100,
        ..Default::default()
    };
    let lines = house.app.store.messages(&filter).await.unwrap();
    let attempts: Vec<(ContactId, AttemptId)> =
        lines.iter().map(|line| (line.contact, line.id)).collect();
    house.app.store.turns_of(&attempts).await.unwrap()
}

#[tokio::test]
async fn what_is_heard_at_another_node_stops_the_campaign_and_not_again_when_it_is_resumed() {
    let house = House::on_postgres().await;
    let other = beside(&house).await;
    let desk = Desk::of(&house, "marketing").await;
    let path = begun(&house, &desk, 60, 40).await;
    while received(&house).await.len() < 5 {
        drive::step(&house.app).await.unwrap();
    }
    let turns = taken(&house).await;
    fails(&other, &turns[0], 131_042).await;
    drive::step(&other).await.unwrap();
    let stopped = desk.get(&house, &path).await;
    assert_eq!(stopped["state"], "paused", "{stopped}");
    assert!(
        stopped["why"].as_str().unwrap().contains("Payment issue"),
        "{stopped}"
    );
    fails(&other, &turns[1], 131_042).await;
    fails(&house.app, &turns[2], 131_042).await;
    let resumed = desk.post(&house, &format!("{path}/resume")).await;
    assert_eq!(resumed.body["state"], "running", "{resumed:?}");
    drive::step(&other).await.unwrap();
    drive::step(&house.app).await.unwrap();
    let shown = desk.get(&house, &path).await;
    assert_eq!(
        shown["state"], "running",
        "what was sent before says nothing any more: {shown}"
    );
    let count = received(&house).await.len();
    while received(&house).await.len() <= count {
        drive::step(&house.app).await.unwrap();
    }
    let after = shown_after(&turns, taken(&house).await);
    fails(&other, &after, 131_042).await;
    drive::step(&other).await.unwrap();
    assert_eq!(desk.get(&house, &path).await["state"], "paused");
}

/// A turn that was taken after these.
fn shown_after(before: &[RecipientLine], now: Vec<RecipientLine>) -> RecipientLine {
    let newest = before.iter().map(|turn| turn.taken).max().unwrap();
    let mut later = now.into_iter().filter(|turn| turn.taken > newest);
    later.next_back().unwrap()
}

#[tokio::test]
async fn it_is_not_done_while_what_a_dead_node_sent_is_not_given_up() {
    let house = House::open().await;
    let desk = Desk::of(&house, "marketing").await;
    let contact = house.opt_in(&phone(1)).await;
    let more = json!({ "audience": { "numbers": [phone(1)] }, "flight_recorder": "off" });
    let path = desk.make(&house, more).await;
    desk.post(&house, &format!("{path}/draw")).await;
    desk.start(&house, &path).await;
    let at = house.app.clock.now().plus_millis(-60_000);
    let line = reserved(contact, at);
    let turn = Turn {
        campaign: id_of(&path),
        contact,
        attempt: line.id,
        at,
    };
    let mut tx = house.app.store.begin().await.unwrap();
    assert_eq!(tx.take_turns(&[turn]).await.unwrap().len(), 1);
    tx.keep_messages(&[line]).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..10 {
        drive::step(&house.app).await.unwrap();
    }
    assert_eq!(desk.get(&house, &path).await["state"], "running");
    let now = house.app.clock.now();
    let mut tx = house.app.store.begin().await.unwrap();
    assert_eq!(tx.settle_abandoned(now, now).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let done = until(&house, &desk, &path, "done").await;
    assert_eq!(done["counts"]["unknown"], 1, "{done}");
    let listed = desk
        .get(&house, &format!("{path}/recipients?state=unknown"))
        .await;
    assert_eq!(
        listed["items"].as_array().map(Vec::len),
        Some(1),
        "{listed}"
    );
    assert!(received(&house).await.is_empty(), "it is never sent again");
}

/// A message that a node had reserved when it died.
fn reserved(contact: ContactId, at: consent::time::Timestamp) -> MessageLine {
    MessageLine {
        id: AttemptId::new(Uuid::now_v7()),
        contact,
        direction: Direction::Out,
        number: NUMBER.to_owned(),
        recipient: phone(1),
        category: "marketing".to_owned(),
        topic: None,
        template: None,
        state: State::Reserved,
        code: None,
        reason: None,
        because: vec![],
        basis: Some("opt_in".to_owned()),
        policy_version: 0,
        as_of: 0,
        at,
        outcome: None,
        unknown: None,
        wamid: None,
        error_code: None,
        fingerprint: None,
        sealed: None,
    }
}

#[tokio::test]
async fn a_campaign_with_which_something_is_wrong_stops_itself_and_no_other() {
    let house = House::open().await;
    let desk = Desk::of(&house, "marketing").await;
    let wrong = begun(&house, &desk, 1, 40).await;
    let line = house.app.store.campaign(id_of(&wrong)).await.unwrap();
    let line = line.unwrap();
    let change = CampaignChange {
        spec: Value::Null.to_string(),
        ..CampaignChange::from(&line)
    };
    let mut tx = house.app.store.begin().await.unwrap();
    assert!(
        tx.change_campaign(line.id, line.version, &change)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    let right = begun(&house, &desk, 3, 40).await;
    until(&house, &desk, &right, "done").await;
    let stopped = house.app.store.campaign(id_of(&wrong)).await.unwrap();
    let stopped = stopped.unwrap();
    assert_eq!(stopped.state, "paused");
    let why = stopped.why.unwrap();
    assert!(why.starts_with("It cannot go on: "), "{why}");
}
