//! One confirmation for each opt-out: never two, never late, never for what the person did not write to us.

use consent::{id::EventId, permit::Recipient, scope::Category};
use serde_json::json;
use server::services::{
    flows::{answer::id_of, pump},
    gate::{self, Answer, Ask, tie::Tie},
};
use store::reply::ReplyState;

use crate::house::{ADA, House, NUMBER, tap, text};

/// Lets the simulator's window open without a word about consent.
async fn greet(house: &House) {
    house.says(ADA, "hello there").await;
    assert!(
        house.phone(ADA).await.is_empty(),
        "a greeting is not answered"
    );
}

#[tokio::test]
async fn replays_and_duplicates_at_one_time_make_one_confirmation() {
    let house = House::open().await;
    greet(&house).await;
    let stop = text(ADA, "wamid.stop", &house.seconds_ago(1), "Stop!");
    let bodies = (0..6).map(|_| house.posts(json!([stop])));
    for status in futures::future::join_all(bodies).await {
        assert_eq!(status, 200);
    }
    // The same message in another body, beside another one.
    let hi = text(ADA, "wamid.hi", &house.seconds_ago(1), "and hello");
    assert_eq!(house.posts(json!([stop, hi])).await, 200);
    let turns = (0..4).map(|_| pump::step(&house.app));
    for turn in futures::future::join_all(turns).await {
        turn.unwrap();
    }
    assert_eq!(house.posts(json!([hi, stop])).await, 200);
    pump::step(&house.app).await.unwrap();
    let phone = house.phone(ADA).await;
    assert_eq!(phone.len(), 1, "{phone:?}");
    assert!(
        phone[0]["body"]
            .as_str()
            .unwrap()
            .contains("no more offers")
    );
    house
        .until(|| async {
            pump::step(&house.app).await.unwrap();
            house.states(ADA).await == [("stopped".to_owned(), ReplyState::Sent)]
        })
        .await;
}

#[tokio::test]
async fn whoever_stops_everything_is_told_once_and_then_left_alone() {
    let house = House::open().await;
    greet(&house).await;
    house.says(ADA, "Stop all").await;
    let phone = house.phone(ADA).await;
    assert_eq!(phone.len(), 1);
    assert!(
        phone[0]["body"]
            .as_str()
            .unwrap()
            .contains("not write to you any more")
    );
    assert_eq!(house.may(ADA, Category::Service).await, "opted_out_all");
    assert_eq!(house.may(ADA, Category::Utility).await, "opted_out_all");
    // Each opt-out is confirmed by itself, and by nothing else.
    house.says(ADA, "Stop all").await;
    assert_eq!(house.phone(ADA).await.len(), 2);
}

#[tokio::test]
async fn what_is_older_than_five_minutes_is_in_force_and_not_answered() {
    let house = House::open().await;
    greet(&house).await;
    let late = text(ADA, "wamid.late", &house.seconds_ago(400), "stop");
    assert_eq!(house.posts(json!([late])).await, 200);
    pump::step(&house.app).await.unwrap();
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
    assert!(house.replies(ADA).await.is_empty());
    // One that waited too long in line: nothing could be sent in time.
    let contact = house.contact(ADA).await;
    let now = house.app.clock.now();
    let said = now.plus_millis(-pump::FRESH_MS - 1_000);
    let waited = store::reply::ReplyLine {
        contact,
        id: id_of("wamid.waited", said),
        kind: "stopped".to_owned(),
        number: NUMBER.to_owned(),
        recipient: ADA.to_owned(),
        language: "en".to_owned(),
        detail: "{}".to_owned(),
        quotes: None,
        said,
        due: said,
        state: ReplyState::Waiting,
    };
    let mut tx = house.app.store.begin().await.unwrap();
    tx.keep_replies(&[waited]).await.unwrap();
    tx.commit().await.unwrap();
    pump::step(&house.app).await.unwrap();
    assert_eq!(
        house.states(ADA).await,
        [("stopped".to_owned(), ReplyState::Late)]
    );
    assert!(house.phone(ADA).await.is_empty());
}

#[tokio::test]
async fn an_edit_a_group_and_whatsapps_own_switch_get_no_answer() {
    let house = House::open().await;
    greet(&house).await;
    let at = house.seconds_ago(1);
    let edit = json!({ "from": ADA, "id": "wamid.edit", "timestamp": at, "type": "edit", "edit": {
        "original_message_id": "wamid.x", "message": { "type": "text", "text": { "body": "stop" } } } });
    let mut in_group = text(ADA, "wamid.group", &at, "stop");
    in_group["group_id"] = json!("120363000000000001");
    assert_eq!(house.posts(json!([edit, in_group])).await, 200);
    house.acts(ADA, "offers", json!({ "on": false })).await;
    house
        .until(|| async {
            house
                .kinds(ADA)
                .await
                .iter()
                .any(|kind| kind.starts_with("platform"))
        })
        .await;
    pump::step(&house.app).await.unwrap();
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
    assert!(house.replies(ADA).await.is_empty());
    assert!(house.phone(ADA).await.is_empty());
}

#[tokio::test]
async fn an_answer_of_unknown_outcome_is_never_sent_again() {
    let house = House::open().await;
    greet(&house).await;
    house
        .fault(json!({ "kind": "hang", "ms": 3_000, "accepted": true }))
        .await;
    house.says(ADA, "stop").await;
    for _ in 0..3 {
        pump::step(&house.app).await.unwrap();
    }
    assert_eq!(
        house.states(ADA).await,
        [("stopped".to_owned(), ReplyState::Unknown)]
    );
    house
        .until(|| async { !house.phone(ADA).await.is_empty() })
        .await;
    assert_eq!(house.phone(ADA).await.len(), 1);
}

#[tokio::test]
async fn killed_between_reservation_and_answer_it_sends_nothing_twice() {
    let house = House::open().await;
    greet(&house).await;
    let stop = text(ADA, "wamid.stop", &house.seconds_ago(1), "stop all");
    assert_eq!(house.posts(json!([stop])).await, 200);
    let reply = house.replies(ADA).await.pop().unwrap();
    let detail: serde_json::Value = serde_json::from_str(&reply.detail).unwrap();
    let confirms: EventId = detail["confirms"][0].as_str().unwrap().parse().unwrap();
    // What the one before the crash did: it claimed the answer, and was gone.
    let ask = Ask {
        recipients: vec![Recipient::Phone(ADA.parse().unwrap())],
        number: NUMBER.parse().unwrap(),
        category: Category::Service,
        topic: None,
        template: consent::request::Template::None,
        named: None,
        fingerprint: [7; 32],
        callback: None,
        said: None,
        tie: Some(Tie {
            reply: reply.id,
            confirms: vec![confirms],
            until: house.app.clock.now().plus_millis(60_000),
            run: None,
        }),
    };
    let first = gate::enter(&house.app, &ask).await.unwrap();
    assert!(matches!(first, Answer::Admitted(_)), "{first:?}");
    drop(first);
    let again = gate::enter(&house.app, &ask).await.unwrap();
    assert!(matches!(again, Answer::Claimed(_)), "{again:?}");
    let mut tx = house.app.store.begin().await.unwrap();
    let now = house.app.clock.now().plus_millis(10);
    tx.settle_abandoned(now, now).await.unwrap();
    tx.commit().await.unwrap();
    pump::step(&house.app).await.unwrap();
    assert_eq!(
        house.states(ADA).await,
        [("stopped_all".to_owned(), ReplyState::Unknown)]
    );
    assert!(house.phone(ADA).await.is_empty());
}

#[tokio::test]
async fn while_meta_cannot_be_reached_an_answer_waits_and_goes_once() {
    let house = House::open().await;
    greet(&house).await;
    house
        .fault(json!({ "kind": "error", "status": 400, "code": 131_056 }))
        .await;
    house.says(ADA, "stop").await;
    assert_eq!(
        house.states(ADA).await,
        [("stopped".to_owned(), ReplyState::Waiting)]
    );
    house.tries_again(ADA).await;
    assert_eq!(
        house.states(ADA).await,
        [("stopped".to_owned(), ReplyState::Sent)]
    );
    assert_eq!(house.phone(ADA).await.len(), 1);
}

#[tokio::test]
async fn a_menu_answer_that_nobody_asked_for_changes_nothing() {
    let house = House::open().await;
    greet(&house).await;
    house.says(ADA, "menu").await;
    let menu = house.newest(ADA).await;
    let real = menu["buttons"][0]["id"].as_str().unwrap().to_owned();
    let at = house.seconds_ago(0);
    let forged = [
        real.replace("stop_offers", "stop_all"),
        format!("{real}00"),
        real.to_uppercase(),
        "cq1.".to_owned(),
        "cq1.x.yes.00".to_owned(),
        format!("cq1.{}.yes.{}", "0".repeat(32), "0".repeat(32)),
        "yes".to_owned(),
    ];
    let before = house.kinds(ADA).await;
    for (count, id) in forged.iter().enumerate() {
        let message = tap(
            ADA,
            &format!("wamid.forged{count}"),
            &at,
            (id, "Yes, please"),
        );
        assert_eq!(house.posts(json!([message])).await, 200);
    }
    // Somebody else's button is nobody's here.
    let other = tap("447700900188", "wamid.other", &at, (&real, "No offers"));
    assert_eq!(house.posts(json!([other])).await, 200);
    pump::step(&house.app).await.unwrap();
    assert_eq!(house.kinds(ADA).await, before);
    assert!(house.kinds("447700900188").await.is_empty());
    assert_eq!(house.phone(ADA).await.len(), 1, "only the menu");
}

#[tokio::test]
async fn four_thousand_characters_of_anything_change_nothing() {
    let house = House::open().await;
    greet(&house).await;
    let at = house.seconds_ago(0);
    let anything = [
        "a", "stop ", "🛑", "\u{0}", "ا", "{menu}", "START\n", "\u{202e}", "𝓢",
    ];
    let before = house.kinds(ADA).await;
    for (count, part) in anything.iter().enumerate() {
        let words: String = part.chars().cycle().take(4_096).collect();
        let message = text(ADA, &format!("wamid.long{count}"), &at, &words);
        assert_eq!(house.posts(json!([message])).await, 200);
    }
    pump::step(&house.app).await.unwrap();
    let after = house.kinds(ADA).await;
    let grants = after.iter().filter(|kind| kind.starts_with("opt_in"));
    assert_eq!(grants.count(), 0, "{after:?}");
    assert!(after.len() <= before.len() + 3, "{after:?}");
}
